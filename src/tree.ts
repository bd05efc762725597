/** Walking values: maps are descended into, everything else (lists too) is a leaf unless asked otherwise. */
import type { KeyPath, Plain, PlainMap, Value, ValueMap } from "./model.ts";
import { isSecret } from "./secret.ts";

export function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isValueMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isSecret(value);
}

/** The own property of a map; never one that comes from a prototype. */
export function own<T>(map: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Value at a path, through maps and list indices. Undefined if there is none. */
export function valueAt(root: Value, path: KeyPath): Value | undefined {
  let node: Value | undefined = root;
  for (const segment of path) {
    if (Array.isArray(node))
      node = /^(?:0|[1-9]\d*)$/u.test(segment) ? (node[Number(segment)] as Value | undefined) : undefined;
    else if (isValueMap(node)) node = own(node, segment);
    else return undefined;
  }
  return node;
}

/** Every leaf with its path, in the order of the maps. An empty map is a leaf; so is a list. */
export function* leavesOf(
  root: ValueMap,
  path: KeyPath = [],
): Generator<{ readonly path: KeyPath; readonly value: Value }> {
  for (const key of Object.keys(root)) {
    const value = root[key] as Value;
    const here = [...path, key];
    if (isValueMap(value) && Object.keys(value).length > 0) yield* leavesOf(value, here);
    else yield { path: here, value };
  }
}

/** True if `path` starts with `prefix` (or equals it). */
export function startsWithPath(path: KeyPath, prefix: KeyPath): boolean {
  return prefix.length <= path.length && prefix.every((segment, index) => segment === path[index]);
}
