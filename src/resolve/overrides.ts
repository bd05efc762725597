/** Overrides that say nothing new, change a type by accident, or remove what is not there. */
import { formatPath } from "../address.ts";
import { canonicalJson } from "../canonical.ts";
import type { KeyPath, Layer, LayerName, Plain, PlainMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { isPlainMap, own, valueAt } from "../tree.ts";
import { mergeLayers } from "./merge.ts";

/**
 * Judges a change of type, in JSON Schema's words: fine if the schema allows both, wrong if it does not, and worth a
 * word where no schema says anything (`0.1` and `"50m"` are both a Kubernetes quantity).
 */
export type JudgeTypes = (path: KeyPath, types: readonly [string, string]) => "fine" | "error" | "warning";

/** Checks every override file of an app (or of `shared/`) against the layers below it. */
export function checkOverrides(layers: ReadonlyMap<LayerName, Layer>, judge: JudgeTypes): Problem[] {
  return [...layers.values()]
    .filter((layer) => layer.name !== "base")
    .flatMap((layer) => checkLayer(layer, lowerLayers(layer, layers), judge));
}

function lowerLayers(layer: Layer, layers: ReadonlyMap<LayerName, Layer>): readonly Layer[] {
  const env = layer.name.split(".")[0] ?? "";
  return ["base", ...(env === layer.name ? [] : [env])].flatMap((name) => layers.get(name) ?? []);
}

function checkLayer(layer: Layer, lower: readonly Layer[], judge: JudgeTypes): Problem[] {
  const below = mergeLayers(lower);
  const problems: Problem[] = [];
  layer.remove.forEach((path, index) => {
    if (valueAt(below, path) === undefined) problems.push(nothingRemoved(layer, path, index));
  });
  compare(layer.values, below, [], (path, high, low) => {
    if (canonicalJson(high) === canonicalJson(low)) problems.push(redundant(layer, lower, path));
    else if (!sameType(high, low)) {
      const verdict = judge(path, [typeName(low), typeName(high)]);
      if (verdict !== "fine") problems.push(typeChange(layer, path, low, high, verdict));
    }
  });
  return problems;
}

/** Calls back for each value that both maps have and that is not a map on both sides. */
function compare(
  high: PlainMap,
  low: PlainMap,
  path: KeyPath,
  visit: (path: KeyPath, high: Plain, low: Plain) => void,
): void {
  for (const key of Object.keys(high)) {
    const above = high[key] as Plain;
    const below = own(low, key);
    if (below === undefined) continue;
    const here = [...path, key];
    const bothMaps = isPlainMap(above) && isPlainMap(below);
    if (bothMaps && Object.keys(above).length > 0) compare(above, below, here, visit);
    else visit(here, bothMaps ? below : above, below);
  }
}

/** Null and templates may become anything; everything else keeps its type. */
function sameType(a: Plain, b: Plain): boolean {
  return isOpen(a) || isOpen(b) || typeName(a) === typeName(b);
}

function isOpen(value: Plain): boolean {
  return value === null || (typeof value === "string" && value.includes("{{"));
}

function typeName(value: Plain): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function redundant(layer: Layer, lower: readonly Layer[], path: KeyPath): Problem {
  const source = lower.findLast((candidate) => valueAt(candidate.values, path) !== undefined);
  return {
    code: "TU1101",
    severity: "warning",
    message: `this override of ${formatPath(path)} changes nothing`,
    at: { file: layer.file, path, part: "key" },
    ...(source === undefined
      ? {}
      : { notes: [{ name: "already", text: source.file, at: { file: source.file, path } }] }),
    fix: "trueup fmt removes it",
  };
}

function typeChange(layer: Layer, path: KeyPath, low: Plain, high: Plain, severity: Problem["severity"]): Problem {
  return {
    code: "TU1102",
    severity,
    message: `${formatPath(path)} is ${aType(low)} in the layer below and ${aType(high)} here`,
    at: { file: layer.file, path },
    label: "another type than the value it overrides",
    fix: "write the same type, or let the app's schema allow both",
  };
}

function aType(value: Plain): string {
  const name = { object: "map", array: "list", boolean: "boolean" }[typeName(value)] ?? typeName(value);
  return `a ${name}`;
}

function nothingRemoved(layer: Layer, path: KeyPath, index: number): Problem {
  return {
    code: "TU1018",
    severity: "warning",
    message: `$remove names ${formatPath(path)}, which no layer below has`,
    at: { file: layer.file, path: ["$remove", String(index)] },
    fix: "drop it from $remove",
  };
}
