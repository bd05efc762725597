/** The write-ahead record: what a unit is about to become, written down before the first of several requests. */
import type { Key, LedgerEntry, LedgerRecord } from "../model.ts";
import type { Group } from "./store.ts";

/**
 * The record as it stands, with the list of what each key is about to become. Of the keys that are written anew it says
 * what the apply before really left there: its own announcement is overwritten, and should this apply die before it
 * writes, nobody could tell that text, or that deletion, from one by hand.
 */
export function announced(applyId: string, { unit, ledger, writes }: Group): LedgerRecord {
  const { record, previous, applied = previous?.settings } = ledger;
  // What an apply that died announced stays announced until the record is whole: this one may die too.
  const pending = new Map<Key, LedgerEntry | null>(previous?.pending);
  const settings = new Map<Key, LedgerEntry>(previous?.settings);
  for (const { kind, key } of writes) {
    const entry = applied?.get(key);
    // Keys that are not written are not looked at again, and a read may have been behind: they stay as they were.
    if (entry === undefined) settings.delete(key);
    else settings.set(key, entry);
    pending.set(key, kind === "delete" ? null : (record.settings.get(key) ?? null));
  }
  return { unit, commit: previous?.commit ?? null, applyId, settings, pending };
}
