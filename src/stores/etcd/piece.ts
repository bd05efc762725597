/** What one request does for one unit: its writes, the guards that must hold for them, and its ledger record. */
import type { ICompare, IKeyValue, IRequestOp, ITxnRequest } from "etcd3";
import type { Key, UnitId, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Write } from "../store.ts";
import { spread } from "./nesting.ts";
import type { Budget } from "./nesting.ts";
import { after, areStill, bytesOf, countAll, isQuiet, isStill, nameAll, nameOne, put, remove } from "./operations.ts";
import type { Span } from "./operations.ts";
import { keyOf } from "./text.ts";

export interface LedgerWrite {
  readonly key: Key;
  readonly expected: Version | null;
  /** Undefined: the record is only guarded, not written. */
  readonly text: string | undefined;
}

interface Guard {
  readonly key: Key;
  readonly bytes: Buffer;
  readonly expected: Version | null;
}

/** A piece with its texts as bytes, made once and used for every request it is part of. */
export interface Piece {
  readonly unit: UnitId;
  readonly writes: readonly Write[];
  readonly guards: readonly Guard[];
  readonly ledger: Guard;
  readonly writesLedger: boolean;
  readonly operations: readonly IRequestOp[];
  /** From the first key written to the last; undefined if only the ledger is. */
  readonly span: Span | undefined;
  /** The keys in their order, cut where the expected version changes. */
  readonly runs: readonly Run[];
  /** Keys that must still be there when they are written: only these can be deleted under our hands. */
  readonly updates: readonly Guard[];
}

interface Run {
  readonly range: Span;
  readonly guards: readonly Guard[];
  readonly expected: Version | null;
}

export function pieceOf(unit: UnitId, writes: readonly Write[], ledger: LedgerWrite): Piece {
  const guarded = writes.map((write): { readonly write: Write; readonly guard: Guard } => ({
    write,
    guard: { key: write.key, bytes: bytesOf(write.key), expected: write.expected },
  }));
  const guards = guarded.map(({ guard }) => guard);
  const ledgerGuard: Guard = { key: ledger.key, bytes: bytesOf(ledger.key), expected: ledger.expected };
  const operations = guarded.map(({ write, guard }) =>
    write.kind === "delete" ? remove(guard.bytes) : put(guard.bytes, bytesOf(textToWrite(write.text))),
  );
  if (ledger.text !== undefined) operations.push(put(ledgerGuard.bytes, bytesOf(ledger.text)));
  const sorted = guards.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
  const [first, last] = [sorted[0], sorted.at(-1)];
  return {
    unit,
    writes,
    guards,
    ledger: ledgerGuard,
    writesLedger: ledger.text !== undefined,
    operations,
    span: first === undefined || last === undefined ? undefined : { first: first.bytes, end: after(last.bytes) },
    runs: runsOf(sorted),
    updates: guarded
      .filter(({ write, guard }) => guard.expected !== null && write.kind === "put")
      .map(({ guard }) => guard),
  };
}

function textToWrite(text: Extract<Write, { kind: "put" }>["text"]): string {
  return typeof text === "string" ? text : text.reveal();
}

function runsOf(sorted: readonly Guard[]): Run[] {
  const runs: Run[] = [];
  let start = 0;
  for (const [n, { expected, bytes }] of sorted.entries()) {
    if (sorted[n + 1]?.expected === expected) continue;
    const range = { first: sure(sorted[start], "a key").bytes, end: after(bytes) };
    runs.push({ range, guards: sorted.slice(start, n + 1), expected });
    start = n + 1;
  }
  return runs;
}

/** What stood in the span of a large piece just before its request. */
export interface Check {
  readonly revision: Version;
  readonly names: Names;
}

/** Versions by key, as a keys-only range gives them. */
export type Names = ReadonlyMap<Key, Version>;

export function namesOf(kvs: readonly IKeyValue[]): Names {
  return new Map(kvs.map((kv) => [keyOf(kv.key), kv.mod_revision]));
}

/** The keys of the piece that have another version than expected. */
export function movedKeys(piece: Piece, names: Names): Key[] {
  return [...piece.guards, piece.ledger]
    .filter(({ key, expected }) => (names.get(key) ?? null) !== expected)
    .map(({ key }) => key);
}

/**
 * How a piece is guarded in a nested transaction.
 *
 * - `keys`: one comparison for each key. Exact in every way; a level has room for about a hundred.
 * - `runs`: one for each run of keys with one expected version, "all here have it". Exact too, but any other key among
 *   them stops it, and a deletion inside is not seen. Used first, because it is small and usually holds.
 * - a check: one for the whole span, "nothing here was written since". Used where runs do not hold; blind to deletions.
 *
 * Where deletions are not seen, keys that are updated get comparisons of their own as far as these fit; else the span
 * is counted before, and again in the same step, where a difference is looked into afterwards.
 */
export type Guarding = "keys" | "runs" | Check;

/** True if the piece has too many keys for a comparison each. */
export function isLarge(piece: Piece, budget: Budget): boolean {
  return piece.guards.length + 1 > budget.unit;
}

/** True if a large piece cannot be guarded by its runs: there are too many of them. */
export function needsCheck(piece: Piece, budget: Budget): boolean {
  return isLarge(piece, budget) && piece.runs.length > budget.top;
}

/** The piece as a transaction to nest. A large one is never guarded by `keys`. */
export function nestedTxn(piece: Piece, budget: Budget, guarding: Guarding): ITxnRequest {
  const { guards, ledger, span, updates } = piece;
  const failure: IRequestOp[] = [...(span === undefined ? [] : [nameAll(span)]), nameOne(ledger.bytes)];
  if (span === undefined || !isLarge(piece, budget)) {
    const compare = guarding === "keys" ? guards.map(isStillGuard) : piece.runs.flatMap(isStillRun);
    return { compare: [...compare, isStillGuard(ledger)], success: [...piece.operations], failure };
  }
  const ranges = typeof guarding === "object" ? [isQuiet(span, guarding.revision)] : piece.runs.map(areStillRun);
  const counts = countsDeletions(piece, budget, guarding);
  return {
    compare: [...ranges, isStillGuard(ledger), ...(counts ? [] : updates.map(isStillGuard))],
    success: [...(counts ? [countAll(span)] : []), ...spread(piece.operations, budget)],
    failure,
  };
}

function isStillGuard({ bytes, expected }: Guard): ICompare {
  return isStill(bytes, expected);
}

function areStillRun({ range, expected }: Run): ICompare {
  return areStill(range, expected);
}

/** New keys together: there is nothing to delete among them. Others one by one. */
function isStillRun({ range, guards, expected }: Run): ICompare[] {
  return expected === null && guards.length > 1 ? [areStill(range, expected)] : guards.map(isStillGuard);
}

/** True if the first answer of the piece's transaction is the count of its span. */
export function countsDeletions(piece: Piece, budget: Budget, guarding: Guarding): boolean {
  const ranges = typeof guarding === "object" ? 1 : piece.runs.length;
  return isLarge(piece, budget) && piece.updates.length + ranges > budget.top + 1;
}

/** The count that such a transaction gives if nothing was deleted and nobody else's keys are in the span. */
export function expectedCount(piece: Piece, guarding: Guarding): number {
  return typeof guarding === "object"
    ? guarding.names.size
    : piece.guards.filter(({ expected }) => expected !== null).length;
}

/** The piece for a transaction without nesting: a guard for each key, and each key named if they do not hold. */
export function flatTxn(piece: Piece): Required<ITxnRequest> {
  const guards = [...piece.guards, piece.ledger];
  return {
    compare: guards.map((guard) => isStill(guard.bytes, guard.expected)),
    success: [...piece.operations],
    failure: guards.map((guard) => nameOne(guard.bytes)),
  };
}
