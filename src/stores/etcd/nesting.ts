/**
 * Trees of nested transactions. etcd limits each level, and what the levels of one path add up to: a child gets its
 * parent's budget less the parent's largest list (server/etcdserver/api/v3rpc/key.go, `checkTxnRequest`, unchanged
 * from v3.4.23 to v3.7.1, seen 2026-08). The sum of the levels is bound, so the capacity is their product.
 */
import type { IRequestOp, IResponseOp, ITxnRequest } from "etcd3";

/** How the operations one transaction may have are shared among the levels. */
export interface Budget {
  /** For the levels that hold the units, and the head. */
  readonly root: number;
  /** For one unit. */
  readonly unit: number;
  /** A unit with more operations than that: its own level, and what is left below it. */
  readonly top: number;
  readonly rest: number;
  /** Most operations that a large unit can have. */
  readonly most: number;
  /** Operations of a transaction without nesting. */
  readonly flat: number;
}

/** etcd's default of 128 gives 28 for the root, 100 for a unit, of which 60 and 38 if it is large. */
export function budgetOf(maxTxnOps: number): Budget {
  const root = Math.max(4, Math.floor(maxTxnOps * 0.22));
  const unit = maxTxnOps - root;
  const top = Math.floor(unit * 0.6);
  // Two more comparisons, of the span and of the ledger record, or the count, may stand on a large unit's level.
  const rest = unit - top - 2;
  return { root, unit, top, rest, most: top * capacity(rest), flat: maxTxnOps - 2 };
}

/** Most operations that a tree within a budget can hold. */
export function capacity(budget: number): number {
  let best = 0;
  for (let levels = 1; levels <= budget; levels++) best = Math.max(best, Math.floor(budget / levels) ** levels);
  return best;
}

/** The operations as a tree of as few levels as the budget allows. */
export function nest(operations: readonly IRequestOp[], budget: number): IRequestOp[] {
  const count = operations.length;
  if (count <= budget) return [...operations];
  if (count > capacity(budget)) throw new RangeError("more operations than a transaction can hold");
  let levels = 2;
  while (Math.floor(budget / levels) ** levels < count) levels++;
  const width = Math.floor(budget / levels);
  const size = Math.ceil(count / width);
  return chunks(operations, size).map((chunk) => group(nest(chunk, budget - width)));
}

/** The operations of a large unit: side by side while they fit its level beside a count, else in groups below it. */
export function spread(operations: readonly IRequestOp[], { unit, top, rest }: Budget): IRequestOp[] {
  if (operations.length < unit) return [...operations];
  const size = Math.ceil(operations.length / top);
  return chunks(operations, size).map((chunk) => group(nest(chunk, rest)));
}

interface Group extends IRequestOp {
  readonly request_txn: Required<ITxnRequest>;
}

function group(operations: IRequestOp[]): Group {
  return { request_txn: { compare: [], success: operations, failure: [] } };
}

function isGroup(operation: IRequestOp): operation is Group {
  return operation.request_txn?.compare?.length === 0;
}

/** The answers to the operations that {@link nest} was given, in their order; undefined for each that did not come. */
export function unnest(
  operations: readonly IRequestOp[],
  answers: readonly (IResponseOp | undefined)[],
): (IResponseOp | undefined)[] {
  return operations.flatMap((operation, n) =>
    isGroup(operation)
      ? unnest(operation.request_txn.success, answers[n]?.response_txn?.responses ?? [])
      : [answers[n]],
  );
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let start = 0; start < items.length; start += size) found.push(items.slice(start, start + size));
  return found;
}
