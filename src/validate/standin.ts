/** Secrets while they are validated: nobody knows their value, so a text that no file can hold stands in their place. */
import type { KeyPath, Value, ValueMap } from "../model.ts";
import { isSecret } from "../secret.ts";

const START = "\0secret ";

/** The values with a stand-in for each secret; what holds no secret stays the same object. No two stand-ins are equal. */
export function withStandIns(values: ValueMap): ValueMap {
  let count = 0;
  const replace = (value: Value): Value => {
    if (typeof value !== "object" || value === null) return value;
    if (isSecret(value)) return `${START}${++count}`;
    if (Array.isArray(value)) {
      const copy = (value as readonly Value[]).map(replace);
      return copy.every((item, index) => item === value[index]) ? value : copy;
    }
    let copy: Record<string, Value> | undefined;
    for (const [key, child] of Object.entries<Value>(value as ValueMap)) {
      const replaced = replace(child);
      if (replaced !== child) (copy ??= { ...(value as ValueMap) })[key] = replaced;
    }
    return copy ?? value;
  };
  return replace(values) as ValueMap;
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
