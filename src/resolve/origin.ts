/** From a value back to the line that supplies it. */
import type { KeyPath, Layer, Origin, Plain } from "../model.ts";
import { isPlainMap, startsWithPath, valueAt } from "../tree.ts";

/**
 * Every layer's own value for a path, the winner first, then those it shadows. Empty if no layer has it. Layers below
 * a `$remove` of the path, or below a value that is no map, are not looked at: they have no say.
 */
export function originsOf(
  layers: readonly Layer[],
  path: KeyPath,
): { readonly origin: Origin; readonly value: Plain }[] {
  const found: { origin: Origin; value: Plain }[] = [];
  for (const layer of layers.toReversed()) {
    const value = valueAt(layer.values, path) as Plain | undefined;
    if (value !== undefined) found.push({ origin: { file: layer.file, path }, value });
    if (cutsOff(layer, path)) break;
  }
  return found;
}

/** The place that supplies the value at `path`, or its nearest ancestor that some layer has. */
export function originOf(layers: readonly Layer[], path: KeyPath): Origin | undefined {
  for (let length = path.length; length > 0; length--) {
    const [winner] = originsOf(layers, path.slice(0, length));
    if (winner !== undefined) return winner.origin;
  }
  const lowest = layers[0];
  return lowest === undefined ? undefined : { file: lowest.file, path: [] };
}

/** True if lower layers have no influence on `path`: it or an ancestor is removed or replaced by something that is no map. */
function cutsOff(layer: Layer, path: KeyPath): boolean {
  if (layer.remove.some((removed) => startsWithPath(path, removed))) return true;
  for (let length = 1; length <= path.length; length++) {
    const node = valueAt(layer.values, path.slice(0, length)) as Plain | undefined;
    if (node === undefined) return false;
    if (!isPlainMap(node)) return length < path.length || Array.isArray(node);
  }
  return false;
}
