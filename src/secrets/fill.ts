/** Filling in secrets: the one write that does not come from Git, because Git must not know the value. */
import { PLACEHOLDER } from "../apply/compose.ts";
import { Failure, isFailure } from "../failure.ts";
import { groupBy } from "../group.ts";
import type { Destination, Entry, Head, Key, LedgerEntry, Live, UnitId, Version } from "../model.ts";
import { Sealed } from "../secret.ts";
import { composeText, decomposeText } from "../setting.ts";
import { headKey, ledgerKey, recordVersions } from "../stores/records.ts";
import { type Group, type Limits, type Store, type Write, entriesOf } from "../stores/store.ts";
import type { SecretUseSite } from "./uses.ts";

/** Who does it and when: for the head, for people. */
export interface FillFacts {
  readonly applyId: string;
  readonly at: string;
  readonly by: string;
  readonly tool: string;
}

/** What becomes of one use. */
export interface Filling {
  readonly use: SecretUseSite;
  /** Undefined: the value stays, only the mark changes. */
  readonly value: Sealed | undefined;
  /** The value that must still be there. */
  readonly before?: Sealed | undefined;
  /** When the rotation of this value began (ISO 8601); null: it is over. */
  readonly rotation?: string | null;
}

/** A store with what was read from it a moment ago; `entries` as {@link readTexts} gives them. */
export interface FillPlace {
  readonly destination: Destination;
  readonly store: Store;
  readonly limits: Limits | undefined;
  readonly live: Live;
  readonly entries: ReadonlyMap<Key, Entry>;
}

export interface Filled {
  /** Keys in place, with the version each had before. */
  readonly written: readonly { readonly key: Key; readonly before: Version | undefined }[];
  readonly units: ReadonlySet<UnitId>;
  /** What went wrong first; units that are not in `units` are not written, or nobody knows. */
  readonly failure: Failure | undefined;
}

/** Entries behind the uses, by key; with their values if `values`, or where one has to be put together with others. */
export async function readTexts(
  store: Store,
  uses: readonly SecretUseSite[],
  values: boolean,
): Promise<ReadonlyMap<Key, Entry>> {
  const keys = [...new Set(uses.map((use) => use.key))];
  // A group or blob must be read with its values: one name in it changes, the others stay.
  const whole = !values && uses.every((use) => use.setting.layout === "keys");
  return entriesOf(store, { prefixes: [], keys, secrets: whole ? "versions" : "values", secretKeys: new Set(keys) });
}

/** Text of one use as it stands in the store; undefined where there is none. */
export function textOf(use: SecretUseSite, entries: ReadonlyMap<Key, Entry>): Sealed | undefined {
  const entry = entries.get(use.key);
  const text = entry?.value === undefined ? undefined : decomposeText(use.setting, entry.value)?.get(use.member);
  return typeof text === "string" ? new Sealed(text) : undefined;
}

/**
 * Everything that can be known before writing: throws `MISSING` if trueup has made no placeholder there yet, `MOVED` if
 * a value is not the one expected, `LIMIT` if the store cannot hold the new one.
 */
export function checkFillings(place: FillPlace, fillings: readonly Filling[]): void {
  groupsOf(place, fillings);
}

/**
 * Writes the fillings of one destination in one commit, guarded by the versions just read. Throws as
 * {@link checkFillings}, with nothing written; what fails later is in the answer.
 */
export async function fillSecrets(place: FillPlace, fillings: readonly Filling[], facts: FillFacts): Promise<Filled> {
  const { destination, store, live } = place;
  const groups = groupsOf(place, fillings);
  if (live.head === undefined) throw notApplied(destination.id);
  const { head, version } = live.head;
  const next: Head = { ...head, ...facts, generation: head.generation + 1, state: "ready" };
  const units = new Set<UnitId>();
  let failure: Failure | undefined;
  try {
    const { meta } = destination;
    const change = { key: headKey(meta), expected: version, head: next, records: recordVersions(live, meta) };
    for await (const event of store.commit(change, groups)) {
      if (event.kind === "applied") units.add(event.unit);
      else if (event.kind === "failed") failure ??= event.failure;
      else if (event.kind === "moved")
        failure ??= new Failure("MOVED", `${event.keys.join(", ")} was changed by somebody else just now`, {
          fix: "nothing was written there; run the command again",
        });
    }
  } catch (error) {
    if (!isFailure(error)) throw error;
    failure ??= error;
  }
  const done = groups.filter((group) => units.has(group.unit)).flatMap((group) => group.writes);
  return {
    written: done.map(({ key }) => ({ key, before: place.entries.get(key)?.version })),
    units,
    failure,
  };
}

function groupsOf(place: FillPlace, fillings: readonly Filling[]): readonly Group[] {
  const { destination, live, entries } = place;
  const missing = fillings.find(({ use }) => !entries.has(use.key));
  if (live.head === undefined || missing !== undefined) throw notApplied(missing?.use.key ?? destination.id);
  return [...groupBy(fillings, ({ use }) => use.unit)].map(([unit, own]) => groupOf(unit, own, place));
}

function notApplied(what: string): Failure {
  return new Failure("MISSING", `${what} has no placeholder yet`, {
    fix: "run trueup apply first: it makes the placeholder, and the ledger then knows the key",
  });
}

function groupOf(unit: UnitId, fillings: readonly Filling[], { destination, live, entries, limits }: FillPlace): Group {
  const [first] = fillings;
  const ledger = live.ledger.get(unit);
  if (first === undefined || ledger === undefined)
    throw new Failure("MISSING", "trueup has not written this unit yet", { fix: "run trueup apply first" });
  const settings = new Map(ledger.record.settings);
  const writes = [...groupBy(fillings, ({ use }) => use.key)].flatMap(([key, own]): Write[] => {
    const known = settings.get(key);
    if (known === undefined)
      throw new Failure("MISSING", `${key} is not in the ledger`, { fix: "run trueup apply first" });
    const entry = entries.get(key);
    const text = textWith(own, entry);
    settings.set(key, entryWith(known, own, text));
    if (text === undefined) return [];
    const refusal = limits?.refuses({ key, secret: true }, text.reveal());
    if (refusal !== undefined)
      throw new Failure("LIMIT", `${key} cannot hold this value: ${refusal.message}`, { fix: refusal.fix });
    return [{ kind: "put", key, secret: true, expected: entry?.version ?? null, text }];
  });
  const record = { ...ledger.record, settings };
  return {
    unit,
    writes,
    ledger: {
      key: ledgerKey(destination.meta, first.use.app),
      expected: ledger.version,
      record,
      previous: ledger.record,
    },
  };
}

/** The key's text with all values; undefined if none of them changes. */
function textWith(fillings: readonly Filling[], entry: Entry | undefined): Sealed | undefined {
  const [first] = fillings;
  if (first === undefined) return undefined;
  const entries = new Map(entry === undefined ? [] : [[entry.key, entry]]);
  const moved = fillings.find(
    ({ use, before }) => before !== undefined && textOf(use, entries)?.reveal() !== before.reveal(),
  );
  if (moved !== undefined)
    throw new Failure("MOVED", `${moved.use.key} was changed by somebody else just now`, {
      fix: "nothing was written there; run the command again",
    });
  const values = fillings.flatMap(({ use, value }) => (value === undefined ? [] : [{ use, value }]));
  const [alone] = values;
  if (alone === undefined) return undefined;
  if (first.use.setting.layout === "keys") return alone.value;
  const members = new Map(decomposeText(first.use.setting, entry?.value ?? ""));
  for (const { use, value } of values) members.set(use.member, value.reveal());
  return new Sealed(composeText(first.use.setting, members));
}

/** Without the placeholder's mark, unless another name in the same text has none yet; with the marks of rotations. */
function entryWith(known: LedgerEntry, fillings: readonly Filling[], text: Sealed | undefined): LedgerEntry {
  const rotations = new Map(known.rotations);
  for (const { use, rotation } of fillings) {
    if (rotation === null) rotations.delete(use.member);
    else if (rotation !== undefined) rotations.set(use.member, rotation);
  }
  const { placeholder, rotations: _rotations, ...rest } = known;
  const marks = rotations.size === 0 ? {} : { rotations };
  if (text === undefined) return { ...rest, ...(placeholder === undefined ? {} : { placeholder }), ...marks };
  const setting = fillings[0]?.use.setting;
  const left = setting === undefined ? undefined : decomposeText(setting, text.reveal());
  const open = placeholder !== undefined && [...(left?.values() ?? [])].includes(PLACEHOLDER);
  return { ...rest, version: undefined, ...(open ? { placeholder: true as const } : {}), ...marks };
}
