import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import { readHistory } from "../../src/stores/directory/history.ts";
import { apply, failureOf, group, look, nextHead, put, run, versionOf } from "./contract-moves.ts";
import { blindCommit, diskError, freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

let h: DirectoryHarness;
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

const a = "/p/orders/a";
const lock = () => join(h.generations, "lock");
const holder = (changed: object) =>
  JSON.stringify({ pid: process.pid, host: hostname(), started: "", token: "t", since: "2026-01-02", ...changed });
const gone = () => spawnSync(process.execPath, ["-e", ""]).pid;

async function leaveLock(text: string): Promise<void> {
  await fs.mkdir(h.generations, { recursive: true });
  await fs.symlink(text, lock());
}

describe("the lock of a directory store", () => {
  it("of a process that is gone is taken over", async () => {
    await leaveLock(holder({ pid: gone() }));
    await blindCommit(h.on({}, { lockWaitMs: 0 }));
    expect((await look(h)).entries.get(a)?.value).toBe("1");
    expect(await fs.readdir(h.generations)).toEqual(["000001", "history"]);
  });

  it.runIf(process.platform === "linux")("is taken over when another process has its number now", async () => {
    await leaveLock(holder({ started: "another-boot.12345" }));
    await blindCommit(h.on({}, { lockWaitMs: 0 }));
    expect((await look(h)).entries.size).toBe(1);
  });

  it.each([
    ["a running process", () => holder({}), `process ${process.pid}`],
    ["another machine", () => holder({ host: "elsewhere", pid: gone() }), "on elsewhere"],
    ["nobody knows whom", () => "what is this?", "does not say"],
    ["somebody odd", () => holder({ pid: -1 }), "does not say"],
  ])("of %s is waited for, then named", async (_, text, named) => {
    await leaveLock(text());
    const failure = await failureOf(blindCommit(h.on({}, { lockWaitMs: 30 })), "MOVED");
    expect(failure.message).toContain(lock());
    expect(failure.message).toContain(named);
    expect((await look(h)).entries.size).toBe(0);
    await fs.rm(lock());
    await blindCommit(h);
    expect((await look(h)).entries.size).toBe(1);
  });

  it("that is no link of ours is never taken over", async () => {
    await fs.mkdir(h.generations, { recursive: true });
    await fs.writeFile(lock(), "a file");
    expect((await failureOf(blindCommit(h.on({}, { lockWaitMs: 0 })), "MOVED")).message).toContain("does not say who");
    expect(await fs.readFile(lock(), "utf8")).toBe("a file");
  });

  it("that is released at the first look is taken", async () => {
    await leaveLock(holder({}));
    let looks = 0;
    const changed: Partial<Disk> = {
      readLink: async (path) => {
        if (path === lock() && ++looks === 1) await fs.rm(lock());
        return disk.readLink(path);
      },
    };
    await blindCommit(h.on(changed, { lockWaitMs: 0 }));
    expect((await look(h)).entries.size).toBe(1);
  });

  it("that its next owner released meanwhile is taken", async () => {
    await leaveLock(holder({ pid: gone() }));
    const changed: Partial<Disk> = {
      rename: async (from, to) => {
        if (from === lock()) await fs.rm(lock());
        return disk.rename(from, to);
      },
    };
    await blindCommit(h.on(changed, { lockWaitMs: 0 }));
    expect((await look(h)).entries.size).toBe(1);
  });

  it("that cannot be moved away stays, and the commit says why", async () => {
    const text = holder({ pid: gone() });
    await leaveLock(text);
    const changed: Partial<Disk> = {
      rename: (from, to) => (from === lock() ? Promise.reject(diskError("EROFS", from)) : disk.rename(from, to)),
    };
    expect((await failureOf(blindCommit(h.on(changed, { lockWaitMs: 0 })), "DENIED")).message).toContain(lock());
    expect(await fs.readlink(lock())).toBe(text);
  });

  it("is passed on when its holder ends", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    await leaveLock(holder({ pid: child.pid }));
    let waits = 0;
    const changed: Partial<Disk> = {
      readLink: (path) => {
        if (path === lock() && ++waits === 3) child.stdin.end();
        return disk.readLink(path);
      },
    };
    await blindCommit(h.on(changed));
    expect(waits).toBeGreaterThanOrEqual(3);
    expect((await look(h)).entries.size).toBe(1);
  });

  it("that somebody faster took over is given back", async () => {
    await leaveLock(holder({ pid: gone() }));
    const faster = holder({ token: "faster" });
    const changed: Partial<Disk> = {
      rename: async (from, to) => {
        if (from === lock()) {
          await fs.rm(lock());
          await fs.symlink(faster, lock());
        }
        return disk.rename(from, to);
      },
    };
    await failureOf(blindCommit(h.on(changed, { lockWaitMs: 0 })), "MOVED");
    expect(await fs.readlink(lock())).toBe(faster);
    expect((await look(h)).entries.size).toBe(0);
  });

  it("lets an abort end the waiting", async () => {
    await leaveLock(holder({}));
    const stop = new AbortController();
    const changed: Partial<Disk> = {
      readLink: (path) => {
        if (path === lock()) stop.abort();
        return disk.readLink(path);
      },
    };
    const known = await look(h);
    await failureOf(run(h.on(changed), nextHead(h, known), [], stop.signal), "INTERRUPTED");
  });

  it("that was lost on the way stops the commit before it switches", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const known = await look(h);
    const before = await h.readRaw("/");
    const thief: Partial<Disk> = {
      flush: async (folder) => {
        await fs.rm(lock(), { force: true });
        return disk.flush(folder);
      },
    };
    const writes = [put(a, "2", versionOf(known, a))];
    const failure = await failureOf(run(h.on(thief), nextHead(h, known), [group(h, known, "orders", writes)]), "MOVED");
    expect(failure.message).toContain(lock());
    expect(await h.readRaw("/")).toEqual(before);
    await apply(h, { orders: [put(a, "3", versionOf(known, a))] });
  });

  it("that was lost in the last moment stops the commit before it switches", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const known = await look(h);
    const before = await h.readRaw("/");
    const thief: Partial<Disk> = {
      symlink: async (target, path) => {
        if (target.endsWith("000002")) await fs.rm(lock());
        return disk.symlink(target, path);
      },
    };
    const writes = [put(a, "2", versionOf(known, a))];
    const failure = await failureOf(run(h.on(thief), nextHead(h, known), [group(h, known, "orders", writes)]), "MOVED");
    expect(failure.message).toContain(lock());
    expect(await h.readRaw("/")).toEqual(before);
    await apply(h, { orders: [put(a, "3", versionOf(known, a))] });
    expect((await readHistory(h.live)).map((revision) => revision.generation)).toEqual([1, 2]);
  });
});
