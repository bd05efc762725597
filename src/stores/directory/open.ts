/** A directory store at a path. Loaded when a store is opened. */
import type { Store } from "../store.ts";
import { commit } from "./commit.ts";
import { type Disk, disk as realDisk } from "./disk.ts";
import { placesOf } from "./generations.ts";
import { read } from "./read.ts";
import { rightsOf } from "./rights.ts";

const LOCK_WAIT_MS = 10_000;

/** The store that readers find at `directory` (an absolute path). Touches nothing until it is read or written. */
export function openDirectory(
  directory: string,
  { disk = realDisk, lockWaitMs = LOCK_WAIT_MS }: { readonly disk?: Disk; readonly lockWaitMs?: number } = {},
): Store {
  const places = placesOf(directory);
  return {
    read: (query, signal) => read(disk, places, query, signal),
    commit: (head, groups, signal) => eachOf(() => commit(disk, places, head, groups, { lockWaitMs, signal })),
    rights: () => rightsOf(places),
    close: () => Promise.resolve(),
  };
}

async function* eachOf<T>(work: () => Promise<Iterable<T>>): AsyncGenerator<T> {
  yield* await work();
}
