/** What is read about large pieces right before their request. */
import type { IRangeResponse } from "etcd3";
import type { Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import type { Budget } from "./nesting.ts";
import { countAll, nameAll } from "./operations.ts";
import { countsDeletions, expectedCount, isLarge, namesOf, needsCheck } from "./piece.ts";
import type { Check, Piece } from "./piece.ts";

/**
 * Checks of the pieces that need one. On the first try these are the ones that their runs cannot guard; from the second
 * on, all large ones.
 */
export async function check(
  client: Client,
  pieces: readonly Piece[],
  budget: Budget,
  tries: number,
  signal: AbortSignal | undefined,
): Promise<Map<Piece, Check>> {
  const large = pieces.filter((piece) => isLarge(piece, budget));
  const unclear = tries > 1 ? large : await needingCheck(client, large, budget, signal);
  const answers = await askSpans(client, unclear, nameAll, budget.flat, signal);
  return new Map(
    [...answers].map(([piece, { answer, revision }]) => [piece, { revision, names: namesOf(answer.kvs) }]),
  );
}

/** Large pieces whose runs cannot guard them: too many, or their span holds more or fewer keys than it should. */
async function needingCheck(
  client: Client,
  large: readonly Piece[],
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<Piece[]> {
  const counted = large.filter((piece) => !needsCheck(piece, budget) && countsDeletions(piece, budget, "runs"));
  const counts = await askSpans(client, counted, countAll, budget.flat, signal);
  return large.filter(
    (piece) =>
      needsCheck(piece, budget) ||
      (counts.has(piece) && Number(counts.get(piece)?.answer.count) !== expectedCount(piece, "runs")),
  );
}

async function askSpans(
  client: Client,
  pieces: readonly Piece[],
  question: typeof nameAll,
  atOnce: number,
  signal: AbortSignal | undefined,
): Promise<Map<Piece, { readonly answer: IRangeResponse; readonly revision: Version }>> {
  const found = new Map<Piece, { answer: IRangeResponse; revision: Version }>();
  for (let start = 0; start < pieces.length; start += atOnce) {
    const some = pieces.slice(start, start + atOnce);
    const requests = some.map(({ span, unit }) => question(sure(span, unit)).request_range);
    const subject = `look at ${sure(some[0]?.guards[0]?.key, "a key")}`;
    const { revision, answers } = await client.ranges(requests, subject, signal);
    for (const [n, piece] of some.entries()) found.set(piece, { answer: sure(answers[n], piece.unit), revision });
  }
  return found;
}
