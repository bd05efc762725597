/** Results as the events of a commit. */
import { Failure } from "../../failure.ts";
import type { Key, UnitId, Version } from "../../model.ts";
import type { CommitEvent, Write } from "../store.ts";
import type { Result } from "./aftermath.ts";

/** How often a unit is sent again whose neighbours, not its keys, changed under the request. */
export const TRIES = 5;

/** The event of a unit that went into one request. */
export function eventOf(unit: UnitId, writes: readonly Write[], result: Result): CommitEvent {
  if (result.kind === "applied") return { kind: "applied", unit, versions: versionsOf(writes, result.revision) };
  if (result.kind === "moved") return { kind: "moved", unit, keys: result.keys };
  if (result.kind === "again") return { kind: "failed", unit, failure: crowded(unit), written: [] };
  return { kind: "failed", unit, failure: revived(unit, result.keys), written: writes.map(({ key }) => key) };
}

/** All keys that one request puts get its revision. */
export function versionsOf(writes: readonly Write[], revision: Version): Map<Key, Version> {
  const versions = new Map<Key, Version>();
  for (const { kind, key } of writes) if (kind === "put") versions.set(key, revision);
  return versions;
}

/** Keys that somebody deleted between the check of a large unit and its write. They exist again. */
export function revived(unit: UnitId, keys: readonly Key[]): Failure {
  return new Failure(
    "MOVED",
    `${unit} was written, but somebody deleted ${some(keys)} in the same moment. They exist again, with the values of Git.`,
    { fix: "If they were meant to go, remove them in Git." },
  );
}

function crowded(unit: UnitId): Failure {
  return new Failure("MOVED", `${unit} was not written: keys next to its own kept changing (${TRIES} tries).`, {
    fix: "Run the command again when the other writer is quiet, or give it a prefix of its own.",
  });
}

/** For a unit written in batches. */
export function interrupted(unit: UnitId, keys: readonly Key[]): Failure {
  const why = keys.length === 0 ? "keys next to its own kept changing" : `${some(keys)} changed meanwhile`;
  return new Failure("MOVED", `${unit} is written only in part: ${why}.`, {
    fix: "Plan again. The unit's ledger record lists what was about to be written, so nothing is mistaken for a hand edit.",
  });
}

function some(keys: readonly Key[]): string {
  const shown = keys.slice(0, 3).join(", ");
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown;
}
