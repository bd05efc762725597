import { chmodSync, existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitSource } from "../../src/git/tree.ts";
import { folderSource } from "../../src/load/source.ts";
import { commitFiles, git, newRepo, shallowClone, temporary, write } from "./repo.ts";

const LIMIT = 1_048_576;

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

describe("gitSource", () => {
  it("lists and reads what a clean work tree shows", async () => {
    const folder = newRepo();
    const odd = 'apps/a b "c"/ü\tx.yaml';
    const id = commitFiles(folder, "one", {
      "config/trueup.yaml": "version: 1\n",
      "config/apps/orders/base.yaml": "a: 1\n",
      "config/apps/orders.yaml": "b: 1\n",
      "config/apps/empty.yaml": "",
      [`config/${odd}`]: "c: 1\n",
      "config/docs/big.bin": new Uint8Array(3000).fill(7),
      "config/.trueup/live": "1",
      "config/apps/node_modules/x": "1",
      "elsewhere/x": "1",
    });
    const source = await gitSource(folder, id, "config");
    expect(source.list()).toEqual(folderSource(join(folder, "config")).list());
    expect(source.list().map(({ path }) => path)).toContain(odd);
    for (const path of ["trueup.yaml", "apps/orders/base.yaml", "apps/empty.yaml", odd, "docs/big.bin"])
      expect(source.read(path, LIMIT)).toEqual(folderSource(join(folder, "config")).read(path, LIMIT));
    // One byte more than the limit tells that there are more.
    expect(source.read("docs/big.bin", 10)).toHaveLength(11);
    expect(source.read("trueup.yaml", 4)).toHaveLength(5);
    expect((await gitSource(join(folder, "config"), id, "")).list().map(({ path }) => path)).toContain("elsewhere/x");
  });

  it("reads the commit, whatever happens to the work tree (PATH-09)", async () => {
    const folder = newRepo();
    const id = commitFiles(folder, "one", { "apps/a/base.yaml": "good: 1\n", "notes/n": "good\n" });
    const source = await gitSource(folder, id, "");
    writeFileSync(join(folder, "apps/a/base.yaml"), "evil: 1\n");
    rmSync(join(folder, "notes"), { recursive: true });
    write(folder, { "apps/b/base.yaml": "evil: 1\n" });
    git(folder, "add", "--all");
    expect(text(source.read("apps/a/base.yaml", LIMIT))).toBe("good: 1\n");
    expect(text(source.read("notes/n", LIMIT))).toBe("good\n");
    expect(source.list().map(({ path }) => path)).not.toContain("apps/b/base.yaml");
    expect(text((await gitSource(folder, id, "")).read("apps/a/base.yaml", LIMIT))).toBe("good: 1\n");
  });

  it("gives the bytes of the blob: no filter, no line ends, no ident, no encoding (PATH-07)", async () => {
    const folder = newRepo();
    const mark = join(temporary(), "ran");
    const script = join(temporary(), "filter.sh");
    writeFileSync(script, `#!/bin/sh\ntouch ${mark}\nsed s/good/evil/\n`);
    chmodSync(script, 0o755);
    const content = "v: $Id$ good\r\nw: 1\n";
    write(folder, { "apps/a/base.yaml": content, "other/n": content });
    // Stored as it is, before any attribute is there.
    const id = commitFiles(folder, "content", {});
    git(folder, "config", "filter.evil.smudge", script);
    git(folder, "config", "filter.evil.clean", script);
    git(folder, "config", "core.autocrlf", "true");
    const attributes =
      "* text eol=crlf ident filter=evil\napps/** working-tree-encoding=UTF-16 export-ignore export-subst\n";
    write(folder, { ".gitattributes": attributes, ".git/info/attributes": attributes });
    git(folder, "-c", "filter.evil.clean=cat", "add", ".gitattributes");
    git(folder, "commit", "--quiet", "-m", "attributes");
    const source = await gitSource(folder, git(folder, "rev-parse", "HEAD"), "");
    expect(text(source.read("apps/a/base.yaml", LIMIT))).toBe(content);
    expect(text(source.read("other/n", LIMIT))).toBe(content);
    expect(text((await gitSource(folder, id, "")).read("apps/a/base.yaml", LIMIT))).toBe(content);
    rmSync(mark, { force: true });
    await gitSource(folder, id, "");
    expect(existsSync(mark)).toBe(false);
  });

  it("keeps bytes that are no text", async () => {
    const folder = newRepo();
    const bytes = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
    const id = commitFiles(folder, "one", { "apps/x/base.yaml": bytes, "apps/y/base.yaml": "\n\n" });
    const source = await gitSource(folder, id, "");
    expect([...source.read("apps/x/base.yaml", LIMIT)]).toEqual([...bytes]);
    expect(text(source.read("apps/y/base.yaml", LIMIT))).toBe("\n\n");
  });

  it("names links and submodules, and never reads them", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { "apps/a/base.yaml": "a: 1\n" });
    symlinkSync("/proc/self/environ", join(folder, "apps/a/prod.yaml"));
    symlinkSync("a", join(folder, "apps/b"));
    const other = "0123456789abcdef0123456789abcdef01234567";
    git(folder, "add", "--all");
    git(folder, "update-index", "--add", "--cacheinfo", `160000,${other},apps/sub`);
    git(folder, "commit", "--quiet", "-m", "odd");
    const source = await gitSource(folder, git(folder, "rev-parse", "HEAD"), "");
    expect(source.list()).toEqual([
      { path: "apps", kind: "folder", size: 0 },
      { path: "apps/a", kind: "folder", size: 0 },
      { path: "apps/a/base.yaml", kind: "file", size: 5 },
      { path: "apps/a/prod.yaml", kind: "symlink", size: 0 },
      { path: "apps/b", kind: "symlink", size: 0 },
      { path: "apps/sub", kind: "submodule", size: 0 },
    ]);
    for (const path of ["apps/a/prod.yaml", "apps/b", "apps/sub", "apps", "nothing"])
      expect(() => source.read(path, LIMIT)).toThrow(expect.objectContaining({ code: "MISSING" }));
  });

  it("reads many files at once, also twice the same content", async () => {
    const folder = newRepo();
    const files = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`apps/a${i}/base.yaml`, `n: ${i % 50}\n${"# x\n".repeat(i)}`]),
    );
    const id = commitFiles(folder, "many", files);
    const source = await gitSource(folder, id, "");
    for (const [path, content] of Object.entries(files)) expect(text(source.read(path, LIMIT))).toBe(content);
  });

  it("works in a shallow clone, and says what is missing from it", async () => {
    const folder = newRepo();
    const first = commitFiles(folder, "one", { "apps/a/base.yaml": "a: 1\n" });
    const second = commitFiles(folder, "two", { "apps/a/base.yaml": "a: 2\n" });
    const clone = shallowClone(folder, 1);
    expect(text((await gitSource(clone, second, "")).read("apps/a/base.yaml", LIMIT))).toBe("a: 2\n");
    await expect(gitSource(clone, first, "")).rejects.toMatchObject({
      code: "HISTORY",
      fix: expect.stringContaining("fetch"),
    });
  });

  it.each(["apps/a/base.yaml", "notes/n"])(
    "says that the content of %s is missing, instead of giving less",
    async (path) => {
      const folder = newRepo();
      const id = commitFiles(folder, "one", { "apps/a/base.yaml": "a: 1\n", "notes/n": "n\n" });
      const blob = git(folder, "rev-parse", `${id}:${path}`);
      rmSync(join(folder, ".git/objects", blob.slice(0, 2), blob.slice(2)), { force: true });
      const reading = gitSource(folder, id, "").then((source) => source.read(path, LIMIT));
      await expect(reading).rejects.toMatchObject({ code: "HISTORY" });
    },
  );

  it.each(["main", "HEAD", "--output=x", "abc123", "A".repeat(40)])("wants a full id, not %j", async (commit) => {
    const folder = newRepo();
    commitFiles(folder, "one", { a: "1" });
    await expect(gitSource(folder, commit, "")).rejects.toMatchObject({ code: "USAGE" });
  });

  it("says that a folder is not there, or that there is no repository", async () => {
    const folder = newRepo();
    const id = commitFiles(folder, "one", { a: "1" });
    await expect(gitSource(folder, id, "config")).rejects.toMatchObject({ code: "MISSING" });
    await expect(gitSource(folder, id, "a")).rejects.toMatchObject({ code: "MISSING" });
    await expect(gitSource(temporary(), id, "")).rejects.toMatchObject({ code: "MISSING" });
  });
});
