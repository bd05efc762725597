/** A strict store that answers as etcd does: revisions, guarded and nested transactions, reads of the past. */
import type { ICompare, IRangeRequest, IRequestOp, ITxnRequest } from "etcd3";
import type { Key } from "../../src/model.ts";
import type { Cell, Mutation, Witness } from "./ground.ts";

interface Past {
  readonly revision: number;
  readonly text: string | undefined;
}

/** A refusal with gRPC's number and etcd's words. */
export class Refused extends Error {
  readonly code: number;
  constructor(code: number, details: string) {
    super(details);
    this.code = code;
  }
}

interface Kv {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: string;
}
interface RangeAnswer {
  readonly kvs: readonly Kv[];
  readonly count: string;
  readonly more: boolean;
}
type OpAnswer =
  | { readonly response_range: RangeAnswer }
  | { readonly response_put: object }
  | { readonly response_delete_range: object }
  | { readonly response_txn: { readonly succeeded: boolean; readonly responses: readonly OpAnswer[] } };

export interface EtcdRules {
  readonly maxTxnOps: number;
  readonly nests: boolean;
  /** Revisions until the disk is full. */
  room: number;
}

export interface EtcdServer {
  readonly cells: ReadonlyMap<Key, Cell>;
  range(request: IRangeRequest): object;
  txn(request: ITxnRequest, by: string, mayWrite: (key: Key) => boolean): object;
  hand(key: Key, text: string | undefined): void;
  relieve(): void;
}

export function etcdServer(rules: EtcdRules, now: () => number, witness: Witness): EtcdServer {
  const cells = new Map<Key, Cell>();
  const past = new Map<Key, Past[]>();
  let revision = 1;

  const header = (): object => ({ cluster_id: "1", revision: String(revision) });

  function textAt(key: Key, at: number): Past | undefined {
    const found = past.get(key)?.findLast((each) => each.revision <= at);
    return found?.text === undefined ? undefined : found;
  }

  function keysIn(from: Key, end: Key | undefined): Key[] {
    if (end === undefined) return past.has(from) ? [from] : [];
    return [...past.keys()].filter((key) => key >= from && key < end).toSorted();
  }

  function rangeOf(request: IRangeRequest): RangeAnswer {
    const at = request.revision === undefined ? revision : Number(request.revision);
    if (at > revision) throw new Refused(11, "etcdserver: mvcc: required revision is a future revision");
    const found = keysIn(textOf(request.key), endOf(request.range_end)).flatMap((key) => {
      const held = textAt(key, at);
      return held === undefined ? [] : [{ key, ...held }];
    });
    if (request.count_only === true) return { kvs: [], count: String(found.length), more: false };
    const shown = found.slice(0, Number(request.limit ?? 0) === 0 ? undefined : Number(request.limit));
    const kvs = shown.map((each) => ({
      key: Buffer.from(each.key),
      value: Buffer.from(request.keys_only === true ? "" : (each.text ?? "")),
      mod_revision: String(each.revision),
    }));
    return { kvs, count: String(found.length), more: shown.length < found.length };
  }

  function holds(compare: ICompare): boolean {
    const keys = keysIn(textOf(compare.key), endOf(compare.range_end));
    const present = keys.flatMap((key) => textAt(key, revision)?.revision ?? []);
    return (present.length === 0 ? [0] : present).every((mod) => {
      if (compare.target === "Version") return false;
      const wanted = Number(compare.mod_revision ?? 0);
      return compare.result === "Less" ? mod < wanted : mod === wanted;
    });
  }

  /** Which branches are taken is decided by the store as it was before the whole request. */
  interface Branch {
    readonly succeeded: boolean;
    readonly steps: readonly (readonly [IRequestOp, Branch | undefined])[];
  }
  function branchOf({ compare = [], success = [], failure = [] }: ITxnRequest): Branch {
    const succeeded = compare.every(holds);
    const steps = (succeeded ? success : failure).map(
      (op) => [op, op.request_txn === undefined ? undefined : branchOf(op.request_txn)] as const,
    );
    return { succeeded, steps };
  }

  function check(request: ITxnRequest, mayWrite: (key: Key) => boolean, budget: number, depth: number): void {
    const { compare = [], success = [], failure = [] } = request;
    const most = Math.max(compare.length, success.length, failure.length);
    if (most > budget) throw new Refused(3, "etcdserver: too many operations in txn request");
    const puts = new Set<Key>();
    for (const op of [...success, ...failure]) {
      const key = op.request_put?.key ?? op.request_delete_range?.key;
      if (key !== undefined && !mayWrite(textOf(key))) throw new Refused(7, "etcdserver: permission denied");
      if (op.request_txn !== undefined && !rules.nests) throw new Refused(12, "etcdserver: not supported");
      if (op.request_txn !== undefined) check(op.request_txn, mayWrite, budget - most, depth + 1);
    }
    for (const op of success) {
      if (op.request_put === undefined) continue;
      const key = textOf(op.request_put.key);
      if (puts.has(key)) throw new Refused(3, "etcdserver: duplicate key given in txn request");
      puts.add(key);
    }
  }

  function carryOut(branch: Branch, at: number, by: string, batch: Mutation[]): OpAnswer[] {
    return branch.steps.map(([op, inner]): OpAnswer => {
      if (inner !== undefined)
        return { response_txn: { succeeded: inner.succeeded, responses: carryOut(inner, at, by, batch) } };
      if (op.request_range !== undefined) return { response_range: rangeOf(op.request_range) };
      if (op.request_put !== undefined) {
        write(textOf(op.request_put.key), textOf(op.request_put.value), at, by, batch);
        return { response_put: {} };
      }
      const { key, range_end: end } = op.request_delete_range ?? {};
      for (const each of keysIn(textOf(key), endOf(end))) if (cells.has(each)) write(each, undefined, at, by, batch);
      return { response_delete_range: {} };
    });
  }

  function write(key: Key, text: string | undefined, at: number, by: string, batch: Mutation[]): void {
    const before = cells.get(key);
    const after = text === undefined ? undefined : { text, version: String(at), secret: before?.secret ?? false };
    if (after === undefined) cells.delete(key);
    else cells.set(key, after);
    past.set(key, [...(past.get(key) ?? []), { revision: at, text }]);
    batch.push({ by, at: now(), key, before, after });
  }

  function writesOf(branch: Branch): boolean {
    return branch.steps.some(([op, inner]) => (inner === undefined ? op.request_range === undefined : writesOf(inner)));
  }

  return {
    cells,
    range: (request) => ({ header: header(), ...rangeOf(request) }),
    txn(request, by, mayWrite) {
      check(request, mayWrite, rules.maxTxnOps, 0);
      const branch = branchOf(request);
      if (!writesOf(branch))
        return { succeeded: branch.succeeded, responses: carryOut(branch, revision, by, []), header: header() };
      if (revision >= rules.room) throw new Refused(8, "etcdserver: mvcc: database space exceeded");
      const batch: Mutation[] = [];
      const responses = carryOut(branch, revision + 1, by, batch);
      revision++;
      witness(batch);
      return { succeeded: branch.succeeded, responses, header: header() };
    },
    hand(key, text) {
      if (text === undefined && !cells.has(key)) return;
      const batch: Mutation[] = [];
      write(key, text, ++revision, "hand", batch);
      witness(batch);
    },
    relieve: () => void (rules.room = Infinity),
  };
}

function textOf(bytes: Buffer | string | undefined): string {
  return bytes === undefined ? "" : bytes.toString("utf8");
}

function endOf(bytes: Buffer | string | undefined): string | undefined {
  return bytes === undefined ? undefined : bytes.toString("utf8");
}
