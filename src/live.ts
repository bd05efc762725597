/** Reading what a destination holds: settings, ledger and head, in one go where the store can. */
import type { Destination, Entry, Key, LedgerRecord, Live, UnitId, Version } from "./model.ts";
import { decodeHead, decodeLedger, headKey } from "./stores/records.ts";
import type { Store } from "./stores/store.ts";

/**
 * Everything a plan needs to know about one destination. Values of secrets are never asked for, and dropped where a
 * store gives them because only the ledger knows that they are secret. Throws what the store throws.
 */
export async function readLive(store: Store, destination: Destination, signal?: AbortSignal): Promise<Live> {
  const wanted = destination.units.flatMap((unit) => unit.settings);
  const secretKeys = new Set(wanted.filter((setting) => setting.secret).map((setting) => setting.key));
  const prefixes = [destination.meta, ...destination.reads.prefixes];
  const all = await collect(store, { prefixes, keys: destination.reads.keys }, secretKeys, signal);
  const { head, ledger } = records(all, destination.meta);
  const known = [...ledger.values()].flatMap(({ record }) => [...record.settings, ...(record.pending ?? [])]);
  for (const [key, entry] of known) if (entry?.secret === true) secretKeys.add(key);
  // Units that Git no longer has lie outside the prefixes of those it has: the ledger names their keys.
  const outside = known
    .map(([key]) => key)
    .filter(
      (key) =>
        !all.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)) && !destination.reads.keys.includes(key),
    );
  if (outside.length > 0)
    for (const [key, entry] of await collect(store, { prefixes: [], keys: [...new Set(outside)] }, secretKeys, signal))
      all.set(key, entry);
  const entries = new Map(
    [...all]
      .filter(([key]) => !key.startsWith(destination.meta))
      .map(([key, entry]) => [key, secretKeys.has(key) ? withoutValue(entry) : entry]),
  );
  return { entries, head, ledger };
}

async function collect(
  store: Store,
  what: { prefixes: readonly Key[]; keys: readonly Key[] },
  secretKeys: ReadonlySet<Key>,
  signal?: AbortSignal,
): Promise<Map<Key, Entry>> {
  const entries = new Map<Key, Entry>();
  for await (const page of store.read({ ...what, secrets: "versions", secretKeys }, signal)) {
    for (const entry of page) entries.set(entry.key, entry);
  }
  return entries;
}

function records(all: ReadonlyMap<Key, Entry>, meta: Key): Pick<Live, "head" | "ledger"> {
  const ledger = new Map<UnitId, { record: LedgerRecord; version: Version }>();
  for (const [key, entry] of all) {
    if (!key.startsWith(`${meta}units/`)) continue;
    const record = decodeLedger(entry.value ?? "", key, entry.version);
    ledger.set(record.unit, { record, version: entry.version });
  }
  const at = headKey(meta);
  const found = all.get(at);
  return {
    ledger,
    head: found === undefined ? undefined : { head: decodeHead(found.value ?? "", at), version: found.version },
  };
}

function withoutValue(entry: Entry): Entry {
  const { value: _value, ...rest } = entry;
  return { ...rest, secret: true };
}
