/** Deletes parameters by exact name, ten a call, after looking once more whether they are the ones that were planned. */
import { Failure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { look } from "./look.ts";

/** Names in one call (DeleteParameters, service model, seen 2026-11). */
const BATCH = 10;
const TRIES = 5;

/**
 * `isLate`: time has passed since the versions were checked, so check them again. Calls `removed` for each that is gone.
 * Throws `MOVED` if somebody changed one, `UNKNOWN_OUTCOME` if an answer was lost and somebody wrote it since.
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
  for (let attempt = 0; left.length > 0; attempt++) {
    if (isLate || attempt > 0) left = await unchanged(client, left, deletes, attempt > 0, removed, signal);
    if (left.length === 0) return;
    const subject = `delete ${sure(left[0], "a name")}${left.length > 1 ? ` and ${left.length - 1} more` : ""}`;
    const told = await client.tell("DeleteParameters", { Names: [...left] }, subject, signal);
    if (told.kind === "done") return left.forEach(removed);
    if (told.kind === "refused" || attempt >= TRIES) throw client.failure(told.trouble, "DeleteParameters", subject);
    // It may have been done: what is there no more is left out of the next try.
    await client.backOff(attempt, signal);
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
  const names = keys.join(", ");
  return new Failure(
    "UNKNOWN_OUTCOME",
    `Nobody can tell whether ${names} was deleted: the answer was lost, and somebody has written it since.`,
    { fix: "Plan again: the plan shows what is live. Their value was left alone." },
  );
}
