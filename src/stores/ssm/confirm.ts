/**
 * Waits until SSM shows what was written: a put tells the number of the new version but not its moment, and reads may be
 * behind for seconds. AWS's own CloudFormation handler waits in the same way
 * (aws-cloudformation-resource-providers-ssm#159, seen 2026-08).
 */
import { Failure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { look, lookAtVersion } from "./look.ts";
import type { Seen } from "./look.ts";
import { momentOf, numberOf } from "./version.ts";

/** Milliseconds until a write that is not shown counts as lost. */
const PATIENCE = 30_000;

/** The full version of each write. `gone` are deletions, with the version that was deleted. */
export async function confirm(
  client: Client,
  numbers: ReadonlyMap<Key, number>,
  gone: ReadonlyMap<Key, Version> = new Map(),
  signal?: AbortSignal,
): Promise<Map<Key, Version>> {
  const versions = new Map<Key, Version>();
  const end = client.clock.now() + PATIENCE;
  let waiting = [...new Set([...numbers.keys(), ...gone.keys()])];
  for (let attempt = 0; ; attempt++) {
    const found = await look(client, waiting, false, signal);
    for (const key of waiting) {
      const seen = found.get(key);
      const number = numbers.get(key);
      // A name that was deleted first may still show what it held before, with a larger number.
      const deleted = gone.get(key);
      const isOurs = deleted === undefined || isGone(seen, deleted);
      if (number !== undefined && seen !== undefined && seen.number >= number && isOurs)
        versions.set(key, await versionAt(client, seen, number));
    }
    waiting = waiting.filter((key) =>
      numbers.has(key) ? !versions.has(key) : !isGone(found.get(key), sure(gone.get(key), key)),
    );
    if (waiting.length === 0) return versions;
    if (client.clock.now() > end) throw notShown(waiting);
    await client.backOff(Math.min(attempt, 4), signal);
  }
}

function isGone(seen: Seen | undefined, deleted: Version): boolean {
  // An older version is a read that is behind, too. One made anew begins at 1, but later.
  return seen === undefined || (seen.version !== deleted && momentOf(seen.version) > momentOf(deleted));
}

/** If somebody wrote after us, the version we wrote is one further back. */
async function versionAt(client: Client, newest: Seen, number: number): Promise<Version> {
  if (newest.number === number) return newest.version;
  const ours = await lookAtVersion(client, newest.key, number, false);
  return ours !== undefined && numberOf(ours.version) === number ? ours.version : `${number}@0`;
}

function notShown(keys: readonly Key[]): Failure {
  const more = keys.length > 1 ? ` and ${keys.length - 1} more` : "";
  return new Failure(
    "UNKNOWN_OUTCOME",
    `SSM took the change of ${sure(keys[0], "a parameter")}${more}, but does not show it after ${PATIENCE / 1000} seconds.`,
    { fix: "Plan again: the plan shows what is live. Somebody may have deleted the parameter meanwhile." },
  );
}
