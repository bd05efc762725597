/** One record for each revision: who changed what, when, from which commit. Kept when old generations go. */
import { join } from "node:path";
import type { Head, Key } from "../../model.ts";
import { disk as realDisk, type Disk } from "./disk.ts";
import { asFailure, notARecord } from "./failures.ts";
import {
  findLive,
  generationName,
  placesOf,
  revisionNumbers,
  type LiveGeneration,
  type Places,
} from "./generations.ts";
import { readText } from "./versions.ts";

/** What one commit did to a directory store. */
export interface Revision {
  /** Number of the folder it made live. Counts all commits to the folder, of every destination in it. */
  readonly generation: number;
  /** Key of the head that was written: tells destinations in one folder apart. */
  readonly head: Key;
  readonly commit: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly plan: string;
  readonly applyId: string;
  /** By key; without trueup's own records. */
  readonly changes: readonly RevisionChange[];
}

/** Texts only of keys that are no secrets, neither before nor after. */
export interface RevisionChange {
  readonly key: Key;
  readonly kind: "create" | "update" | "delete";
  readonly secret: boolean;
  readonly before?: string;
  readonly after?: string;
}

/** Name of a record until its generation is live: a record with a number has always been live. */
const PENDING = "next.json";

/**
 * Every revision of the store in a directory (the path readers use), oldest first; none where no store is.
 * Throws a Failure where a record cannot be read.
 */
export async function readHistory(directory: string, disk: Disk = realDisk): Promise<Revision[]> {
  const places = placesOf(directory);
  try {
    const numbers = await revisionNumbers(disk, places);
    const revisions = await Promise.all(numbers.map((number) => readRevision(disk, recordPath(places, number))));
    // A crash right after the switch leaves the newest record without its number.
    const pending = await readPending(disk, places);
    const live = pending === undefined ? undefined : await findLive(disk, places);
    const known = revisions.filter((revision) => revision !== undefined);
    return pending !== undefined && pending.generation === live?.number && !numbers.includes(live.number)
      ? [...known, pending]
      : known;
  } catch (error) {
    throw asFailure(error, places.live);
  }
}

export function revisionOf(
  generation: number,
  head: { readonly key: Key; readonly head: Head },
  changes: readonly RevisionChange[],
): Revision {
  const { commit, at, by, plan, applyId } = head.head;
  const sorted = changes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { generation, head: head.key, commit, at, by, plan, applyId, changes: sorted };
}

/** Writes the record of a generation that is about to go live. */
export async function writePending(disk: Disk, places: Places, revision: Revision): Promise<void> {
  const text = `${JSON.stringify({ format: 1, ...revision })}\n`;
  await disk.write(join(places.history, PENDING), Buffer.from(text), { private: false });
  await disk.flush(places.history);
}

/** Gives the pending record its number if its generation is live, and drops it if it never was. */
export async function settlePending(disk: Disk, places: Places, live: LiveGeneration | undefined): Promise<void> {
  const path = join(places.history, PENDING);
  if ((await disk.facts(path)) === undefined) return;
  const pending = await readPending(disk, places);
  if (pending !== undefined && pending.generation === live?.number)
    await disk.rename(path, recordPath(places, live.number));
  else await disk.remove(path);
  await disk.flush(places.history);
}

function recordPath(places: Places, generation: number): string {
  return join(places.history, `${generationName(generation)}.json`);
}

/** Undefined also where a crash left it half written: then its generation never went live. */
async function readPending(disk: Disk, places: Places): Promise<Revision | undefined> {
  const found = await readText(disk, join(places.history, PENDING));
  return found && parse(found.text);
}

async function readRevision(disk: Disk, path: string): Promise<Revision | undefined> {
  const found = await readText(disk, path);
  if (found === undefined) return undefined;
  const revision = parse(found.text);
  if (revision === undefined) throw notARecord(path);
  return revision;
}

function parse(text: string): Revision | undefined {
  try {
    const { format, ...revision } = JSON.parse(text) as { readonly format?: unknown } & Revision;
    const valid = format === 1 && Number.isSafeInteger(revision.generation) && Array.isArray(revision.changes);
    return valid ? revision : undefined;
  } catch {
    return undefined;
  }
}
