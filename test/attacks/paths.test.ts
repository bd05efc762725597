/** Attack cases PATH-01 to PATH-06 and PATH-08: names, links and amounts of files. Git objects have tests of their own. */
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { load } from "../../src/load/load.ts";
import { folderSource, memorySource } from "../../src/load/source.ts";
import type { Source, TreeEntry } from "../../src/load/source.ts";
import { cost, repo, SMALL, where } from "../stages/load/harness.ts";
import { loadFolder, withFolder } from "./disk.ts";

/** A source with entries of any kind, which fails when something is read that must not be. */
function listing(entries: readonly Partial<TreeEntry>[]): Source {
  const config = { path: "trueup.yaml", kind: "file", size: SMALL.length } as const;
  const list = [...entries.map((entry): TreeEntry => ({ kind: "file", size: 1, path: "", ...entry })), config];
  return {
    list: () => list,
    read: (path) => {
      if (path !== "trueup.yaml") throw new Error(`${path} was read`);
      return Buffer.from(SMALL);
    },
  };
}

describe("PATH-01 symbolic links", () => {
  test("to files, to folders, to nothing and to themselves are refused, not followed", () => {
    withFolder({ "apps/a/base.yaml": "x: 1\n" }, (folder) => {
      const link = (target: string, path: string): void => symlinkSync(target, join(folder, path));
      link("/proc/self/environ", "apps/a/prod.yaml");
      link("/etc", "apps/b");
      link("nowhere", "shared");
      link("loop.yaml", "apps/a/loop.yaml");
      mkdirSync(join(folder, "schemas"));
      link("..", "schemas/up");
      const { problems, repo: loaded } = loadFolder(folder);
      expect(where(problems).toSorted()).toEqual([
        "TU1012 apps/a/loop.yaml",
        "TU1012 apps/a/prod.yaml",
        "TU1012 apps/b",
        "TU1012 schemas/up",
        "TU1012 shared",
      ]);
      expect([...(loaded?.sources.keys() ?? [])]).toEqual(["trueup.yaml", "apps/a/base.yaml"]);
    });
  });

  test("in place of trueup.yaml", () => {
    withFolder({}, (folder) => {
      renameSync(join(folder, "trueup.yaml"), join(folder, "real.yaml"));
      symlinkSync("real.yaml", join(folder, "trueup.yaml"));
      expect(loadFolder(folder)).toMatchObject({ repo: undefined, problems: [{ code: "TU1012" }] });
    });
  });

  test("elsewhere in the repo are nobody's business", () => {
    withFolder({ "docs/a.md": "" }, (folder) => {
      symlinkSync("/etc/passwd", join(folder, "docs/link"));
      symlinkSync("docs", join(folder, "other"));
      expect(loadFolder(folder).problems).toEqual([]);
    });
  });

  test("put in place of a file after the listing are not followed", () => {
    withFolder({ "apps/a/base.yaml": "x: 1\n" }, (folder) => {
      const source = folderSource(folder);
      source.list();
      unlinkSync(join(folder, "apps/a/base.yaml"));
      symlinkSync("/etc/hostname", join(folder, "apps/a/base.yaml"));
      expect(() => source.read("apps/a/base.yaml", 100)).toThrow(/apps\/a\/base\.yaml cannot be read/u);
    });
  });
});

describe("PATH-02 foreign repositories and pointers", () => {
  test("submodules are refused and not read", () => {
    const { problems } = load(listing([{ path: "apps/a", kind: "submodule" }]));
    expect(where(problems)).toEqual(["TU1012 apps/a"]);
  });

  test("a folder with a .git of its own is one, whether that is a folder or a file", () => {
    withFolder(
      {
        "apps/a/base.yaml": "x: 1\n",
        "apps/a/.git": "gitdir: ../../x\n",
        "schemas/x/.git/HEAD": "",
        "schemas/x/s.yaml": "",
      },
      (folder) => {
        expect(where(loadFolder(folder).problems)).toEqual(["TU1012 apps/a", "TU1012 schemas/x"]);
      },
    );
  });

  test(".gitmodules with paths that lead out means nothing to us", () => {
    const { problems } = repo({ ".gitmodules": '[submodule "x"]\n\tpath = ../../x\n', "apps/a/base.yaml": "x: 1\n" });
    expect(problems).toEqual([]);
  });

  test("pointers of Git LFS are no content", () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    const { problems } = repo({ "apps/a/base.yaml": pointer, "apps/a/files/x.hbs": pointer });
    expect(where(problems)).toEqual(["TU1012 apps/a/base.yaml", "TU1012 apps/a/files/x.hbs"]);
  });
});

describe("PATH-03 ways out of the repo", () => {
  test.each([
    "apps/../../etc/passwd",
    "apps//base.yaml",
    "apps/./a/base.yaml",
    "apps/%2e%2e/base.yaml",
    "apps/..\\..\\x/base.yaml",
    "apps/\\\\server\\share/base.yaml",
    "schemas/file:/x.yaml",
    "schemas/a%2Fb.yaml",
  ])("%s is no name", (path) => {
    const { problems } = load(listing([{ path }]));
    expect(where(problems)).toEqual([`TU1013 ${path}`]);
  });

  test("a $ref is not followed while loading", () => {
    const read: string[] = [];
    const files = memorySource({
      "trueup.yaml": SMALL,
      "apps/a/schema.yaml":
        "$ref: ../../../../etc/passwd\nallOf: [{ $ref: 'http://169.254.169.254/x' }, { $ref: 'file:///etc/passwd' }]\n",
    });
    const { problems } = load({
      list: () => files.list(),
      read: (path, limit) => {
        read.push(path);
        return files.read(path, limit);
      },
    });
    expect(problems).toEqual([]);
    expect(read).toEqual(["trueup.yaml", "apps/a/schema.yaml"]);
  });
});

describe("PATH-04 names that are one on other systems", () => {
  test.each([
    ["apps/a/Prod.yaml", "apps/a/prod.yaml"],
    ["schemas/caf\u00E9.yaml", "schemas/cafe\u0301.yaml"],
    ["apps/Orders/base.yaml", "apps/orders/base.yaml"],
    ["schemas/X/a.yaml", "schemas/x/b.yaml"],
  ])("%s and %s", (first, second) => {
    const { problems } = repo({ [first]: "", [second]: "" });
    expect(
      problems.some(({ code, message }) => code === "TU1013" && message.endsWith("are one file on macOS and Windows")),
    ).toBe(true);
  });
});

describe("PATH-05 names that do not work everywhere", () => {
  test.each([
    ["newline", "apps/a/ba\nse.yaml"],
    ["NUL", "apps/a/ba\0se.yaml"],
    ["control character", "apps/a/ba\u001Bse.yaml"],
    ["300 bytes", `apps/a/${"x".repeat(300)}.yaml`],
    ["300 bytes in few characters", `schemas/${"\u00E9".repeat(140)}.yaml`],
    ["trailing dot", "apps/a./base.yaml"],
    ["trailing space", "apps/a /base.yaml"],
    ["leading space", "apps/ a/base.yaml"],
    ["device", "apps/CON/base.yaml"],
    ["device with extension", "apps/a/nul.yaml"],
    ["colon", "apps/a:b/base.yaml"],
    ["quote", 'apps/a"b/base.yaml'],
    ["right-to-left override", "apps/a\u202Eb/base.yaml"],
    ["zero-width space", "apps/a\u200Bb/base.yaml"],
    ["not UTF-8", "apps/a\uFFFD/base.yaml"],
    ["not NFC", "schemas/e\u0301.yaml"],
    ["whole path", `schemas/${Array.from({ length: 8 }, () => "x".repeat(200)).join("/")}.yaml`],
  ])("%s", (_, path) => {
    const { problems } = load(listing([{ path }]));
    expect(problems).toMatchObject([{ code: "TU1013", severity: "error" }]);
    // What is shown of it cannot move the cursor or turn the text around.
    expect(problems[0]?.message).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200B]/u);
  });

  test("bytes that are no UTF-8, on a real disk", () => {
    withFolder({ "apps/a/base.yaml": "" }, (folder) => {
      writeFileSync(
        Buffer.concat([Buffer.from(`${folder}/apps/a/`), Buffer.from([0xff, 0xfe]), Buffer.from(".yaml")]),
        "x: 1\n",
      );
      const { problems } = loadFolder(folder);
      expect(problems.map(({ code }) => code)).toEqual(["TU1013"]);
    });
  });
});

describe("PATH-06 things that are no files", () => {
  test("pipes and sockets are not opened", () => {
    withFolder({ "apps/a/base.yaml": "" }, (folder) => {
      execFileSync("mkfifo", [join(folder, "apps/a/prod.yaml")]);
      const socket = "require('net').createServer().listen(process.argv[1], () => process.exit())";
      execFileSync(process.execPath, ["-e", socket, join(folder, "apps/a/dev.yaml")]);
      const { problems } = loadFolder(folder);
      expect(where(problems)).toEqual(["TU1012 apps/a/dev.yaml", "TU1012 apps/a/prod.yaml"]);
      expect(() => folderSource(folder).read("apps/a/prod.yaml", 10)).toThrow(/is not a regular file/u);
    });
  });
});

function stopped(entries: readonly Partial<TreeEntry>[]): void {
  const source = listing(entries);
  expect(cost(() => load(source))).toBeLessThan(1000);
  const { problems, repo: loaded } = load(source);
  expect(problems).toMatchObject([{ code: "TU1011", severity: "error" }]);
  expect(loaded).toBeUndefined();
}

describe("PATH-08 amounts", () => {
  test("a million tiny files: nothing is read", () => {
    stopped(Array.from({ length: 1_000_000 }, (_, i) => ({ path: `apps/a${i >> 8}/f${i}.yaml` })));
  });

  test("64 MiB in all", () => {
    stopped(Array.from({ length: 100 }, (_, i) => ({ path: `schemas/f${i}.yaml`, size: 1_000_000 })));
  });

  test("10,000 folders inside each other", () => {
    stopped([{ path: `schemas/${"x/".repeat(10_000)}a.yaml` }]);
  });

  test("a million files elsewhere are nobody's business", () => {
    const entries = Array.from({ length: 1_000_000 }, (_, i) => ({ path: `target/f${i}` }));
    const source = listing(entries);
    expect(cost(() => expect(load(source).problems).toEqual([]))).toBeLessThan(1000);
  });

  test("on disk the listing ends a little above the budget, and deep folders are not opened", () => {
    withFolder({ [`schemas/${"x/".repeat(100)}a.yaml`]: "", "apps/a/base.yaml": "" }, (folder) => {
      const { problems } = loadFolder(folder);
      expect(problems).toMatchObject([{ code: "TU1011" }]);
      expect(folderSource(folder).list().length).toBeLessThan(50);
    });
  });

  test("20,000 files are not too many", () => {
    const entries = Array.from({ length: 19_000 }, (_, i) => ({ path: `apps/a${i}/README.md` }));
    expect(load(listing(entries)).problems).toEqual([]);
  });
});
