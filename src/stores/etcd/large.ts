/**
 * A unit that no single request can hold. It cannot be applied in one step, so its ledger record says first what is
 * about to be written (`pending`), then the keys are written in guarded batches, and its final record comes last.
 * Whoever finds the record half-way can tell our writes from other people's.
 */
import { Failure, isFailure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import { announced } from "../announced.ts";
import { encodeLedger } from "../records.ts";
import type { CommitEvent, Group, HeadChange, Write } from "../store.ts";
import type { Result } from "./aftermath.ts";
import type { Chain } from "./chain.ts";
import { isStill, nameOne } from "./operations.ts";
import { eventOf, interrupted, revived, TRIES, versionsOf } from "./outcome.ts";
import { fits, roomBeside, sizeOf } from "./pack.ts";
import type { Packing } from "./pack.ts";
import { movedKeys, pieceOf } from "./piece.ts";
import type { Piece } from "./piece.ts";
import type { HeadState } from "./request.ts";
import { operationsSize, txnSize } from "./size.ts";

/** The event of the unit; `error` is what ended the apply in the middle of it. */
export interface LargeResult {
  readonly event: CommitEvent;
  readonly error?: unknown;
}

/** Stands for a version that is not known yet; none is longer. */
const SOME_VERSION: Version = "9223372036854775807";
/** Bytes that grouping may add to one operation. */
const WRAPPING = 16;

/** Applies the unit. `last` is the state its last request gives the head. Throws only while nothing is written. */
export async function applyLarge(
  chain: Chain,
  change: HeadChange,
  group: Group,
  last: HeadState,
  packing: Packing,
): Promise<LargeResult> {
  const { unit, writes } = group;
  const batches = cut(group, packing);
  const impossible = whatDoesNotFit(change, group, batches, packing);
  if (impossible !== undefined) return { event: { kind: "failed", unit, failure: impossible, written: [] } };

  const all = pieceOf(unit, writes, { ...group.ledger, text: undefined });
  const early = movedKeys(all, await chain.look(all));
  if (early.length > 0) return { event: { kind: "moved", unit, keys: early } };
  const begun = await step(
    chain,
    recordPiece(group, group.ledger.expected, encodeLedger(announced(change.head.applyId, group))),
    "applying",
    packing,
  );
  if (begun.kind !== "applied") return { event: eventOf(unit, [], begun) };

  const versions = new Map<Key, Version>();
  const written: Key[] = [];
  const back: Key[] = [];
  const failed = (failure: Failure): CommitEvent => ({ kind: "failed", unit, failure, written });
  try {
    for (const batch of batches) {
      const piece = pieceOf(unit, batch, { key: group.ledger.key, expected: begun.revision, text: undefined });
      const result = await step(chain, piece, "applying", packing);
      if (result.kind === "moved") return { event: failed(interrupted(unit, result.keys)) };
      if (result.kind === "again") return { event: failed(interrupted(unit, [])) };
      if (result.kind === "revived") back.push(...result.keys);
      written.push(...batch.map(({ key }) => key));
      for (const [key, version] of versionsOf(batch, result.revision)) versions.set(key, version);
    }
    const final = recordPiece(group, begun.revision, encodeLedger(group.ledger.record, versions));
    const ended = await step(chain, final, back.length > 0 && last === "ready" ? "partial" : last, packing);
    if (ended.kind !== "applied") return { event: failed(interrupted(unit, [group.ledger.key])) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { event: failed(error), error };
  }
  return { event: back.length > 0 ? failed(revived(unit, back)) : { kind: "applied", unit, versions } };
}

/** Sends one piece, again while only its neighbours get in its way. */
async function step(chain: Chain, piece: Piece, state: HeadState, packing: Packing): Promise<Result> {
  let result: Result = { kind: "again" };
  for (let tries = 1; tries <= TRIES && result.kind === "again"; tries++) {
    result = sure((await chain.send([piece], state, packing, tries))[0], piece.unit);
  }
  return result;
}

function recordPiece({ unit, ledger }: Group, expected: Version | null, text: string): Piece {
  return pieceOf(unit, [], { key: ledger.key, expected, text });
}

/** The writes in batches, each as large as one request can be. */
function cut({ unit, ledger, writes }: Group, packing: Packing): Write[][] {
  const { budget, flat, maxBytes } = packing;
  const most = flat ? budget.flat - 2 : budget.most;
  // Beyond these a nested piece guards ranges; its keys' own guards are rounded up to that many.
  const guarded = flat ? most : budget.unit + 1;
  const room = maxBytes - 4096 - 4 * Buffer.byteLength(ledger.key);
  const batches: Write[][] = [];
  let open: Write[] = [];
  let bytes = 0;
  for (const write of writes) {
    const { operations, guards } = pieceOf(unit, [write], { ...ledger, text: undefined });
    const own = operationsSize(operations) + WRAPPING;
    const beside = txnSize({
      compare: guards.map((each) => isStill(each.bytes, each.expected)),
      failure: guards.map((each) => nameOne(each.bytes)),
    });
    const cost = own + (open.length < guarded ? beside : 0);
    if (open.length > 0 && (bytes + cost > room || open.length >= most)) {
      batches.push(open);
      open = [];
      bytes = 0;
    }
    open.push(write);
    bytes += cost;
  }
  return open.length > 0 ? [...batches, open] : batches;
}

/** A single value or a ledger record over the size of a request: nothing can be done about that here. */
function whatDoesNotFit(
  change: HeadChange,
  group: Group,
  batches: readonly (readonly Write[])[],
  packing: Packing,
): Failure | undefined {
  const room = roomBeside(change, packing);
  const versions = new Map(group.writes.map(({ key }) => [key, SOME_VERSION]));
  const records = [encodeLedger(announced(change.head.applyId, group)), encodeLedger(group.ledger.record, versions)];
  const guard = { key: group.ledger.key, expected: SOME_VERSION, text: undefined };
  const pieces = [
    ...records.map((text) => recordPiece(group, SOME_VERSION, text)),
    ...batches.map((batch) => pieceOf(group.unit, batch, guard)),
  ];
  const tooLarge = pieces.find(
    (piece) => !fits(piece, Math.max(sizeOf(piece, packing, 1), sizeOf(piece, packing, 2)), room, packing),
  );
  if (tooLarge === undefined) return undefined;
  const what = tooLarge.writesLedger
    ? `the ledger record ${group.ledger.key}`
    : sure(tooLarge.guards[0]?.key, group.unit);
  return new Failure("LIMIT", `${group.unit} cannot be written: ${what} is over the size of one request to etcd.`, {
    fix: "Split the app, use layout: groups, or raise the server's --max-request-bytes and connection.maxRequestBytes.",
  });
}
