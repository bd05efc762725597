/** Turns planned changes into writes: the only place where the text of a secret setting is put together. */
import type {
  Change,
  DestinationPlan,
  Entry,
  Key,
  LedgerEntry,
  LedgerRecord,
  Live,
  Plain,
  SecretId,
  Setting,
  UnitPlan,
  Version,
} from "../model.ts";
import { Failure } from "../failure.ts";
import { Sealed } from "../secret.ts";
import { type Reveal, plainOf, revealedMembers } from "./plaintext.ts";
import { composeText, decomposeText, marksOf, storedValue } from "../setting.ts";
import { ledgerKey } from "../stores/records.ts";
import type { Group, Write } from "../stores/store.ts";

/** What stands in a store until somebody fills in the secret. Never empty: SSM holds no empty values. */
export const PLACEHOLDER = "TRUEUP_PLACEHOLDER: this secret has no value yet";

/** Keys of secret blobs whose live text is needed to add a name to them. */
export function keysToRead(plan: DestinationPlan): readonly Key[] {
  return plan.units.flatMap((unit) => unit.changes.filter(needsLive).map((change) => change.key));
}

/** True if a change keeps parts of the text that is live. */
export function needsLive(change: Change): boolean {
  return change.secret && change.kind !== "create" && change.kind !== "delete" && change.setting?.layout !== "keys";
}

/**
 * Groups of one destination, ready for the store. `values` holds the entries of {@link keysToRead}, with their text;
 * `reveal` is asked for the secrets that trueup can get at.
 */
export function groupsOf(
  plan: DestinationPlan,
  meta: Key,
  live: Live,
  values: ReadonlyMap<Key, Entry>,
  reveal: Reveal,
): readonly Group[] {
  return plan.units.map((unit) =>
    groupOf(unit, meta, live, values, (secret) => reveal({ destination: plan.destination, unit: unit.unit, secret })),
  );
}

type RevealHere = (secret: SecretId) => Sealed;

function groupOf(unit: UnitPlan, meta: Key, live: Live, values: ReadonlyMap<Key, Entry>, reveal: RevealHere): Group {
  const writes: Write[] = [];
  const there = new Set<Key>();
  for (const change of unit.changes) {
    const write = writeOf(change, values.get(change.key) ?? live.entries.get(change.key), reveal);
    if (write === undefined) there.add(change.key);
    else writes.push(write);
  }
  const { record, expected, applied } = unit.ledger;
  const settings = new Map(record.settings);
  for (const [key, entry] of record.settings)
    if (there.has(key)) settings.set(key, { ...entry, version: live.entries.get(key)?.version });
  const previous = live.ledger.get(unit.unit)?.record;
  const left = leftBehind(
    [...(previous?.settings.keys() ?? []), ...(previous?.pending?.keys() ?? [])],
    settings,
    writes,
    live,
  );
  const unseen = unseenOf(previous, settings, writes, live);
  return {
    unit: unit.unit,
    writes,
    ledger: {
      key: ledgerKey(meta, unit.app),
      expected,
      record: { ...record, settings },
      previous,
      ...(applied === undefined ? {} : { applied }),
      ...(left.size === 0 ? {} : { left }),
      ...(unseen.size === 0 ? {} : { unseen }),
    },
  };
}

/** Keys that are given up without a write: others put names of their own into them, and ours are gone. */
function leftBehind(
  before: Iterable<Key>,
  settings: ReadonlyMap<Key, LedgerEntry>,
  writes: readonly Write[],
  { entries }: Live,
): ReadonlyMap<Key, Version> {
  const left = new Map<Key, Version>();
  for (const key of before) {
    const entry = entries.get(key);
    if (entry !== undefined && !settings.has(key)) left.set(key, entry.version);
  }
  for (const { key } of writes) left.delete(key);
  return left;
}

/**
 * Keys that are not written though a read may have been behind the ledger: an apply that died announced something that
 * they do not show, or the record will know less of a version than it did.
 */
function unseenOf(
  previous: LedgerRecord | undefined,
  settings: ReadonlyMap<Key, LedgerEntry>,
  writes: readonly Write[],
  { entries }: Live,
): ReadonlyMap<Key, Version | null> {
  const unseen = new Map<Key, Version | null>();
  for (const [key, announced] of previous?.pending ?? [])
    if (!saysTheSame(announced, settings.get(key))) unseen.set(key, entries.get(key)?.version ?? null);
  for (const [key, before] of previous?.settings ?? []) {
    const after = settings.get(key);
    if (after?.version === before.version && !saysTheSame(before, after))
      unseen.set(key, entries.get(key)?.version ?? null);
  }
  for (const { key } of writes) unseen.delete(key);
  return unseen;
}

function saysTheSame(one: LedgerEntry | null, other: LedgerEntry | undefined): boolean {
  if (one === null || other === undefined) return one === null && other === undefined;
  const [before, after] = [marksOf(one), marksOf(other)];
  return before.size === after.size && [...before].every(([name, mark]) => after.get(name) === mark);
}

/** Undefined where live already holds that very text (an adopted key): writing it again would only hide its author. */
function writeOf(change: Change, live: Entry | undefined, reveal: RevealHere): Write | undefined {
  const { setting } = change;
  // No version is the empty one: what was not there when it was planned is not deleted.
  if (setting === undefined) return { kind: "delete", key: change.key, expected: change.expected ?? "" };
  const text = revealedText(setting, change, live, revealedValues(change, reveal));
  if (live?.value === text && live.secret === change.secret) return undefined;
  return {
    kind: "put",
    key: change.key,
    text: change.secret ? new Sealed(text) : text,
    secret: change.secret,
    expected: change.expected,
  };
}

/** Values with their secrets filled in, by the name of the member. Throws `UNFIT` if a helper cannot work on one. */
function revealedValues(change: Change, reveal: RevealHere): ReadonlyMap<string, Plain> {
  return new Map(revealedMembers(change).map(({ name, value }) => [name, plainOf(value, reveal)]));
}

/** The text that a change writes. `live` is the entry it starts from, with its text, where it keeps parts of it. */
export function revealedText(
  setting: Setting,
  change: Change,
  live: Entry | undefined,
  revealed: ReadonlyMap<string, Plain>,
): string {
  const members = new Map(startingPoint(setting, change, live));
  for (const member of change.members) {
    const value = revealed.get(member.name);
    if (member.action === "remove") members.delete(member.name);
    else if (value !== undefined) members.set(member.name, storedValue(setting, value));
    else if (!member.secret) members.set(member.name, storedValue(setting, member.after ?? null));
    else if (member.action === "change" || !members.has(member.name)) members.set(member.name, PLACEHOLDER);
  }
  return composeText(setting, members);
}

/** Everything in a group or blob that the change does not name stays as it is live; but a secret never becomes plain. */
function startingPoint(setting: Setting, change: Change, live: Entry | undefined): ReadonlyMap<string, Plain> {
  if (change.kind === "create") return new Map();
  if (change.kind === "replace" && !change.secret) return new Map();
  if (live === undefined || live.version !== change.expected) {
    throw new Failure("MOVED", `${change.key} changed while it was being applied`, {
      fix: "Run the apply again: it plans anew.",
    });
  }
  const found = decomposeText(setting, live.value ?? "");
  if (found !== undefined || !change.secret) return found ?? new Map();
  throw new Failure("CORRUPT", `${change.key} is not a JSON object, so no secret can be added to it`, {
    fix: "Write a JSON object to it (names and values), then run the apply again.",
  });
}
