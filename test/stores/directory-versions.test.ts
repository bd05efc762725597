import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secretMoments } from "../../src/stores/directory/versions.ts";
import { apply, group, look, nextHead, put, putSecret, readAll, run, versionOf } from "./contract-moves.ts";
import { diskError, freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

describe("versions of a directory store", () => {
  let h: DirectoryHarness;
  beforeEach(async () => {
    h = await freshDirectory();
  });
  afterEach(() => h.dispose());
  const [plain, hidden, twin] = ["/p/orders/a", "/p/orders/s", "/p/orders/t"];
  const setUp = () => apply(h, { orders: [put(plain, "same"), putSecret(hidden, "same"), putSecret(twin, "same")] });

  it("of a plain key follow its text", async () => {
    const first = await setUp();
    await fs.writeFile(h.fileOf(plain), "other");
    expect(versionOf(await look(h), plain)).not.toBe(versionOf(first, plain));
    await fs.writeFile(h.fileOf(plain), "same");
    expect(versionOf(await look(h), plain)).toBe(versionOf(first, plain));
  });

  it("of a secret tell nothing about its text", async () => {
    const known = await setUp();
    expect(versionOf(known, hidden)).not.toBe(versionOf(known, twin));
    expect(versionOf(known, hidden)).toMatch(/^t\d+$/u);
    expect(await readAll(h.store, { keys: [hidden], secrets: "versions" })).toEqual(
      new Map([[hidden, { key: hidden, secret: true, version: versionOf(known, hidden) }]]),
    );
  });

  it("of a secret change with every edit, also a quick one of the same length", async () => {
    const known = await setUp();
    await fs.writeFile(h.fileOf(hidden), "emas");
    const edited = await look(h);
    expect(versionOf(edited, hidden)).not.toBe(versionOf(known, hidden));
    await fs.writeFile(join(h.root, "new"), "same", { mode: 0o600 });
    await fs.rename(join(h.root, "new"), h.fileOf(twin));
    expect(versionOf(await look(h), twin)).not.toBe(versionOf(known, twin));
  });

  it("of a secret change when two secrets are swapped", async () => {
    const known = await setUp();
    await fs.rename(h.fileOf(twin), h.fileOf(hidden));
    expect(versionOf(await look(h), hidden)).not.toBe(versionOf(known, hidden));
  });

  it("of a secret stay when its file gets another name", async () => {
    const known = await setUp();
    await fs.link(h.fileOf(hidden), join(h.root, "second name"));
    expect(versionOf(await look(h), hidden)).toBe(versionOf(known, hidden));
  });

  it("of a secret stay where the file system refuses hard links", async () => {
    const known = await setUp();
    const copied = await apply(h.on({ link: () => Promise.reject(diskError("EPERM")) }), {
      other: [put("/p/other/a", "1")],
    });
    for (const key of [plain, hidden, twin]) expect(copied.entries.get(key)).toEqual(known.entries.get(key));
    expect((await fs.stat(h.fileOf(hidden))).mode & 0o777).toBe(0o600);
    expect((await fs.stat(h.fileOf(hidden))).nlink).toBe(1);
  });

  it("of a secret that somebody replaced by an open file still tell nothing about its text", async () => {
    await setUp();
    await fs.writeFile(join(h.root, "new"), "rotated", { mode: 0o644 });
    await fs.rename(join(h.root, "new"), h.fileOf(hidden));
    const query = { keys: [hidden], secretKeys: new Set([hidden]) };
    const entry = (await readAll(h.store, { ...query, secrets: "versions" })).get(hidden);
    expect(entry).toEqual({ key: hidden, secret: true, version: expect.stringMatching(/^t\d+$/u) });
    const known = { ...(await look(h)), entries: await readAll(h.store, query) };
    const events = await run(h, nextHead(h, known), [
      group(h, known, "orders", [putSecret(hidden, "ours", entry?.version ?? "")]),
    ]);
    expect(events[0]?.kind).toBe("applied");
    expect((await fs.stat(h.fileOf(hidden))).mode & 0o777).toBe(0o600);
  });

  it("of a secret are new also where the old one is of the very moment that comes next", () => {
    const now = 1_800_000_000_000_000n;
    const first = secretMoments(now)(undefined);
    const facts = { kind: "file", private: true, modified: first, trace: "t" } as const;
    const momentFor = secretMoments(now);
    const second = momentFor(facts);
    expect(second).not.toBe(first);
    expect([first, second]).not.toContain(momentFor(undefined));
    expect(second).toBeLessThan(now);
  });

  it("survive a key that becomes secret, and plain again", async () => {
    let known = await setUp();
    known = await apply(h, { orders: [putSecret(plain, "hush", versionOf(known, plain))] });
    expect(known.entries.get(plain)?.secret).toBe(true);
    known = await apply(h, { orders: [put(plain, "open", versionOf(known, plain))] });
    expect(known.entries.get(plain)).toMatchObject({ secret: false, value: "open" });
    expect((await fs.stat(h.fileOf(plain))).mode & 0o777).toBe(0o644);
  });
});
