/** One commit: check everything under the lock, build the next generation beside the live one, switch in one step. */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import { encodeHead, encodeLedger } from "../records.ts";
import type { CommitEvent, Group, HeadChange } from "../store.ts";
import { checkGroups, type Checked } from "./check.ts";
import type { Disk } from "./disk.ts";
import { asFailure, headMoved, interrupted, keepsMoving, lostLock, outcomeUnknown } from "./failures.ts";
import {
  clearRubbish,
  dropOldGenerations,
  findLive,
  generationName,
  temporaryPath,
  type LiveGeneration,
  type Places,
} from "./generations.ts";
import { revisionOf, settlePending, writePending } from "./history.ts";
import { takeLock, type Lock } from "./lock.ts";
import { scan, tracesOf, type Files } from "./scan.ts";
import { stage, type NewFile } from "./stage.ts";
import { versionNow } from "./versions.ts";

export interface CommitOptions {
  /** Milliseconds to wait for another commit to end. */
  readonly lockWaitMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Work {
  readonly disk: Disk;
  readonly places: Places;
  readonly token: string;
  readonly lock: Lock;
  readonly stopIfAborted: () => void;
}

/** Times a commit is begun again because somebody edited the folder by hand meanwhile. */
const TRIES = 4;

/** Applies the groups and returns the events, head last. Throws with nothing written, except for `UNKNOWN_OUTCOME`. */
export async function commit(
  disk: Disk,
  places: Places,
  change: HeadChange,
  groups: readonly Group[],
  options: CommitOptions,
): Promise<readonly CommitEvent[]> {
  const stopIfAborted = (): void => {
    if (options.signal?.aborted === true) throw interrupted(places.live, "Nothing was written.");
  };
  try {
    stopIfAborted();
    // Once before anything is created: what stands there may be no store at all.
    await findLive(disk, places);
    await makeRoom(disk, places);
    const token = randomBytes(6).toString("hex");
    const lock = await takeLock(disk, places, token, { waitMs: options.lockWaitMs, signal: options.signal });
    try {
      return await commitLocked({ disk, places, token, lock, stopIfAborted }, change, groups);
    } finally {
      // A lock that stays is taken over once this process is gone; the commit itself is done, or has failed already.
      await lock.release().catch(() => undefined);
    }
  } catch (error) {
    throw asFailure(error, places.live);
  }
}

/** Creates the folder beside the link, and has it on the disk before anything leads into it. */
async function makeRoom(disk: Disk, places: Places): Promise<void> {
  if ((await disk.facts(places.history)) !== undefined) return;
  await disk.createFolders(places.history);
  await disk.flush(places.generations);
  await disk.flush(places.parent);
  // The folder above may be closed to us.
  await disk.flush(dirname(places.parent)).catch(() => undefined);
}

async function commitLocked(work: Work, change: HeadChange, groups: readonly Group[]): Promise<readonly CommitEvent[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const events = await tryOnce(work, change, groups);
    if (events !== undefined) return events;
  }
  throw keepsMoving(work.places.live);
}

/** Undefined: somebody edited the live generation while the next one was built, and nothing was switched. */
async function tryOnce(
  work: Work,
  change: HeadChange,
  groups: readonly Group[],
): Promise<readonly CommitEvent[] | undefined> {
  const { disk, places, token } = work;
  const live = await findLive(disk, places);
  const files = live === undefined ? new Map<Key, string>() : await scan(disk, live.folder);
  const traces = await tracesOf(disk, files);
  const head = await versionNow(disk, files.get(change.key), change.expected);
  if (head.version !== change.expected) throw headMoved(change.key, places.live);
  await settlePending(disk, places, live);
  const number = await clearRubbish(disk, places, live);
  const checked = await checkGroups(disk, files, groups, temporaryPath(places, token, "probe"), places.live);
  const staging = temporaryPath(places, token, "next");
  try {
    work.stopIfAborted();
    const versions = await stage(disk, staging, nextGeneration(files, checked, change));
    work.stopIfAborted();
    if (!(await isUntouched(disk, places, live, traces))) return undefined;
    await goLive(work, live, staging, number, change, checked);
    return eventsOf(checked, versions, change.key, number);
  } finally {
    // Whatever happens here is no reason to call a commit failed; the next one cleans up.
    await disk.removeTree(staging).catch(() => undefined);
  }
}

function nextGeneration(files: Files, checked: readonly Checked[], change: HeadChange): Parameters<typeof stage>[2] {
  const accepted = checked.filter((each) => each.event === undefined);
  const recordKeys = [...accepted.map(({ group }) => group.ledger.key), change.key];
  const touched = new Set([...accepted.flatMap(({ group }) => group.writes.map((write) => write.key)), ...recordKeys]);
  return {
    kept: new Map([...files].filter(([key]) => !touched.has(key))),
    settings: accepted.flatMap((each) => each.files),
    recordKeys,
    records: (versions) => [
      ...accepted.map(({ group }) => record(group.ledger.key, encodeLedger(group.ledger.record, versions))),
      record(change.key, encodeHead({ ...change.head, state: stateOf(checked) })),
    ],
  };
}

function record(key: Key, text: string): NewFile {
  return { key, text, secret: false };
}

function stateOf(checked: readonly Checked[]): "ready" | "partial" {
  return checked.every((each) => each.event === undefined) ? "ready" : "partial";
}

/** True if the live generation is still the one that was checked, file by file. */
async function isUntouched(
  disk: Disk,
  places: Places,
  live: LiveGeneration | undefined,
  traces: ReadonlyMap<Key, string>,
): Promise<boolean> {
  const now = await findLive(disk, places);
  if (now?.folder !== live?.folder) return false;
  const files = now === undefined ? new Map<Key, string>() : await scan(disk, now.folder);
  const after = await tracesOf(disk, files);
  return after.size === traces.size && [...after].every(([key, trace]) => traces.get(key) === trace);
}

/** From here to the renamed link: a crash leaves the old generation live, and after it the new one. */
async function goLive(
  work: Work,
  live: LiveGeneration | undefined,
  staging: string,
  number: number,
  change: HeadChange,
  checked: readonly Checked[],
): Promise<void> {
  const { disk, places, token } = work;
  const name = generationName(number);
  if (!(await work.lock.held())) throw lostLock(places.lock);
  const changes = checked.flatMap((each) => (each.event === undefined ? each.changes : []));
  await writePending(disk, places, revisionOf(number, change, changes));
  await disk.rename(staging, join(places.generations, name));
  await disk.flush(places.generations);
  const link = temporaryPath(places, token, "link");
  await disk.symlink(join(basename(places.generations), name), link);
  if (!(await work.lock.held())) throw lostLock(places.lock);
  // A link cannot replace a folder; an empty one that somebody made in advance goes first.
  if (live === undefined && (await disk.facts(places.live)) !== undefined) await disk.removeEmptyFolder(places.live);
  await disk.rename(link, places.live);
  await disk.flush(places.parent).catch((error: unknown) => {
    throw outcomeUnknown(places.live, error);
  });
  await tidyUp(work, number);
}

/** The commit is done; what fails here is done by the next one. */
async function tidyUp({ disk, places, token }: Work, number: number): Promise<void> {
  try {
    const folder = join(places.generations, generationName(number));
    await settlePending(disk, places, { number, folder });
    await dropOldGenerations(disk, places, number, token);
  } catch {
    // On purpose.
  }
}

function eventsOf(
  checked: readonly Checked[],
  versions: ReadonlyMap<Key, Version>,
  headKey: Key,
  number: number,
): CommitEvent[] {
  const events = checked.map(({ group, event, files }): CommitEvent => {
    if (event !== undefined) return event;
    const own = files.map(({ key }): [Key, Version] => [key, sure(versions.get(key), key)]);
    return { kind: "applied", unit: group.unit, versions: new Map(own) };
  });
  const version = sure(versions.get(headKey), headKey);
  return [...events, { kind: "head", version, state: stateOf(checked), proof: `generation ${number}` }];
}
