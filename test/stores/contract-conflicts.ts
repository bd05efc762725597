/** The part of the contract about keys that somebody else changed: reported, never overwritten. */
import { describe, expect, it } from "vitest";
import type { Key } from "../../src/model.ts";
import { headKey, ledgerKey } from "../../src/stores/records.ts";
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

/** Commits one unit that must be refused beside one that must not be. */
async function expectMoved(h: Harness, stale: ReturnType<typeof group>, keys: readonly Key[]): Promise<void> {
  const known = await look(h);
  const before = await h.readRaw(h.prefix);
  const fine = group(h, known, "fine", [put(`${h.prefix}fine/a`, "fine")]);
  const events = await run(h, nextHead(h, known), [stale, fine]);
  expect(events.filter((event) => event.kind === "moved")).toEqual([
    { kind: "moved", unit: stale.unit, keys: [...keys] },
  ]);
  expect(events.filter((event) => event.kind === "applied").map((event) => event.unit)).toEqual(["fine@prod"]);
  expect(events.at(-1)).toMatchObject({ kind: "head", state: "partial" });
  const after = await h.readRaw(h.prefix);
  expect(after.get(`${h.prefix}fine/a`)).toBe("fine");
  const others = [headKey(metaOf(h)), `${h.prefix}fine/a`, ledgerKey(metaOf(h), "fine")];
  for (const key of others) {
    before.delete(key);
    after.delete(key);
  }
  expect(after).toEqual(before);
  expect((await look(h)).head?.head.state).toBe("partial");
}

export function describeConflicts(harness: () => Harness): void {
  describe("a key that moved", () => {
    it("is reported and not overwritten when its text changed", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
      await h.handPut(b, "by hand");
      const writes = [put(a, "2", versionOf(known, a)), put(b, "2", versionOf(known, b))];
      await expectMoved(h, group(h, known, "app", [put(`${h.prefix}app/new`, "n"), ...writes]), [b]);
    });

    it("is reported when it was deleted", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
      await h.handDelete(b);
      const writes = [put(a, "2", versionOf(known, a)), put(b, "2", versionOf(known, b))];
      await expectMoved(h, group(h, known, "app", writes), [b]);
    });

    it("is reported when it exists and should not", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      const known = await look(h);
      await h.handPut(b, "was first");
      await expectMoved(h, group(h, known, "app", [put(a, "1"), put(b, "1")]), [b]);
    });

    it("is not deleted when it changed", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
      await h.handPut(b, "by hand");
      const writes = [remove(a, versionOf(known, a)), remove(b, versionOf(known, b))];
      await expectMoved(h, group(h, known, "app", writes), [b]);
    });

    it("is reported when somebody else wrote the unit's ledger record", async () => {
      const h = harness();
      const a = `${h.prefix}app/a`;
      const known = await apply(h, { app: [put(a, "1")] });
      await apply(h, { app: [put(`${h.prefix}app/b`, "1")] });
      await expectMoved(h, group(h, known, "app", [put(a, "2", versionOf(known, a))]), [ledgerKey(metaOf(h), "app")]);
    });

    it("is found for a secret too", async () => {
      const h = harness();
      const a = `${h.prefix}app/a`;
      const known = await apply(h, { app: [putSecret(a, "s3cr3t")] });
      await h.handPut(a, "rotated");
      await expectMoved(h, group(h, known, "app", [putSecret(a, "n3w", versionOf(known, a))]), [a]);
    });
  });
}
