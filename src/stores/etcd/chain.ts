/** The requests of one apply, in a chain: each is guarded by the head as the one before left it. */
import type { IRangeResponse } from "etcd3";
import type { Key, Version } from "../../model.ts";
import type { HeadChange } from "../store.ts";
import { throwIfStopped } from "./client.ts";
import type { Client } from "./client.ts";
import { deliver } from "./deliver.ts";
import type { Budget } from "./nesting.ts";
import { bytesOf, countAll, nameAll, nameOne } from "./operations.ts";
import type { Packing } from "./pack.ts";
import { countsDeletions, expectedCount, isLarge, movedKeys, namesOf, needsCheck } from "./piece.ts";
import type { Check, Guarding, Names, Piece } from "./piece.ts";
import { flatRequest, nestedRequest } from "./request.ts";
import type { HeadState, Outcome } from "./request.ts";

/** What became of a piece: `revived` was applied, but keys had been deleted by hand in the very last moment. */
export type Result =
  | { readonly kind: "applied"; readonly revision: Version }
  | { readonly kind: "revived"; readonly revision: Version; readonly keys: readonly Key[] }
  | { readonly kind: "moved"; readonly keys: readonly Key[] }
  | { readonly kind: "again" };

export interface Chain {
  /** Version and state of the head as the last request left it. */
  readonly version: Version | null;
  readonly state: HeadState | undefined;
  readonly requests: number;
  /**
   * Applies the pieces and writes the head in one request; one result for each piece, in their order. `tries` counts
   * the requests for these pieces: from the second on they are guarded in ways that other keys cannot disturb.
   */
  send(pieces: readonly Piece[], state: HeadState, packing: Packing, tries: number): Promise<Result[]>;
  /** Versions of the keys in the span of a piece now, and of its ledger record. */
  look(piece: Piece): Promise<Names>;
}

export function chainOf(client: Client, change: HeadChange, signal: AbortSignal | undefined): Chain {
  let version = change.expected;
  let state: HeadState | undefined;
  let requests = 0;

  async function send(pieces: readonly Piece[], wanted: HeadState, packing: Packing, tries: number): Promise<Result[]> {
    throwIfStopped(signal, subjectOf(pieces, change));
    const { budget, flat } = packing;
    const large = flat ? [] : pieces.filter((piece) => isLarge(piece, budget));
    const unclear = tries > 1 ? large : await needingCheck(client, large, budget, signal);
    const checks = await check(client, unclear, budget.flat, signal);
    const usual: Guarding = tries > 1 ? "keys" : "runs";
    const guardings = new Map(pieces.map((piece) => [piece, checks.get(piece) ?? usual]));
    const results = new Map<Piece, Result>();
    for (const [piece, { names }] of checks) {
      const keys = movedKeys(piece, new Map([...names, ...ownLedger(piece)]));
      if (keys.length > 0) results.set(piece, { kind: "moved", keys });
    }
    const sent = pieces.filter((piece) => !results.has(piece));
    // What the check found is known before the head is written, so the head can tell the truth at once.
    const honest = wanted === "ready" && results.size > 0 ? "partial" : wanted;
    const head = { change, guard: version, state: honest };
    const request = flat ? flatRequest(head, sent) : nestedRequest(head, sent, budget, guardings);
    throwIfStopped(signal, subjectOf(pieces, change));
    const delivery = await deliver(client, change, version, request.message, signal);
    requests++;
    const recovered = delivery.kind === "recovered";
    const revision = recovered ? delivery.revision : delivery.answer.header.revision;
    if (recovered || delivery.answer.succeeded) {
      version = revision;
      state = honest;
    }
    const found = recovered
      ? await recover(client, sent, guardings, revision, packing)
      : await settle(client, sent, request.outcomes(delivery.answer), guardings, revision);
    sent.forEach((piece, n) => results.set(piece, found[n] ?? { kind: "again" }));
    return pieces.map((piece) => results.get(piece) ?? { kind: "again" });
  }

  return {
    get version() {
      return version;
    },
    get state() {
      return state;
    },
    get requests() {
      return requests;
    },
    send,
    async look(piece) {
      throwIfStopped(signal, subjectOf([piece], change));
      return lookAt(client, piece, undefined, signal);
    },
  };
}

function subjectOf(pieces: readonly Piece[], { key }: HeadChange): string {
  return pieces.length === 0 ? `write ${key}` : `write ${pieces.length} units`;
}

/** The check does not read the ledger record: it has a guard of its own. */
function ownLedger({ ledger }: Piece): [Key, Version][] {
  return ledger.expected === null ? [] : [[ledger.key, ledger.expected]];
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

/** Reads the names in the spans of large pieces, each with the revision it is of. */
async function check(
  client: Client,
  pieces: readonly Piece[],
  atOnce: number,
  signal: AbortSignal | undefined,
): Promise<Map<Piece, Check>> {
  const answers = await askSpans(client, pieces, nameAll, atOnce, signal);
  return new Map(
    [...answers].map(([piece, { answer, revision }]) => [piece, { revision, names: namesOf(answer.kvs) }]),
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
    const requests = some.flatMap(({ span }) => (span === undefined ? [] : [question(span).request_range ?? {}]));
    const { revision, answers } = await client.ranges(requests, `look at ${some[0]?.guards[0]?.key ?? ""}`, signal);
    for (const [n, piece] of some.entries()) {
      const answer = answers[n];
      if (answer !== undefined) found.set(piece, { answer, revision });
    }
  }
  return found;
}

/** Outcomes as results. A count that differs is looked into: deleting by hand is what makes it smaller. */
async function settle(
  client: Client,
  pieces: readonly Piece[],
  outcomes: readonly Outcome[],
  guardings: ReadonlyMap<Piece, Guarding>,
  revision: Version,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [n, piece] of pieces.entries()) {
    const outcome = outcomes[n] ?? { kind: "again" };
    if (outcome.kind === "applied") results.push({ kind: "applied", revision });
    else if (outcome.kind !== "counted") results.push(outcome);
    else if (outcome.count === expectedCount(piece, guardings.get(piece) ?? "runs"))
      results.push({ kind: "applied", revision });
    else results.push(await afterCount(client, piece, revision));
  }
  return results;
}

/** Which keys a count missed: the store as it was just before the request names them. */
async function afterCount(client: Client, piece: Piece, revision: Version): Promise<Result> {
  const before = await lookAt(client, piece, String(BigInt(revision) - 1n), undefined);
  const keys = piece.updates.filter(({ key }) => !before.has(key)).map(({ key }) => key);
  return keys.length === 0 ? { kind: "applied", revision } : { kind: "revived", revision, keys };
}

/** Results of a request whose answer is lost, from the store as it was right after it. */
async function recover(
  client: Client,
  pieces: readonly Piece[],
  guardings: ReadonlyMap<Piece, Guarding>,
  revision: Version,
  { flat, budget }: Packing,
): Promise<Result[]> {
  if (flat) return pieces.map(() => ({ kind: "applied", revision }));
  const results: Result[] = [];
  for (const piece of pieces) {
    const names = await lookAt(client, piece, revision, undefined);
    const keys = movedKeys(piece, names);
    if (!isCarriedOut(piece, names, revision))
      results.push(keys.length === 0 ? { kind: "again" } : { kind: "moved", keys });
    else if (countsDeletions(piece, budget, guardings.get(piece) ?? "runs"))
      results.push(await afterCount(client, piece, revision));
    else results.push({ kind: "applied", revision });
  }
  return results;
}

/** True if the piece's transaction is the one of that revision: one of its keys shows it, and all of them stand together. */
function isCarriedOut(piece: Piece, names: Names, revision: Version): boolean {
  if (piece.writesLedger) return names.get(piece.ledger.key) === revision;
  return piece.writes.every(({ kind, key }) => (kind === "put" ? names.get(key) === revision : !names.has(key)));
}

async function lookAt(
  client: Client,
  piece: Piece,
  revision: Version | undefined,
  signal: AbortSignal | undefined,
): Promise<Names> {
  const pinned = revision === undefined ? {} : { revision };
  const wanted = [...(piece.span === undefined ? [] : [nameAll(piece.span)]), nameOne(bytesOf(piece.ledger.key))];
  const requests = wanted.map(({ request_range: request }) => ({ ...request, ...pinned }));
  const { answers } = await client.ranges(requests, `read ${piece.ledger.key} and its keys`, signal);
  return namesOf(answers.flatMap((answer) => answer.kvs));
}
