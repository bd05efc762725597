/** What was applied, key by key, also where an apply was interrupted. */
import { digest } from "../canonical.ts";
import type { Entry, Key, LedgerEntry, LedgerRecord, Setting, Version } from "../model.ts";
import { type Form, decomposeText, memberText } from "../setting.ts";

/**
 * What the ledger says was applied. A write-ahead list counts for a key that already holds what it announced, so an
 * interrupted apply of a large unit is recognised as ours. `wanted` is what Git wants now: a store that was asked for a
 * secret does not say whether it is one.
 */
export function appliedEntries(
  record: LedgerRecord | undefined,
  live: ReadonlyMap<Key, Entry>,
  form: Form,
  wanted: readonly Setting[] = [],
): Map<Key, LedgerEntry> {
  const asked = new Set(wanted.filter(({ secret }) => secret).map(({ key }) => key));
  const entries = new Map(record?.settings ?? []);
  for (const [key, pending] of record?.pending ?? []) {
    const entry = live.get(key);
    if (entry === undefined && (pending === null || pending.secret !== (entries.get(key) ?? pending).secret)) {
      // Deleted as announced; or, where a store cannot change a type, on the way to the other one.
      entries.delete(key);
    } else if (pending !== null && entry !== undefined) {
      const before = entries.get(key);
      const hasBecomeSecret = before?.secret === false && entry.secret && !asked.has(key);
      if (pending.secret && before !== undefined && !hasBecomeSecret)
        entries.set(key, unknownSince(before, entry.version));
      else if (pending.secret || holds(entry, pending, before, form))
        entries.set(key, { ...pending, version: entry.version });
    }
  }
  return entries;
}

/**
 * Whoever wrote it since, the write we announced or somebody else: nobody reads its text, so its marks are like none that
 * Git can want, the old ones neither, and what Git wants goes there once more.
 */
function unknownSince(before: LedgerEntry, version: Version): LedgerEntry {
  if (!before.secret || before.version === version) return { ...before, version };
  return {
    ...before,
    version,
    digest: before.digest === undefined ? undefined : unlike(before.digest),
    ...(before.members === undefined
      ? {}
      : { members: new Map([...before.members].map(([name, mark]) => [name, mark === null ? null : unlike(mark)])) }),
  };
}

const unlike = (mark: string): string => `${mark}?`;

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
