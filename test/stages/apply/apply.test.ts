/** Carrying a plan out: order, events, receipts, and what a store may answer. */
import { beforeEach, describe, expect, it } from "vitest";
import { type ApplyInput, type ApplyProgress, apply } from "../../../src/apply/apply.ts";
import { groupsOf } from "../../../src/apply/compose.ts";
import { digest } from "../../../src/canonical.ts";
import { Failure, type FailureCode } from "../../../src/failure.ts";
import type {
  Destination,
  DestinationPlan,
  DestinationReceipt,
  Entry,
  Key,
  LedgerEntry,
  Live,
  Plan,
} from "../../../src/model.ts";
import { Sealed } from "../../../src/secret.ts";
import { decodeHead, headKey } from "../../../src/stores/records.ts";
import type { CommitEvent, Store } from "../../../src/stores/store.ts";
import { type Desk, COMMIT, META, desk, external, held, place, wholePlan } from "../plan/desk.ts";

let one: Desk;
beforeEach(() => {
  one = desk();
  one.git({
    "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 2 },
    "users@dev": { "/cfg/users/a": 1 },
  });
});

interface Ran {
  readonly receipts: readonly DestinationReceipt[];
  readonly receipt: DestinationReceipt;
  readonly events: readonly ApplyProgress[];
}
/** Plans and applies, with another plan or other circumstances. */
async function run(given: Partial<ApplyInput> = {}, change: (plan: Plan) => Plan = (plan) => plan): Promise<Ran> {
  const live = await one.read();
  const events: ApplyProgress[] = [];
  const plan = change(wholePlan([one.planOn(live)]));
  const receipts = await apply(one.inputFor(plan, live, { progress: (event) => void events.push(event), ...given }));
  const [receipt] = receipts;
  if (receipt === undefined) throw new Error("no receipt");
  return { receipts, receipt, events };
}
/** A store that answers as it is told. */
const answering = (events: readonly CommitEvent[], more: Partial<Store> = {}): Partial<ApplyInput> => ({
  store: () =>
    Promise.resolve({
      ...one.memory.store,
      async *commit() {
        yield* events;
        await Promise.resolve();
      },
      ...more,
    }),
});
const failure = (code: FailureCode): Failure => new Failure(code, `it is ${code}`, { fix: "do this", details: ["x"] });
const failed = (unit: string, code: FailureCode, written: readonly string[] = []): CommitEvent => ({
  kind: "failed",
  unit,
  failure: failure(code),
  written,
});
const applied = (unit: string): CommitEvent => ({ kind: "applied", unit, versions: new Map() });

describe("an apply that goes well", () => {
  it("gives a receipt with counts and the store's proof, and tells how far it is", async () => {
    const { receipts, events } = await run();
    const receipt: DestinationReceipt = {
      destination: "local@dev",
      place: "dev",
      target: "local",
      result: "applied",
      applied: 3,
      pending: 0,
      proof: "revision 1",
      readBack: { checked: 3, wrong: [] },
      left: [],
      before: null,
      supersededBy: undefined,
      failure: undefined,
    };
    expect(receipts).toEqual([receipt]);
    expect(events).toEqual([
      { kind: "start", destination: "local@dev", total: 3 },
      { kind: "step", destination: "local@dev", done: 2, total: 3 },
      { kind: "step", destination: "local@dev", done: 3, total: 3 },
      { kind: "end", receipt },
    ]);
  });

  it("writes a head that says what was applied, by whom, and counts its generations", async () => {
    const head = () => decodeHead(one.text(headKey(META)) ?? "", "head");
    await run();
    expect(head()).toEqual({
      generation: 1,
      commit: COMMIT,
      applyId: "apply-1",
      plan: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
      state: "ready",
      at: "2026-11-21T12:00:00Z",
      by: "ana",
      tool: "test",
    });
    one.git({ "orders@dev": { "/cfg/orders/a": 5, "/cfg/orders/b": 2 } });
    const { receipt } = await run({}, (plan) => ({ ...plan, dirty: true }));
    expect(receipt.before).toBe(COMMIT);
    expect(head()).toMatchObject({ generation: 2, dirty: true });
    one.git({ "orders@dev": { "/cfg/orders/a": 6, "/cfg/orders/b": 2 } });
    await run({}, (plan) => ({ ...plan, dirty: true, commit: null }));
    expect(head()).toMatchObject({ generation: 3, commit: null });
    expect(head().dirty).toBeUndefined();
  });

  it("asks the store for a head that is ready", async () => {
    const heads: string[] = [];
    const { store } = one.memory;
    await run({
      store: () =>
        Promise.resolve({
          ...store,
          commit: (change, groups) => {
            heads.push(change.head.state);
            return store.commit(change, groups);
          },
        }),
    });
    expect(heads).toEqual(["ready"]);
  });

  it("does not read back where nobody wants it", async () => {
    expect((await run({ readBack: false })).receipt.readBack).toBeUndefined();
  });

  it("of a ledger alone has nothing to count", async () => {
    await run();
    one.memory.handDelete("/cfg/users/a");
    one.git({ "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 2 } });
    const unread = {
      ...one.memory.store,
      read: (): never => {
        throw new Error("nothing is to be read");
      },
    };
    expect((await run({ store: () => Promise.resolve(unread) })).receipt).toMatchObject({
      result: "applied",
      applied: 0,
      pending: 0,
      readBack: { checked: 0, wrong: [] },
    });
  });
});

describe("several destinations", () => {
  const at = (plan: DestinationPlan, env: string, id: string): DestinationPlan => ({
    ...plan,
    destination: id,
    place: place(env),
  });
  /** Three environments, in another order than they are promoted, all with the one store. */
  async function three(given: Partial<ApplyInput> = {}): Promise<readonly DestinationReceipt[]> {
    const live = await one.read();
    const plan = one.planOn(live);
    const idle = { ...at(plan, "dev", "idle@dev"), units: [] };
    const destinations = [
      at(plan, "prod", "local@prod"),
      idle,
      at(plan, "dev", "local@dev"),
      at(plan, "stage", "local@stage"),
    ];
    return apply(
      one.inputFor(wholePlan(destinations), live, {
        destinations: new Map(destinations.map(({ destination: id }) => [id, { ...one.destination(), id }])),
        live: new Map(destinations.map(({ destination: id }) => [id, live])),
        ...given,
      }),
    );
  }
  const results = (receipts: readonly DestinationReceipt[]): string[] =>
    receipts.map((receipt) => `${receipt.destination} ${receipt.result} ${receipt.pending}`);

  it("are written in the order of promotion, and only where there is something to write", async () => {
    // The second and third find that another apply came first: they have one store here.
    expect(results(await three({ keepGoing: true }))).toEqual([
      "local@dev applied 0",
      "local@stage moved 3",
      "local@prod moved 3",
    ]);
  });

  it("wait where one before them did not go well", async () => {
    const receipts = await three();
    expect(results(receipts)).toEqual(["local@dev applied 0", "local@stage moved 3", "local@prod pending 3"]);
    expect(receipts[2]).toEqual({
      destination: "local@prod",
      place: "prod",
      target: "local",
      result: "pending",
      applied: 0,
      pending: 3,
      proof: undefined,
      readBack: undefined,
      left: [],
      before: null,
      supersededBy: undefined,
      failure: undefined,
    });
  });

  it("wait after an interruption, also where others go on", async () => {
    const controller = new AbortController();
    const receipts = await three({
      keepGoing: true,
      signal: controller.signal,
      progress: (event) => {
        if (event.kind === "end") controller.abort();
      },
    });
    expect(results(receipts)).toEqual(["local@dev applied 0", "local@stage pending 3", "local@prod pending 3"]);
  });

  it("are not written if nobody read them", async () => {
    await expect(three({ live: new Map() })).rejects.toMatchObject({
      code: "INTERNAL",
      message: "local@dev was never read",
    });
    await expect(three({ destinations: new Map() })).rejects.toMatchObject({ code: "INTERNAL" });
    expect([...one.memory.contents()]).toEqual([]);
  });
});

describe("what a store answers", () => {
  it("moved: the unit is left out, with the reason for each value; the others are in place", async () => {
    await run();
    one.git({
      "orders@dev": { "/cfg/orders/a": 7, "/cfg/orders/b": 8 },
      "users@dev": { "/cfg/users/a": 9 },
    });
    const { receipt } = await run({
      store: () => {
        one.memory.handPut("/cfg/orders/b", "by hand");
        return Promise.resolve(one.memory.store);
      },
    });
    expect(receipt).toMatchObject({
      result: "partial",
      applied: 1,
      pending: 2,
      failure: undefined,
      readBack: { checked: 1, wrong: [] },
      left: [
        { address: "orders@dev:a", why: "left out with its unit" },
        { address: "orders@dev:b", why: "changed by somebody else since it was read" },
      ],
    });
  });

  it("moved, and nothing else: nothing was written", async () => {
    const { receipt } = await run(
      answering([
        { kind: "moved", unit: "orders@dev", keys: ["/cfg/orders/a"] },
        { kind: "moved", unit: "users@dev", keys: [] },
      ]),
    );
    expect(receipt).toMatchObject({ result: "moved", applied: 0, pending: 3, readBack: { checked: 0 } });
    expect(receipt.left).toHaveLength(3);
  });

  it("failed: says which values are in place, and the first failure", async () => {
    const { receipt } = await run(
      answering([failed("orders@dev", "FULL", ["/cfg/orders/a"]), failed("users@dev", "DENIED")]),
    );
    expect(receipt).toMatchObject({
      result: "partial",
      applied: 0,
      pending: 3,
      left: [
        { address: "orders@dev:b", why: "it is FULL" },
        { address: "users@dev:a", why: "it is DENIED" },
      ],
    });
    expect(receipt.failure).toEqual({ code: "FULL", message: "it is FULL", fix: "do this", details: ["x"] });
  });

  it.each<[string, readonly CommitEvent[], DestinationReceipt["result"]]>([
    ["failed, nothing written", [failed("orders@dev", "FULL")], "failed"],
    ["failed after a unit", [applied("users@dev"), failed("orders@dev", "FULL")], "partial"],
    ["an unknown outcome", [failed("orders@dev", "UNKNOWN_OUTCOME")], "partial"],
    ["an unknown outcome last", [failed("users@dev", "FULL"), failed("orders@dev", "UNKNOWN_OUTCOME")], "partial"],
    ["an unknown outcome first", [failed("users@dev", "UNKNOWN_OUTCOME"), failed("orders@dev", "FULL")], "partial"],
    ["moved on the way", [failed("orders@dev", "MOVED")], "moved"],
    ["moved on the way, after a unit", [applied("users@dev"), failed("orders@dev", "MOVED")], "partial"],
    ["moved on the way, with a key in place", [failed("orders@dev", "MOVED", ["/cfg/orders/a"])], "partial"],
    ["moved after a failure", [failed("users@dev", "FULL"), { kind: "moved", unit: "orders@dev", keys: [] }], "failed"],
    ["a unit that nobody sent", [applied("else@dev"), { kind: "moved", unit: "else@dev", keys: [] }], "partial"],
  ])("%s", async (_, events, result) => {
    expect((await run({ ...answering(events), readBack: false })).receipt.result).toBe(result);
  });

  it("a failure that it throws: the receipt has it", async () => {
    one.memory.handPut("/cfg/orders/x", "x");
    const thrown = new Failure("UNREACHABLE", "nobody is there");
    const { receipt } = await run({ store: () => Promise.reject(thrown) });
    expect(receipt).toMatchObject({ result: "failed", pending: 3, proof: undefined, readBack: undefined });
    expect(receipt.failure).toStrictEqual({ code: "UNREACHABLE", message: "nobody is there", details: [] });
  });

  it("anything else that it throws is our bug, and is not repeated to people", async () => {
    const { receipt } = await run({ store: () => Promise.reject(new Error("canary")) });
    expect(receipt.failure).toEqual({
      code: "INTERNAL",
      message: "apply failed in a way it should not",
      details: [],
    });
  });

  it("a throw after some units were written: they are counted", async () => {
    const { receipt } = await run({
      store: () =>
        Promise.resolve({
          ...one.memory.store,
          // oxlint-disable-next-line require-await -- as a driver does
          async *commit() {
            yield applied("users@dev");
            throw failure("TIMEOUT");
          },
        }),
    });
    expect(receipt).toMatchObject({ result: "partial", applied: 1, pending: 2, failure: { code: "TIMEOUT" } });
  });
});

describe("reading back", () => {
  /** A store that gives other entries when it is asked after the commit. */
  const forgetting = (change: (entry: Entry) => readonly Entry[]): Partial<ApplyInput> => {
    let committed = false;
    const { store } = one.memory;
    return {
      store: () =>
        Promise.resolve({
          ...store,
          async *read(query, signal) {
            for await (const page of store.read(query, signal)) yield committed ? page.flatMap(change) : page;
          },
          async *commit(head, groups, signal) {
            committed = true;
            yield* store.commit(head, groups, signal);
          },
        }),
    };
  };

  it("finds a text that is not what was written, and one that is gone", async () => {
    const { receipt } = await run(
      forgetting((entry) => {
        if (entry.key === "/cfg/orders/a") return [{ ...entry, value: " 1" }];
        return entry.key === "/cfg/users/a" ? [] : [entry];
      }),
    );
    expect(receipt).toMatchObject({
      result: "partial",
      readBack: { checked: 3, wrong: ["/cfg/orders/a", "/cfg/users/a"] },
      failure: {
        code: "CORRUPT",
        message: "the store does not hold what was written to it",
        details: ["/cfg/orders/a", "/cfg/users/a"],
      },
    });
  });

  it("does not call wrong what somebody else wrote since", async () => {
    const { receipt } = await run(forgetting((entry) => [{ ...entry, value: "theirs", version: "99" }]));
    expect(receipt).toMatchObject({ result: "applied", readBack: { checked: 3, wrong: [] } });
  });

  it("finds a key that is still there after its deletion, unless somebody wrote it since", async () => {
    await run();
    const entry = { key: "/cfg/users/a", version: "1", secret: false, value: "1" };
    const still = (version: string) => {
      one.git({ "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 2 } });
      return answering([{ kind: "applied", unit: "users@dev", versions: new Map() }], {
        async *read() {
          await Promise.resolve();
          yield [{ ...entry, version }];
        },
      });
    };
    expect((await run(still("1"))).receipt.readBack).toEqual({ checked: 1, wrong: ["/cfg/users/a"] });
    expect((await run(still("2"))).receipt.readBack).toEqual({ checked: 1, wrong: [] });
    expect((await run()).receipt.readBack).toEqual({ checked: 1, wrong: [] });
  });

  it("compares only the versions of secrets, and does not ask for their values", async () => {
    one.git({
      "orders@dev": { "/cfg/orders/pass": external("db"), "/cfg/orders/token": held("token", "t"), "/cfg/orders/a": 1 },
    });
    const asked: {
      secrets: string;
      keys: readonly string[];
      secretKeys: readonly string[];
      prefixes: readonly string[];
    }[] = [];
    const { store } = one.memory;
    const { receipt } = await run({
      store: () =>
        Promise.resolve({
          ...store,
          read: (query, signal) => {
            asked.push({ ...query, secretKeys: [...query.secretKeys] });
            return store.read(query, signal);
          },
        }),
    });
    expect(receipt.readBack).toEqual({ checked: 3, wrong: [] });
    expect(asked).toEqual([
      {
        prefixes: [],
        keys: ["/cfg/orders/a", "/cfg/orders/pass", "/cfg/orders/token"],
        secrets: "versions",
        secretKeys: ["/cfg/orders/pass", "/cfg/orders/token"],
      },
    ]);
  });

  it.each([
    [199, { prefixes: [], keys: 199 }],
    [200, { prefixes: ["/cfg/orders/"], keys: 0 }],
    [201, { prefixes: ["/cfg/orders/"], keys: 0 }],
  ])("of %i keys takes few requests", async (count, expected) => {
    one.git({
      "orders@dev": Object.fromEntries(Array.from({ length: count }, (_, index) => [`/cfg/orders/k${index}`, index])),
    });
    const asked: unknown[] = [];
    const { store } = one.memory;
    const destination: Destination = { ...one.destination(), reads: { prefixes: ["/cfg/orders/"], keys: [] } };
    const { receipt } = await run({
      destinations: new Map([[destination.id, destination]]),
      store: () =>
        Promise.resolve({
          ...store,
          read: (query, signal) => {
            asked.push({ prefixes: query.prefixes, keys: query.keys.length });
            return store.read(query, signal);
          },
        }),
    });
    expect(receipt.readBack).toEqual({ checked: count, wrong: [] });
    expect(asked).toEqual([expected]);
  });

  it("asks for keys outside of the prefixes one by one", async () => {
    one.git({
      "orders@dev": Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`/cfg/orders/k${index}`, index])),
      "users@dev": { "/cfg/users/a": 1 },
    });
    const destination: Destination = {
      ...one.destination(),
      reads: { prefixes: ["/cfg/orders/", "/cfg/more/"], keys: [] },
    };
    const { receipt } = await run({ destinations: new Map([[destination.id, destination]]) });
    expect(receipt.readBack).toEqual({ checked: 201, wrong: [] });
  });
});

describe("a race", () => {
  it("with a deletion of what was not there when it was planned: nothing is deleted", async () => {
    await run();
    one.git({ "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 2 } });
    const { receipt } = await run({}, (plan) => ({
      ...plan,
      destinations: plan.destinations.map((destination) => ({
        ...destination,
        units: destination.units.map((unit) => ({
          ...unit,
          changes: unit.changes.map((change) => ({ ...change, expected: null })),
        })),
      })),
    }));
    expect(receipt.result).toBe("moved");
    expect(one.text("/cfg/users/a")).toBe("1");
  });

  it("with a secret group that somebody wrote between the plan and the apply: nothing is written", async () => {
    one = desk({ layout: "groups" });
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: external("db") } } });
    await run();
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "root", pass: external("db") } } });
    const raced = await run({
      store: () => {
        one.memory.handPut("/cfg/orders/db", '{"user":"x"}');
        return Promise.resolve(one.memory.store);
      },
    });
    expect(raced.receipt).toMatchObject({
      result: "moved",
      failure: {
        code: "MOVED",
        message: "/cfg/orders/db changed while it was being applied",
        fix: "Run the apply again: it plans anew.",
      },
    });
    expect(one.text("/cfg/orders/db")).toBe('{"user":"x"}');
  });

  it("with a group that somebody deleted between the plan and the apply: nothing is written", async () => {
    one = desk({ layout: "groups" });
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: external("db") } } });
    await run();
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "root", pass: external("db") } } });
    const live: Live = await one.read();
    const plan = wholePlan([one.planOn(live)]);
    one.memory.handDelete("/cfg/orders/db");
    const [receipt] = await apply(one.inputFor(plan, { ...live, entries: new Map() }));
    expect(receipt).toMatchObject({ result: "moved", failure: { code: "MOVED" } });
    expect(one.text("/cfg/orders/db")).toBeUndefined();
  });

  it("with a hand that made a secret group something else: it is refused, in words without the text", async () => {
    one = desk({ layout: "groups" });
    one.memory.handPut("/cfg/orders/db", "canary", { secret: true });
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: external("db") } } });
    const { receipt } = await run();
    expect(receipt).toMatchObject({
      result: "failed",
      failure: {
        code: "CORRUPT",
        message: "/cfg/orders/db is not a JSON object, so no secret can be added to it",
        fix: "Write a JSON object to it (names and values), then run the apply again.",
      },
    });
    expect(one.text("/cfg/orders/db")).toBe("canary");
  });
});

describe("a blob that only names of others are left in", () => {
  it("is given up without a write when Git drops its names, at the version that was seen", async () => {
    const blobs = desk({ layout: "blob" });
    const key = "/cfg/orders/all";
    blobs.git({ "orders@dev": { [key]: { a: 1, b: 2 } } });
    await blobs.apply();
    blobs.memory.handPut(key, '{"theirs":"x"}');
    blobs.git({});
    const live = await blobs.read();
    const plan = blobs.planOn(live, { policy: { overwriteDrift: true, overwriteConflicts: true } });
    const [only] = groupsOf(plan, META, live, live.entries, () => new Sealed(""));
    expect(only?.writes).toEqual([]);
    expect(only?.ledger.left).toEqual(new Map([[key, live.entries.get(key)?.version]]));
    expect(only?.ledger.record.settings.has(key)).toBe(false);
  });
});

describe("what an apply that died announced", () => {
  it("and does not show is named with the version that was seen, unless it is written now", async () => {
    const key = (name: string): Key => `/cfg/orders/${name}`;
    one.git({ "orders@dev": { [key("kept")]: "1", [key("back")]: "1", [key("done")]: "1", [key("next")]: "1" } });
    await one.apply();
    one.git({ "orders@dev": { [key("kept")]: "1", [key("back")]: "1", [key("done")]: "1", [key("next")]: "3" } });
    const found = await one.read();
    const stored = found.ledger.get("orders@dev");
    if (stored === undefined) throw new Error("there is a record");
    const entry = (text: string): LedgerEntry => ({ digest: digest(text), version: "@", secret: false });
    const pending = new Map<Key, LedgerEntry | null>([
      [key("kept"), entry("2")],
      [key("back"), null],
      [key("done"), entry("1")],
      [key("next"), entry("2")],
      [key("new"), entry("2")],
      [key("gone"), null],
    ]);
    const ledger = new Map([["orders@dev", { ...stored, record: { ...stored.record, pending } }]]);
    const live: Live = { ...found, ledger };
    const [only] = groupsOf(one.planOn(live), META, live, live.entries, () => new Sealed(""));
    expect(only?.writes.map((write) => write.key)).toEqual([key("next")]);
    expect(only?.ledger.unseen).toEqual(
      new Map([
        [key("kept"), live.entries.get(key("kept"))?.version],
        [key("back"), live.entries.get(key("back"))?.version],
        [key("new"), null],
      ]),
    );
  });
});

describe("a blob that is not shown, and of which Git drops a name", () => {
  it("is looked at before the record forgets that name: the read may have been behind the ledger", async () => {
    const blobs = desk({ layout: "blob" });
    const key = "/cfg/orders/all";
    blobs.git({ "orders@dev": { [key]: { a: 1, b: 2 } } });
    await blobs.apply();
    blobs.git({ "orders@dev": { [key]: { a: 1 } } });
    const live: Live = { ...(await blobs.read()), entries: new Map() };
    const [only] = groupsOf(blobs.planOn(live), META, live, live.entries, () => new Sealed(""));
    expect(only?.writes).toEqual([]);
    expect([...(only?.ledger.record.settings.get(key)?.members?.keys() ?? [])]).toEqual(["a"]);
    expect(only?.ledger.unseen).toEqual(new Map([[key, null]]));
  });
});

describe("an apply that is stopped while the outcome of a unit is open", () => {
  it("says that nobody can tell, not why it ended", async () => {
    const { receipt } = await run({
      store: () =>
        Promise.resolve({
          ...one.memory.store,
          async *commit() {
            yield await Promise.resolve(failed("orders@dev", "UNKNOWN_OUTCOME"));
            throw failure("INTERRUPTED");
          },
        }),
    });
    expect(receipt).toMatchObject({ result: "partial", failure: { code: "UNKNOWN_OUTCOME" } });
  });
});
