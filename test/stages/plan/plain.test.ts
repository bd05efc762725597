/** Keys without secrets: what Git wants, what was applied and what is live give every change its name. */
import { beforeEach, describe, expect, it } from "vitest";
import { digest } from "../../../src/canonical.ts";
import { type Desk, COMMIT, META, desk, told } from "./desk.ts";

const GIT_WINS = { policy: { overwriteDrift: true, overwriteConflicts: true } };
const RESTORE = { policy: { overwriteDrift: true, overwriteConflicts: false } };
let one: Desk;
const wants = (values: Readonly<Record<string, string | number | boolean | null>>): void =>
  one.git({
    "orders@dev": Object.fromEntries(Object.entries(values).map(([name, value]) => [`/cfg/orders/${name}`, value])),
  });

describe("one value a key", () => {
  beforeEach(async () => {
    one = desk();
    wants({ a: 1, b: "two" });
    await one.apply();
  });

  it("is created, written down with its digest, and then at rest", async () => {
    const empty = desk();
    empty.git({ "orders@dev": { "/cfg/orders/b": "two", "/cfg/orders/a": 1 } });
    expect(told(await empty.apply())).toEqual([
      "create /cfg/orders/a @none: add a is 1",
      'create /cfg/orders/b @none: add b is "two"',
    ]);
    expect([empty.text("/cfg/orders/a"), empty.text("/cfg/orders/b")]).toEqual(["1", "two"]);
    expect(empty.ledger("orders@dev")).toEqual({
      unit: "orders@dev",
      commit: COMMIT,
      applyId: "apply-1",
      settings: new Map([
        ["/cfg/orders/a", { digest: digest("1"), version: "own", secret: false }],
        ["/cfg/orders/b", { digest: digest("two"), version: "own", secret: false }],
      ]),
    });
    expect(told(await empty.plan())).toEqual([]);
  });

  it("is changed where Git changed it, with the version it must still have", async () => {
    wants({ a: 2, b: "two" });
    expect(told(await one.apply())).toEqual(["update /cfg/orders/a @1: change a was 1 is 2"]);
    expect(one.text("/cfg/orders/a")).toBe("2");
    expect(told(await one.plan())).toEqual([]);
  });

  it("is deleted where Git dropped it, and forgotten", async () => {
    wants({ a: 1 });
    expect(told(await one.apply())).toEqual(['delete /cfg/orders/b @1 nothing: remove b was "two"']);
    expect(one.text("/cfg/orders/b")).toBeUndefined();
    expect([...(one.ledger("orders@dev")?.settings.keys() ?? [])]).toEqual(["/cfg/orders/a"]);
  });

  it("comes in the order of adds, adoptions, changes and deletions, each by key", async () => {
    wants({ m: 1, n: 1, o: 1, p: 1 });
    await one.apply();
    one.memory.handPut("/cfg/orders/z", "theirs");
    one.memory.handPut("/cfg/orders/y", "theirs");
    wants({ z: 1, y: 1, x: 1, w: 1, o: 2, n: 2 });
    expect(told(await one.plan()).map((line) => line.split(" @")[0])).toEqual([
      "create /cfg/orders/w",
      "create /cfg/orders/x",
      "adopt /cfg/orders/y",
      "adopt /cfg/orders/z",
      "update /cfg/orders/n",
      "update /cfg/orders/o",
      "delete /cfg/orders/m",
      "delete /cfg/orders/p",
    ]);
  });

  it("changed by hand is drift: reported, left alone, and reported again after the next apply", async () => {
    one.memory.handPut("/cfg/orders/a", "9");
    const drift = "drift changed orders@dev:a in /cfg/orders/a git 1 live 9";
    expect(told(await one.plan())).toEqual([drift]);
    wants({ a: 1, b: "three" });
    expect(told(await one.apply())).toEqual(['update /cfg/orders/b @1: change b was "two" is "three"', drift]);
    expect(told(await one.plan())).toEqual([drift]);
    expect(one.text("/cfg/orders/a")).toBe("9");
    expect(told(await one.apply(RESTORE))).toEqual(["update /cfg/orders/a @2: change a was 9 is 1"]);
    expect(one.text("/cfg/orders/a")).toBe("1");
    expect(told(await one.plan())).toEqual([]);
  });

  it("deleted by hand is drift, and put back only where the repo says so", async () => {
    one.memory.handDelete("/cfg/orders/a");
    expect(told(await one.plan())).toEqual(["drift deleted orders@dev:a in /cfg/orders/a git 1"]);
    expect(told(await one.apply(RESTORE))).toEqual(["create /cfg/orders/a @none: add a is 1"]);
    expect(told(await one.plan())).toEqual([]);
  });

  it("changed on both sides is a conflict: nothing of it is written until Git is to win", async () => {
    one.memory.handPut("/cfg/orders/a", "9");
    wants({ a: 2, b: "two" });
    const conflict = "conflict both-changed orders@dev:a in /cfg/orders/a git 2 live 9";
    expect(told(await one.apply(RESTORE))).toEqual([conflict]);
    expect(one.text("/cfg/orders/a")).toBe("9");
    expect(told(await one.apply(GIT_WINS))).toEqual(["update /cfg/orders/a @2: change a was 9 is 2", conflict]);
    expect(one.text("/cfg/orders/a")).toBe("2");
    expect(told(await one.plan())).toEqual([]);
  });

  it("changed in Git and deleted by hand is a conflict", async () => {
    one.memory.handDelete("/cfg/orders/a");
    wants({ a: 2, b: "two" });
    const conflict = "conflict deleted-live orders@dev:a in /cfg/orders/a git 2";
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect(told(await one.apply(GIT_WINS))).toEqual(["create /cfg/orders/a @none: add a is 2", conflict]);
    expect(one.text("/cfg/orders/a")).toBe("2");
  });

  it("dropped in Git and changed by hand is a conflict", async () => {
    one.memory.handPut("/cfg/orders/a", "9");
    wants({ b: "two" });
    const conflict = 'conflict changed-live orders@dev:a in /cfg/orders/a live "9"';
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect(told(await one.apply(GIT_WINS))).toEqual(['delete /cfg/orders/a @2 nothing: remove a was "9"', conflict]);
    expect(one.text("/cfg/orders/a")).toBeUndefined();
    expect(told(await one.plan())).toEqual([]);
  });

  it("that somebody already wrote as Git now says needs the ledger only, with the version that was read", async () => {
    one.memory.handPut("/cfg/orders/a", "2");
    wants({ a: 2, b: "two" });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(one.ledger("orders@dev")?.settings.get("/cfg/orders/a")).toEqual({
      digest: digest("2"),
      version: "2",
      secret: false,
    });
    expect(told(await one.plan())).toEqual([]);
  });

  it("that somebody already deleted as Git now says is forgotten without a write", async () => {
    one.memory.handDelete("/cfg/orders/a");
    wants({ b: "two" });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect([...(one.ledger("orders@dev")?.settings.keys() ?? [])]).toEqual(["/cfg/orders/b"]);
    expect(told(await one.plan())).toEqual([]);
  });

  it("left alone keeps the version of our own write in the ledger, and one that is written has none yet", async () => {
    one.memory.handPut("/cfg/orders/a", "9");
    wants({ a: 1, b: "three" });
    const settings = (await one.apply()).units[0]?.ledger.record.settings;
    expect(settings?.get("/cfg/orders/a")).toEqual({ digest: digest("1"), version: "1", secret: false });
    expect(settings?.get("/cfg/orders/b")).toEqual({ digest: digest("three"), version: undefined, secret: false });
    expect(one.ledger("orders@dev")?.settings.get("/cfg/orders/a")?.version).toBe("1");
  });

  it("has no side in a plan that is not there: no before, no after, nothing live, nothing in Git", async () => {
    one.memory.handDelete("/cfg/orders/a");
    one.memory.handPut("/cfg/orders/b", "by hand");
    wants({ a: 2, c: 3 });
    const { conflicts } = await one.plan();
    const about = { unit: "orders@dev", name: "", secret: false };
    expect(conflicts).toStrictEqual([
      { ...about, key: "/cfg/orders/a", path: ["a"], kind: "deleted-live", git: 2 },
      { ...about, key: "/cfg/orders/b", path: ["b"], kind: "changed-live", live: "by hand" },
    ]);
    const changes = (await one.plan(GIT_WINS)).units[0]?.changes;
    expect(changes?.map(({ members }) => members)).toStrictEqual([
      [{ path: ["a"], name: "", action: "add", secret: false, after: 2 }],
      [{ path: ["c"], name: "", action: "add", secret: false, after: 3 }],
      [{ path: ["b"], name: "", action: "remove", secret: false, before: "by hand" }],
    ]);
  });

  it("written again by somebody with the same text is nobody's business", async () => {
    one.memory.handPut("/cfg/orders/a", "1");
    expect(told(await one.plan())).toEqual([]);
    wants({ a: 1, b: "three" });
    await one.apply();
    wants({ a: 5, b: "three" });
    expect(told(await one.apply())).toEqual(["update /cfg/orders/a @2: change a was 1 is 5"]);
  });

  it("that was there before is adopted, and shown with what it was", async () => {
    one.memory.handPut("/cfg/orders/c", "theirs");
    wants({ a: 1, b: "two", c: "ours" });
    expect(told(await one.apply())).toEqual([
      'adopt /cfg/orders/c @2: add c was "theirs" is "ours"'.replace("add", "change"),
    ]);
    expect(one.text("/cfg/orders/c")).toBe("ours");
  });

  it("that was there with the very text of Git is adopted without a write, so that its author stays", async () => {
    one.memory.handPut("/cfg/orders/c", "same");
    wants({ a: 1, b: "two", c: "same" });
    expect(told(await one.apply())).toEqual(['adopt /cfg/orders/c @2: change c was "same" is "same"']);
    expect(one.ledger("orders@dev")?.settings.get("/cfg/orders/c")?.version).toBe("2");
    expect(told(await one.plan())).toEqual([]);
  });

  it("null and the text null are told apart from no value", async () => {
    wants({ a: null, b: "two" });
    expect(told(await one.apply())).toEqual(["update /cfg/orders/a @1: change a was 1 is null"]);
    expect(one.text("/cfg/orders/a")).toBe("null");
    expect(told(await one.plan())).toEqual([]);
  });
});

describe("units", () => {
  it("are planned by name, those that Git dropped too, and those out of scope are left alone", async () => {
    one = desk();
    one.git({
      "users@dev": { "/cfg/users/a": 1 },
      "orders@dev": { "/cfg/orders/a": 1 },
      "stock@dev": { "/cfg/stock/a": 1 },
    });
    await one.apply();
    one.git({ "users@dev": { "/cfg/users/a": 2 }, "orders@dev": { "/cfg/orders/a": 2 } });
    const plan = await one.plan();
    expect(
      plan.units.map(({ unit, app, managed, upkeep, changes }) => [unit, app, managed, upkeep, changes.length]),
    ).toEqual([
      ["orders@dev", "orders", 1, false, 1],
      ["stock@dev", "stock", 1, false, 1],
      ["users@dev", "users", 1, false, 1],
    ]);
    expect(plan.untouched).toBe(0);
    const some = await one.plan({ inScope: (unit) => unit === "orders@dev" });
    expect(told(some)).toEqual(["update /cfg/orders/a @1: change a was 1 is 2"]);
    expect(some.untouched).toBe(2);
    expect(some).toMatchObject({ destination: "local@dev", target: "local", type: "memory", place: { id: "dev" } });
    expect(some.head?.head).toMatchObject({ generation: 1, commit: COMMIT, applyId: "apply-1", state: "ready" });
  });

  it("count as untouched where they have something or are to have it", async () => {
    one = desk();
    one.git({ "orders@dev": { "/cfg/orders/a": 1 }, "empty@dev": {} });
    expect((await one.plan()).untouched).toBe(0);
    await one.apply();
    expect((await one.plan()).untouched).toBe(1);
    one.git({ "orders@dev": {}, "empty@dev": {} });
    expect((await one.plan()).untouched).toBe(0);
    expect((await one.plan({ inScope: () => false })).untouched).toBe(1);
  });

  it("write their ledger anew when a dead apply left its list in it, even if nothing else is to be done", async () => {
    one = desk();
    one.git({ "orders@dev": { "/cfg/orders/a": 1 } });
    await one.apply();
    const live = await one.read();
    const stored = live.ledger.get("orders@dev");
    if (stored === undefined) throw new Error("no ledger");
    const dead = { ...stored, record: { ...stored.record, pending: new Map([["/cfg/orders/a", null]]) } };
    const plan = one.planOn({ ...live, ledger: new Map([["orders@dev", dead]]) });
    expect(told(plan)).toEqual(["upkeep orders@dev"]);
    expect(plan.units[0]?.ledger.record).toMatchObject({ unit: "orders@dev", commit: COMMIT, applyId: "apply-1" });
    expect(plan.units[0]?.ledger).toMatchObject({ expected: "1" });
    expect(plan.units[0]?.ledger.record.pending).toBeUndefined();
  });
});

describe("foreign keys", () => {
  it("are those that neither Git, nor a ledger, nor another target names, sorted, without trueup's own", async () => {
    one = desk();
    one.git({ "orders@dev": { "/cfg/orders/a": 1 } });
    await one.apply();
    const nobody = (): never => {
      throw new Error("where all is accounted for, others are not asked");
    };
    expect((await one.plan({ others: nobody })).foreign).toEqual([]);
    for (const key of ["/cfg/z", "/cfg/orders/x", "/cfg/orders/b", "/cfg/theirs", `${META}more`])
      one.memory.handPut(key, "x");
    one.git({ "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 1 } });
    expect((await one.plan({ others: () => new Set(["/cfg/theirs"]) })).foreign).toEqual(["/cfg/orders/x", "/cfg/z"]);
    one.git({});
    expect((await one.plan({ inScope: () => false })).foreign).toEqual([
      "/cfg/orders/b",
      "/cfg/orders/x",
      "/cfg/theirs",
      "/cfg/z",
    ]);
  });

  it("are found also where as many keys of the ledger are gone", async () => {
    one = desk();
    one.git({ "orders@dev": { "/cfg/orders/a": 1, "/cfg/orders/b": 1 } });
    await one.apply();
    one.memory.handDelete("/cfg/orders/b");
    one.memory.handPut("/cfg/orders/x", "theirs");
    expect((await one.plan()).foreign).toEqual(["/cfg/orders/x"]);
  });

  it("are not what a dead apply announced", async () => {
    one = desk();
    one.git({ "orders@dev": { "/cfg/orders/a": 1 } });
    await one.apply();
    one.memory.handPut("/cfg/orders/b", "1");
    one.memory.handPut("/cfg/reserved/b", "1");
    const live = await one.read();
    const stored = live.ledger.get("orders@dev");
    if (stored === undefined) throw new Error("no ledger");
    const dead = { ...stored, record: { ...stored.record, pending: new Map([["/cfg/orders/b", null]]) } };
    expect(
      one.planOn({ ...live, ledger: new Map([["orders@dev", dead]]) }, { reserved: "/cfg/reserved/" }).foreign,
    ).toEqual([]);
  });
});
