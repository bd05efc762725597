/** What counts as applied after an apply that died. */
import { describe, expect, it } from "vitest";
import { digest } from "../../../src/canonical.ts";
import type { Entry, LedgerEntry, LedgerRecord, Setting } from "../../../src/model.ts";
import { appliedEntries } from "../../../src/plan/applied.ts";
import { encodeLedger, ledgerKey } from "../../../src/stores/records.ts";
import { desk, META } from "./desk.ts";

const KEYS = { layout: "keys", shape: "nested" } as const;
const GROUPS = { layout: "groups", shape: "nested" } as const;
const plain = (text: string): LedgerEntry => ({ digest: digest(text), version: "1", secret: false });
const group = (values: Readonly<Record<string, unknown>>): LedgerEntry => ({
  digest: undefined,
  version: "1",
  secret: false,
  members: new Map(Object.entries(values).map(([name, value]) => [name, digest(JSON.stringify(value))])),
});
const secret: LedgerEntry = { digest: undefined, version: "@", secret: true };
const recipe = (text: string): LedgerEntry => ({ digest: `c:${text}`, version: "1", secret: true });
const record = (settings: [string, LedgerEntry][], pending: [string, LedgerEntry | null][]): LedgerRecord => ({
  unit: "orders@dev",
  commit: null,
  applyId: "dead",
  settings: new Map(settings),
  pending: new Map(pending),
});
const live = (value: string | undefined): Map<string, Entry> =>
  new Map([
    ["/k", { key: "/k", version: "7", secret: value === undefined, ...(value === undefined ? {} : { value }) }],
  ]);
const NOTHING = new Map<string, Entry>();
const applied = (
  before: LedgerEntry | undefined,
  announced: LedgerEntry | null,
  there: ReadonlyMap<string, Entry>,
  form: typeof KEYS | typeof GROUPS = KEYS,
): LedgerEntry | undefined =>
  appliedEntries(record(before === undefined ? [] : [["/k", before]], [["/k", announced]]), there, form).get("/k");

describe("what the ledger says", () => {
  it("holds where nothing was announced, and nothing is known without a ledger", () => {
    const { pending: _pending, ...quiet } = record([["/k", plain("one")]], []);
    expect([...appliedEntries(quiet, live("two"), KEYS)]).toEqual([["/k", plain("one")]]);
    expect([...appliedEntries(undefined, live("two"), KEYS)]).toEqual([]);
  });
});

describe("a key that is not there, and was announced", () => {
  it("in another type was deleted on the way to it: it is nobody's, so the next apply creates it", () => {
    expect(applied(plain("one"), secret, NOTHING)).toBeUndefined();
    expect(applied(secret, plain("one"), NOTHING)).toBeUndefined();
  });

  it("in the type it had was deleted by somebody else, and stays known", () => {
    expect(applied(plain("one"), plain("two"), NOTHING)).toEqual(plain("one"));
    expect(applied(recipe("a"), recipe("b"), NOTHING)).toEqual(recipe("a"));
  });

  it("to be deleted was deleted as announced", () => {
    expect(applied(plain("one"), null, NOTHING)).toBeUndefined();
  });

  it("as a new one was not written yet", () => {
    expect(applied(undefined, plain("one"), NOTHING)).toBeUndefined();
    expect(applied(undefined, secret, NOTHING)).toBeUndefined();
  });
});

describe("a key that is there, and was announced", () => {
  it("with the text that was announced was written by us, at the version it has", () => {
    expect(applied(plain("one"), plain("two"), live("two"))).toEqual({ ...plain("two"), version: "7" });
    expect(applied(undefined, plain("two"), live("two"))).toEqual({ ...plain("two"), version: "7" });
  });

  it("with another text was not, or somebody wrote it since", () => {
    expect(applied(plain("one"), plain("two"), live("one"))).toEqual(plain("one"));
    expect(applied(undefined, plain("two"), live("theirs"))).toBeUndefined();
  });

  it("as a secret has become one where the store says so by itself, and is ours to change or to drop", () => {
    const dead = record([["/k", plain("one")]], [["/k", secret]]);
    const asked: Setting = { key: "/k", layout: "keys", shape: "nested", secret: true, members: [] };
    expect(appliedEntries(dead, live(undefined), KEYS).get("/k")).toEqual({ ...secret, version: "7" });
    expect(appliedEntries(dead, live("one"), KEYS).get("/k")).toEqual({ ...plain("one"), version: "7" });
    expect(appliedEntries(dead, live(undefined), KEYS, [asked]).get("/k")).toEqual({ ...plain("one"), version: "7" });
  });

  it("whose text is hidden cannot be told from somebody else's", () => {
    expect(applied(plain("one"), plain("two"), live(undefined))).toEqual(plain("one"));
  });

  it("to be deleted is still what it was", () => {
    expect(applied(plain("one"), null, live("one"))).toEqual(plain("one"));
  });

  it("as a new secret is ours", () => {
    expect(applied(undefined, recipe("a"), live(undefined))).toEqual({ ...recipe("a"), version: "7" });
  });

  it("as a secret that we knew is written once more, also as it was before, whoever wrote it since", () => {
    expect(applied(recipe("a"), recipe("b"), live(undefined))).toEqual({
      ...recipe("a"),
      digest: "c:a?",
      version: "7",
    });
    const [before, after] = [{ a: "c:a", b: "plain", c: null }, { a: "c:b" }].map((each): LedgerEntry => ({
      digest: undefined,
      version: "3",
      secret: true,
      members: new Map(Object.entries(each)),
    }));
    expect(applied(before, after ?? null, live(undefined))?.members).toEqual(
      new Map(Object.entries({ a: "c:a?", b: "plain?", c: null })),
    );
  });

  it("as a secret that nobody wrote since is what it was", () => {
    const before = { ...recipe("a"), version: "7" };
    expect(applied(before, recipe("b"), live(undefined))).toEqual(before);
  });
});

describe("a group that was announced", () => {
  const text = (values: unknown): Map<string, Entry> => live(JSON.stringify(values));

  it("holds every value that was announced: it is ours, whatever else is in it", () => {
    const announced = group({ a: 1, "b.c": "x" });
    const ours = { ...announced, version: "7" };
    expect(applied(undefined, announced, text({ a: 1, b: { c: "x" } }), GROUPS)).toEqual(ours);
    expect(applied(group({ a: 0 }), announced, text({ a: 1, b: { c: "x" }, theirs: 1 }), GROUPS)).toEqual(ours);
  });

  it.each<[string, unknown]>([
    ["another value", { a: 2, b: { c: "x" } }],
    ["a value less", { a: 1 }],
    ["a text that is no group", "by hand"],
  ])("but has %s: it is not as announced", (_, there) => {
    const before = group({ a: 0 });
    const announced = group({ a: 1, "b.c": "x" });
    expect(applied(before, announced, text(there), GROUPS)).toEqual(before);
    expect(applied(undefined, announced, text(there), GROUPS)).toBeUndefined();
  });

  it("and still has a name that was to go is not written yet", () => {
    const before = group({ a: 1, old: 2 });
    const announced = group({ a: 1 });
    expect(applied(before, announced, text({ a: 1, old: 2 }), GROUPS)).toEqual(before);
    expect(applied(before, announced, text({ a: 1 }), GROUPS)).toEqual({ ...announced, version: "7" });
  });

  it("and was one text before is ours where it holds all of it", () => {
    const announced = group({ a: 1 });
    expect(applied(plain("x"), announced, text({ a: 1 }), GROUPS)).toEqual({ ...announced, version: "7" });
  });
});

describe("a plain value that an apply was about to make a secret of when it died", () => {
  const key = "/cfg/orders/token";
  async function dying() {
    const one = desk();
    one.git({ "orders@dev": { [key]: "open" } });
    await one.apply();
    const before = (await one.read()).ledger.get("orders@dev")?.record;
    if (before === undefined) throw new Error("there is a record");
    const pending = new Map([[key, { ...secret, version: "9" }]]);
    one.memory.handPut(ledgerKey(META, "orders"), encodeLedger({ ...before, pending }));
    return one;
  }

  it("is still a plain one where nobody wrote it, so Git may change it or drop it", async () => {
    const one = await dying();
    expect((await one.read()).entries.get(key)).toMatchObject({ secret: false, value: "open" });
    one.git({ "orders@dev": { [key]: "other" } });
    const plan = await one.plan();
    expect(plan.conflicts).toEqual([]);
    expect(plan.units[0]?.changes.map(({ kind }) => kind)).toEqual(["update"]);
  });

  it("is not shown where it has another version: it may be the secret", async () => {
    const one = await dying();
    one.memory.handPut(key, "s3cr3t");
    expect((await one.read()).entries.get(key)).not.toHaveProperty("value");
  });
});
