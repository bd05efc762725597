/** What somebody else does to a directory store between two steps of ours: nothing is lost, nothing is made up. */
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";
import { apply, failureOf, group, look, nextHead, put, putSecret, readAll, run, versionOf } from "./contract-moves.ts";
import { blindCommit, diskError, freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

let h: DirectoryHarness;
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

const [a, b, s] = ["/p/orders/a", "/p/orders/b", "/p/orders/s"];
const isFileOf = (key: string, path: string): boolean => path.endsWith(key) && !path.includes("tmp-");

/** The disk on which `meanwhile` happens once, right before the operation on a path that is meant. */
function before(
  operation: "facts" | "read" | "readLink" | "list",
  at: (path: string) => boolean,
  meanwhile: () => unknown,
): Partial<Disk> {
  let done = false;
  return {
    [operation]: async (path: string) => {
      if (!done && at(path)) {
        done = true;
        await meanwhile();
      }
      return disk[operation](path);
    },
  };
}

describe("while a directory store is read", () => {
  it("the first commit of all may go live", async () => {
    let looks = 0;
    const late: Partial<Disk> = {
      facts: async (path) => {
        const facts = await disk.facts(path);
        if (path === h.live && ++looks === 1) await blindCommit(h);
        return facts;
      },
    };
    expect([...(await look(h.on(late))).entries.keys()]).toEqual([a]);
  });

  it("its link may be deleted, which is not an empty store", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const changed = before(
      "readLink",
      (path) => path === h.live,
      () => fs.rm(h.live),
    );
    expect((await failureOf(look(h.on(changed)), "CORRUPT")).message).toContain(`${h.live} is gone`);
  });

  it.each(["facts", "read"] as const)("a key may be deleted (before %s)", async (operation) => {
    await apply(h, { orders: [put(a, "1"), put(b, "1")] });
    const changed = before(
      operation,
      (path) => isFileOf(a, path),
      () => h.handDelete(a),
    );
    expect([...(await look(h.on(changed))).entries.keys()]).toEqual([b]);
  });

  it("an abort ends it", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const stop = new AbortController();
    const changed = before(
      "list",
      (path) => path.endsWith("orders"),
      () => stop.abort(),
    );
    const failure = await failureOf(readAll(h.on(changed).store, { prefixes: ["/p/"] }, stop.signal), "INTERRUPTED");
    expect(failure.message).toContain("Nothing was read");
  });

  it("a storm of commits that takes away one generation after the other is told", async () => {
    await apply(h, { orders: [put(a, "1")] });
    let storms = 0;
    const stormy: Partial<Disk> = {
      list: async (folder) => {
        const names = await disk.list(folder);
        if (folder.endsWith("orders")) {
          storms++;
          for (let n = 0; n < 3; n++) await apply(h, {});
        }
        return names;
      },
    };
    const failure = await failureOf(readAll(h.on(stormy).store, { prefixes: ["/p/"] }), "MOVED");
    expect(failure.message).toContain(h.live);
    expect(storms).toBeGreaterThan(3);
    expect((await look(h)).entries.get(a)?.value).toBe("1");
  });
});

describe("while a directory store is committed", () => {
  it("a key that is written may be deleted before its text is compared", async () => {
    const known = await apply(h, { orders: [put(a, "1")] });
    const changed = before(
      "read",
      (path) => isFileOf(a, path),
      () => h.handDelete(a),
    );
    const writes = [put(a, "2", versionOf(known, a))];
    await failureOf(run(h.on(changed), nextHead(h, known), [group(h, known, "orders", writes)]), "INCOMPLETE");
    expect((await look(h)).entries.size).toBe(0);
  });

  it("a secret that is written may be deleted before its moment is compared", async () => {
    const known = await apply(h, { orders: [putSecret(s, "1")] });
    let looks = 0;
    // The first look at the file is for the trace of all of them.
    const changed = before(
      "facts",
      (path) => isFileOf(s, path) && ++looks === 2,
      () => h.handDelete(s),
    );
    const writes = [putSecret(s, "2", versionOf(known, s))];
    await failureOf(run(h.on(changed), nextHead(h, known), [group(h, known, "orders", writes)]), "INCOMPLETE");
    expect((await look(h)).entries.size).toBe(0);
  });

  it("a key that stays may be deleted, before it is looked at or before it is copied", async () => {
    const known = await apply(h, { orders: [put(a, "1")], other: [put("/p/other/a", "1"), put("/p/other/b", "1")] });
    const isOther = (path: string): boolean => isFileOf("/p/other/a", path);
    const vanishing: readonly Partial<Disk>[] = [
      before("facts", isOther, () => h.handDelete("/p/other/a")),
      {
        link: async (from, to) => {
          if (from.endsWith("/p/other/b")) await fs.rm(from);
          return from.endsWith("/p/other/b") ? Promise.reject(diskError("EPERM")) : disk.link(from, to);
        },
      },
    ];
    for (const changed of vanishing) {
      const writes = [put(a, "2", versionOf(known, a))];
      const commit = run(h.on(changed), nextHead(h, known), [group(h, known, "orders", writes)]);
      await failureOf(commit, "INCOMPLETE");
      expect((await look(h)).entries.get(a)?.value).toBe("1");
    }
    await apply(h, { orders: [put(a, "2", versionOf(known, a))] });
    expect([...(await look(h)).entries.keys()]).toEqual([a]);
  });

  it("a file that somebody adds to the next generation stops it", async () => {
    const changed: Partial<Disk> = {
      write: async (path, bytes, options) => {
        if (path.endsWith("orders/a")) await fs.writeFile(`${path}-too`, "foreign");
        return disk.write(path, bytes, options);
      },
    };
    await failureOf(blindCommit(h.on(changed)), "LIMIT");
    expect((await look(h)).entries.size).toBe(0);
    await blindCommit(h);
    expect([...(await look(h)).entries.keys()]).toEqual([a]);
  });
});

describe("what a commit needs of a directory store", () => {
  const ask = (directory: string) =>
    openDirectory(directory).rights?.({ prefixes: [], keys: [], wanted: [], present: new Map(), nobody: "nobody" });

  it("is granted where folders can be made, and asking makes none", async () => {
    expect(await ask(join(h.root, "not", "yet", "there"))).toEqual([
      { action: "write", role: undefined, state: "granted" },
    ]);
    expect(await fs.readdir(h.root)).toEqual([]);
  });

  it("is missing where a file is in the way, with the path and what to do", async () => {
    await fs.writeFile(join(h.root, "file"), "");
    const rights = await ask(join(h.root, "file", "live"));
    expect(rights?.map(({ state }) => state)).toContain("missing");
    for (const { message, fix } of rights ?? []) {
      expect(message).toContain(join(h.root, "file"));
      expect(fix).not.toBe("");
    }
  });

  it("can be handed over by advice that quotes no more than it has to", async () => {
    const plain = await fs.mkdtemp(join(tmpdir(), "trueup-plain-"));
    await fs.writeFile(join(plain, "a"), "precious");
    const failure = await failureOf(readAll(openDirectory(plain), { prefixes: ["/p/"] }), "USAGE");
    await fs.rm(plain, { recursive: true });
    expect(failure.fix).toContain(`ln -s ${plain}.generations/000000 ${plain}`);
  });
});
