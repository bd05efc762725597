/** What one request does for one unit: its writes, the guards that must hold for them, and its ledger record. */
import type { ICompare, IKeyValue, IRequestOp, ITxnRequest } from "etcd3";
import type { Key, UnitId, Version } from "../../model.ts";
import type { Write } from "../store.ts";
import { spread } from "./nesting.ts";
import type { Budget } from "./nesting.ts";
import { after, bytesOf, countAll, isQuiet, isStill, nameAll, nameOne, put, remove } from "./operations.ts";
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
  /** Keys that must still be there when they are written: only these can be deleted under our hands. */
  readonly updates: readonly Guard[];
}

export function pieceOf(unit: UnitId, writes: readonly Write[], ledger: LedgerWrite): Piece {
  const guards = writes.map(({ key, expected }): Guard => ({ key, bytes: bytesOf(key), expected }));
  const ledgerGuard: Guard = { key: ledger.key, bytes: bytesOf(ledger.key), expected: ledger.expected };
  const operations = writes.map((write, n) => {
    const key = guards[n]?.bytes ?? bytesOf(write.key);
    return write.kind === "delete" ? remove(key) : put(key, bytesOf(textToWrite(write.text)));
  });
  if (ledger.text !== undefined) operations.push(put(ledgerGuard.bytes, bytesOf(ledger.text)));
  return {
    unit,
    writes,
    guards,
    ledger: ledgerGuard,
    writesLedger: ledger.text !== undefined,
    operations,
    span: spanOf(guards),
    updates: guards.filter((guard, n) => guard.expected !== null && writes[n]?.kind === "put"),
  };
}

function textToWrite(text: Extract<Write, { kind: "put" }>["text"]): string {
  return typeof text === "string" ? text : text.reveal();
}

function spanOf(guards: readonly Guard[]): Span | undefined {
  const [head, ...rest] = guards.map((guard) => guard.bytes);
  if (head === undefined) return undefined;
  let [first, last] = [head, head];
  for (const key of rest) {
    if (Buffer.compare(key, first) < 0) first = key;
    if (Buffer.compare(key, last) > 0) last = key;
  }
  return { first, end: after(last) };
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

/** What stood in the span of a large piece just before its request. */
export interface Check {
  readonly revision: Version;
  readonly names: Names;
}

/** A guard for each key fits where a piece has few; beyond that the span is guarded as one, which needs a check. */
export function needsCheck(piece: Piece, budget: Budget): boolean {
  return piece.guards.length + 1 > budget.unit;
}

/**
 * The piece as a transaction to nest.
 *
 * Few keys: one comparison for each, exact in every way. Many keys: one comparison over the whole span, "nothing here
 * was written since the check". That does not see deletions, so keys that are updated get a comparison of their own as
 * far as they fit; else the span is counted in the same step, and a difference is looked into afterwards.
 */
export function nestedTxn(piece: Piece, budget: Budget, check: Check | undefined): ITxnRequest {
  const { guards, ledger, span } = piece;
  const names: IRequestOp[] = [...(span === undefined ? [] : [nameAll(span)]), nameOne(ledger.bytes)];
  if (check === undefined || span === undefined)
    return {
      compare: [...guards, ledger].map((guard) => isStill(guard.bytes, guard.expected)),
      success: [...piece.operations],
      failure: names,
    };
  const counts = countsDeletions(piece, budget);
  const exact = counts ? [] : piece.updates;
  return {
    compare: [
      isQuiet(span, check.revision),
      ...[ledger, ...exact].map((guard): ICompare => isStill(guard.bytes, guard.expected)),
    ],
    success: [...(counts ? [countAll(span)] : []), ...spread(piece.operations, budget)],
    failure: names,
  };
}

/** True if the first answer of the piece's transaction is the count of its span. */
export function countsDeletions(piece: Piece, budget: Budget): boolean {
  return needsCheck(piece, budget) && piece.updates.length > budget.top;
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
