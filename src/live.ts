/** Reading what a destination holds: settings, ledger and head, in one go where the store can. */
import type { Destination, Entry, Key, LedgerRecord, Live, UnitId, Version } from "./model.ts";
import { decodeHead, decodeLedger, headKey } from "./stores/records.ts";
import type { Store } from "./stores/store.ts";

/**
 * Everything a plan needs to know about one destination. Values of secrets are never asked for, and dropped where a
 * store gives them because only the ledger knows that they are secret. Throws what the store throws.
 */
export async function readLive(store: Store, destination: Destination, signal?: AbortSignal): Promise<Live> {
  const asked = new Set<Key>();
  for (const unit of destination.units) for (const setting of unit.settings) if (setting.secret) asked.add(setting.key);
  const sources = new Set(destination.units.flatMap((unit) => [...(unit.sources?.values() ?? [])]));
  for (const key of sources) asked.add(key);
  const { prefixes } = destination.reads;
  const keys = [...new Set([...destination.reads.keys, ...sources])];
  const read: Read = { entries: new Map(), records: [] };
  await collect(store, { prefixes: [destination.meta, ...prefixes], keys }, asked, destination.meta, read, signal);
  const { head, ledger } = decode(read.records, destination.meta);
  const owned = ownedBy(ledger);
  const secretKeys = new Set([...asked, ...owned.secret]);
  // Units that Git no longer has lie outside the prefixes of those it has: the ledger names their keys.
  const isOutside = (key: Key): boolean =>
    !read.entries.has(key) && !keys.includes(key) && !prefixes.some((prefix) => key.startsWith(prefix));
  const outside = [...owned.all].filter(isOutside);
  if (outside.length > 0)
    await collect(store, { prefixes: [], keys: outside }, secretKeys, destination.meta, read, signal);
  for (const key of [...secretKeys, ...owned.becoming.keys()]) {
    const entry = read.entries.get(key);
    if (entry?.value !== undefined && owned.becoming.get(key) !== entry.version)
      read.entries.set(key, withoutValue(entry));
  }
  return { entries: read.entries, head, ledger, sources: takeSources(sources, read.entries, ledger) };
}

interface Owned {
  readonly all: ReadonlySet<Key>;
  readonly secret: ReadonlySet<Key>;
  /** Plain as long as they have that version: an apply that died was about to make secrets of them. */
  readonly becoming: ReadonlyMap<Key, Version | undefined>;
}

function ownedBy(ledger: Live["ledger"]): Owned {
  const [all, secret, becoming] = [new Set<Key>(), new Set<Key>(), new Map<Key, Version | undefined>()];
  for (const { record } of ledger.values()) {
    for (const [key, entry] of record.settings) {
      all.add(key);
      if (entry.secret) secret.add(key);
    }
    for (const [key, entry] of record.pending ?? []) {
      all.add(key);
      const before = record.settings.get(key);
      if (entry?.secret === true && before?.secret === false) becoming.set(key, before.version);
      else if (entry?.secret === true) secret.add(key);
    }
  }
  return { all, secret, becoming };
}

/** Versions of the sources. They are other people's keys, and none of those that a plan is about. */
function takeSources(
  sources: ReadonlySet<Key>,
  entries: Map<Key, Entry>,
  ledger: Live["ledger"],
): ReadonlyMap<Key, Version> {
  const found = new Map<Key, Version>();
  for (const key of sources) {
    const entry = entries.get(key);
    if (entry === undefined) continue;
    found.set(key, entry.version);
    if (![...ledger.values()].some(({ record }) => record.settings.has(key))) entries.delete(key);
  }
  return found;
}

interface Read {
  readonly entries: Map<Key, Entry>;
  readonly records: Entry[];
}

/** Sorts what was read into settings and trueup's own records. */
async function collect(
  store: Store,
  what: { readonly prefixes: readonly Key[]; readonly keys: readonly Key[] },
  secretKeys: ReadonlySet<Key>,
  meta: Key,
  read: Read,
  signal?: AbortSignal,
): Promise<void> {
  for await (const page of store.read({ ...what, secrets: "versions", secretKeys }, signal)) {
    for (const entry of page) {
      if (entry.key.startsWith(meta)) read.records.push(entry);
      else read.entries.set(entry.key, entry);
    }
  }
}

function decode(records: readonly Entry[], meta: Key): Pick<Live, "head" | "ledger"> {
  const ledger = new Map<UnitId, { record: LedgerRecord; version: Version }>();
  let head: Live["head"];
  for (const { key, value = "", version } of records) {
    if (key === headKey(meta)) head = { head: decodeHead(value, key), version };
    if (!key.startsWith(`${meta}units/`)) continue;
    const record = decodeLedger(value, key, version);
    ledger.set(record.unit, { record, version });
  }
  return { ledger, head };
}

/** `secret` stays as the store tells it: where it has types, that says what an apply that died got round to. */
function withoutValue({ value: _value, ...rest }: Entry): Entry {
  return rest;
}
