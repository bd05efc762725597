/** Texts that an apply needs before it can write: those of groups and blobs that keep what it does not change. */
import type { Entry, Key } from "../model.ts";
import { type Store, entriesOf } from "../stores/store.ts";

/** Entries of exactly these keys, with the values of secrets. */
export async function readTexts(store: Store, keys: readonly Key[]): Promise<ReadonlyMap<Key, Entry>> {
  if (keys.length === 0) return new Map();
  return entriesOf(store, { prefixes: [], keys, secrets: "values", secretKeys: new Set(keys) });
}
