import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FailureCode } from "../../src/failure.ts";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import { asFailure } from "../../src/stores/directory/failures.ts";
import { readHistory } from "../../src/stores/directory/history.ts";
import {
  apply,
  failureOf,
  group,
  look,
  nextHead,
  put,
  putSecret,
  readAll,
  remove,
  run,
  versionOf,
} from "./contract-moves.ts";
import {
  blindCommit,
  diskError,
  freshDirectory,
  isChange,
  watchedDisk,
  type DirectoryHarness,
} from "./directory-harness.ts";

let h: DirectoryHarness;
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

const [a, b, s] = ["/p/orders/a", "/p/orders/b", "/p/orders/s"];

/** Throws the error at the n-th operation that counts. */
function failAt(n: number, code: string, counts: (operation: keyof Disk) => boolean): { disk: Disk; seen(): number } {
  let count = 0;
  const watched = watchedDisk((operation, path) => {
    if (counts(operation) && ++count === n) throw diskError(code, path);
  });
  return { disk: watched, seen: () => count };
}

describe("a disk that fails under a directory store", () => {
  it.each(["ENOSPC", "EIO"])("with %s at any change leaves the old state or the new one, and heals", async (code) => {
    for (let n = 1; ; n++) {
      await h.dispose();
      h = await freshDirectory();
      const known = await apply(h, {
        orders: [put(a, "1"), put(b, "1"), putSecret(s, "1")],
        stays: [put("/p/stays/a", "1")],
      });
      const before = await h.readRaw("/");
      const faulty = failAt(n, code, isChange);
      const writes = [
        put("/p/orders/new", "2"),
        put(a, "2", versionOf(known, a)),
        putSecret(s, "2", versionOf(known, s)),
        remove(b, versionOf(known, b)),
      ];
      const attempt = run(h.on(faulty.disk), nextHead(h, known), [group(h, known, "orders", writes)]);
      const error = await attempt.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const now = await h.readRaw("/");
      if (error === undefined) expect(now.get(a)).toBe("2");
      else {
        const failure = await failureOf(attempt);
        expect(failure.message).toContain(h.root);
        const unknown = failure.code === "UNKNOWN_OUTCOME";
        if (!unknown) expect(failure.code).toBe(code === "ENOSPC" ? "FULL" : "UNREACHABLE");
        if (!unknown) expect(now).toEqual(before);
        expect(now.get(a)).toBe(unknown ? "2" : "1");
      }
      expect(now.get("/p/stays/a")).toBe("1");
      const texts = ["/p/orders/new", a, s, b].map((key) => now.get(key));
      expect(texts).toEqual(now.get(a) === "2" ? ["2", "2", "2", undefined] : [undefined, "1", "1", "1"]);
      // The lock of a run that could not remove it is left; in life the process ends.
      await fs.rm(join(h.generations, "lock"), { force: true });
      await apply(h, { healed: [put("/p/healed/a", "1")] });
      const left = (await fs.readdir(h.generations)).filter((name) => !/^\d{6}$/u.test(name));
      expect(left).toEqual(["history"]);
      const numbers = (await readHistory(h.live)).map((revision) => revision.generation);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      if (faulty.seen() < n) break;
    }
  });

  it("at any point of a read gives a failure, never fewer keys", async () => {
    await apply(h, { orders: [put(a, "1"), put(b, "1"), putSecret(s, "1")] });
    for (let n = 1; ; n++) {
      const faulty = failAt(n, "EIO", () => true);
      const attempt = readAll(h.on(faulty.disk).store, { prefixes: ["/p/"], keys: [a] });
      if (
        await attempt.then(
          () => true,
          () => false,
        )
      ) {
        expect(faulty.seen()).toBeLessThan(n);
        break;
      }
      expect((await failureOf(attempt, "UNREACHABLE")).message).toContain(h.root);
    }
  });

  it("that loses power finds everything flushed before the switch", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const known = await look(h);
    /** Folders with names that a power cut could still take back. */
    const loose = new Set<string>();
    let looseAtSwitch: readonly string[] | undefined;
    const watched = watchedDisk((operation, path, to) => {
      // The link itself is made last, in the folder of the generations.
      if (operation === "symlink" && path.startsWith("live.generations/")) looseAtSwitch = [...loose];
      if (operation === "flush") loose.delete(path);
      else if (isChange(operation))
        for (const each of [path, to]) if (typeof each === "string") loose.add(dirname(each));
      // Where a link leads is no name.
      loose.delete(".");
      loose.delete("live.generations");
    });
    const writes = [put("/p/new/folder/a", "1"), put(a, "2", versionOf(known, a))];
    await run(h.on(watched), nextHead(h, known), [group(h, known, "orders", writes)]);
    expect(looseAtSwitch).toEqual([]);
    expect(loose).not.toContain(dirname(h.live));
  });

  it("does not hide that a generation vanished under a reader", async () => {
    await apply(h, { orders: [put(a, "1"), put(b, "1")] });
    let vanished = false;
    const dropping: Partial<Disk> = {
      list: async (folder) => {
        if (!vanished && folder.endsWith("orders")) {
          vanished = true;
          await apply(h, { other: [put("/p/other/a", "1")] });
          await fs.rename(join(h.generations, "000001"), join(h.generations, "tmp-old"));
        }
        return disk.list(folder);
      },
    };
    const found = await readAll(h.on(dropping).store, { prefixes: ["/p/orders/", "/p/other/"] });
    expect([...found.keys()].toSorted()).toEqual([a, b, "/p/other/a"]);
    const always: Partial<Disk> = { facts: async (path) => (/\d{6}$/u.test(path) ? undefined : disk.facts(path)) };
    await failureOf(readAll(h.on(always).store, { prefixes: ["/p/"] }));
  });

  it("that takes two names for one loses no key", async () => {
    await apply(h, { orders: [put("/p/orders/Key", "1")] });
    const known = await look(h);
    const folding: Partial<Disk> = {
      facts: async (path) =>
        path.includes("probe") ? disk.facts(path.replace(/E\u0301$/u, "e\u0301")) : disk.facts(path),
    };
    const events = await run(h.on(folding), nextHead(h, known), [
      group(h, known, "twin", [put("/p/orders/key", "2")]),
      group(h, known, "twins", [put("/p/twins/a", "2"), put("/p/twins/A", "2")]),
      group(h, known, "fine", [put("/p/fine/a", "2")]),
      group(h, known, "stale", [put("/p/fine/A", "2", "c-other-version")]),
    ]);
    expect(events.map((event) => event.kind)).toEqual(["failed", "failed", "applied", "moved", "head"]);
    expect(events[0]).toMatchObject({ unit: "twin@prod", written: [], failure: { code: "LIMIT" } });
    expect(events[0]?.kind === "failed" && events[0].failure.message).toContain("/p/orders/key");
    expect([...(await look(h)).entries.keys()].toSorted()).toEqual(["/p/fine/a", "/p/orders/Key"]);
  });

  it("that changes names without a word is found out before the switch", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const known = await look(h);
    const shouting: Partial<Disk> = {
      write: (path, bytes, options) => disk.write(path.replace("loud", "LOUD"), bytes, options),
    };
    const loud = group(h, known, "loud", [put("/p/x/loud", "1")]);
    const failure = await failureOf(run(h.on(shouting), nextHead(h, known), [loud]), "LIMIT");
    expect(failure.message).toContain("/p/x/loud");
    expect([...(await look(h)).entries.keys()]).toEqual([a]);
  });

  it.each<[string, FailureCode]>([
    ["ENOSPC", "FULL"],
    ["EDQUOT", "FULL"],
    ["EACCES", "DENIED"],
    ["EPERM", "DENIED"],
    ["EROFS", "DENIED"],
    ["EBUSY", "DENIED"],
    ["ENAMETOOLONG", "LIMIT"],
    ["EMFILE", "LIMIT"],
    ["ENFILE", "LIMIT"],
    ["EFBIG", "LIMIT"],
    ["EEXIST", "LIMIT"],
    ["EXDEV", "LIMIT"],
    ["ENOENT", "INCOMPLETE"],
    ["ENOTEMPTY", "INCOMPLETE"],
    ["EISDIR", "INCOMPLETE"],
    ["EAGAIN", "INCOMPLETE"],
    ["ENOTDIR", "MISSING"],
    ["ELOOP", "CORRUPT"],
    ["EIO", "UNREACHABLE"],
  ])("says %s in words (%s), with the path and a cure", async (code, expected) => {
    const failure = await failureOf(
      Promise.reject(asFailure(diskError(code, "/store/live/a"), "/store/live")),
      expected,
    );
    expect(failure.message).toContain("/store/live/a");
    expect(failure.message).toContain("directory store /store/live");
    const bare = await failureOf(Promise.reject(asFailure(diskError(code), "/store/live")), expected);
    expect(bare.message).toContain("/store/live");
  });

  it.each([new Error("no code"), new DOMException("a code that is a number", "AbortError"), null])(
    "says in words that something unknown happened (%s)",
    async (error) => {
      const failure = await failureOf(Promise.reject(asFailure(error, "/store/live")), "UNREACHABLE");
      expect(failure.message).toBe("/store/live cannot be used: unexpected error.");
    },
  );

  it.runIf(process.platform === "linux")(
    "that has no flush for folders is no failure, any other error is",
    async () => {
      // The kernel's own file system knows no fsync for folders.
      await disk.flush("/proc");
      await expect(disk.flush(join(h.root, "no such folder"))).rejects.toMatchObject({ code: "ENOENT" });
    },
  );

  it.runIf(process.platform === "linux")(
    "that promises more bytes of a file than there are is not believed",
    async () => {
      // Files of sysfs say 4096 bytes and have a few.
      const attempt = disk.read("/sys/kernel/address_bits");
      await expect(attempt).rejects.toMatchObject({ code: "EAGAIN" });
      await attempt.catch((error: unknown) => expect(asFailure(error, "/store").message).toContain("all the time"));
    },
  );

  it.skipIf(process.getuid?.() === 0)("that may not be written says so", async () => {
    await fs.mkdir(join(h.root, "store"), { mode: 0o500 });
    expect((await failureOf(blindCommit(h), "DENIED")).message).toContain(h.root);
  });
});
