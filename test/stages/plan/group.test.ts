/** Many values in one key, as JSON: each value has its own three columns, and strangers inside stay. */
import { beforeEach, describe, expect, it } from "vitest";
import { digest } from "../../../src/canonical.ts";
import type { Plain, PlainMap, Value } from "../../../src/model.ts";
import { type Desk, desk, told } from "./desk.ts";

const GIT_WINS = { policy: { overwriteDrift: true, overwriteConflicts: true } };
const RESTORE = { policy: { overwriteDrift: true, overwriteConflicts: false } };
const KEY = "/cfg/orders/http";
let one: Desk;
const wants = (values: Readonly<Record<string, Value>>): void => one.git({ "orders@dev": { [KEY]: values } });
const hand = (value: Plain): void => one.memory.handPut(KEY, typeof value === "string" ? value : JSON.stringify(value));

beforeEach(async () => {
  one = desk({ layout: "groups" });
  wants({ a: 1, "b.c": "x" });
  await one.apply();
});

describe("a group", () => {
  it("is created as one JSON object, with a digest for each name", async () => {
    expect(one.json(KEY)).toEqual({ a: 1, b: { c: "x" } });
    expect(one.ledger("orders@dev")?.settings.get(KEY)).toEqual({
      digest: undefined,
      version: "own",
      secret: false,
      members: new Map([
        ["a", digest("1")],
        ["b.c", digest('"x"')],
      ]),
    });
    expect(told(await one.plan())).toEqual([]);
    expect((await one.plan()).units).toEqual([]);
  });

  it("counts its names as managed", async () => {
    wants({ a: 2, "b.c": "x" });
    expect((await one.plan()).units[0]?.managed).toBe(2);
  });

  it("is changed name by name, and what strangers put into it stays", async () => {
    hand({ a: 1, b: { c: "x", theirs: true }, more: 5 });
    expect(told(await one.plan())).toEqual([]);
    wants({ a: 2, "b.d": "y" });
    expect(told(await one.apply())).toEqual([
      `update ${KEY} @2: change http.a(a) was 1 is 2, add http.b.d(b.d) is "y", remove http.b.c(b.c) was "x"`,
    ]);
    expect(one.json(KEY)).toEqual({ a: 2, b: { theirs: true, d: "y" }, more: 5 });
    expect(told(await one.plan())).toEqual([]);
  });

  it("with other names than before is changed, not deleted", async () => {
    wants({ c: 3 });
    expect(told(await one.apply())).toEqual([
      `update ${KEY} @1: add http.c(c) is 3, remove http.a(a) was 1, remove http.b.c(b.c) was "x"`,
    ]);
    expect(one.json(KEY)).toMatchObject({ c: 3 });
    expect(told(await one.plan())).toEqual([]);
  });

  it("from which somebody took what Git drops needs the ledger only, with the version of our own write", async () => {
    hand({ a: 1 });
    wants({ a: 1 });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(one.ledger("orders@dev")?.settings.get(KEY)).toMatchObject({
      version: "1",
      members: new Map([["a", digest("1")]]),
    });
  });

  it("goes when nothing is left in it, and stays while a stranger's value is", async () => {
    one.git({});
    expect(told(await one.plan())).toEqual([
      `delete ${KEY} @1 nothing: remove http.a(a) was 1, remove http.b.c(b.c) was "x"`,
    ]);
    hand({ a: 1, b: { c: "x" }, more: 5 });
    expect(told(await one.apply())).toEqual([`update ${KEY} @2: remove http.a(a) was 1, remove http.b.c(b.c) was "x"`]);
    expect(one.json(KEY)).toEqual({ more: 5 });
    expect(told(await one.plan())).toEqual([]);
    expect(one.ledger("orders@dev")?.settings.size).toBe(0);
  });

  it("says which of its values drifted, and keeps what the ledger says of them when others are written", async () => {
    hand({ a: 9, b: {} });
    const drift = [
      `drift changed orders@dev:http.a in ${KEY} (a) git 1 live 9`,
      `drift deleted orders@dev:http.b.c in ${KEY} (b.c) git "x"`,
    ];
    expect(told(await one.plan())).toEqual(drift);
    wants({ a: 1, "b.c": "x", d: true });
    expect(told(await one.apply())).toEqual([`update ${KEY} @2: add http.d(d) is true`, ...drift]);
    expect(one.json(KEY)).toMatchObject({ a: 9, d: true });
    expect(told(await one.plan())).toEqual(drift);
    expect(told(await one.apply(RESTORE))).toEqual([
      `update ${KEY} @3: change http.a(a) was 9 is 1, add http.b.c(b.c) is "x"`,
    ]);
    expect(one.json(KEY)).toMatchObject({ a: 1, b: { c: "x" }, d: true });
    expect(told(await one.plan())).toEqual([]);
  });

  it("is not written at all while one of its values is in conflict", async () => {
    hand({ a: 9, b: { c: "x" } });
    wants({ a: 2, "b.c": "y" });
    const conflict = `conflict both-changed orders@dev:http.a in ${KEY} (a) git 2 live 9`;
    expect(told(await one.apply(RESTORE))).toEqual([conflict]);
    expect(one.json(KEY)).toEqual({ a: 9, b: { c: "x" } });
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `update ${KEY} @2: change http.a(a) was 9 is 2, change http.b.c(b.c) was "x" is "y"`,
      conflict,
    ]);
    expect(one.json(KEY)).toEqual({ a: 2, b: { c: "y" } });
  });

  it("takes a stranger's value under a name that Git now wants for done where it is the same", async () => {
    hand({ a: 1, b: { c: "x" }, d: true });
    wants({ a: 1, "b.c": "x", d: true });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(one.ledger("orders@dev")?.settings.get(KEY)).toMatchObject({ version: "2" });
    expect(one.ledger("orders@dev")?.settings.get(KEY)?.members?.get("d")).toBe(digest("true"));
    expect(told(await one.plan())).toEqual([]);
  });

  it("does not take over a stranger's other value under a name that Git now wants", async () => {
    hand({ a: 1, b: { c: "x" }, d: "theirs" });
    wants({ a: 1, "b.c": "x", d: true });
    const conflict = `conflict both-changed orders@dev:http.d in ${KEY} (d) git true live "theirs"`;
    expect(told(await one.plan())).toEqual([conflict]);
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `update ${KEY} @2: change http.d(d) was "theirs" is true`,
      conflict,
    ]);
    expect(one.json(KEY)).toMatchObject({ d: true });
  });

  it("of somebody else is adopted as it is, and strangers in it stay", async () => {
    one = desk({ layout: "groups" });
    hand({ a: 1, theirs: 2 });
    wants({ a: 1, b: "x" });
    expect(told(await one.apply())).toEqual([`adopt ${KEY} @1: change http.a(a) was 1 is 1, add http.b(b) is "x"`]);
    expect(one.json(KEY)).toEqual({ a: 1, b: "x", theirs: 2 });
  });

  it("without a name of ours is nothing to delete", async () => {
    one = desk({ layout: "groups" });
    wants({});
    expect(told(await one.plan())).toEqual([]);
    expect((await one.plan()).units).toEqual([]);
  });
});

describe("a group that somebody replaced by something else", () => {
  beforeEach(() => hand("by hand"));

  it("drifted as a whole where Git did not touch it", async () => {
    const drift = `drift changed orders@dev: in ${KEY} live "by hand"`;
    expect(told(await one.apply())).toEqual([drift]);
    expect(one.text(KEY)).toBe("by hand");
    expect(told(await one.plan({ policy: { overwriteDrift: false, overwriteConflicts: true } }))).toEqual([drift]);
    expect(told(await one.apply(RESTORE))).toEqual([`update ${KEY} @2: add http.a(a) is 1, add http.b.c(b.c) is "x"`]);
    expect(one.json(KEY)).toEqual({ a: 1, b: { c: "x" } });
    expect(told(await one.plan())).toEqual([]);
  });

  it.each([
    ["another value", { a: 2, "b.c": "x" }],
    ["a name more", { a: 1, "b.c": "x", d: 1 }],
    ["a name less", { a: 1 }],
    ["other names", { a: 1, "b.d": "x" }],
  ])("is in conflict where Git has %s", async (_, values) => {
    wants(values);
    const conflict = `conflict both-changed orders@dev: in ${KEY} live "by hand"`;
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    const changes = told(await one.apply(GIT_WINS));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatch(/^update .* @2: add/u);
    expect(told(await one.plan())).toEqual([]);
    expect(one.text(KEY)).not.toBe("by hand");
  });

  it("and that Git no longer wants is deleted only where Git is to win", async () => {
    one.git({});
    expect(told(await one.plan())).toEqual([`conflict both-changed orders@dev: in ${KEY} live "by hand"`]);
    expect(told(await one.apply(GIT_WINS))).toEqual([`delete ${KEY} @2 nothing: `]);
    expect(one.text(KEY)).toBeUndefined();
    expect(told(await one.plan())).toEqual([]);
  });

  it("and that was never ours is adopted as a whole", async () => {
    one = desk({ layout: "groups" });
    hand("by hand");
    wants({ a: 1 });
    expect(told(await one.apply())).toEqual([`adopt ${KEY} @1: add http.a(a) is 1`]);
    expect(one.json(KEY)).toEqual({ a: 1 });
  });

  it("by the text of its first value is no group either", async () => {
    hand("1");
    expect(told(await one.plan())).toEqual([`drift changed orders@dev: in ${KEY} live "1"`]);
  });

  it("that the store hides is not shown, and put right or adopted as a whole", async () => {
    one.memory.handPut(KEY, "canary", { secret: true });
    expect((await one.plan()).drift).toStrictEqual([
      { unit: "orders@dev", key: KEY, path: [], name: "", secret: false, kind: "changed" },
    ]);
    expect(told(await one.plan(RESTORE))).toEqual([`update ${KEY} @3: add http.a(a) is 1, add http.b.c(b.c) is "x"`]);
    const other = desk({ layout: "groups" });
    other.memory.handPut(KEY, "canary", { secret: true });
    other.git({ "orders@dev": { [KEY]: { a: 1 } } });
    expect(told(await other.plan())).toEqual([`adopt ${KEY} @1: add http.a(a) is 1`]);
  });

  it("by nothing at all counts the same", async () => {
    hand("");
    expect(told(await one.plan())).toEqual([`drift changed orders@dev: in ${KEY} live ""`]);
  });
});

describe("shapes", () => {
  const start = async (shape: "dotted" | "env", values: PlainMap): Promise<void> => {
    one = desk({ layout: "blob", shape });
    wants(values);
    await one.apply();
  };

  it("env holds texts, and shows them as they are typed", async () => {
    await start("env", { PORT: 8080, NAME: "x" });
    expect(one.json(KEY)).toEqual({ PORT: "8080", NAME: "x" });
    expect(told(await one.plan())).toEqual([]);
    hand({ PORT: "9", NAME: "x" });
    expect(told(await one.plan())).toEqual([`drift changed orders@dev:PORT in ${KEY} (PORT) git 8080 live 9`]);
    one.git({});
    expect(told(await one.plan(GIT_WINS))[0]).toBe(
      `delete ${KEY} @2 nothing: remove PORT was "9", remove NAME was "x"`,
    );
  });

  it("env takes a name for one step of the path, whatever is in it", async () => {
    await start("env", { "A.B": 1 });
    one.git({});
    expect(told(await one.plan())).toEqual([`delete ${KEY} @1 nothing: remove "A.B"(A.B) was "1"`]);
  });

  it("dotted keeps names whole, and numbers as numbers", async () => {
    await start("dotted", { "a.b": 1, "1": true });
    expect(one.json(KEY)).toEqual({ "a.b": 1, "1": true });
    // Names like numbers come first wherever JSON was read: the order says nothing.
    expect((await one.plan()).units).toEqual([]);
    one.git({});
    expect(told(await one.plan())).toEqual([`delete ${KEY} @1 nothing: remove 1 was true, remove a.b was 1`]);
  });

  it("blob has no group in its paths, group has", async () => {
    await start("dotted", { "a.b": 1 });
    const plan = await one.plan(GIT_WINS);
    expect(plan.units).toEqual([]);
    const group = desk({ layout: "groups", shape: "env", memory: one.memory });
    expect(told(await group.plan())).toEqual([`delete ${KEY} @1 nothing: remove http."a.b"(a.b) was 1`]);
  });

  it("a name that is no path, from a ledger of another shape, stands for itself", async () => {
    await start("env", { "..": 1 });
    const now = desk({ layout: "blob", shape: "dotted", memory: one.memory });
    expect(told(await now.plan())).toEqual([`delete ${KEY} @1 nothing: remove ".."(..) was "1"`]);
  });
});

describe("a name without a digest in the ledger of a plain group", () => {
  it("is a stranger's: left alone, and in conflict where Git wants another value", async () => {
    const live = await one.read();
    const stored = live.ledger.get("orders@dev");
    const before = stored?.record.settings.get(KEY);
    if (stored === undefined || before === undefined) throw new Error("no ledger");
    const members = new Map([...(before.members ?? []), ["a", null] as const]);
    const record = { ...stored.record, settings: new Map([[KEY, { ...before, members }]]) };
    const odd = { ...live, ledger: new Map([["orders@dev", { ...stored, record }]]) };
    wants({ "b.c": "x" });
    expect(told(one.planOn(odd))).toEqual(["upkeep orders@dev"]);
    wants({ a: 2, "b.c": "x" });
    expect(told(one.planOn(odd))).toEqual([`conflict both-changed orders@dev:http.a in ${KEY} (a) git 2 live 1`]);
  });
});

describe("a target that gets another layout", () => {
  it("on the same key has no names in its ledger yet: what is there by another value is in conflict", async () => {
    const keys = desk();
    keys.git({ "orders@dev": { [KEY]: '{"a":1,"b":2}' } });
    await keys.apply();
    one = desk({ layout: "groups", memory: keys.memory });
    wants({ a: 1, b: 3 });
    expect(told(await one.plan())).toEqual([`conflict both-changed orders@dev:http.b in ${KEY} (b) git 3 live 2`]);
    wants({ a: 1, b: 2 });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(one.ledger("orders@dev")?.settings.get(KEY)?.members?.size).toBe(2);
  });

  it("deletes the single keys it had, and writes the group", async () => {
    const keys = desk();
    keys.git({ "orders@dev": { "/cfg/orders/http/a": 1, "/cfg/orders/http/b": "x" } });
    await keys.apply();
    one = desk({ layout: "groups", memory: keys.memory });
    wants({ a: 1, b: "x" });
    expect(told(await one.apply())).toEqual([
      `create ${KEY} @none: add http.a(a) is 1, add http.b(b) is "x"`,
      'delete /cfg/orders/http/a @1 nothing: remove http.a was "1"',
      'delete /cfg/orders/http/b @1 nothing: remove http.b was "x"',
    ]);
    expect(told(await one.plan())).toEqual([]);
  });
});
