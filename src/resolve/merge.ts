/** Maps merge, everything else replaces, `null` is a value, `$remove` drops inherited keys. */
import type { KeyPath, Layer, Plain, PlainMap } from "../model.ts";
import { isPlainMap } from "../tree.ts";

/** Merges layers, lowest first. Parts that no layer changes are shared with the input, not copied. */
export function mergeLayers(layers: readonly Layer[]): PlainMap {
  let merged: PlainMap = {};
  for (const layer of layers) {
    for (const path of layer.remove) merged = without(merged, path);
    merged = mergeMaps(merged, layer.values);
  }
  return merged;
}

function mergeMaps(low: PlainMap, high: PlainMap): PlainMap {
  const highKeys = Object.keys(high);
  if (highKeys.length === 0) return low;
  if (Object.keys(low).length === 0) return high;
  const result: Record<string, Plain> = { ...low };
  for (const key of highKeys) {
    const above = high[key] as Plain;
    const below = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isPlainMap(above) && isPlainMap(below) ? mergeMaps(below, above) : above;
  }
  return result;
}

/** The map without the value at `path`; the same map if there is none. */
export function without(map: PlainMap, path: KeyPath): PlainMap {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(map, key)) return map;
  if (rest.length === 0) {
    const { [key]: _dropped, ...kept } = map;
    return kept;
  }
  const child = map[key];
  if (!isPlainMap(child)) return map;
  const changed = without(child, rest);
  return changed === child ? map : { ...map, [key]: changed };
}
