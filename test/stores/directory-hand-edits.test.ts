import * as fs from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import { apply, failureOf, group, look, nextHead, put, run, versionOf } from "./contract-moves.ts";
import { freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

let h: DirectoryHarness;
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

const [a, b] = ["/p/orders/a", "/p/orders/b"];

/** Edits once, when the next generation is nearly built. */
function editOnce(edit: () => Promise<void>): Partial<Disk> {
  let edited = false;
  return {
    flush: async (folder) => {
      if (!edited) {
        edited = true;
        await edit();
      }
      return disk.flush(folder);
    },
  };
}

describe("a hand edit while a directory store is being committed", () => {
  it("of another key is kept", async () => {
    const known = await apply(h, { orders: [put(a, "1"), put(b, "1")] });
    const edit = async () => {
      await fs.rm(h.fileOf(b));
      await fs.writeFile(h.fileOf(b), "by hand");
      await fs.writeFile(h.fileOf("/p/orders/new"), "by hand");
    };
    const writes = [put(a, "2", versionOf(known, a))];
    await run(h.on(editOnce(edit)), nextHead(h, known), [group(h, known, "orders", writes)]);
    const after = await look(h);
    expect(new Map([...after.entries].map(([key, entry]) => [key, entry.value]))).toEqual(
      new Map([
        [a, "2"],
        [b, "by hand"],
        ["/p/orders/new", "by hand"],
      ]),
    );
  });

  it("of a key that is about to be written is reported", async () => {
    const known = await apply(h, { orders: [put(a, "1")] });
    const edit = () => fs.writeFile(h.fileOf(a), "by hand");
    const writes = [put(a, "2", versionOf(known, a))];
    const events = await run(h.on(editOnce(edit)), nextHead(h, known), [group(h, known, "orders", writes)]);
    expect(events[0]).toEqual({ kind: "moved", unit: "orders@prod", keys: [a] });
    expect((await look(h)).entries.get(a)?.value).toBe("by hand");
  });

  it("that never ends is given up on", async () => {
    const known = await apply(h, { orders: [put(a, "1")] });
    let edits = 0;
    const restless: Partial<Disk> = {
      flush: async (folder) => {
        await fs.writeFile(h.fileOf("/p/restless"), `${edits++}`);
        return disk.flush(folder);
      },
    };
    const writes = [put(a, "2", versionOf(known, a))];
    const failed = run(h.on(restless), nextHead(h, known), [group(h, known, "orders", writes)]);
    expect((await failureOf(failed, "MOVED")).message).toContain(h.live);
    expect((await look(h)).entries.get(a)?.value).toBe("1");
  });

  it("that links the store back to an older generation is not overwritten", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const known = await apply(h, { orders: [put(a, "2", versionOf(await look(h), a))] });
    const edit = async () => {
      await fs.rm(h.live);
      await fs.symlink("live.generations/000001", h.live);
    };
    const writes = [put(a, "3", versionOf(known, a))];
    const failed = run(h.on(editOnce(edit)), nextHead(h, known), [group(h, known, "orders", writes)]);
    expect((await failureOf(failed, "MOVED")).message).toContain("not the head that was read");
    expect((await look(h)).entries.get(a)?.value).toBe("1");
  });

  it("of its abort signal stops it, with nothing written", async () => {
    const known = await apply(h, { orders: [put(a, "1")] });
    const stop = new AbortController();
    const before = await h.readRaw("/");
    const writes = [put(a, "2", versionOf(known, a))];
    const stopping = h.on(editOnce(async () => stop.abort()));
    await failureOf(run(stopping, nextHead(h, known), [group(h, known, "orders", writes)], stop.signal), "INTERRUPTED");
    expect(await h.readRaw("/")).toEqual(before);
    expect((await fs.readdir(h.generations)).toSorted()).toEqual(["000001", "history"]);
  });
});
