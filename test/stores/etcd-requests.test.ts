/** The shapes of requests, without a server: trees within etcd's limits, and sizes to the byte. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { IRequestOp, ITxnRequest } from "etcd3";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { budgetOf, capacity, nest, spread } from "../../src/stores/etcd/nesting.ts";
import { isStill } from "../../src/stores/etcd/operations.ts";
import { flatTxn, nestedTxn, pieceOf } from "../../src/stores/etcd/piece.ts";
import type { Guarding } from "../../src/stores/etcd/piece.ts";
import { pack } from "../../src/stores/etcd/pack.ts";
import { nestedRequest } from "../../src/stores/etcd/request.ts";
import { txnSize } from "../../src/stores/etcd/size.ts";
import type { Group, Write } from "../../src/stores/store.ts";

/** The real encoder, from etcd3's own description of the protocol. */
const require = createRequire(import.meta.url);
interface Definition {
  readonly "etcdserverpb.KV": { readonly Txn: { requestSerialize(request: object): Buffer } };
}
const loader = require(require.resolve("@grpc/proto-loader", { paths: [require.resolve("etcd3")] })) as {
  loadSync(file: string, options: object): Definition;
};
const protocol = loader.loadSync(join(dirname(require.resolve("etcd3")), "../proto/rpc.proto"), {
  keepCase: true,
  longs: String,
  enums: String,
});
const encode = (request: ITxnRequest): Buffer => protocol["etcdserverpb.KV"].Txn.requestSerialize(request);

/** What etcd checks (`checkTxnRequest`): each level within the budget that its parents left. */
function isAccepted({ compare = [], success = [], failure = [] }: ITxnRequest, budget: number): boolean {
  const own = Math.max(compare.length, success.length, failure.length);
  return (
    own <= budget &&
    [...success, ...failure].every(({ request_txn: inner }) => inner === undefined || isAccepted(inner, budget - own))
  );
}

const leaves = (operations: readonly IRequestOp[]): IRequestOp[] =>
  operations.flatMap((each) => (each.request_txn === undefined ? [each] : leaves(each.request_txn.success ?? [])));
const someOperations = (count: number): IRequestOp[] =>
  Array.from({ length: count }, (_, n) => ({ request_put: { key: Buffer.from(`/k/${n}`), value: Buffer.alloc(0) } }));
const txn = (operations: readonly IRequestOp[]): ITxnRequest => ({ success: [...operations] });

const writes = fc.array(
  fc.record({
    name: fc.string({ maxLength: 40 }),
    text: fc.string({ maxLength: 400 }),
    kind: fc.constantFrom("put", "delete"),
    version: fc.integer({ min: 1 }),
  }),
  { maxLength: 260 },
);
const toWrites = (all: readonly { name: string; text: string; kind: string; version: number }[]): Write[] =>
  all.map(({ name, text, kind, version }, n) =>
    kind === "delete"
      ? { kind: "delete", key: `/${n}/${name}`, expected: String(version) }
      : { kind: "put", key: `/${n}/${name}`, text, secret: false, expected: n % 2 === 0 ? null : String(version) },
  );

describe("trees of nested transactions", () => {
  it("keep every operation, in order, within the limits of every level", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 200 }), fc.integer({ min: 0, max: 3000 }), (budget, count) => {
        fc.pre(count <= capacity(budget));
        const operations = someOperations(count);
        const tree = nest(operations, budget);
        expect(leaves(tree)).toEqual(operations);
        expect(isAccepted(txn(tree), budget)).toBe(true);
      }),
    );
  });

  it("are not begun for more operations than etcd takes", () => {
    expect(() => nest(someOperations(capacity(10) + 1), 10)).toThrow(RangeError);
  });

  it("hold large units beside the guards and the count of their level", () => {
    for (const most of [16, 32, 128, 512]) {
      const budget = budgetOf(most);
      for (const count of [1, budget.unit, budget.unit + 1, Math.min(budget.most, 20_000)]) {
        const operations = someOperations(count);
        const success = [...someOperations(1), ...spread(operations, budget)];
        const compare = Array.from({ length: budget.top + 2 }, () => ({ key: Buffer.from("/k") }));
        expect(leaves(success).slice(1)).toEqual(operations);
        expect(isAccepted({ compare, success }, budget.unit)).toBe(true);
      }
    }
  });

  it("hold 10,000 keys of 40 units as etcd counts them", () => {
    const budget = budgetOf(128);
    const pieces = Array.from({ length: 40 }, (_, unit) => {
      const all = Array.from({ length: 250 }, (__, n): Write => ({
        kind: "put",
        key: `/${unit}/${n}`,
        text: "x",
        secret: false,
        expected: "7",
      }));
      return pieceOf(`app${unit}@prod`, all, { key: `/.trueup/${unit}`, expected: null, text: "{}" });
    });
    const head = {
      generation: 1,
      commit: null,
      applyId: "a",
      plan: "",
      state: "ready",
      at: "",
      by: "",
      tool: "",
    } as const;
    const change = { key: "/.trueup/head", expected: null, head, records: new Map() };
    const { message } = nestedRequest({ change, guard: null, state: "ready" }, pieces, budget, new Map());
    expect(isAccepted(message, 128)).toBe(true);
    expect(leaves(message.success ?? []).filter((each) => each.request_put !== undefined)).toHaveLength(40 * 251 + 1);
    // The quota of etcd 3.4 counts the puts of the first level only, so one has to be there.
    expect(message.success?.some((each) => each.request_put !== undefined)).toBe(true);
  });
});

describe("guards", () => {
  it("are not sent for versions that are not etcd's: they would mean that the key must not exist", () => {
    for (const version of ["0", "", "@", "c3JAq", "1e5", "-1"])
      expect(() => isStill(Buffer.from("/k"), version)).toThrow("not etcd's");
    expect(isStill(Buffer.from("/k"), "7")).toMatchObject({ mod_revision: "7" });
    expect(isStill(Buffer.from("/k"), null)).toMatchObject({ mod_revision: "0" });
  });
});

describe("sizes", () => {
  it("are those of the real encoder, to the byte", () => {
    const budget = budgetOf(128);
    fc.assert(
      fc.property(writes, fc.integer({ min: 1 }), fc.boolean(), (some, revision, withLedger) => {
        const piece = pieceOf("a@b", toWrites(some), {
          key: "/ledger",
          expected: null,
          text: withLedger ? "record" : undefined,
        });
        const check: Guarding = { revision: String(revision), names: new Map() };
        for (const guarding of ["runs", "keys", check] as const) {
          const request = nestedTxn(piece, budget, guarding);
          expect(txnSize(request)).toBe(encode(request).length);
        }
        expect(txnSize(flatTxn(piece))).toBe(encode(flatTxn(piece)).length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("packing", () => {
  const head = {
    generation: 1,
    commit: null,
    applyId: "a",
    plan: "",
    state: "ready",
    at: "",
    by: "",
    tool: "",
  } as const;
  const change = { key: "/.trueup/head", expected: null, head, records: new Map() };
  const groups = (sizes: readonly number[]): Group[] =>
    sizes.map((size, unit) => ({
      unit: `app${unit}@prod`,
      writes: [{ kind: "put", key: `/${unit}`, text: "x".repeat(size), secret: false, expected: null }],
      ledger: {
        key: `/.trueup/units/${unit}`,
        expected: null,
        previous: undefined,
        record: { unit: `app${unit}@prod`, commit: null, applyId: "a", settings: new Map() },
      },
    }));

  it("keeps units whole and in order, and every request within its bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 60 }), fc.boolean(), (sizes, flat) => {
        const packing = { budget: budgetOf(128), flat, maxBytes: 100_000 };
        const all = groups(sizes);
        const batches = pack(change, all, packing);
        expect(batches.flatMap((batch) => batch.groups)).toEqual(all);
        for (const batch of batches) {
          if (batch.kind === "large") continue;
          const { message } = nestedRequest(
            { change, guard: "123456789", state: "applying" },
            batch.pieces,
            packing.budget,
            new Map(),
          );
          expect(encode(message).length).toBeLessThanOrEqual(packing.maxBytes);
          expect(isAccepted(message, 128)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("needs one request for what fits one", () => {
    expect(
      pack(change, groups(Array.from({ length: 300 }, () => 100)), {
        budget: budgetOf(128),
        flat: false,
        maxBytes: 1_400_000,
      }),
    ).toHaveLength(1);
    expect(pack(change, [], { budget: budgetOf(128), flat: false, maxBytes: 1_400_000 })).toHaveLength(1);
  });
});

describe("limits of etcd", () => {
  it.each([
    ["a key with NUL", "/a\0b", "x"],
    ["a value with NUL", "/a", "x\0y"],
    ["half a surrogate pair", "/a", "\ud800"],
    ["a key of 5,000 bytes", `/${"k".repeat(5000)}`, "x"],
    ["a value over the size of a request", "/a", "x".repeat(1_500_000)],
  ])("refuse %s, with a cure", (_, key, text) => {
    const refusal = etcd.limits.refuses({ key, secret: false }, text);
    expect(refusal?.message).toBeTruthy();
    expect(refusal?.fix).toBeTruthy();
    expect(refusal?.message).not.toContain("xxx");
  });

  it.each([
    ["emoji", "/a/🙂", "🙂"],
    ["a large value", "/a", "x".repeat(1_400_000)],
    ["nothing", "/a", ""],
    ["a secret", "/a", undefined],
  ])("take %s", (_, key, text) => {
    expect(etcd.limits.refuses({ key, secret: text === undefined }, text)).toBeUndefined();
  });
});
