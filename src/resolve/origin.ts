/** From a value back to the line that supplies it. */
import type { KeyPath, Layer, Origin, Plain } from "../model.ts";
import { isPlainMap, own, startsWithPath } from "../tree.ts";

/**
 * Every layer's own value for a path, the winner first, then those it shadows. Empty if no layer has it. Layers below
 * a `$remove` of the path, or below a value that is no map, are not looked at: they have no say.
 */
export function originsOf(
  layers: readonly Layer[],
  path: KeyPath,
): { readonly origin: Origin; readonly value: Plain }[] {
  const found: { origin: Origin; value: Plain }[] = [];
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index] as Layer;
    const { value, cuts } = reach(layer, path);
    if (value !== undefined) found.push({ origin: { file: layer.file, path }, value });
    if (cuts) break;
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

/**
 * A layer's value at `path`, and whether it cuts lower layers off: it removes the path or an ancestor, or has something
 * there that is no map.
 */
function reach(layer: Layer, path: KeyPath): { readonly value: Plain | undefined; readonly cuts: boolean } {
  let cuts = layer.remove.some((removed) => startsWithPath(path, removed));
  let node: Plain | undefined = layer.values;
  for (let depth = 0; depth < path.length; depth++) {
    node = step(node, path[depth] ?? "");
    if (node === undefined) return { value: undefined, cuts };
    cuts ||= !isPlainMap(node) && (depth + 1 < path.length || Array.isArray(node));
  }
  return { value: node, cuts };
}

function step(node: Plain, segment: string): Plain | undefined {
  if (Array.isArray(node))
    return /^(?:0|[1-9]\d*)$/u.test(segment) ? (node[Number(segment)] as Plain | undefined) : undefined;
  return isPlainMap(node) ? own(node, segment) : undefined;
}
