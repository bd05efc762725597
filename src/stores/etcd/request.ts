/** The request that applies pieces and writes the head, with or without nesting, and what its answer says. */
import type { IRequestOp, ITxnRequest, ITxnResponse } from "etcd3";
import { Failure } from "../../failure.ts";
import type { Head, Key, Version } from "../../model.ts";
import { decodeHead, encodeHead } from "../records.ts";
import type { HeadChange } from "../store.ts";
import { nest, unnest } from "./nesting.ts";
import type { Budget } from "./nesting.ts";
import { bytesOf, isStill, put, readOne } from "./operations.ts";
import { countsDeletions, flatTxn, movedKeys, namesOf, nestedTxn } from "./piece.ts";
import type { Guarding, Piece } from "./piece.ts";
import { textOf } from "./text.ts";

export type HeadState = Head["state"];

export interface HeadWrite {
  readonly change: HeadChange;
  /** Version the head must have when the request is carried out. */
  readonly guard: Version | null;
  readonly state: HeadState;
}

/** What became of a piece. `again`: nothing of ours moved, but the request could not tell; send it once more. */
export type Outcome =
  | { readonly kind: "applied" }
  | { readonly kind: "counted"; readonly count: number }
  | { readonly kind: "moved"; readonly keys: readonly Key[] }
  | { readonly kind: "again" };

export interface Request {
  readonly message: ITxnRequest;
  /** Outcome of each piece, in their order, of an answer whose head was as expected. */
  outcomes(answer: ITxnResponse): Outcome[];
}

/** Every piece is a transaction of its own inside one: what moved is left out and named, the others are applied. */
export function nestedRequest(
  head: HeadWrite,
  pieces: readonly Piece[],
  budget: Budget,
  guardings: ReadonlyMap<Piece, Guarding>,
): Request {
  const guardingOf = (piece: Piece): Guarding => guardings.get(piece) ?? "runs";
  const children = pieces.map((piece): IRequestOp => ({ request_txn: nestedTxn(piece, budget, guardingOf(piece)) }));
  // The head stays on the first level: etcd 3.4 looks only there when it decides whether its disk has room for a write.
  const units = nest(children, budget.root - 1);
  const success = [...units, headPut(head)];
  return {
    message: { compare: [headGuard(head)], success, failure: [readOne(bytesOf(head.change.key))] },
    outcomes(answer) {
      const answers = unnest(units, answer.responses);
      return pieces.map((piece, n) => {
        const inner = answers[n]?.response_txn;
        if (inner === undefined || inner === null) throw misunderstood(head.change.key);
        if (inner.succeeded)
          return countsDeletions(piece, budget, guardingOf(piece))
            ? { kind: "counted", count: Number(inner.responses[0]?.response_range?.count) }
            : { kind: "applied" };
        return outcomeOfRefused(piece, inner);
      });
    },
  };
}

/** All pieces in one flat transaction: if one moved, none is applied, and the others have to be sent again. */
export function flatRequest(head: HeadWrite, pieces: readonly Piece[]): Request {
  const parts = pieces.map(flatTxn);
  return {
    message: {
      compare: [headGuard(head), ...parts.flatMap((part) => part.compare)],
      success: [...parts.flatMap((part) => part.success), headPut(head)],
      failure: [readOne(bytesOf(head.change.key)), ...parts.flatMap((part) => part.failure)],
    },
    outcomes(answer) {
      if (answer.succeeded) return pieces.map(() => ({ kind: "applied" }));
      return pieces.map((piece) => outcomeOfRefused(piece, answer));
    },
  };
}

function outcomeOfRefused(piece: Piece, answer: ITxnResponse): Outcome {
  const keys = movedKeys(piece, namesOf(answer.responses.flatMap((each) => each.response_range.kvs)));
  return keys.length === 0 ? { kind: "again" } : { kind: "moved", keys };
}

function headGuard({ change, guard }: HeadWrite): ReturnType<typeof isStill> {
  return isStill(bytesOf(change.key), guard);
}

function headPut({ change, state }: HeadWrite): IRequestOp {
  return put(bytesOf(change.key), bytesOf(encodeHead({ ...change.head, state })));
}

export interface FoundHead {
  readonly head: Head;
  readonly version: Version;
}

/** The head in the answer of a request that was refused as a whole; undefined if there is none. */
export function headIn(answer: ITxnResponse, key: Key): FoundHead | undefined {
  const kv = answer.responses[0]?.response_range.kvs[0];
  return kv === undefined ? undefined : { head: decodeHead(textOf(kv.value), key), version: kv.mod_revision };
}

function misunderstood(key: Key): Failure {
  return new Failure("CORRUPT", `etcd answered the write of ${key} with something that does not fit what was asked.`, {
    fix: "Run the command again: it reads first what was written. If it stays, a proxy between here and etcd changes answers.",
  });
}
