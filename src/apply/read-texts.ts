/** Texts that an apply needs before it can write: those of groups and blobs that keep what it does not change. */
import type { Entry, Key } from "../model.ts";
import type { Store } from "../stores/store.ts";

/** Entries of exactly these keys, with the values of secrets. */
export async function readTexts(store: Store, keys: readonly Key[]): Promise<ReadonlyMap<Key, Entry>> {
  const values = new Map<Key, Entry>();
  if (keys.length === 0) return values;
  for await (const page of store.read({ prefixes: [], keys, secrets: "values", secretKeys: new Set(keys) })) {
    for (const entry of page) values.set(entry.key, entry);
  }
  return values;
}
