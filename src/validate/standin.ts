/** Secrets while they are validated: nobody knows their value, so a text that no file can hold stands in their place. */
import type { KeyPath, Value, ValueMap } from "../model.ts";
import { holdsSecret, isSecret } from "../secret.ts";
import { isValueMap } from "../tree.ts";

const START = "\0secret ";

/** The values with a stand-in for each secret; the same object if there are none. No two stand-ins are equal. */
export function withStandIns(values: ValueMap): ValueMap {
  if (!holdsSecret(values)) return values;
  let count = 0;
  const copy = (value: Value): Value => {
    if (isSecret(value)) return `${START}${++count}`;
    if (Array.isArray(value)) return (value as readonly Value[]).map(copy);
    if (!isValueMap(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copy(child)]));
  };
  return copy(values) as ValueMap;
}

export function isStandIn(value: Value | undefined): boolean {
  return typeof value === "string" && value.startsWith(START);
}

/** Paths of the stand-ins inside a value, relative to it. */
export function standInsIn(value: Value, path: KeyPath = []): KeyPath[] {
  if (isStandIn(value)) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => standInsIn(child as Value, [...path, key]));
}

/** True if `value` could equal `wanted` whatever its secrets turn out to be. */
export function couldEqual(wanted: Value, value: Value): boolean {
  if (isStandIn(value)) return typeof wanted === "string";
  if (typeof value !== "object" || value === null || typeof wanted !== "object" || wanted === null)
    return wanted === value;
  if (Array.isArray(value) !== Array.isArray(wanted)) return false;
  const keys = Object.keys(value);
  const inside = wanted as ValueMap;
  return (
    keys.length === Object.keys(inside).length &&
    keys.every(
      (key) => Object.hasOwn(inside, key) && couldEqual(inside[key] as Value, (value as ValueMap)[key] as Value),
    )
  );
}
