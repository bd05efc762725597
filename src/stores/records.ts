/** How ledger and head are written down in a store: short JSON text, the same in every store. */
import { Failure } from "../failure.ts";
import type { Head, Key, LedgerEntry, LedgerRecord, Live, Version } from "../model.ts";

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

/** Versions of the ledger records that were read, by their keys. */
export function recordVersions({ ledger }: Pick<Live, "ledger">, meta: Key): ReadonlyMap<Key, Version> {
  return new Map(
    [...ledger].map(([unit, { version }]) => [ledgerKey(meta, unit.slice(0, unit.indexOf("@"))), version]),
  );
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
    ...(raw.dirty === true ? { dirty: true } : {}),
    applyId: raw.applyId as string,
    plan: raw.plan as string,
    state: raw.state as Head["state"],
    at: stringOr(raw.at),
    by: stringOr(raw.by),
    tool: stringOr(raw.tool),
  };
}

/** A plain value with its record's version is just its digest: most entries are, and a store may allow only 4 KB. */
type RawEntry =
  | string
  | {
      d?: string;
      v?: string;
      s?: 1;
      p?: string;
      r?: Record<string, string>;
      f?: Record<string, string>;
      m?: Record<string, string | 0>;
    };
type RawMap = Record<string, RawEntry | 0>;

/**
 * Text of a ledger record. Keys are stored without their common prefix. `versions` gives the versions just written;
 * a key whose version is still unknown is written as {@link SAME_VERSION}.
 */
export function encodeLedger(record: LedgerRecord, versions?: ReadonlyMap<Key, Version>): string {
  const prefix = commonPrefix([record.settings, record.pending]);
  // Not by assignment: a key may be called __proto__.
  const encode = (map: ReadonlyMap<Key, LedgerEntry | null>): RawMap =>
    Object.fromEntries(
      [...map.keys()].toSorted().map((key) => {
        const entry = map.get(key);
        return [
          key.slice(prefix.length),
          entry === null || entry === undefined ? 0 : encodeEntry(entry, versions?.get(key)),
        ];
      }),
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
  const bare = !entry.secret && entry.members === undefined && entry.placeholder === undefined;
  if (bare && version === SAME_VERSION && entry.digest !== undefined) return entry.digest;
  return {
    ...(entry.digest === undefined ? {} : { d: entry.digest }),
    v: version,
    ...(entry.secret ? { s: 1 as const } : {}),
    ...(entry.placeholder === undefined ? {} : { p: entry.placeholder === true ? version : entry.placeholder }),
    ...(entry.rotations === undefined || entry.rotations.size === 0 ? {} : { r: Object.fromEntries(entry.rotations) }),
    ...(entry.members === undefined
      ? {}
      : { m: Object.fromEntries([...entry.members].map(([name, value]) => [name, value ?? 0])) }),
    ...(entry.sources === undefined || entry.sources.size === 0 ? {} : { f: Object.fromEntries(entry.sources) }),
  };
}

/** `version` is the store's version of the record itself; it replaces {@link SAME_VERSION}. */
export function decodeLedger(text: string, key: Key, version: Version): LedgerRecord {
  const raw = parseRecord(text, key);
  const settings = new Map<Key, LedgerEntry>();
  const pending = new Map<Key, LedgerEntry | null>();
  if (typeof raw.unit !== "string" || typeof raw.prefix !== "string" || !isMap(raw.settings)) throw notOurs(key);
  for (const [name, entry] of Object.entries(raw.settings))
    settings.set(raw.prefix + name, decodeEntry(entry, key, version));
  if (raw.pending !== undefined && !isMap(raw.pending)) throw notOurs(key);
  for (const [name, entry] of Object.entries(raw.pending ?? {})) {
    pending.set(raw.prefix + name, entry === 0 ? null : decodeEntry(entry, key, version));
  }
  return {
    unit: raw.unit,
    commit: typeof raw.commit === "string" ? raw.commit : null,
    applyId: stringOr(raw.apply),
    settings,
    ...(raw.pending === undefined ? {} : { pending }),
  };
}

function decodeEntry(raw: unknown, key: Key, version: Version): LedgerEntry {
  if (typeof raw === "string") return { digest: raw, version, secret: false };
  if (!isMap(raw)) throw notOurs(key);
  const { d, v, s, p, r, m, f } = raw;
  if (r !== undefined && !isTexts(r)) throw notOurs(key);
  if (!isText(d) || !isText(v) || !isText(p) || (s !== undefined && s !== 1) || (m !== undefined && !isMap(m)))
    throw notOurs(key);
  const own = (text: string): Version => (text === SAME_VERSION ? version : text);
  return {
    digest: d,
    version: own(v ?? SAME_VERSION),
    secret: s === 1,
    ...(p === undefined ? {} : { placeholder: own(p) }),
    ...(r === undefined ? {} : { rotations: new Map(Object.entries(r)) }),
    ...(m === undefined ? {} : { members: decodeMembers(m, key) }),
    ...(f === undefined ? {} : { sources: decodeSources(f, key) }),
  };
}

function decodeMembers(raw: Readonly<Record<string, unknown>>, key: Key): ReadonlyMap<string, string | null> {
  const members = new Map<string, string | null>();
  for (const [name, value] of Object.entries(raw)) {
    if (value !== 0 && typeof value !== "string") throw notOurs(key);
    members.set(name, value === 0 ? null : value);
  }
  return members;
}

function decodeSources(raw: unknown, key: Key): ReadonlyMap<Key, Version> {
  if (!isMap(raw)) throw notOurs(key);
  return new Map(
    Object.entries(raw).map(([source, version]) => {
      if (typeof version !== "string") throw notOurs(key);
      return [source, version];
    }),
  );
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isMap(value) && Object.values(value).every((text) => typeof text === "string");
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notOurs(key: Key): Failure {
  return corrupt(key, "is not a ledger record that trueup wrote");
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

/** What all keys of the maps start with. */
function commonPrefix(maps: readonly (ReadonlyMap<Key, unknown> | undefined)[]): string {
  let prefix: string | undefined;
  for (const map of maps) {
    for (const key of map?.keys() ?? []) {
      prefix ??= key;
      while (!key.startsWith(prefix)) prefix = prefix.slice(0, -1);
    }
  }
  return prefix ?? "";
}
