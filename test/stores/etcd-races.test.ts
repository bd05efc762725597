/** What happens between two requests of one apply: to a unit over the size of a request, and to the head. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import type { Key } from "../../src/model.ts";
import type { Answer } from "../../src/stores/etcd/grpc.ts";
import type { Status } from "../../src/stores/etcd/status.ts";
import { decodeLedger, ledgerKey } from "../../src/stores/records.ts";
import type { CommitEvent } from "../../src/stores/store.ts";
import { apply, failureOf, group, look, metaOf, nextHead, put, remove, run, versionOf } from "./contract-moves.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";
import { cleanup, harness, keysOf, kinds, LOST, settings, type Trouble } from "./etcd-trouble.ts";

const answer = (status: Status): Answer<never> => ({ ok: false, status });
const BUSY: Status = { code: 14, details: "etcdserver: no leader", sent: true, endpoint: "http://proxy" };
const REFUSED: Status = { code: 7, details: "etcdserver: permission denied", sent: true, endpoint: "http://proxy" };
const FULL: Status = {
  code: 8,
  details: "etcdserver: mvcc: database space exceeded",
  sent: true,
  endpoint: "http://proxy",
};

describeWithEtcd("between two requests of an apply to etcd", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterEach(async () => {
    for (const each of cleanup.splice(0)) await each();
  });
  afterAll(() => server?.stop());

  describe("a unit over the size of a request", () => {
    /** Its requests: the record, two batches of more than a hundred keys each, the record again. */
    const REQUESTS = 4;
    const COUNT = 300;
    interface World {
      readonly keys: readonly Key[];
      readonly ledger: Key;
      readonly handPut: (key: Key, text: string) => Promise<void>;
      readonly handDelete: (key: Key) => Promise<void>;
    }
    /** Writes 300 keys, new ones or updates, and counts the requests of that apply only. */
    async function huge(kind: "new" | "updates" | "deletes", trouble: (world: World) => Trouble) {
      const armed: { trouble?: Trouble; from: number } = { from: 0 };
      const h = await harness(
        server,
        { maxRequestBytes: 65_536 },
        {
          before: async (n) => armed.trouble?.before?.(n - armed.from),
          after: async (n) => armed.trouble?.after?.(n - armed.from),
          instead: async (n, send) => armed.trouble?.instead?.(n - armed.from, send),
          read: async (subject) => armed.trouble?.read?.(subject),
        },
      );
      // A deletion is no more than a name: these are long.
      const keys = keysOf(h, kind === "deletes" ? `huge/${"x".repeat(200)}` : "huge", COUNT);
      const text = (letter: string): string => letter.repeat(250);
      if (kind !== "new") await apply(h, { huge: keys.map((key) => put(key, text("x"))) });
      const known = await look(h);
      armed.from = h.writes();
      armed.trouble = trouble({
        handPut: (key, value) => h.handPut(key, value),
        handDelete: (key) => h.handDelete(key),
        keys,
        ledger: ledgerKey(metaOf(h), "huge"),
      });
      const writes = keys.map((key, n) =>
        kind === "new"
          ? put(key, text("y"))
          : kind === "deletes" && n > 0
            ? remove(key, versionOf(known, key))
            : put(key, text("y"), versionOf(known, key)),
      );
      const events: CommitEvent[] = [];
      const attempt = async (): Promise<void> => {
        for await (const event of h.store.commit(nextHead(h, known), [group(h, known, "huge", writes)]))
          events.push(event);
      };
      const error: unknown = await attempt().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      delete armed.trouble;
      return { h, keys, events, error, requests: h.writes() - armed.from };
    }

    it("takes as many requests as the tests below take for granted", async () => {
      for (const kind of ["new", "updates"] as const) expect((await huge(kind, () => ({}))).requests).toBe(REQUESTS);
    });

    it("is left alone where somebody else writes its ledger record first", async () => {
      const { h, keys, events } = await huge("updates", ({ handPut, ledger }) => ({
        before: async (n) => (n === 0 ? handPut(ledger, "by hand") : undefined),
      }));
      const ledger = ledgerKey(metaOf(h), "huge");
      expect(events).toMatchObject([
        { kind: "moved", unit: "huge@prod", keys: [ledger] },
        { kind: "head", state: "partial" },
      ]);
      expect(keys.filter((key) => key.endsWith("0")).length).toBeGreaterThan(0);
      expect([...(await settings(h)).values()].some((text) => text.startsWith("y"))).toBe(false);
    });

    it("is written in part where somebody else writes its ledger record before the end", async () => {
      const { h, keys, events } = await huge("updates", ({ handPut, ledger }) => ({
        before: async (n) => (n === REQUESTS - 1 ? handPut(ledger, "by hand") : undefined),
      }));
      expect(events).toMatchObject([
        { kind: "failed", unit: "huge@prod", failure: { code: "MOVED" }, written: keys },
        { kind: "head", state: "partial" },
      ]);
      const message = events[0]?.kind === "failed" ? events[0].failure.message : "";
      expect(message).toContain(ledgerKey(metaOf(h), "huge"));
    });

    it("is given up where a neighbour never rests", async () => {
      const { h, events } = await huge("new", ({ handPut, keys }) => ({
        before: async (n) => (n > 0 ? handPut(`${keys[5]}-foreign`, String(n)) : undefined),
      }));
      expect(events).toMatchObject([
        { kind: "failed", unit: "huge@prod", failure: { code: "MOVED" }, written: [] },
        { kind: "head", state: "partial" },
      ]);
      expect(events[0]?.kind === "failed" && events[0].failure.message).toContain("keys next to its own kept changing");
      expect((await settings(h)).size).toBe(1);
    });

    it("tells keys that were deleted in the very last moment", async () => {
      const { h, keys, events, requests } = await huge("updates", ({ handDelete, keys: all }) => ({
        before: async (n) => {
          if (n === 1) for (const key of all.slice(20, 25)) await handDelete(key);
        },
      }));
      expect(events).toMatchObject([
        { kind: "failed", unit: "huge@prod", failure: { code: "MOVED" }, written: keys },
        { kind: "head", state: "partial" },
      ]);
      const message = events[0]?.kind === "failed" ? events[0].failure.message : "";
      for (const key of keys.slice(20, 23)) expect(message).toContain(key);
      expect(message).toContain("and 2 more");
      expect((await settings(h)).size).toBe(COUNT);
      // The last request says so at once: the head is never "ready" in between.
      expect(requests).toBe(REQUESTS);
    });

    it("of deletions is found to be done although every answer is lost", async () => {
      const { h, keys, events } = await huge("deletes", () => ({ after: async () => LOST }));
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect([...(await settings(h)).keys()]).toEqual(keys.slice(0, 1));
    });

    it("that a full server stops is told with what was written", async () => {
      const { h, events, error } = await huge("new", () => ({
        instead: async (n) => (n === 2 ? answer(FULL) : undefined),
      }));
      const failure = await failureOf(Promise.reject(error), "FULL");
      expect(failure.details.join(" ")).toContain('0 of 1 units were applied before; the head says "applying"');
      const written = events[0]?.kind === "failed" ? events[0].written : [];
      expect([...(await settings(h)).keys()]).toEqual([...written]);
      expect(written.length).toBeGreaterThan(100);
    });

    it("does not dress a fault of ours up as one of etcd's", async () => {
      const bug = new TypeError("a bug");
      const { error } = await huge("new", () => ({
        instead: async (n) => (n === 2 ? Promise.reject(bug) : undefined),
      }));
      expect(error).toBe(bug);
    });
  });

  it.each([
    ["a record", 3000, { nested: false }],
    ["a record", 3000, {}],
  ])("%s of %i keys that no request can hold is refused, with nothing to write beside it", async (_, count, how) => {
    const h = await harness(server, { ...how, maxRequestBytes: 65_536 });
    const known = await look(h);
    const { ledger, ...rest } = group(
      h,
      known,
      "wide",
      keysOf(h, "wide", count).map((key) => put(key, "1")),
    );
    const events = await run(h, nextHead(h, known), [{ ...rest, ledger, writes: [] }]);
    expect(events).toMatchObject([
      { kind: "failed", unit: "wide@prod", failure: { code: "LIMIT" }, written: [] },
      { kind: "head", state: "partial" },
    ]);
    expect(events[0]?.kind === "failed" && events[0].failure.message).toContain(`ledger record ${ledger.key}`);
  });

  it("a key over the size of a request that its record does not name is announced without a version", async () => {
    const announced: string[] = [];
    const h = await harness(
      server,
      { maxRequestBytes: 65_536 },
      {
        before: async (n) => {
          if (n === 1) announced.push((await h.readRaw(ledgerKey(metaOf(h), "huge"))).values().next().value ?? "");
        },
      },
    );
    const known = await look(h);
    const keys = keysOf(h, "huge", 100);
    const { ledger, ...rest } = group(
      h,
      known,
      "huge",
      keys.map((key) => put(key, "x".repeat(1000))),
    );
    const silent = { ...rest, ledger: { ...ledger, record: { ...ledger.record, settings: new Map() } } };
    expect(kinds(await run(h, nextHead(h, known), [silent]))).toEqual(["applied", "ready"]);
    const [pending] = announced.map((text) => decodeLedger(text, ledger.key, "1").pending);
    expect(pending).toEqual(new Map(keys.map((key) => [key, null])));
  });

  describe("the request", () => {
    /** One key of one unit, created. */
    async function one(trouble: Trouble, connection = {}, signal?: AbortSignal) {
      const h = await harness(server, connection, trouble);
      const known = await look(h);
      const events = run(
        h,
        nextHead(h, known, "a-one"),
        [group(h, known, "app", [put(`${h.prefix}app/a`, "1")])],
        signal,
      );
      return { h, events };
    }

    it("may arrive after it was taken for lost: the second one finds the first", async () => {
      let late: (() => Promise<unknown>) | undefined;
      const { h, events } = await one({
        instead: async (n, send) => {
          if (n === 0) {
            late = send;
            return answer(LOST);
          }
          await late?.();
          return send();
        },
      });
      expect(kinds(await events)).toEqual(["applied", "ready"]);
      expect(h.writes()).toBe(2);
      expect((await look(h)).head?.head).toMatchObject({ generation: 1, applyId: "a-one" });
    });

    it("waits for a server that has no leader yet", async () => {
      const { h, events } = await one({ instead: async (n) => (n < 2 ? answer(BUSY) : undefined) });
      expect(kinds(await events)).toEqual(["applied", "ready"]);
      expect(h.writes()).toBe(3);
    });

    it("ends in time where there never is a leader", async () => {
      const { h, events } = await one({ instead: async () => answer(BUSY) }, { timeout: 0.1 });
      const failure = await failureOf(events, "UNREACHABLE");
      expect(failure.details).toContain("Nothing was written.");
      expect(await settings(h)).toEqual(new Map());
    });

    it("is not sent again after an abort", async () => {
      const stop = new AbortController();
      const { h, events } = await one(
        {
          instead: async () => {
            stop.abort();
            return answer(BUSY);
          },
        },
        {},
        stop.signal,
      );
      await failureOf(events, "UNREACHABLE");
      expect(h.writes()).toBe(1);
    });

    it("that may have arrived is not taken for undone by a later refusal", async () => {
      const { h, events } = await one({
        instead: async (n) => (n === 0 ? answer(LOST) : n === 1 ? answer(REFUSED) : undefined),
      });
      expect(kinds(await events)).toEqual(["applied", "ready"]);
      expect(h.writes()).toBe(3);
    });

    it("whose head somebody deletes before it is looked up has an unknown outcome", async () => {
      let armed = false;
      const h = await harness(
        server,
        {},
        {
          after: async () => {
            if (!armed) return undefined;
            await h.handDelete(`${metaOf(h)}head`);
            return LOST;
          },
        },
      );
      const known = await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      armed = true;
      const failure = await failureOf(run(h, nextHead(h, known, "a-two"), []), "UNKNOWN_OUTCOME");
      expect(failure.fix).toContain("safe");
    });

    it("beaten by a head that says little about itself is told so", async () => {
      const h = await harness(server, {});
      const known = await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      const head = { format: 1, generation: 9, commit: null, applyId: "x", plan: "p", state: "ready" };
      await h.handPut(`${metaOf(h)}head`, JSON.stringify(head));
      const failure = await failureOf(run(h, nextHead(h, known), []), "MOVED");
      expect(failure.details[0]).toContain("applied by somebody at an unknown time: commit none");
    });

    it.each([
      ["fails", new Failure("TIMEOUT", "etcd did not answer in time", { fix: "Wait." }), "UNKNOWN_OUTCOME"],
      ["has a fault of ours", new TypeError("a bug"), undefined],
    ])("that was carried out, while looking at what it left out %s, says that", async (_, error, code) => {
      const { h, events } = await one({
        after: async () => LOST,
        read: async (subject) => (subject.includes("and its keys") ? Promise.reject(error) : undefined),
      });
      if (code === undefined) await expect(events).rejects.toBe(error);
      else expect((await failureOf(events, "UNKNOWN_OUTCOME")).message).toContain("was written at revision");
      expect((await settings(h)).size).toBe(1);
    });

    it("that wrote nothing, because a unit in it had moved, is not told as a head that was written", async () => {
      const trouble: { now: boolean; from: number } = { now: false, from: 0 };
      const h = await harness(
        server,
        { nested: false },
        { instead: async (n) => (trouble.now && n > trouble.from ? answer(FULL) : undefined) },
      );
      const [a, b] = [`${h.prefix}a/x`, `${h.prefix}b/x`];
      const known = await apply(h, { a: [put(a, "1")], b: [put(b, "1")] });
      await h.handPut(a, "by hand");
      Object.assign(trouble, { now: true, from: h.writes() });
      const groups = [
        group(h, known, "a", [put(a, "2", versionOf(known, a))]),
        group(h, known, "b", [put(b, "2", versionOf(known, b))]),
      ];
      const failure = await failureOf(run(h, nextHead(h, known), groups), "FULL");
      expect(failure.details).toContain("Nothing was written.");
      expect((await look(h)).head?.head.state).toBe("ready");
    });
  });
});
