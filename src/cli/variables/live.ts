/** What a store holds for one unit, text by text: for values from live, and for secrets, which Git does not know. */
import { formatPath } from "../../address.ts";
import { PLACEHOLDER } from "../../apply/compose.ts";
import type { UnitResult, Workbench } from "../../desired.ts";
import type { SecretValues } from "../../export/variables.ts";
import type { Frame } from "../../map/frame.ts";
import { type Seat, secretSeats } from "../../map/tiers.ts";
import type { Entry, Key, KeyPath, Plain, Setting, UnitSettings, Value } from "../../model.ts";
import type { StorePool } from "../../pipeline.ts";
import { Sealed, holdsSecret } from "../../secret.ts";
import { type Form, decomposeText, encodeValue } from "../../setting.ts";
import { type ReadQuery, entriesOf } from "../../stores/store.ts";
import { leavesOf } from "../../tree.ts";
import { envNamesOf } from "./names.ts";

/** Looks a value up in the stores of its unit. Answers are remembered, so that one blob is read once. */
export interface LiveValues {
  /** The text at a path; undefined if no store has one, or only a placeholder. Targets for secrets are heard first. */
  readonly textOf: SecretValues;
  /** What stands among the unit's secrets under the name of a plain value: readers let it win. With `all` only. */
  readonly overriding: SecretValues;
  /** Kinds of store that gave an answer, in order of appearance. */
  readonly kinds: () => readonly string[];
}

export interface LiveOptions {
  /** Settings that hold nothing of the kind wanted are not read at all. */
  readonly which: "secrets" | "plain" | "all";
  readonly signal: AbortSignal;
}

interface UnitTexts {
  readonly texts: Map<string, Sealed>;
  readonly overriding: Map<string, Sealed>;
}

/** Reads no more than the unit's own keys, with their values, when the first of them is asked for. */
export function liveValues(bench: Workbench, stores: StorePool, options: LiveOptions): LiveValues {
  const read = new Map<UnitResult, Promise<UnitTexts>>();
  const kinds = new Set<string>();
  const textsOf = (unit: UnitResult): Promise<UnitTexts> => {
    const known = read.get(unit) ?? readUnit(unit, bench, stores, options, kinds);
    read.set(unit, known);
    return known;
  };
  return {
    textOf: async (unit, path) => (await textsOf(unit)).texts.get(formatPath(path)),
    overriding: async (unit, path) => (await textsOf(unit)).overriding.get(formatPath(path)),
    kinds: () => [...kinds],
  };
}

function isWanted(value: Value, which: LiveOptions["which"]): boolean {
  return which === "all" || (which === "secrets") === holdsSecret(value);
}

async function readUnit(
  unit: UnitResult,
  bench: Workbench,
  stores: StorePool,
  { which, signal }: LiveOptions,
  kinds: Set<string>,
): Promise<UnitTexts> {
  const found: UnitTexts = { texts: new Map(), overriding: new Map() };
  const seats = which === "all" ? seatsOf(unit, bench) : [];
  for (const { frame, unit: own } of byTier(unit)) {
    const settings = own.settings.filter((setting) => setting.members.some((member) => isWanted(member.value, which)));
    const here = seats.filter(({ seat }) => seat.frame === frame);
    if (settings.length === 0) continue;
    const keys = [...settings.map((setting) => setting.key), ...here.map(({ seat }) => seat.key)];
    const secretKeys = new Set(settings.filter((setting) => setting.secret).map((setting) => setting.key));
    const query = { prefixes: [], keys: [...new Set(keys)], secrets: "values", secretKeys } as const;
    const entries = await readEntries(frame, own, query, stores, signal);
    const before = found.texts.size;
    for (const setting of settings) addTexts(setting, entries.get(setting.key)?.value, which, found.texts);
    for (const { path, seat } of here) {
      const value = memberAt(frame.target, entries.get(seat.key)?.value, seat.name);
      if (value !== undefined) found.overriding.set(formatPath(path), new Sealed(encodeValue(value)));
    }
    if (found.texts.size > before) kinds.add(frame.target.type);
  }
  return found;
}

/** Targets for secrets first: what they hold wins. */
export function byTier({ mapped }: UnitResult): UnitResult["mapped"]["settings"] {
  const [secrets, others] = [true, false].map((wanted) =>
    mapped.settings.filter(({ frame }) => (frame.target.select === "secrets") === wanted),
  );
  return [...(secrets ?? []), ...(others ?? [])];
}

function seatsOf(unit: UnitResult, bench: Workbench): { readonly path: KeyPath; readonly seat: Seat }[] {
  return [...leavesOf(unit.rendered.values)]
    .filter(({ value }) => !holdsSecret(value))
    .flatMap(({ path }) => seatsAt(path, unit, bench).map((seat) => ({ path, seat })));
}

/** Where a plain value would stand among the secrets of its unit. */
export function seatsAt(path: KeyPath, unit: UnitResult, bench: Workbench): readonly Seat[] {
  const context = { config: bench.repo.config, parse: bench.engine.parse, envName: envNamesOf(bench, unit) };
  return secretSeats(path, { settings: unit.mapped.settings, app: unit.resolved.app.name }, context);
}

/** Entries of one unit in one destination, by key. */
export async function readEntries(
  frame: Frame,
  own: UnitSettings,
  query: ReadQuery,
  stores: StorePool,
  signal: AbortSignal,
): Promise<ReadonlyMap<Key, Entry>> {
  const { prefix: _prefix, reserved: _reserved, ...rest } = frame;
  const store = await stores.open({ ...rest, units: [own], reads: { prefixes: [], keys: query.keys } });
  return entriesOf(store, query, signal);
}

/** A member of a text found in a store; undefined if there is none, or only a placeholder. */
export function memberAt({ layout, shape }: Form, text: string | undefined, name: string): Plain | undefined {
  if (text === undefined) return undefined;
  const members = decomposeText({ layout: name === "" ? "keys" : layout, shape }, text);
  const value = members?.get(name);
  return value === PLACEHOLDER ? undefined : value;
}

/** The first target that holds a value is heard. */
function addTexts(
  setting: Setting,
  text: string | undefined,
  which: LiveOptions["which"],
  texts: Map<string, Sealed>,
): void {
  const members = text === undefined ? undefined : decomposeText(setting, text);
  for (const member of setting.members) {
    const value: Plain | undefined = members?.get(member.name);
    const path = formatPath(member.path);
    if (value === undefined || value === PLACEHOLDER || texts.has(path)) continue;
    if (isWanted(member.value, which)) texts.set(path, new Sealed(encodeValue(value)));
  }
}
