/** A first schema made from values, so that nobody starts from an empty page. */
import type { Plain, PlainMap, Value, ValueMap } from "../model.ts";
import { isSecret } from "../secret.ts";
import { isValueMap, own } from "../tree.ts";
import { DIALECTS } from "./keywords.ts";

/**
 * JSON Schema (draft-07) of an app, from its rendered values in every place. Each sample is valid by it: types are united,
 * a key is required where every map of its kind has it, and a key is `x-secret` if it is never anything but a secret
 * (or null). Nothing else is guessed: no enums, no formats, no limits, except that ports are ports.
 */
export function inferSchema(appName: string, samples: readonly ValueMap[]): PlainMap {
  const schema = samples.length === 0 ? { type: "object" } : inferred(samples, "");
  return { $schema: DIALECTS["draft-07"], title: appName, ...schema };
}

/** Schema of everything seen under one key. */
function inferred(values: readonly Value[], key: string): PlainMap {
  const known = values.filter((value) => value !== null);
  // Only null so far: whatever comes one day is as good a guess as any.
  if (known.length === 0) return {};
  const maps = known.filter(isValueMap);
  const lists = known.filter((value): value is readonly Value[] => Array.isArray(value));
  const types = [...new Set(known.map(typeOf))].filter((type, _, all) => type !== "integer" || !all.includes("number"));
  if (known.length < values.length) types.push("null");
  return {
    type: types.length === 1 ? (types[0] as string) : types,
    ...(known.every(isSecret) ? { "x-secret": true } : {}),
    ...(isPort(known, key) ? { minimum: 1, maximum: 65535 } : {}),
    ...(maps.length === 0 ? {} : inferredMap(maps)),
    ...(lists.length === 0 ? {} : inferredList(lists)),
  };
}

function inferredMap(maps: readonly ValueMap[]): PlainMap {
  const keys = [...new Set(maps.flatMap((map) => Object.keys(map)))];
  // An empty map does not tell which keys it will have.
  if (keys.length === 0) return {};
  const required = keys.filter((key) => maps.every((map) => Object.hasOwn(map, key)));
  const properties: Record<string, Plain> = {};
  for (const key of keys) {
    const values = maps.map((map) => own(map, key)).filter((value) => value !== undefined);
    properties[key] = inferred(values, key);
  }
  return { additionalProperties: false, ...(required.length === 0 ? {} : { required }), properties };
}

function inferredList(lists: readonly (readonly Value[])[]): PlainMap {
  const items = lists.flatMap((list) => list);
  return items.length === 0 ? {} : { items: inferred(items, "") };
}

function typeOf(value: Value): string {
  if (isSecret(value)) return "string";
  if (Array.isArray(value)) return "array";
  if (isValueMap(value)) return "object";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isPort(values: readonly Value[], key: string): boolean {
  const called = /(?:^|[_-])port$|[a-z]Port$/u.test(key);
  return called && values.every((value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535);
}
