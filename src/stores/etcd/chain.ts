/** The requests of one apply, in a chain: each is guarded by the head as the one before left it. */
import { Failure, isFailure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { HeadChange } from "../store.ts";
import { lookAt, recover, settle } from "./aftermath.ts";
import type { Result } from "./aftermath.ts";
import { check } from "./check.ts";
import { throwIfStopped } from "./client.ts";
import type { Client } from "./client.ts";
import { deliver } from "./deliver.ts";
import type { Packing } from "./pack.ts";
import { movedKeys } from "./piece.ts";
import type { Check, Guarding, Names, Piece } from "./piece.ts";
import { flatRequest, nestedRequest } from "./request.ts";
import type { HeadState } from "./request.ts";

interface Progress {
  /** Version and state of the head as the last request left it. */
  version: Version | null;
  state: HeadState | undefined;
  requests: number;
}

export interface Chain extends Readonly<Progress> {
  /**
   * Applies the pieces and writes the head in one request; one result for each piece, in their order. `tries` counts
   * the requests for these pieces: from the second on they are guarded in ways that other keys cannot disturb.
   */
  send(pieces: readonly Piece[], state: HeadState, packing: Packing, tries: number): Promise<Result[]>;
  /** Versions of the keys in the span of a piece now, and of its ledger record. */
  look(piece: Piece): Promise<Names>;
}

export function chainOf(client: Client, change: HeadChange, signal: AbortSignal | undefined): Chain {
  const progress: Progress = { version: change.expected, state: undefined, requests: 0 };

  async function send(pieces: readonly Piece[], wanted: HeadState, packing: Packing, tries: number): Promise<Result[]> {
    throwIfStopped(signal, subjectOf(pieces, change));
    const { budget, flat } = packing;
    const checks = flat ? new Map<Piece, Check>() : await check(client, pieces, budget, tries, signal);
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
    const head = { change, guard: progress.version, state: honest };
    const request = flat ? flatRequest(head, sent) : nestedRequest(head, sent, budget, guardings);
    throwIfStopped(signal, subjectOf(pieces, change));
    const delivery = await deliver(client, change, progress.version, request.message, signal);
    progress.requests++;
    const recovered = delivery.kind === "recovered";
    const revision = recovered ? delivery.revision : delivery.answer.header.revision;
    if (recovered || delivery.answer.succeeded) {
      progress.version = revision;
      progress.state = honest;
    }
    const telling = recovered
      ? recover(client, sent, guardings, revision, packing)
      : settle(client, sent, request.outcomes(delivery.answer), guardings, revision);
    const found = await telling.catch((error: unknown) => {
      throw isFailure(error) ? unread(change, revision, error) : error;
    });
    sent.forEach((piece, n) => results.set(piece, sure(found[n], piece.unit)));
    return pieces.map((piece) => sure(results.get(piece), piece.unit));
  }

  const look = async (piece: Piece): Promise<Names> => {
    throwIfStopped(signal, subjectOf([piece], change));
    return lookAt(client, piece, undefined, signal);
  };
  return Object.assign(progress, { send, look });
}

function subjectOf(pieces: readonly Piece[], { key }: HeadChange): string {
  return pieces.length === 0 ? `write ${key}` : `write ${pieces.length} units`;
}

/** The check does not read the ledger record: it has a guard of its own. */
function ownLedger({ ledger }: Piece): [Key, Version][] {
  return ledger.expected === null ? [] : [[ledger.key, ledger.expected]];
}

/** The write happened, and only what it left out is not known. */
function unread({ key }: HeadChange, revision: Version, cause: Failure): Failure {
  const message = `${key} was written at revision ${revision}, but it could not be read which units that left out. ${cause.message}`;
  return new Failure("UNKNOWN_OUTCOME", message, {
    fix: "Run the same command again once etcd answers. That is safe: it reads first what is there.",
    cause,
  });
}
