/** The part of the contract about the head, which decides between two commits, and about stopping on the way. */
import { describe, expect, it } from "vitest";
import { decodeHead, headKey } from "../../src/stores/records.ts";
import { apply, failureOf, group, look, metaOf, nextHead, put, readAll, run, type Harness } from "./contract-moves.ts";

export function describeHead(harness: () => Harness): void {
  describe("head", () => {
    it("ends ready, with what the commit said", async () => {
      const h = harness();
      const known = await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      expect(known.head?.head).toEqual({ ...nextHead(h, { ...known, head: undefined }).head, state: "ready" });
      const raw = (await h.readRaw(metaOf(h))).get(headKey(metaOf(h)));
      expect(decodeHead(raw ?? "", headKey(metaOf(h)))).toEqual(known.head?.head);
    });

    it("is all that a commit without groups writes", async () => {
      const h = harness();
      await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      const before = await h.readRaw(h.prefix);
      const known = await apply(h, {});
      expect(known.head?.head.generation).toBe(2);
      const after = await h.readRaw(h.prefix);
      before.delete(headKey(metaOf(h)));
      after.delete(headKey(metaOf(h)));
      expect(after).toEqual(before);
    });

    it("of another version than expected stops the commit before it writes", async () => {
      const h = harness();
      const nothing = await look(h);
      const first = await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      await apply(h, { app: [put(`${h.prefix}app/b`, "1")] });
      const before = await h.readRaw(h.prefix);
      for (const stale of [nothing, first]) {
        const fine = group(h, await look(h), "fine", [put(`${h.prefix}fine/a`, "1")]);
        const failure = await failureOf(run(h, nextHead(h, stale), [fine]), "MOVED");
        expect(failure.message).toContain(headKey(metaOf(h)));
        expect(await h.readRaw(h.prefix)).toEqual(before);
      }
    });

    it("that is expected and missing stops the commit before it writes", async () => {
      const h = harness();
      const known = await apply(h, {});
      await h.handDelete(headKey(metaOf(h)));
      const fine = group(h, known, "fine", [put(`${h.prefix}fine/a`, "1")]);
      await failureOf(run(h, nextHead(h, known), [fine]), "MOVED");
      expect(await h.readRaw(h.prefix)).toEqual(new Map());
    });

    it("lets exactly one of two commits win", async () => {
      const h = harness();
      for (let round = 0; round < 3; round++) {
        const known = await look(h);
        const names = [`one${round}`, `two${round}`];
        const key = (name: string) => `${h.prefix}${name}/a`;
        const outcomes = await Promise.allSettled(
          names.map((name) => run(h, nextHead(h, known, name), [group(h, known, name, [put(key(name), name)])])),
        );
        const winners = names.filter((_, n) => outcomes[n]?.status === "fulfilled");
        expect(winners).toHaveLength(1);
        const lost = outcomes.find((outcome) => outcome.status === "rejected");
        await failureOf(Promise.reject(lost?.reason as Error), "MOVED");
        const after = await look(h);
        expect(after.head?.head.applyId).toBe(winners[0]);
        expect(names.filter((name) => after.entries.has(key(name)))).toEqual(winners);
      }
    });
  });

  describe("an abort", () => {
    it("before the start writes nothing", async () => {
      const h = harness();
      const known = await look(h);
      const fine = group(h, known, "fine", [put(`${h.prefix}fine/a`, "1")]);
      await failureOf(run(h, nextHead(h, known), [fine], AbortSignal.abort()), "INTERRUPTED");
      expect(await h.readRaw(h.prefix)).toEqual(new Map());
    });

    it("on the way leaves every unit whole or untouched, and the next commit works", async () => {
      const h = harness();
      if (h.limits.atomic === "key") return;
      const known = await look(h);
      const names = Array.from({ length: 12 }, (_, n) => `app${n}`);
      const keysOf = (name: string) => Array.from({ length: 20 }, (_, n) => `${h.prefix}${name}/${n}`);
      const groups = names.map((name) =>
        group(
          h,
          known,
          name,
          keysOf(name).map((key) => put(key, "1")),
        ),
      );
      const stop = new AbortController();
      const events = h.store.commit(nextHead(h, known), groups, stop.signal)[Symbol.asyncIterator]();
      await events.next();
      stop.abort();
      const drain = async () => {
        while ((await events.next()).done !== true);
      };
      await drain().catch((error: unknown) => failureOf(Promise.reject(error as Error)));
      const after = await look(h);
      for (const name of names) {
        const there = keysOf(name).filter((key) => after.entries.has(key)).length;
        expect([0, 20]).toContain(there);
        expect(after.ledgers.has(name)).toBe(there === 20);
      }
      const again = await apply(h, { later: [put(`${h.prefix}later/a`, "1")] });
      expect(again.entries.get(`${h.prefix}later/a`)?.value).toBe("1");
    });
  });

  it("tells its limits", async () => {
    const h = harness();
    expect(["apply", "unit", "key"]).toContain(h.limits.atomic);
    expect(["refused", "noticed"]).toContain(h.limits.staleWrites);
    expect(h.limits.refuses({ key: `${h.prefix}app/a`, secret: false }, "1")).toBeUndefined();
    expect((await readAll(h.store, { prefixes: [h.prefix] })).size).toBe(0);
  });
}
