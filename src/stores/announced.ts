/** The write-ahead record: what a unit is about to become, written down before the first of several requests. */
import type { Key, LedgerEntry, LedgerRecord } from "../model.ts";
import type { Group } from "./store.ts";

/** The record as it stands, with the list of what each key is about to become. */
export function announced(applyId: string, { unit, ledger, writes }: Group): LedgerRecord {
  const { record, previous } = ledger;
  // What an apply that died announced stays announced until the record is whole: this one may die too.
  const pending = new Map<Key, LedgerEntry | null>(previous?.pending);
  const settings = new Map<Key, LedgerEntry>(previous?.settings);
  for (const { kind, key, expected } of writes) {
    // Gone as announced, and made anew: should that fail, nobody may take it for deleted by hand.
    if (expected === null && isDeletion(previous?.pending?.get(key), settings.get(key))) settings.delete(key);
    pending.set(key, kind === "delete" ? null : (record.settings.get(key) ?? null));
  }
  return { unit, commit: previous?.commit ?? null, applyId, settings, pending };
}

/** True for an announced deletion; also where a store deletes a key to make it anew with another type. */
function isDeletion(pending: LedgerEntry | null | undefined, entry: LedgerEntry | undefined): boolean {
  return pending === null || (pending !== undefined && entry !== undefined && pending.secret !== entry.secret);
}
