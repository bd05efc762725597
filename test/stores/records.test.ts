import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Head, LedgerEntry, LedgerRecord } from "../../src/model.ts";
import {
  decodeHead,
  decodeLedger,
  encodeHead,
  encodeLedger,
  headKey,
  ledgerKey,
  SAME_VERSION,
} from "../../src/stores/records.ts";
import { failureOf } from "./contract-moves.ts";

const KEY = "/config/.trueup/units/orders";
const head: Head = {
  generation: 7,
  commit: "c0ffee",
  applyId: "a-1",
  plan: "d1",
  state: "ready",
  at: "2026-01-02T03:04:05.000Z",
  by: "somebody",
  tool: "trueup 0.1.0",
};

/** What a call throws, as a rejected promise. */
const thrownBy = (work: () => unknown): Promise<unknown> =>
  Promise.resolve().then(() => {
    work();
  });

function record(settings: Readonly<Record<string, LedgerEntry>>, pending?: LedgerRecord["pending"]): LedgerRecord {
  return {
    unit: "orders@prod",
    commit: "c0ffee",
    applyId: "a-1",
    settings: new Map(Object.entries(settings)),
    ...(pending === undefined ? {} : { pending }),
  };
}
const ledger = (changes: object): string =>
  JSON.stringify({ format: 1, unit: "u", prefix: "", settings: {}, ...changes });
const plain = (version?: string): LedgerEntry => ({ digest: "digest", version, secret: false });

describe("keys of records", () => {
  it("stand below the meta prefix", () => {
    expect(headKey("/config/.trueup/shop/")).toBe("/config/.trueup/shop/head");
    expect(ledgerKey("/config/.trueup/shop/", "checkout/orders")).toBe("/config/.trueup/shop/units/checkout/orders");
  });
});

describe("a head", () => {
  it("comes back as it was written", () => {
    expect(decodeHead(encodeHead(head), KEY)).toEqual(head);
    const outside: Head = { ...head, commit: null, state: "applying" };
    expect(decodeHead(encodeHead(outside), KEY)).toEqual(outside);
    const dirty: Head = { ...head, dirty: true };
    expect(decodeHead(encodeHead(dirty), KEY)).toEqual(dirty);
  });

  it("does without what is only for people", () => {
    const { at: _at, by: _by, tool: _tool, ...rest } = JSON.parse(encodeHead(head)) as Record<string, unknown>;
    expect(decodeHead(JSON.stringify(rest), KEY)).toEqual({ ...head, at: "", by: "", tool: "" });
  });

  it.each([
    ["no JSON", "{"],
    ["empty text", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["another format", '{"format":2}'],
    ["no format", encodeHead(head).replace('"format":1,', "")],
    ["a broken generation", encodeHead({ ...head, generation: 1.5 })],
    ["an unknown state", encodeHead(head).replace('"ready"', '"done"')],
    ["a commit that is no text", encodeHead(head).replace('"c0ffee"', "7")],
  ])("that is %s is refused, naming the key", async (_, text) => {
    expect(
      (
        await failureOf(
          thrownBy(() => decodeHead(text, KEY)),
          "CORRUPT",
        )
      ).message,
    ).toContain(KEY);
  });
});

describe("a ledger record", () => {
  it("takes the versions just written", () => {
    const text = encodeLedger(
      record({ "/p/a": plain(), "/p/b": plain("old"), "/p/c": plain("kept") }),
      new Map([
        ["/p/a", "5"],
        ["/p/b", "6"],
      ]),
    );
    const versions = [...decodeLedger(text, KEY, "99").settings].map(([key, entry]) => [key, entry.version]);
    expect(versions).toEqual([
      ["/p/a", "5"],
      ["/p/b", "6"],
      ["/p/c", "kept"],
    ]);
  });

  it("gives keys written in the same step the version of the record itself", () => {
    const text = encodeLedger(
      record({ "/p/a": plain(), "/p/b": plain("old"), "/p/c": plain("kept") }),
      new Map([["/p/b", SAME_VERSION]]),
    );
    const found = decodeLedger(text, KEY, "99").settings;
    expect([...found.values()].map((entry) => entry.version)).toEqual(["99", "99", "kept"]);
  });

  it("gives an entry without a version the one of the record", () => {
    const found = decodeLedger(ledger({ settings: { a: { d: "x", s: 1 } } }), KEY, "99").settings.get("a");
    expect(found).toEqual({ digest: "x", version: "99", secret: true });
  });

  it("remembers since when secrets are rotated, and takes nothing else for that", () => {
    const rotations = new Map([["", "2026-11-21T12:00:00Z"]]);
    const settings = { "/p/a": { digest: undefined, version: "3", secret: true, rotations } };
    const text = encodeLedger(record(settings));
    expect(decodeLedger(text, KEY, "9").settings.get("/p/a")).toEqual(settings["/p/a"]);
    expect(encodeLedger(record({ "/p/a": { ...settings["/p/a"], rotations: new Map() } }))).not.toContain('"r"');
    const wrong = text.replace('"2026-11-21T12:00:00Z"', "7");
    expect(() => decodeLedger(wrong, KEY, "9")).toThrow("is not a ledger record that trueup wrote");
  });

  it("remembers which version of its source a secret was read from, and takes nothing else for it", async () => {
    const sources = new Map([["/platform/db", "7@1795273774123"]]);
    const text = encodeLedger(record({ "/p/a": { digest: "c:x", version: "1", secret: true, sources } }));
    expect(decodeLedger(text, KEY, "99").settings.get("/p/a")?.sources).toEqual(sources);
    for (const wrong of ['"f":["/platform/db"]', '"f":{"/platform/db":7}']) {
      const broken = text.replace(/"f":\{[^}]*\}/u, wrong);
      expect(broken).toContain(wrong);
      await failureOf(
        thrownBy(() => decodeLedger(broken, KEY, "99")),
        "CORRUPT",
      );
    }
  });

  it("remembers the version of a placeholder, also when only the store knew it", () => {
    const secret = { digest: undefined, version: undefined, secret: true };
    const settings = {
      "/p/new": { ...secret, placeholder: true as const },
      "/p/known": { ...secret, placeholder: true as const },
      "/p/filled": { ...secret, version: "8", placeholder: "3" },
    };
    const found = decodeLedger(encodeLedger(record(settings), new Map([["/p/known", "6"]])), KEY, "99").settings;
    expect(found.get("/p/new")).toEqual({ ...secret, version: "99", placeholder: "99" });
    expect(found.get("/p/known")).toEqual({ ...secret, version: "6", placeholder: "6" });
    expect(found.get("/p/filled")).toEqual(settings["/p/filled"]);
  });

  it("keeps members, secret ones without a digest, and keys about to go", () => {
    const blob: LedgerEntry = {
      ...plain("1"),
      members: new Map([
        ["a.b", "digest"],
        ["__proto__", null],
      ]),
    };
    const given = record(
      { "/p/blob": blob },
      new Map([
        ["/p/gone", null],
        ["/p/blob", { ...blob, version: "2" }],
      ]),
    );
    expect(decodeLedger(encodeLedger(given), KEY, "99")).toEqual(given);
  });

  it("comes back as it was written, whatever the keys", () => {
    const text = fc.string({ unit: "grapheme" });
    const entry = fc.record(
      {
        digest: fc.option(text, { nil: undefined }),
        version: text.filter((version) => version !== SAME_VERSION),
        secret: fc.boolean(),
        members: fc.dictionary(text, fc.option(text)).map((names) => new Map(Object.entries(names))),
      },
      { requiredKeys: ["digest", "version", "secret"] },
    );
    const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "", "1", "01")).map((name) => `/p/${name}`);
    const settings = fc.array(fc.tuple(key, entry)).map((pairs) => new Map<string, LedgerEntry>(pairs));
    fc.assert(
      fc.property(settings, fc.option(text), (given, commit) => {
        const whole = { ...record({}), settings: given, commit };
        expect(decodeLedger(encodeLedger(whole), KEY, "99")).toEqual(whole);
      }),
    );
  });

  it("is the same text for the same keys in any order, and short", () => {
    const one = encodeLedger(record({ "/config/prod/a": plain("1"), "/config/prod/b": plain("2") }));
    expect(encodeLedger(record({ "/config/prod/b": plain("2"), "/config/prod/a": plain("1") }))).toBe(one);
    expect(one.split("/config/prod/")).toHaveLength(2);
  });

  it.each([
    ["no JSON", "what?"],
    ["a head", encodeHead(head)],
    ["another format", '{"format":2,"unit":"u","prefix":"","settings":{}}'],
    ["without settings", '{"format":1,"unit":"u","prefix":"","settings":null}'],
    ["without a prefix", '{"format":1,"unit":"u","settings":{}}'],
    ["with pending keys that are no map", ledger({ pending: [] })],
    ["with an entry that is a number", ledger({ settings: { a: 7 } })],
    ["with a digest that is no text", ledger({ settings: { a: { d: 7 } } })],
    ["with a version that is no text", ledger({ settings: { a: { v: 7 } } })],
    ["with a placeholder that is no text", ledger({ settings: { a: { p: true } } })],
    ["with a mark for secrets that is not ours", ledger({ settings: { a: { s: true } } })],
    ["with members that are no map", ledger({ settings: { a: { m: "x" } } })],
    ["with a member that is neither digest nor secret", ledger({ settings: { a: { m: { port: 1 } } } })],
  ])("that is %s is refused, naming the key", async (_, text) => {
    expect(
      (
        await failureOf(
          thrownBy(() => decodeLedger(text, KEY, "1")),
          "CORRUPT",
        )
      ).message,
    ).toContain(KEY);
  });
});
