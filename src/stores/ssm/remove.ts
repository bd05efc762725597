/** Deletes parameters by exact name, ten a call, after looking once more whether they are the ones that were planned. */
import { Failure, isFailure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { look } from "./look.ts";

/** Names in one call (DeleteParameters, service model, seen 2026-11). */
const BATCH = 10;
const TRIES = 5;

/**
 * `isLate`: time has passed since the versions were checked, so check them again. Calls `removed` for each that is gone.
 * Throws `MOVED` if somebody changed one, `UNKNOWN_OUTCOME` where an answer was lost and nobody can tell.
 */
export async function remove(
  client: Client,
  deletes: ReadonlyMap<Key, Version>,
  isLate: boolean,
  removed: (key: Key) => void,
  signal?: AbortSignal,
): Promise<void> {
  const keys = [...deletes.keys()];
  for (let start = 0; start < keys.length; start += BATCH) {
    const batch = keys.slice(start, start + BATCH);
    await removeBatch(client, batch, deletes, isLate || start > 0, removed, signal);
  }
}

async function removeBatch(
  client: Client,
  batch: readonly Key[],
  deletes: ReadonlyMap<Key, Version>,
  isLate: boolean,
  removed: (key: Key) => void,
  signal?: AbortSignal,
): Promise<void> {
  let left = batch;
  let isUncertain = false;
  try {
    for (let attempt = 0; left.length > 0; attempt++) {
      if (isLate || isUncertain) left = await unchanged(client, left, deletes, isUncertain, removed, signal);
      if (left.length === 0) return;
      const subject = `delete ${namesOf(left)}`;
      const told = await client.tell("DeleteParameters", { Names: [...left] }, subject, signal);
      if (told.kind === "done") return left.forEach(removed);
      // It may have been done: what is there no more is left out of the next try.
      isUncertain ||= told.kind === "unknown";
      if (told.kind === "refused" || attempt >= TRIES) throw client.failure(told.trouble, "DeleteParameters", subject);
      await client.backOff(attempt, signal);
    }
  } catch (error) {
    if (!isUncertain || !isFailure(error) || error.code === "UNKNOWN_OUTCOME") throw error;
    throw unknownOutcome(
      left,
      "the answer was lost",
      "Plan again when SSM answers: the plan shows what is live.",
      error,
    );
  }
}

/** Those that are still there, as they were planned. `isUncertain`: they may have been deleted already, by us. */
async function unchanged(
  client: Client,
  keys: readonly Key[],
  deletes: ReadonlyMap<Key, Version>,
  isUncertain: boolean,
  removed: (key: Key) => void,
  signal?: AbortSignal,
): Promise<Key[]> {
  const seen = await look(client, keys, false, signal);
  keys.filter((key) => !seen.has(key)).forEach(removed);
  const moved = keys.filter((key) => seen.has(key) && seen.get(key)?.version !== deletes.get(key));
  if (moved.length > 0) throw isUncertain ? madeAnew(moved) : changed(moved);
  return keys.filter((key) => seen.has(key));
}

function changed(keys: readonly Key[]): Failure {
  return new Failure("MOVED", `Somebody changed ${keys.join(", ")} in the moment before deleting; it was left alone.`, {
    fix: "Plan again, then apply.",
  });
}

function madeAnew(keys: readonly Key[]): Failure {
  const fix = "Plan again: the plan shows what is live. Their value was left alone.";
  return unknownOutcome(keys, "the answer was lost, and somebody has written it since", fix);
}

function unknownOutcome(keys: readonly Key[], why: string, fix: string, cause?: Failure): Failure {
  return new Failure("UNKNOWN_OUTCOME", `Nobody can tell whether ${namesOf(keys)} was deleted: ${why}.`, {
    fix,
    details: cause === undefined ? [] : [cause.message, ...cause.details],
  });
}

function namesOf(keys: readonly Key[]): string {
  return `${sure(keys[0], "a name")}${keys.length > 1 ? ` and ${keys.length - 1} more` : ""}`;
}
