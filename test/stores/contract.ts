/** The promises of `docs/stores.md`, as tests. Every store runs this suite; so does the double of one. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Key } from "../../src/model.ts";
import { headKey, ledgerKey } from "../../src/stores/records.ts";
import { describeConflicts } from "./contract-conflicts.ts";
import { describeHead } from "./contract-head.ts";
import { describeReading } from "./contract-reading.ts";
import {
  apply,
  group,
  look,
  metaOf,
  nextHead,
  put,
  putSecret,
  remove,
  run,
  versionOf,
  type Harness,
} from "./contract-moves.ts";

export type { Harness } from "./contract-moves.ts";

/** Runs the whole suite against stores that `make` opens, one for each test. */
export function storeContract(name: string, make: () => Promise<Harness>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let h: Harness;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.dispose());

    describeReading(() => h);
    describeCommits(() => h);
    describeConflicts(() => h);
    describeHead(() => h);
  });
}

const without = (raw: ReadonlyMap<Key, string>, prefix: Key) =>
  new Map([...raw].filter(([key]) => !key.startsWith(prefix)));

function describeCommits(harness: () => Harness): void {
  describe("commit", () => {
    it("creates, updates and deletes exactly what it was told", async () => {
      const h = harness();
      const [a, b, c] = [`${h.prefix}app/a`, `${h.prefix}app/b`, `${h.prefix}app/deep/er/c`];
      let known = await apply(h, { app: [put(a, "1"), put(b, "two"), put(c, "drei")] });
      expect(without(await h.readRaw(h.prefix), metaOf(h))).toEqual(
        new Map([
          [a, "1"],
          [b, "two"],
          [c, "drei"],
        ]),
      );
      const writes = [put(a, "uno", versionOf(known, a)), remove(b, versionOf(known, b))];
      const before = versionOf(known, a);
      known = await apply(h, { app: writes });
      expect(versionOf(known, a)).not.toBe(before);
      expect(without(await h.readRaw(h.prefix), metaOf(h))).toEqual(
        new Map([
          [a, "uno"],
          [c, "drei"],
        ]),
      );
      known = await apply(h, { app: [remove(a, versionOf(known, a)), remove(c, versionOf(known, c))] });
      expect(known.entries).toEqual(new Map());
      expect([...(await h.readRaw(h.prefix)).keys()].toSorted()).toEqual([
        headKey(metaOf(h)),
        ledgerKey(metaOf(h), "app"),
      ]);
    });

    it("records in the ledger the versions that a fresh read gives", async () => {
      const h = harness();
      const [plain, hidden, kept] = [`${h.prefix}app/plain`, `${h.prefix}app/hidden`, `${h.prefix}app/kept`];
      const first = await apply(h, { app: [put(plain, "1"), putSecret(hidden, "s3cr3t"), put(kept, "stays")] });
      const second = await apply(h, {
        app: [put(plain, "2", versionOf(first, plain)), putSecret(hidden, "n3w", versionOf(first, hidden))],
        other: [put(`${h.prefix}other/x`, "x")],
      });
      for (const known of [first, second]) {
        for (const { record } of known.ledgers.values()) {
          const recorded = [...record.settings].map(([key, entry]) => [key, entry.version]);
          expect(recorded).toEqual(recorded.map(([key]) => [key, versionOf(known, key ?? "")]));
        }
      }
      expect(second.ledgers.get("app")?.record.settings.size).toBe(3);
      expect(second.ledgers.get("app")?.record.pending).toBeUndefined();
      expect(versionOf(second, kept)).toBe(versionOf(first, kept));
    });

    it("tells the new versions in its events", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      const events = await run(h, nextHead(h, await look(h)), [
        group(h, await look(h), "app", [put(a, "1"), putSecret(b, "s3cr3t")]),
      ]);
      const known = await look(h);
      const applied = events.find((event) => event.kind === "applied");
      expect(applied?.versions.get(a)).toBe(versionOf(known, a));
      expect(applied?.versions.get(b)).toBe(versionOf(known, b));
      expect(events.at(-1)).toMatchObject({ kind: "head", state: "ready", version: known.head?.version });
    });

    it("changes nothing when nothing is to change", async () => {
      const h = harness();
      const key = `${h.prefix}app/a`;
      const known = await apply(h, { app: [put(key, "1"), putSecret(`${h.prefix}app/s`, "s3cr3t")] });
      const again = await apply(h, { app: [] });
      expect(again.entries).toEqual(known.entries);
      expect(again.ledgers.get("app")?.record).toEqual(known.ledgers.get("app")?.record);
      const same = await apply(h, { app: [put(key, "1", versionOf(again, key))] });
      expect(same.entries.get(key)?.value).toBe("1");
      expect(same.ledgers.get("app")?.record.settings.get(key)?.version).toBe(versionOf(same, key));
    });

    it("rewrites only the ledger for a group without writes", async () => {
      const h = harness();
      await apply(h, { app: [put(`${h.prefix}app/a`, "1")], other: [put(`${h.prefix}other/a`, "1")] });
      const before = await h.readRaw(h.prefix);
      const known = await look(h);
      const upkeep = group(h, known, "app", []);
      const record = { ...upkeep.ledger.record, applyId: "a-upkeep" };
      await run(h, nextHead(h, known), [{ ...upkeep, ledger: { ...upkeep.ledger, record } }]);
      const after = await h.readRaw(h.prefix);
      const changed = [...after].filter(([key, text]) => before.get(key) !== text).map(([key]) => key);
      expect(changed.toSorted()).toEqual([headKey(metaOf(h)), ledgerKey(metaOf(h), "app")]);
      expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
      expect((await look(h)).ledgers.get("app")?.record.applyId).toBe("a-upkeep");
    });

    it("writes 1,000 keys of 40 units in one commit", { timeout: 60_000 }, async () => {
      const h = harness();
      const apps = Array.from({ length: 40 }, (_, unit) => {
        const keys = Array.from({ length: 25 }, (__, n) => `${h.prefix}app${unit}/key-${n}`);
        return [`app${unit}`, keys.map((key) => put(key, `value of ${key}`))] as const;
      });
      const known = await apply(h, Object.fromEntries(apps));
      expect(known.entries.size).toBe(1000);
      expect(known.ledgers.size).toBe(40);
      const raw = without(await h.readRaw(h.prefix), metaOf(h));
      expect(raw).toEqual(new Map([...known.entries.keys()].map((key) => [key, `value of ${key}`])));
      for (const [key, entry] of known.ledgers.get("app39")?.record.settings ?? [])
        expect(entry.version).toBe(versionOf(known, key));
    });

    it("never touches a foreign key, also one whose name starts like ours", async () => {
      const h = harness();
      const ours = `${h.prefix}app/a`;
      const foreign = [`${h.prefix}app/ab`, `${h.prefix}app/a/b`, `${h.prefix}ap`, `${h.prefix}apps/a`];
      for (const key of foreign) await h.handPut(key, `foreign ${key}`);
      const before = await look(h);
      let known = await apply(h, { app: [put(ours, "1")] });
      known = await apply(h, { app: [put(ours, "2", versionOf(known, ours))] });
      known = await apply(h, { app: [remove(ours, versionOf(known, ours))] });
      expect(known.entries).toEqual(before.entries);
      expect(without(await h.readRaw(h.prefix), metaOf(h))).toEqual(
        new Map(foreign.map((key) => [key, `foreign ${key}`])),
      );
    });

    it("keeps the version of a key that nobody writes through many commits", async () => {
      const h = harness();
      const [plain, hidden] = [`${h.prefix}app/plain`, `${h.prefix}app/hidden`];
      const first = await apply(h, { app: [put(plain, "1"), putSecret(hidden, "s3cr3t")] });
      let last = first;
      for (let n = 0; n < 6; n++) {
        const key = `${h.prefix}other/n`;
        last = await apply(h, { other: [put(key, `${n}`, last.entries.get(key)?.version ?? null)] });
      }
      expect(last.entries.get(plain)).toEqual(first.entries.get(plain));
      expect(last.entries.get(hidden)).toEqual(first.entries.get(hidden));
    });
  });
}
