/** What was applied, key by key, also where an apply was interrupted. */
import { digest } from "../canonical.ts";
import type { Entry, Key, LedgerEntry, LedgerRecord } from "../model.ts";
import { type Form, decomposeText, memberText } from "../setting.ts";

/**
 * What the ledger says was applied. A write-ahead list counts for a key that already holds what it announced, so an
 * interrupted apply of a large unit is recognised as ours.
 */
export function appliedEntries(
  record: LedgerRecord | undefined,
  live: ReadonlyMap<Key, Entry>,
  form: Form,
): Map<Key, LedgerEntry> {
  const entries = new Map(record?.settings ?? []);
  for (const [key, pending] of record?.pending ?? []) {
    const entry = live.get(key);
    if (entry === undefined && (pending === null || pending.secret !== (entries.get(key) ?? pending).secret)) {
      // Deleted as announced; or, where a store cannot change a type, on the way to the other one.
      entries.delete(key);
    } else if (pending !== null && entry !== undefined) {
      const before = entries.get(key);
      // Whoever wrote it since, the write we announced or somebody else: what we announced goes there once more.
      if (pending.secret && before !== undefined) entries.set(key, { ...before, version: entry.version });
      else if (pending.secret || holds(entry, pending, before, form))
        entries.set(key, { ...pending, version: entry.version });
    }
  }
  return entries;
}

/** `before` is what the ledger says of the key: a name that was to be dropped and is still there was not dropped yet. */
function holds(entry: Entry, pending: LedgerEntry, before: LedgerEntry | undefined, form: Form): boolean {
  if (entry.value === undefined) return false;
  if (pending.members === undefined) return digest(entry.value) === pending.digest;
  const found = decomposeText(form, entry.value);
  if (found === undefined) return false;
  const { members } = pending;
  const isDropped = [...(before?.members?.keys() ?? [])].every((name) => members.has(name) || !found.has(name));
  return (
    isDropped &&
    [...members].every(([name, value]) => {
      const live = found.get(name);
      return live !== undefined && digest(memberText(form, live)) === value;
    })
  );
}
