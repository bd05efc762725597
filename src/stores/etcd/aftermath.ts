/** What became of each piece of a request that was carried out. */
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { bytesOf, nameAll, nameOne } from "./operations.ts";
import type { Packing } from "./pack.ts";
import { countsDeletions, expectedCount, movedKeys, namesOf } from "./piece.ts";
import type { Guarding, Names, Piece } from "./piece.ts";
import type { Outcome } from "./request.ts";

/** What became of a piece: `revived` was applied, but keys had been deleted by hand in the very last moment. */
export type Result =
  | { readonly kind: "applied"; readonly revision: Version }
  | { readonly kind: "revived"; readonly revision: Version; readonly keys: readonly Key[] }
  | { readonly kind: "moved"; readonly keys: readonly Key[] }
  | { readonly kind: "again" };

/** Outcomes as results. A count that differs is looked into: deleting by hand is what makes it smaller. */
export async function settle(
  client: Client,
  pieces: readonly Piece[],
  outcomes: readonly Outcome[],
  guardings: ReadonlyMap<Piece, Guarding>,
  revision: Version,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [n, piece] of pieces.entries()) {
    const outcome = sure(outcomes[n], piece.unit);
    if (outcome.kind === "applied") results.push({ kind: "applied", revision });
    else if (outcome.kind !== "counted") results.push(outcome);
    else if (outcome.count === expectedCount(piece, sure(guardings.get(piece), piece.unit)))
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
export async function recover(
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
    else if (countsDeletions(piece, budget, sure(guardings.get(piece), piece.unit)))
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

/** Versions of the keys in the span of a piece, and of its ledger record; now, or as of a revision. */
export async function lookAt(
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
