/** How ledger and head are written down in a store: short JSON text, the same in every store. */
import { Failure } from "../failure.ts";
import type { Head, Key, LedgerEntry, LedgerRecord, Version } from "../model.ts";

/** Stands for "the version of this record itself": a store that writes a unit in one step knows no other one yet. */
export const SAME_VERSION = "@";

/** Key of the head below a destination's meta prefix. */
export function headKey(meta: Key): Key {
  return `${meta}head`;
}

/** Key of a unit's ledger record below a destination's meta prefix. One place has one meta prefix, so the app names it. */
export function ledgerKey(meta: Key, app: string): Key {
  return `${meta}units/${app}`;
}

export function encodeHead(head: Head): string {
  return JSON.stringify({ format: 1, ...head });
}

export function decodeHead(text: string, key: Key): Head {
  const raw = parseRecord(text, key);
  const valid =
    Number.isSafeInteger(raw.generation) &&
    typeof raw.applyId === "string" &&
    typeof raw.plan === "string" &&
    (raw.commit === null || typeof raw.commit === "string") &&
    ["applying", "ready", "partial"].includes(raw.state as string);
  if (!valid) throw corrupt(key, "is not a head that trueup wrote");
  return {
    generation: raw.generation as number,
    commit: raw.commit as string | null,
    applyId: raw.applyId as string,
    plan: raw.plan as string,
    state: raw.state as Head["state"],
    at: stringOr(raw.at),
    by: stringOr(raw.by),
    tool: stringOr(raw.tool),
  };
}

type RawEntry = { d?: string; v?: string; s?: 1; p?: string | 1; m?: Record<string, string | 0> };
type RawMap = Record<string, RawEntry | 0>;

/**
 * Text of a ledger record. Keys are stored without their common prefix. `versions` gives the versions just written;
 * a key whose version is still unknown is written as {@link SAME_VERSION}.
 */
export function encodeLedger(record: LedgerRecord, versions: ReadonlyMap<Key, Version> = new Map()): string {
  const keys = [...record.settings.keys(), ...(record.pending?.keys() ?? [])];
  const prefix = commonPrefix(keys);
  const encode = (map: ReadonlyMap<Key, LedgerEntry | null>): RawMap =>
    Object.fromEntries(
      [...map]
        .toSorted(byKey)
        .map(([key, entry]) => [key.slice(prefix.length), entry === null ? 0 : encodeEntry(entry, versions.get(key))]),
    );
  return JSON.stringify({
    format: 1,
    unit: record.unit,
    commit: record.commit,
    apply: record.applyId,
    prefix,
    settings: encode(record.settings),
    ...(record.pending === undefined ? {} : { pending: encode(record.pending) }),
  });
}

function encodeEntry(entry: LedgerEntry, written: Version | undefined): RawEntry {
  const version = written ?? entry.version ?? SAME_VERSION;
  return {
    ...(entry.digest === undefined ? {} : { d: entry.digest }),
    v: version,
    ...(entry.secret ? { s: 1 as const } : {}),
    ...(entry.placeholder === undefined ? {} : { p: entry.placeholder === true ? version : entry.placeholder }),
    ...(entry.members === undefined
      ? {}
      : { m: Object.fromEntries([...entry.members].map(([name, value]) => [name, value ?? 0])) }),
  };
}

/** `version` is the store's version of the record itself; it replaces {@link SAME_VERSION}. */
export function decodeLedger(text: string, key: Key, version: Version): LedgerRecord {
  const raw = parseRecord(text, key);
  if (
    typeof raw.unit !== "string" ||
    typeof raw.prefix !== "string" ||
    typeof raw.settings !== "object" ||
    raw.settings === null
  ) {
    throw corrupt(key, "is not a ledger record that trueup wrote");
  }
  const prefix = raw.prefix;
  const decode = (map: RawMap): [Key, LedgerEntry | null][] =>
    Object.entries(map).map(([name, entry]) => [prefix + name, entry === 0 ? null : decodeEntry(entry, version)]);
  const settings = decode(raw.settings as RawMap).filter((pair): pair is [Key, LedgerEntry] => pair[1] !== null);
  return {
    unit: raw.unit,
    commit: (raw.commit as string | null | undefined) ?? null,
    applyId: stringOr(raw.apply),
    settings: new Map(settings),
    ...(raw.pending === undefined ? {} : { pending: new Map(decode(raw.pending as RawMap)) }),
  };
}

function decodeEntry(raw: RawEntry, version: Version): LedgerEntry {
  const own = (v: string): Version => (v === SAME_VERSION ? version : v);
  return {
    digest: raw.d,
    version: own(raw.v ?? SAME_VERSION),
    secret: raw.s === 1,
    ...(raw.p === undefined ? {} : { placeholder: raw.p === 1 ? true : own(raw.p) }),
    ...(raw.m === undefined
      ? {}
      : { members: new Map(Object.entries(raw.m).map(([name, value]) => [name, value === 0 ? null : value])) }),
  };
}

function parseRecord(text: string, key: Key): Record<string, unknown> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw corrupt(key, "is not JSON");
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) throw corrupt(key, "is not a JSON object");
  const record = raw as Record<string, unknown>;
  if (record.format !== 1)
    throw corrupt(key, `has format ${JSON.stringify(record.format)}; this version of trueup reads format 1`);
  return record;
}

function stringOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function corrupt(key: Key, why: string): Failure {
  return new Failure("CORRUPT", `${key} ${why}`, {
    fix: "Somebody wrote to a key that belongs to trueup, or a newer version of trueup did. Restore the key, or use that version.",
  });
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function commonPrefix(keys: readonly string[]): string {
  const [first] = keys;
  if (first === undefined) return "";
  let length = first.length;
  for (const key of keys) {
    let i = 0;
    while (i < length && i < key.length && key[i] === first[i]) i++;
    length = i;
  }
  return first.slice(0, length);
}
