/** After writing, read what was written: a store that trims, re-encodes or loses text is noticed at once. */
import type { Key, Version } from "../model.ts";
import { Sealed } from "../secret.ts";
import { type Group, type Store, entriesOf } from "../stores/store.ts";

export interface ReadBack {
  readonly checked: number;
  readonly wrong: readonly Key[];
}

/** From this many keys on, reading whole prefixes takes fewer requests than asking for each. */
const MANY = 200;

/**
 * Compares every key of the applied groups with what the store says now. Plain text must be equal; of secrets only
 * the version is compared; a deleted key must be gone. A key that somebody else wrote since (another version) is not wrong.
 */
export async function readBack(
  store: Store,
  groups: readonly Group[],
  versions: ReadonlyMap<Key, Version>,
  prefixes: readonly Key[],
): Promise<ReadBack> {
  const writes = groups.flatMap((group) => group.writes);
  if (writes.length === 0) return { checked: 0, wrong: [] };
  const secretKeys = new Set(writes.flatMap((write) => (write.kind === "put" && write.secret ? [write.key] : [])));
  const whole = writes.length >= MANY ? prefixes : [];
  const keys = writes.map((write) => write.key).filter((key) => !whole.some((prefix) => key.startsWith(prefix)));
  const live = await entriesOf(store, { prefixes: whole, keys, secrets: "versions", secretKeys });
  const wrong = writes.filter((write) => {
    const entry = live.get(write.key);
    if (write.kind === "delete") return entry !== undefined && entry.version === write.expected;
    if (entry === undefined) return true;
    if (entry.version !== versions.get(write.key)) return false;
    return !(write.text instanceof Sealed) && entry.value !== write.text;
  });
  return { checked: writes.length, wrong: wrong.map((write) => write.key) };
}
