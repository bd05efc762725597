/** Reads one generation, whole: a commit that switches meanwhile is not seen, half of it never. */
import type { Entry, Key } from "../../model.ts";
import type { ReadQuery } from "../store.ts";
import type { Disk } from "./disk.ts";
import { asFailure, interrupted, keepsMoving } from "./failures.ts";
import { findLive, type Places } from "./generations.ts";
import { inParallel } from "./in-parallel.ts";
import { scan } from "./scan.ts";
import { plainVersion, readText, secretVersion } from "./versions.ts";

const PAGE = 500;
/** Generations are kept for two further commits: to lose the ground under a read this often takes a storm of commits. */
const TRIES = 5;

/** Entries of the live generation that the query asks for. */
export async function* read(
  disk: Disk,
  places: Places,
  query: ReadQuery,
  signal?: AbortSignal,
): AsyncGenerator<readonly Entry[]> {
  const entries = await readLive(disk, places, query, signal).catch((error: unknown) => {
    throw asFailure(error, places.live);
  });
  for (let start = 0; start < entries.length; start += PAGE) yield entries.slice(start, start + PAGE);
}

async function readLive(
  disk: Disk,
  places: Places,
  query: ReadQuery,
  signal: AbortSignal | undefined,
): Promise<readonly Entry[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const live = await findLive(disk, places);
    if (signal?.aborted === true) throw interrupted(places.live, "Nothing was read.");
    if (live === undefined) return [];
    const entries = await readGeneration(disk, places, live.folder, query, signal);
    // A generation that was removed while it was read looks like one with fewer keys.
    if ((await disk.facts(live.folder))?.kind === "folder") return entries;
  }
  throw keepsMoving(places.live);
}

async function readGeneration(
  disk: Disk,
  places: Places,
  folder: string,
  query: ReadQuery,
  signal: AbortSignal | undefined,
): Promise<Entry[]> {
  const keys = new Set(query.keys);
  const entries: Entry[] = [];
  const wanted = [...(await scan(disk, folder))].filter(
    ([key]) => keys.has(key) || query.prefixes.some((prefix) => key.startsWith(prefix)),
  );
  await inParallel(wanted, async ([key, path]) => {
    if (signal?.aborted === true) throw interrupted(places.live, "Nothing was read.");
    const entry = await readEntry(disk, key, path, query);
    if (entry !== undefined) entries.push(entry);
  });
  return entries;
}

/** Undefined where the file went away meanwhile: somebody deleted the key. Secrets are opened only for their value. */
async function readEntry(disk: Disk, key: Key, path: string, query: ReadQuery): Promise<Entry | undefined> {
  const facts = await disk.facts(path);
  if (facts === undefined) return undefined;
  const secret = facts.private || query.secretKeys.has(key);
  if (secret && query.secrets === "versions") return { key, version: secretVersion(facts), secret };
  const found = await readText(disk, path);
  if (found === undefined) return undefined;
  const version = secret ? secretVersion(found.facts) : plainVersion(found.text);
  return { key, version, secret, value: found.text };
}
