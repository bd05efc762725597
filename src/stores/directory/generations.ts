/**
 * Where a store keeps what. `live` is a symbolic link to the generation that readers see; beside it:
 *
 *   live.generations/000012/        a whole store; at least the three newest are kept
 *   live.generations/history/       one record for each revision, for ever
 *   live.generations/lock           held while a commit runs
 *   live.generations/tmp-…          on the way; left over only by a crash, removed by the next commit
 */
import { basename, dirname, join, resolve } from "node:path";
import type { Disk } from "./disk.ts";
import { dangling, foreignFolder, liveIsGone, notAStore } from "./failures.ts";

export interface Places {
  /** The path readers use: a symbolic link. */
  readonly live: string;
  /** Folder that holds the link. */
  readonly parent: string;
  readonly generations: string;
  readonly history: string;
  readonly lock: string;
}

/** The generation readers see now. */
export interface LiveGeneration {
  readonly number: number;
  readonly folder: string;
}

/** Generations that stay after a commit, the new one included: a slow reader, or a person, may still look at an old one. */
const KEPT = 3;
const GENERATION = /^\d{6,15}$/u;
const TEMPORARY = "tmp-";
const RECORD = /^(\d{6,15})\.json$/u;

export function placesOf(directory: string): Places {
  const live = resolve(directory);
  const generations = `${live}.generations`;
  return {
    live,
    parent: dirname(live),
    generations,
    history: join(generations, "history"),
    lock: join(generations, "lock"),
  };
}

export function generationName(number: number): string {
  return `${number}`.padStart(6, "0");
}

/** A path for something on the way: unique, and recognised as rubbish after a crash. */
export function temporaryPath(places: Places, token: string, what: string): string {
  return join(places.generations, `${TEMPORARY}${what}-${token}`);
}

/** What `live` leads to; undefined for a store that nobody wrote to yet. Everything doubtful is a failure. */
export async function findLive(disk: Disk, places: Places): Promise<LiveGeneration | undefined> {
  // A link here (a config repo can bring one along) would lead writing and deleting out of the store.
  for (const path of [places.generations, places.history]) {
    const kind = (await disk.facts(path))?.kind;
    if (kind !== undefined && kind !== "folder") throw notAStore(path);
  }
  const facts = await disk.facts(places.live);
  if (facts === undefined) {
    if ((await revisionNumbers(disk, places)).length === 0) return undefined;
    // The first commit of all may have gone live between the two looks.
    if ((await disk.facts(places.live)) === undefined) throw liveIsGone(places.live, places.generations);
    return findLive(disk, places);
  }
  if (facts.kind === "folder") {
    if ((await disk.list(places.live)).length === 0) return undefined;
    throw foreignFolder(places.live, places.generations, generationName(0));
  }
  if (facts.kind !== "link") throw notAStore(places.live);
  const link = await disk.readLink(places.live);
  // Gone since the look above.
  if (link === undefined) return findLive(disk, places);
  const target = resolve(places.parent, link);
  const name = basename(target);
  if (dirname(target) !== places.generations || !GENERATION.test(name)) throw notAStore(places.live);
  if ((await disk.facts(target))?.kind !== "folder") throw dangling(places.live, target);
  return { number: Number(name), folder: target };
}

/** Numbers of the revisions in the history, ascending: every one of them has been live. */
export async function revisionNumbers(disk: Disk, places: Places): Promise<number[]> {
  return (await disk.list(places.history))
    .flatMap(({ name }) => RECORD.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Removes what a crash left: half-made generations, and finished ones that never went live. Returns the next number. */
export async function clearRubbish(disk: Disk, places: Places, live: LiveGeneration | undefined): Promise<number> {
  const newest = Math.max(0, live?.number ?? 0, ...(await revisionNumbers(disk, places)));
  for (const { name } of await disk.list(places.generations)) {
    const unborn = GENERATION.test(name) && Number(name) > newest;
    if (unborn || name.startsWith(TEMPORARY)) await disk.removeTree(join(places.generations, name));
  }
  return newest + 1;
}

/** Removes all but the newest generations. A reader never sees one half removed: it is renamed first. */
export async function dropOldGenerations(disk: Disk, places: Places, live: number, token: string): Promise<void> {
  const numbers = (await disk.list(places.generations))
    .map(({ name }) => name)
    .filter((name) => GENERATION.test(name) && Number(name) !== live)
    .toSorted((a, b) => Number(b) - Number(a));
  for (const name of numbers.slice(KEPT - 1)) {
    const rubbish = temporaryPath(places, token, `old-${name}`);
    await disk.rename(join(places.generations, name), rubbish);
    await disk.removeTree(rubbish);
  }
}
