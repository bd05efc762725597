/** Keys with secrets: people own some values, Git others; nobody's value is in a plan. */
import { beforeEach, describe, expect, it } from "vitest";
import { PLACEHOLDER } from "../../../src/apply/compose.ts";
import { digest } from "../../../src/canonical.ts";
import type { LedgerEntry, LedgerRecord } from "../../../src/model.ts";
import { type Desk, type Wants, desk, external, held, heldIn, told } from "./desk.ts";

const GIT_WINS = { policy: { overwriteDrift: true, overwriteConflicts: true } };
const RESTORE = { policy: { overwriteDrift: true, overwriteConflicts: false } };
const LIFTED = { policy: { overwriteDrift: false, overwriteConflicts: true } };
const KEY = "/cfg/orders/pass";
let one: Desk;
const wants = (given: Wants[string] | undefined): void =>
  one.git({ "orders@dev": given === undefined ? {} : { [KEY]: given } });
const hand = (text: string): void => one.memory.handPut(KEY, text);
const entry = (): LedgerEntry | undefined => one.ledger("orders@dev")?.settings.get(KEY);
/** Plans as if the ledger had another entry for the key. */
const planWith = async (other: Partial<LedgerEntry>, given = {}) => {
  const live = await one.read();
  const stored = live.ledger.get("orders@dev");
  const before = stored?.record.settings.get(KEY);
  if (stored === undefined || before === undefined) throw new Error("no ledger");
  const record: LedgerRecord = { ...stored.record, settings: new Map([[KEY, { ...before, ...other }]]) };
  return one.planOn({ ...live, ledger: new Map([["orders@dev", { ...stored, record }]]) }, given);
};

describe("a secret that people fill in", () => {
  beforeEach(async () => {
    one = desk();
    wants(external("db"));
    await one.apply();
  });

  it("gets a placeholder, and needs a value until somebody filled it", async () => {
    one = desk();
    wants(external("db"));
    expect(told(await one.apply())).toEqual([
      `create ${KEY} @none secret to fill: secret add pass`,
      "needs orders@dev:pass db",
    ]);
    expect(one.text(KEY)).toBe(PLACEHOLDER);
    expect(entry()).toEqual({ digest: undefined, version: "own", secret: true, placeholder: "own" });
    expect(told(await one.plan())).toEqual(["needs orders@dev:pass db"]);
    expect((await one.plan()).units).toEqual([]);
    hand("hunter2");
    expect(told(await one.plan(GIT_WINS))).toEqual([]);
    expect((await one.plan()).units).toEqual([]);
  });

  it("made of two is one value to fill in", async () => {
    one = desk();
    wants([external("user"), external("db")]);
    expect(told(await one.plan()).filter((line) => line.startsWith("needs"))).toEqual(["needs orders@dev:pass user"]);
  });

  it("stays when Git no longer names it, unless nobody filled it", async () => {
    wants(undefined);
    expect(told(await one.plan())).toEqual([`delete ${KEY} @1 secret nothing: secret remove pass`]);
    hand("hunter2");
    expect(told(await one.apply(GIT_WINS))).toEqual(["kept orders@dev:pass"]);
    expect(one.text(KEY)).toBe("hunter2");
    expect(told(await one.plan())).toEqual(["kept orders@dev:pass"]);
  });

  it("gives way to another key without a write: the one is forgotten, the other was there", async () => {
    one.memory.handDelete(KEY);
    one.memory.handPut("/cfg/orders/other", "hunter2", { secret: true });
    one.git({ "orders@dev": { "/cfg/orders/other": external("db") } });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect([...(one.ledger("orders@dev")?.settings.keys() ?? [])]).toEqual(["/cfg/orders/other"]);
  });

  it("is forgotten where Git no longer names it and somebody deleted it", async () => {
    one.memory.handDelete(KEY);
    wants(undefined);
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(entry()).toBeUndefined();
    expect(told(await one.plan())).toEqual([]);
  });

  it("deleted by hand is drift, and gets a new placeholder only where drift is put right", async () => {
    one.memory.handDelete(KEY);
    expect(told(await one.plan(LIFTED))).toEqual([`drift deleted orders@dev:pass in ${KEY} secret`]);
    expect(told(await one.apply(RESTORE))).toEqual([
      `create ${KEY} @none secret to fill: secret add pass`,
      "needs orders@dev:pass db",
    ]);
    expect(one.text(KEY)).toBe(PLACEHOLDER);
  });

  it("that is there already is filled already: only the ledger is written", async () => {
    one = desk();
    one.memory.handPut(KEY, "hunter2", { secret: true });
    wants(external("db"));
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(entry()).toEqual({ digest: undefined, version: "1", secret: true });
    expect(one.text(KEY)).toBe("hunter2");
    expect(told(await one.plan())).toEqual([]);
  });

  it("in the place of a plain value replaces it, and the other way round", async () => {
    wants("plain");
    expect(told(await one.apply())).toEqual([`replace ${KEY} @1: change pass is "plain"`]);
    expect(one.text(KEY)).toBe("plain");
    expect(entry()).toEqual({ digest: digest("plain"), version: "own", secret: false });
    expect(told(await one.plan())).toEqual([]);
    wants(external("db"));
    expect(told(await one.apply())).toEqual([
      `replace ${KEY} @2 secret to fill: secret change pass`,
      "needs orders@dev:pass db",
    ]);
    expect(one.text(KEY)).toBe(PLACEHOLDER);
    expect(told(await one.plan())).toEqual([]);
  });

  it("in the place of a plain value that somebody deleted is in conflict with that", async () => {
    wants("plain");
    await one.apply();
    one.memory.handDelete(KEY);
    wants(external("db"));
    const conflict = `conflict deleted-live orders@dev:pass in ${KEY} secret`;
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `create ${KEY} @none secret to fill: secret add pass`,
      conflict,
      "needs orders@dev:pass db",
    ]);
    expect(one.text(KEY)).toBe(PLACEHOLDER);
  });

  it("keeps a rotation that is open through other writes of its key, and ends it with the secret", async () => {
    const rotations = new Map([["", "2026-11-20T00:00:00Z"]]);
    one.memory.handDelete(KEY);
    const again = await planWith({ rotations }, RESTORE);
    expect(again.units[0]?.ledger.record.settings.get(KEY)?.rotations).toEqual(rotations);
    wants(held("db", "r1"));
    const owned = await planWith({ rotations }, GIT_WINS);
    expect(owned.units[0]?.ledger.record.settings.get(KEY)).toEqual({
      digest: "c:r1",
      version: undefined,
      secret: true,
    });
  });
});

describe("a secret that trueup can get at", () => {
  beforeEach(async () => {
    one = desk();
    wants(held("db", "r1"));
    one.vault.set("db", "from git");
    await one.apply();
  });

  it("is written with its value, and at rest while Git says the same", async () => {
    expect(one.text(KEY)).toBe("from git");
    expect(entry()).toEqual({ digest: "c:r1", version: "own", secret: true });
    expect(told(await one.plan())).toEqual([]);
    expect((await one.plan()).units).toEqual([]);
  });

  it("is written again where Git says something else", async () => {
    wants(held("db", "r2"));
    one.vault.set("db", "new");
    expect(told(await one.apply())).toEqual([`update ${KEY} @1 secret: secret change pass recipe r2`]);
    expect(one.text(KEY)).toBe("new");
    expect(told(await one.plan())).toEqual([]);
  });

  it("changed by hand is drift, and put back where the repo says so", async () => {
    hand("by hand");
    expect(told(await one.plan(LIFTED))).toEqual([`drift changed orders@dev:pass in ${KEY} secret`]);
    expect((await one.plan()).units).toEqual([]);
    expect(told(await one.apply(RESTORE))).toEqual([`update ${KEY} @2 secret: secret change pass recipe r1`]);
    expect(one.text(KEY)).toBe("from git");
  });

  it("changed on both sides is a conflict", async () => {
    hand("by hand");
    wants(held("db", "r2"));
    const conflict = `conflict both-changed orders@dev:pass in ${KEY} secret`;
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect((await one.plan(RESTORE)).units).toEqual([]);
    expect(told(await one.apply(LIFTED))).toEqual([`update ${KEY} @2 secret: secret change pass recipe r2`, conflict]);
    expect(one.text(KEY)).toBe("from git");
  });

  it("deleted by hand is drift; changed in Git too, a conflict", async () => {
    one.memory.handDelete(KEY);
    expect(told(await one.plan(LIFTED))).toEqual([`drift deleted orders@dev:pass in ${KEY} secret`]);
    expect(told(await one.plan(RESTORE))).toEqual([`create ${KEY} @none secret: secret add pass recipe r1`]);
    wants(held("db", "r2"));
    const conflict = `conflict deleted-live orders@dev:pass in ${KEY} secret`;
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect((await one.plan(RESTORE)).units).toEqual([]);
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `create ${KEY} @none secret: secret add pass recipe r2`,
      conflict,
    ]);
    expect(one.text(KEY)).toBe("from git");
  });

  it("goes where Git dropped it; changed by hand it is a conflict first", async () => {
    wants(undefined);
    expect(told(await one.plan())).toEqual([`delete ${KEY} @1 secret nothing: secret remove pass`]);
    hand("by hand");
    const conflict = `conflict changed-live orders@dev:pass in ${KEY} secret`;
    expect(told(await one.apply(RESTORE))).toEqual([conflict]);
    expect(entry()).toMatchObject({ digest: "c:r1" });
    expect(told(await one.apply(GIT_WINS))).toEqual([`delete ${KEY} @2 secret nothing: secret remove pass`, conflict]);
    expect(one.text(KEY)).toBeUndefined();
    expect(told(await one.plan())).toEqual([]);
  });

  it("that is there already is adopted, for it is written", async () => {
    one = desk();
    one.memory.handPut(KEY, "theirs", { secret: true });
    wants(held("db", "r1"));
    one.vault.set("db", "from git");
    expect(told(await one.apply())).toEqual([`adopt ${KEY} @1 secret: secret add pass recipe r1`]);
    expect(one.text(KEY)).toBe("from git");
  });

  it("handed over to people keeps its value, and is theirs from then on", async () => {
    wants(external("db"));
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(one.text(KEY)).toBe("from git");
    expect(entry()).toEqual({ digest: undefined, version: "1", secret: true });
    expect((await one.plan()).units).toEqual([]);
    hand("theirs");
    expect(told(await one.plan())).toEqual([]);
    wants(undefined);
    expect(told(await one.plan())).toEqual(["kept orders@dev:pass"]);
  });

  it("handed over to people and deleted by them is drift: Git says nothing new of it", async () => {
    one.memory.handDelete(KEY);
    wants(external("db"));
    expect(told(await one.plan(LIFTED))).toEqual([`drift deleted orders@dev:pass in ${KEY} secret`]);
  });

  it("taken over from people is written", async () => {
    wants(external("db"));
    await one.apply();
    wants(held("db", "r1"));
    expect(told(await one.apply())).toEqual([`update ${KEY} @1 secret: secret change pass recipe r1`]);
    expect(told(await one.plan())).toEqual([]);
  });

  it("was plain before, or is to be: it is replaced", async () => {
    wants("plain");
    expect(told(await one.apply())).toEqual([`replace ${KEY} @1: change pass is "plain"`]);
    wants(held("db", "r1"));
    expect(told(await one.apply())).toEqual([`replace ${KEY} @2 secret: secret change pass recipe r1`]);
    expect(one.text(KEY)).toBe("from git");
  });
});

describe("values that trueup makes up", () => {
  const MADE = { isMade: () => true };
  beforeEach(async () => {
    one = desk();
    wants(held("db", "r1", "generate"));
    await one.apply();
  });

  it("are written although Git says the same, and the plan says that they are made", async () => {
    expect(told(await one.plan(MADE))).toEqual([`update ${KEY} @1 secret: secret change pass recipe r1 made`]);
    expect(told(await one.plan({ isMade: (unit, id) => unit === "orders@dev" && id === "other" }))).toEqual([]);
  });

  it("in place of one changed or deleted by hand are in conflict with it, unless drift is put right", async () => {
    hand("by hand");
    expect(told(await one.plan(MADE))).toEqual([`conflict both-changed orders@dev:pass in ${KEY} secret`]);
    expect(told(await one.plan({ ...MADE, ...RESTORE }))).toEqual([
      `update ${KEY} @2 secret: secret change pass recipe r1 made`,
    ]);
    one.memory.handDelete(KEY);
    expect(told(await one.plan(MADE))).toEqual([`conflict deleted-live orders@dev:pass in ${KEY} secret`]);
    expect(told(await one.plan({ ...MADE, ...RESTORE }))).toEqual([
      `create ${KEY} @none secret: secret add pass recipe r1 made`,
    ]);
  });

  it("are written where one of two secrets of a value is made", async () => {
    const two = heldIn([external("db"), external("other")], "two");
    wants(two);
    await one.apply();
    expect(told(await one.plan({ isMade: (_, id) => id === "db" }))).toEqual([
      `update ${KEY} @2 secret: secret change pass recipe two made`,
    ]);
  });

  it("are never made for a secret that people fill in", async () => {
    wants(external("db"));
    await one.apply();
    expect(told(await one.plan(MADE))).toEqual([]);
  });
});

describe("values taken from another key", () => {
  const SOURCE = "/platform/db";
  const sources = new Map([["db", SOURCE]]);
  const from = (given: Wants[string]): void => one.git({ "orders@dev": { [KEY]: given } }, sources);
  beforeEach(async () => {
    one = desk();
    one.memory.handPut(SOURCE, "theirs", { secret: true });
    from(held("db", "r1", "ref"));
    await one.apply();
  });

  it("name the version they were taken at, and are at rest while it is the same", async () => {
    one = desk();
    one.memory.handPut(SOURCE, "theirs", { secret: true });
    from(held("db", "r1", "ref"));
    expect(told(await one.apply())).toEqual([
      `create ${KEY} @none secret: secret add pass recipe r1 ${SOURCE} none->1`,
    ]);
    expect(entry()?.sources).toEqual(new Map([[SOURCE, "1"]]));
    expect((await one.plan()).units).toEqual([]);
  });

  it("are written again where the source moved", async () => {
    one.memory.handPut(SOURCE, "theirs now");
    expect(told(await one.apply())).toEqual([`update ${KEY} @2 secret: secret change pass recipe r1 ${SOURCE} 1->3`]);
    expect(entry()?.sources).toEqual(new Map([[SOURCE, "3"]]));
    expect((await one.plan()).units).toEqual([]);
  });

  it("that had none before are written again, from nowhere", async () => {
    one.git({ "orders@dev": { [KEY]: held("db", "r2") } });
    await one.apply();
    expect(entry()?.sources).toBeUndefined();
    from(held("db", "r2", "ref"));
    expect(told(await one.plan())).toEqual([`update ${KEY} @3 secret: secret change pass recipe r2 ${SOURCE} none->1`]);
  });

  it("whose source is not there have no version of it in the ledger", async () => {
    one = desk();
    from(held("db", "r1", "ref"));
    const plan = await one.plan();
    expect(plan.units[0]?.ledger.record.settings.get(KEY)).toStrictEqual({
      digest: "c:r1",
      version: undefined,
      secret: true,
    });
    expect(plan.units[0]?.changes[0]?.members).toStrictEqual([
      { path: ["pass"], name: "", action: "add", secret: true, recipe: { digest: "r1", holders: ["ref"] } },
    ]);
  });

  it("stay where the source is gone, which the plan says", async () => {
    one.memory.handDelete(SOURCE);
    const plan = await one.plan({ near: (key) => (key === SOURCE ? ["/platform/bd"] : []) });
    expect(told(plan)).toEqual([`unsourced orders@dev:pass db ${SOURCE} near /platform/bd`]);
    from(held("db", "r2", "ref"));
    expect(told(await one.plan())).toEqual([
      `update ${KEY} @2 secret: secret change pass recipe r2 ${SOURCE} 1->none`,
      `unsourced orders@dev:pass db ${SOURCE} needed`,
    ]);
  });

  it("handed over to people lose their source in the ledger", async () => {
    one.git({ "orders@dev": { [KEY]: external("db") } });
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(entry()).toEqual({ digest: undefined, version: "2", secret: true });
  });

  it("moved below a change by hand are in conflict with it", async () => {
    one.memory.handPut(SOURCE, "theirs now");
    hand("by hand");
    expect(told(await one.plan(RESTORE))).toEqual([`conflict both-changed orders@dev:pass in ${KEY} secret`]);
  });

  it("are not looked for where no store was asked", async () => {
    const { sources: _sources, ...live } = await one.read();
    expect(told(one.planOn(live))).toEqual([]);
    from(held("db", "r2", "ref"));
    expect(told(one.planOn(live))).toEqual([`update ${KEY} @2 secret: secret change pass recipe r2`]);
  });

  it("are those of the value alone, each key once", async () => {
    one.git(
      {
        "orders@dev": {
          [KEY]: heldIn([external("db"), external("db"), external("own")], "r1"),
          "/cfg/orders/other": held("own", "o1"),
        },
      },
      sources,
    );
    one.memory.handDelete(SOURCE);
    expect(told(await one.plan())).toEqual([
      "create /cfg/orders/other @none secret: secret add other recipe o1",
      `unsourced orders@dev:pass db ${SOURCE}`,
    ]);
  });
});

describe("a group with secrets", () => {
  const GROUP = "/cfg/orders/db";
  const all = { user: "app", pass: external("db"), token: held("token", "t1") };
  const give = (given: Wants[string]): void => one.git({ "orders@dev": { [GROUP]: given } });
  const fill = (values: Readonly<Record<string, unknown>>): void => one.memory.handPut(GROUP, JSON.stringify(values));
  const inLedger = () => one.ledger("orders@dev")?.settings.get(GROUP);
  beforeEach(async () => {
    one = desk({ layout: "groups" });
    give(all);
    await one.apply();
  });

  it("is created whole: plain values, placeholders and values that trueup gets", async () => {
    one = desk({ layout: "groups" });
    give(all);
    expect(told(await one.apply())).toEqual([
      `create ${GROUP} @none secret to fill: add db.user(user) is "app", secret add db.pass(pass), secret add db.token(token) recipe t1`,
      "needs orders@dev:db.pass db",
    ]);
    expect(one.json(GROUP)).toEqual({ user: "app", pass: PLACEHOLDER, token: "value of token" });
    expect(inLedger()).toEqual({
      digest: undefined,
      version: "own",
      secret: true,
      placeholder: "own",
      members: new Map([
        ["user", digest('"app"')],
        ["pass", null],
        ["token", "c:t1"],
      ]),
    });
    expect(told(await one.plan())).toEqual(["needs orders@dev:db.pass db"]);
  });

  it("is written name by name once people filled it: their values stay", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token", theirs: 1 });
    expect(told(await one.plan())).toEqual([]);
    give({ user: "root", pass: external("db"), token: held("token", "t2"), more: 1 });
    expect(told(await one.apply())).toEqual([
      `update ${GROUP} @2 secret: change db.user(user) is "root", secret change db.token(token) recipe t2, add db.more(more) is 1`,
    ]);
    expect(one.json(GROUP)).toEqual({ user: "root", pass: "hunter2", token: "value of token", theirs: 1, more: 1 });
    expect(inLedger()?.placeholder).toBeUndefined();
    expect(told(await one.plan())).toEqual([]);
  });

  it("goes on needing a value after other names of it were written", async () => {
    give({ ...all, user: "root" });
    expect(told(await one.apply())).toEqual([
      `update ${GROUP} @1 secret: change db.user(user) is "root"`,
      "needs orders@dev:db.pass db",
    ]);
    expect(inLedger()?.placeholder).toBe("own");
    expect(told(await one.plan())).toEqual(["needs orders@dev:db.pass db"]);
  });

  it("gets a placeholder for a secret more, and asks for that one alone", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token" });
    give({ ...all, key: external("key") });
    expect(told(await one.apply())).toEqual([
      `update ${GROUP} @2 secret to fill: secret add db.key(key)`,
      "needs orders@dev:db.key key",
    ]);
    expect(one.json(GROUP)).toMatchObject({ pass: "hunter2", key: PLACEHOLDER });
  });

  it("does not put a placeholder over a value that is there under the name already", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token", key: "theirs" });
    give({ ...all, key: external("key") });
    await one.apply();
    expect(one.json(GROUP)).toMatchObject({ key: "theirs" });
  });

  it("loses plain names and trueup's own secrets that Git dropped; what people filled in stays", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token" });
    give({ more: 1, pass: external("db") });
    expect(told(await one.plan())).toEqual([
      `update ${GROUP} @2 secret: add db.more(more) is 1, remove db.user(user), secret remove db.token(token)`,
    ]);
    give({ user: "app", token: held("token", "t1") });
    expect(told(await one.apply())).toEqual([]);
    expect(one.json(GROUP)).toMatchObject({ pass: "hunter2" });
  });

  it("deleted by hand is drift; with a change of Git in it, a conflict", async () => {
    one.memory.handDelete(GROUP);
    expect(told(await one.plan(LIFTED))).toEqual([`drift deleted orders@dev:db.user in ${GROUP} secret`]);
    const conflict = `conflict deleted-live orders@dev:db.user in ${GROUP} secret`;
    give({ ...all, user: "root" });
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    give({ user: "app", pass: external("db") });
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    give({ ...all, user: "root" });
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `create ${GROUP} @none secret to fill: add db.user(user) is "root", secret add db.pass(pass), secret add db.token(token) recipe t1`,
      conflict,
      "needs orders@dev:db.pass db",
    ]);
  });

  it("of trueup alone, where Git changes one of its secrets and somebody the key, is in conflict", async () => {
    one = desk({ layout: "groups" });
    give({ a: held("a", "a1"), b: held("b", "b1") });
    await one.apply();
    fill({ a: "x", b: "y" });
    give({ a: held("a", "a2"), b: held("b", "b1") });
    expect(told(await one.plan(RESTORE))).toEqual([`conflict both-changed orders@dev:db.a in ${GROUP} secret`]);
  });

  it("into which Git brings a secret of people is theirs to change from then on", async () => {
    one = desk({ layout: "groups" });
    give({ user: "app", token: held("token", "t1") });
    await one.apply();
    fill({ user: "app", token: "value of token", pass: "hunter2" });
    give(all);
    expect(told(await one.apply())).toEqual([
      `update ${GROUP} @2 secret to fill: secret add db.pass(pass)`,
      "needs orders@dev:db.pass db",
    ]);
    expect(one.json(GROUP)).toMatchObject({ pass: "hunter2" });
  });

  it("names a secret to fill in as just that", async () => {
    one = desk({ layout: "groups" });
    give({ pass: external("db") });
    expect((await one.plan()).units[0]?.changes[0]?.members).toStrictEqual([
      { path: ["db", "pass"], name: "pass", action: "add", secret: true },
    ]);
  });

  it("hands over one of two values with sources, and keeps the source of the other", async () => {
    one = desk({ layout: "groups" });
    one.memory.handPut("/platform/a", "x", { secret: true });
    one.memory.handPut("/platform/b", "y", { secret: true });
    const sources = new Map([
      ["a", "/platform/a"],
      ["b", "/platform/b"],
    ]);
    one.git({ "orders@dev": { [GROUP]: { a: held("a", "a1", "ref"), b: held("b", "b1", "ref") } } }, sources);
    await one.apply();
    expect(inLedger()?.sources?.size).toBe(2);
    const left = new Map([["b", "/platform/b"]]);
    one.git({ "orders@dev": { [GROUP]: { a: external("a"), b: held("b", "b1", "ref") } } }, left);
    expect(told(await one.apply())).toEqual(["upkeep orders@dev"]);
    expect(inLedger()?.sources).toEqual(new Map([["/platform/b", "2"]]));
    expect(inLedger()?.members).toEqual(
      new Map([
        ["a", null],
        ["b", "c:b1"],
      ]),
    );
  });

  it("says of which values the source is missed by this very plan", async () => {
    const sources = new Map([
      ["a", "/platform/a"],
      ["b", "/platform/b"],
      ["c", "/platform/c"],
    ]);
    one = desk({ layout: "groups" });
    const other = (mark: string) => ({ user: mark, a: held("a", "a1", "ref"), b: held("b", mark, "ref") });
    one.git({ "orders@dev": { [GROUP]: other("b1") } }, sources);
    await one.apply();
    one.git({ "orders@dev": { [GROUP]: { ...other("b2"), c: [external("c"), external("own")] } } }, sources);
    expect(told(await one.plan()).filter((line) => line.startsWith("unsourced"))).toEqual([
      "unsourced orders@dev:db.a a /platform/a",
      "unsourced orders@dev:db.b b /platform/b needed",
      "unsourced orders@dev:db.c c /platform/c",
    ]);
  });

  it("stays as a whole where Git dropped it and people filled something in", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token" });
    one.git({});
    expect(told(await one.plan())).toEqual(["kept orders@dev:db"]);
  });

  it("is deleted with the name of each value where nobody filled anything in", async () => {
    one.git({});
    expect(told(await one.apply())).toEqual([
      `delete ${GROUP} @1 secret nothing: secret remove db.user(user), secret remove db.pass(pass), secret remove db.token(token)`,
    ]);
    expect(one.text(GROUP)).toBeUndefined();
  });

  it("of trueup alone drifts as a whole, and is written as a whole", async () => {
    give({ user: "app", token: held("token", "t1") });
    one = desk({ layout: "groups" });
    give({ user: "app", token: held("token", "t1"), old: 1 });
    await one.apply();
    fill({ user: "x", token: "y", old: 1, theirs: 1 });
    expect(told(await one.plan())).toEqual([`drift changed orders@dev:db.user in ${GROUP} secret`]);
    give({ user: "root", token: held("token", "t1") });
    const conflict = `conflict both-changed orders@dev:db.user in ${GROUP} secret`;
    expect(told(await one.plan(RESTORE))).toEqual([conflict]);
    expect(told(await one.apply(GIT_WINS))).toEqual([
      `update ${GROUP} @2 secret: change db.user(user) is "root", secret change db.token(token) recipe t1, remove db.old(old)`,
      conflict,
    ]);
    expect(one.json(GROUP)).toEqual({ user: "root", token: "value of token", theirs: 1 });
  });

  it("hands over single values to people, and keeps what the ledger says of the others", async () => {
    give({ ...all, token: external("token") });
    expect(told(await one.apply())).toEqual([
      "upkeep orders@dev",
      "needs orders@dev:db.pass db",
      "needs orders@dev:db.token token",
    ]);
    expect(inLedger()?.members).toEqual(
      new Map([
        ["user", digest('"app"')],
        ["pass", null],
        ["token", null],
      ]),
    );
    expect(one.json(GROUP)).toMatchObject({ token: "value of token" });
  });

  it("that becomes plain holds what Git wants, all of it and nothing else: a secret never becomes plain", async () => {
    fill({ user: "app", pass: "hunter2", token: "value of token", theirs: "who knows" });
    give({ user: "app", port: 1 });
    expect(told(await one.apply())).toEqual([
      `replace ${GROUP} @2: change db.user(user) is "app", add db.port(port) is 1, secret remove db.pass(pass), secret remove db.token(token)`,
    ]);
    expect(one.json(GROUP)).toEqual({ user: "app", port: 1 });
    expect(inLedger()).toMatchObject({ secret: false });
    expect(told(await one.plan())).toEqual([]);
    give({ user: "app", port: 2 });
    await one.apply();
    expect(one.json(GROUP)).toEqual({ user: "app", port: 2 });
  });

  it("that was plain keeps what is in it, under values that are secret now", async () => {
    one = desk({ layout: "groups" });
    give({ user: "app", pass: "plain", old: 1, same: true });
    await one.apply();
    fill({ user: "app", pass: "plain", old: 1, same: true, theirs: 1 });
    give({ user: "root", pass: held("db", "p1"), more: external("more"), same: true });
    expect(told(await one.apply())).toEqual([
      `replace ${GROUP} @2 secret to fill: change db.user(user) is "root", secret change db.pass(pass) recipe p1, secret add db.more(more), remove db.old(old)`,
      "needs orders@dev:db.more more",
    ]);
    expect(one.json(GROUP)).toEqual({ user: "root", pass: "value of db", more: PLACEHOLDER, same: true, theirs: 1 });
    expect(told(await one.plan())).toEqual([]);
  });

  it("of somebody else is adopted, and values that are there stay", async () => {
    one = desk({ layout: "groups" });
    one.memory.handPut(GROUP, JSON.stringify({ pass: "theirs", user: "x", more: 1 }), { secret: true });
    give({ user: "app", pass: external("db") });
    expect(told(await one.apply())).toEqual([
      `adopt ${GROUP} @1 secret to fill: add db.user(user) is "app", secret add db.pass(pass)`,
    ]);
    expect(one.json(GROUP)).toEqual({ pass: "theirs", user: "app", more: 1 });
    expect(inLedger()?.placeholder).toBeUndefined();
  });
});
