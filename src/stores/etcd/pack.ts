/** Which units go into which request: as few requests as their bytes and operations allow, units always whole. */
import { encodeHead, encodeLedger } from "../records.ts";
import type { Group, HeadChange } from "../store.ts";
import { capacity } from "./nesting.ts";
import type { Budget } from "./nesting.ts";
import { bytesOf, isStill, put, readOne } from "./operations.ts";
import { flatTxn, isLarge, nestedTxn, needsCheck, pieceOf } from "./piece.ts";
import type { Check, Guarding, Piece } from "./piece.ts";
import { txnSize } from "./size.ts";

export type Batch =
  | {
      readonly kind: "whole";
      readonly groups: readonly Group[];
      readonly pieces: readonly Piece[];
      /** Counts the requests that could not decide about these units, from 1. */
      readonly tries: number;
    }
  /** One unit that no single request can hold. */
  | { readonly kind: "large"; readonly groups: readonly [Group] };

export interface Packing {
  readonly budget: Budget;
  readonly flat: boolean;
  readonly maxBytes: number;
}

/** Stands for a check that is yet to be made, with the longest revision there is. */
const SOME_CHECK: Check = { revision: "9223372036854775806", names: new Map() };
/** Bytes that grouping may add to each piece: tags and lengths of a few levels. */
const WRAPPING = 32;

/** Bytes of a piece inside a request of the `tries`-th try; the wrapping is rounded up. */
export function sizeOf(piece: Piece, { budget, flat }: Packing, tries: number): number {
  if (flat) return txnSize(flatTxn(piece)) + WRAPPING;
  const size = (guarding: Guarding): number => txnSize(nestedTxn(piece, budget, guarding)) + WRAPPING;
  if (!isLarge(piece, budget)) return size(tries > 1 ? "keys" : "runs");
  return Math.max(size(SOME_CHECK), tries > 1 || needsCheck(piece, budget) ? 0 : size("runs"));
}

/** Bytes that are left for units beside the head. */
export function roomBeside({ key, head }: HeadChange, { maxBytes }: Packing): number {
  const bytes = bytesOf(key);
  const text = bytesOf(encodeHead({ ...head, state: "applying" }));
  const compare = [isStill(bytes, SOME_CHECK.revision)];
  return maxBytes - txnSize({ compare, success: [put(bytes, text)], failure: [readOne(bytes)] });
}

/** True if one request can hold the piece beside the head. */
export function fits(piece: Piece, bytes: number, room: number, { budget, flat }: Packing): boolean {
  if (bytes > room) return false;
  return flat ? operationsOf(piece) < budget.flat : piece.operations.length <= budget.most;
}

/** Operations or guards, whichever are more: what a flat transaction counts. */
function operationsOf(piece: Piece): number {
  return Math.max(piece.guards.length + 1, piece.operations.length);
}

/**
 * The groups in batches, for their `tries`-th try. At least one batch, so that a commit without groups still writes its
 * head.
 */
export function pack(head: HeadChange, groups: readonly Group[], packing: Packing, tries = 1): Batch[] {
  const room = roomBeside(head, packing);
  const slots = packing.flat ? Infinity : capacity(packing.budget.root - 1);
  const batches: Batch[] = [];
  let open: { groups: Group[]; pieces: Piece[]; bytes: number; operations: number } | undefined;
  for (const group of groups) {
    const piece = wholePiece(group);
    const bytes = sizeOf(piece, packing, tries);
    if (!fits(piece, bytes, room, packing)) {
      batches.push({ kind: "large", groups: [group] });
      open = undefined;
      continue;
    }
    const operations = operationsOf(piece);
    const isFull =
      open !== undefined &&
      (open.bytes + bytes > room ||
        open.pieces.length >= slots ||
        (packing.flat && open.operations + operations >= packing.budget.flat));
    if (open === undefined || isFull) {
      open = { groups: [], pieces: [], bytes: 0, operations: 0 };
      batches.push({ kind: "whole", groups: open.groups, pieces: open.pieces, tries });
    }
    open.groups.push(group);
    open.pieces.push(piece);
    open.bytes += bytes;
    open.operations += operations;
  }
  return batches.length === 0 ? [{ kind: "whole", groups: [], pieces: [], tries }] : batches;
}

function wholePiece({ unit, writes, ledger }: Group): Piece {
  return pieceOf(unit, writes, { key: ledger.key, expected: ledger.expected, text: encodeLedger(ledger.record) });
}
