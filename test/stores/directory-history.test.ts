import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import { readHistory } from "../../src/stores/directory/history.ts";
import { apply, failureOf, group, look, nextHead, put, putSecret, remove, run, versionOf } from "./contract-moves.ts";
import { freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

describe("the history of a directory store", () => {
  let h: DirectoryHarness;
  beforeEach(async () => {
    h = await freshDirectory();
  });
  afterEach(() => h.dispose());
  const [a, b, s] = ["/p/orders/a", "/p/orders/b", "/p/orders/s"];

  it("tells every revision, oldest first, when its generation is long gone", async () => {
    let known = await apply(h, { orders: [put(b, "b1"), put(a, "a1")] });
    known = await apply(h, { orders: [put(a, "a2", versionOf(known, a)), remove(b, versionOf(known, b))] });
    for (let n = 0; n < 4; n++) known = await apply(h, {});
    const revisions = await readHistory(h.live);
    expect(revisions.map((revision) => revision.generation)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(revisions[0]).toEqual({
      generation: 1,
      head: "/p/.trueup/head",
      commit: "c0ffee",
      at: "2026-01-02T03:04:05.000Z",
      by: "contract",
      plan: "d1",
      applyId: "a-1",
      changes: [
        { key: a, kind: "create", secret: false, after: "a1" },
        { key: b, kind: "create", secret: false, after: "b1" },
      ],
    });
    expect(revisions[1]?.changes).toEqual([
      { key: a, kind: "update", secret: false, before: "a1", after: "a2" },
      { key: b, kind: "delete", secret: false, before: "b1" },
    ]);
    expect(revisions[5]?.changes).toEqual([]);
  });

  it("holds no text of a secret, nor of a key that becomes or was one", async () => {
    let known = await apply(h, { orders: [putSecret(s, "hush-1"), put(a, "hush-2"), putSecret(b, "hush-3")] });
    known = await apply(h, {
      orders: [
        putSecret(s, "hush-4", versionOf(known, s)),
        putSecret(a, "hush-5", versionOf(known, a)),
        put(b, "open", versionOf(known, b)),
      ],
    });
    // Somebody rotates a secret and leaves the file open to all: the ledger still says that it is one.
    await fs.rm(h.fileOf(s));
    await fs.writeFile(h.fileOf(s), "hush-6", { mode: 0o644 });
    known = await look(h);
    await apply(h, { orders: [remove(s, versionOf(known, s))] });
    const [first, second, third] = await readHistory(h.live);
    expect(first?.changes).toEqual([
      { key: a, kind: "create", secret: false, after: "hush-2" },
      { key: b, kind: "create", secret: true },
      { key: s, kind: "create", secret: true },
    ]);
    expect(second?.changes).toEqual([a, b, s].map((key) => ({ key, kind: "update", secret: true })));
    expect(third?.changes).toEqual([{ key: s, kind: "delete", secret: true }]);
    const folder = join(`${h.live}.generations`, "history");
    for (const name of await fs.readdir(folder)) {
      const text = await fs.readFile(join(folder, name), "utf8");
      expect(text).not.toMatch(/hush-[13456]/u);
    }
  });

  it("holds no text of a file that somebody kept to themselves", async () => {
    await apply(h, {});
    await fs.mkdir(h.fileOf("/p/orders"), { recursive: true });
    await fs.writeFile(h.fileOf(a), "hush", { mode: 0o600 });
    // Read as plain: the version asked for is the one of its text.
    await fs.chmod(h.fileOf(a), 0o644);
    const known = await look(h);
    await fs.chmod(h.fileOf(a), 0o600);
    await run(h, nextHead(h, known), [group(h, known, "orders", [put(a, "open", versionOf(known, a))])]);
    expect((await readHistory(h.live)).at(-1)?.changes).toEqual([{ key: a, kind: "update", secret: true }]);
  });

  it("says what stood there before, hand edits included", async () => {
    await apply(h, { orders: [put(a, "a1")] });
    await fs.writeFile(h.fileOf(a), "by hand");
    const known = await look(h);
    await apply(h, { orders: [put(a, "a2", versionOf(known, a))] });
    await fs.writeFile(h.fileOf(a), "changes the old generation too");
    expect((await readHistory(h.live))[1]?.changes).toEqual([
      { key: a, kind: "update", secret: false, before: "by hand", after: "a2" },
    ]);
  });

  it("names only units that were applied, and no write that changed nothing", async () => {
    const known = await apply(h, { orders: [put(a, "a1"), put(b, "b1")] });
    await h.handPut(a, "by hand");
    await run(h, nextHead(h, known), [
      group(h, known, "orders", [put(a, "a2", versionOf(known, a))]),
      group(h, known, "fine", [put("/p/fine/a", "1"), put(b, "b1", versionOf(known, b))]),
    ]);
    expect((await readHistory(h.live))[1]?.changes).toEqual([
      { key: "/p/fine/a", kind: "create", secret: false, after: "1" },
    ]);
  });

  it("is empty where no store is", async () => {
    expect(await readHistory(h.live)).toEqual([]);
    expect(await readHistory(join(h.root, "no", "such", "folder"))).toEqual([]);
  });

  it("names a record that cannot be read", async () => {
    await apply(h, {});
    const record = join(`${h.live}.generations`, "history", "000001.json");
    for (const text of ["{", "{}", "null", '{"format":2}', "\xff\xfe"]) {
      await fs.writeFile(record, text, "latin1");
      expect((await failureOf(readHistory(h.live), "CORRUPT")).message).toContain(record);
    }
  });

  it("leaves out a record that somebody deletes meanwhile", async () => {
    await apply(h, {});
    await apply(h, {});
    const folder = join(`${h.live}.generations`, "history");
    const deleting: Disk = {
      ...disk,
      read: async (path) => {
        await fs.rm(join(folder, "000001.json"), { force: true });
        return disk.read(path);
      },
    };
    expect((await readHistory(h.live, deleting)).map((revision) => revision.generation)).toEqual([2]);
  });

  it("shows a revision whose record a crash left without its number", async () => {
    await apply(h, { orders: [put(a, "a1")] });
    const folder = join(`${h.live}.generations`, "history");
    await fs.rename(join(folder, "000001.json"), join(folder, "next.json"));
    expect((await readHistory(h.live)).map((revision) => revision.generation)).toEqual([1]);
    await apply(h, {});
    expect(await fs.readdir(folder)).toEqual(["000001.json", "000002.json"]);
    expect((await readHistory(h.live)).map((revision) => revision.generation)).toEqual([1, 2]);
  });
});
