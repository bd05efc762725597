/** What a store holds for one unit, text by text: for values from live, and for secrets, which Git does not know. */
import { formatPath } from "../../address.ts";
import { PLACEHOLDER } from "../../apply/compose.ts";
import type { UnitResult } from "../../desired.ts";
import type { SecretValues } from "../../export/variables.ts";
import type { Key, Plain, Setting, Value } from "../../model.ts";
import type { StorePool } from "../../pipeline.ts";
import { Sealed, holdsSecret } from "../../secret.ts";
import { decomposeText, encodeValue } from "../../setting.ts";

/** Looks a value up in the stores of its unit. Answers are remembered, so that one blob is read once. */
export interface LiveValues {
  /** The text at a path; undefined if no store has one, or only a placeholder. */
  readonly textOf: SecretValues;
  /** Kinds of store that gave an answer, in order of appearance. */
  readonly kinds: () => readonly string[];
}

export interface LiveOptions {
  /** Settings that hold nothing of the kind wanted are not read at all. */
  readonly which: "secrets" | "plain" | "all";
  readonly signal: AbortSignal;
}

/** Reads no more than the unit's own keys, with their values, when the first of them is asked for. */
export function liveValues(stores: StorePool, options: LiveOptions): LiveValues {
  const read = new Map<UnitResult, Promise<ReadonlyMap<string, Sealed>>>();
  const kinds = new Set<string>();
  return {
    textOf: async (unit, path) => {
      const known = read.get(unit) ?? readUnit(unit, stores, options, kinds);
      read.set(unit, known);
      return (await known).get(formatPath(path));
    },
    kinds: () => [...kinds],
  };
}

function isWanted(value: Value, which: LiveOptions["which"]): boolean {
  return which === "all" || (which === "secrets") === holdsSecret(value);
}

async function readUnit(
  unit: UnitResult,
  stores: StorePool,
  { which, signal }: LiveOptions,
  kinds: Set<string>,
): Promise<ReadonlyMap<string, Sealed>> {
  const texts = new Map<string, Sealed>();
  for (const { frame, unit: own } of unit.mapped.settings) {
    const settings = own.settings.filter((setting) => setting.members.some((member) => isWanted(member.value, which)));
    if (settings.length === 0) continue;
    const { prefix: _prefix, reserved: _reserved, ...rest } = frame;
    const keys = settings.map((setting) => setting.key);
    const store = await stores.open({ ...rest, units: [own], reads: { prefixes: [], keys } });
    const secretKeys = new Set(settings.filter((setting) => setting.secret).map((setting) => setting.key));
    const entries = new Map<Key, string>();
    for await (const page of store.read({ prefixes: [], keys, secrets: "values", secretKeys }, signal)) {
      for (const { key, value } of page) if (value !== undefined) entries.set(key, value);
    }
    const before = texts.size;
    for (const setting of settings) addTexts(setting, entries.get(setting.key), which, texts);
    if (texts.size > before) kinds.add(frame.target.type);
  }
  return texts;
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
