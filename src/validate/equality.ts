/**
 * Equality of JSON values, for `uniqueItems`, `enum` and `const`. ajv's own compares every pair of items (8,000 maps
 * take over a second), and it stumbles over maps with a key `toString` or `constructor` (fast-deep-equal 3.1.3, seen 2026-11).
 */
import { canonicalJson } from "../canonical.ts";
import type { Plain } from "../model.ts";

/** Equal values have equal names: scalars are their own, except that strings never look like the text of a map. */
function nameOf(value: Plain): Plain {
  if (typeof value === "object" && value !== null) return `\0${canonicalJson(value)}`;
  return typeof value === "string" ? `"${value}` : value;
}

/** Indices of the first item that repeats an earlier one, and of that one: `[3, 1]`. Undefined if there is none. */
export function firstRepeat(items: readonly Plain[]): readonly [number, number] | undefined {
  const seen = new Map<Plain, number>();
  for (const [index, item] of items.entries()) {
    const name = nameOf(item);
    const first = seen.get(name);
    if (first !== undefined) return [index, first];
    seen.set(name, index);
  }
  return undefined;
}

/** Tells whether a value equals one of `allowed`. */
export function oneOf(allowed: readonly Plain[]): (value: Plain) => boolean {
  const scalars = new Set(allowed);
  if (allowed.every((value) => typeof value !== "object" || value === null)) return (value) => scalars.has(value);
  const names = new Set(allowed.map(nameOf));
  return (value) => names.has(nameOf(value));
}
