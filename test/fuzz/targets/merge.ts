/** Merging layers, held against a slow and simple reading of the rules. */
import type { KeyPath, Layer, Plain, PlainMap } from "../../../src/model.ts";
import { mergeLayers } from "../../../src/resolve/merge.ts";
import { checkOverrides } from "../../../src/resolve/overrides.ts";
import { originOf } from "../../../src/resolve/origin.ts";
import { decisionsOf, frozen, keyFrom, mapFrom } from "../decisions.ts";
import { type FuzzTarget, must, mustEqual } from "../target.ts";

type Tree = { [key: string]: Plain };

export const merge: FuzzTarget = {
  name: "merge",
  fresh: 3000,
  dictionary: ["\x02", "\x07\x02", "\x08\x03\x00", "toString", "a", "\x06\x02"],
  seeds: [
    "\x02\x00\x01\x07\x02\x00\x01\x01",
    "\x03\x08\x01\x02\x01\x05\x03abc\x07\x02\x00\x01",
    "\x01\x01\x01\x00\x07\x07\x07\x07\x07\x07\x07\x07",
  ],
  run(input) {
    const from = decisionsOf(input);
    const layers = Array.from({ length: 1 + from.int(4) }, (_, i): Layer => ({
      name: i === 0 ? "base" : `l${i}`,
      file: `l${i}.yaml`,
      remove: Array.from({ length: from.int(3) }, () => Array.from({ length: 1 + from.int(3) }, () => keyFrom(from))),
      values: mapFrom(from),
    }));
    frozen(layers);
    const merged = mergeLayers(layers);
    mustEqual(normal(merged), normal(simply(layers)), "maps merge, everything else replaces, $remove drops");
    mustEqual(
      mergeLayers([{ ...layers[0], remove: [], values: merged } as Layer]),
      merged,
      "merging once more changes nothing",
    );
    const withEmpty = layers.flatMap((layer) => [layer, { name: "e", file: "e.yaml", remove: [], values: {} }]);
    mustEqual(mergeLayers(withEmpty), merged, "an empty layer changes nothing");
    if (layers.every(({ remove }) => remove.length === 0) && layers.length > 2) {
      const tail = mergeLayers(layers.slice(1));
      mustEqual(
        mergeLayers([layers[0] as Layer, { ...(layers[1] as Layer), values: tail }]),
        merged,
        "in any grouping",
      );
    }
    for (const path of leaves(merged))
      must(originOf(layers, path) !== undefined, "every value comes from somewhere", path);
    const named = new Map(layers.map((layer, at) => [["base", "prod", "prod.eu", "dev"][at] ?? "", layer]));
    const renamed = new Map([...named].map(([name, layer]) => [name, { ...layer, name }]));
    for (const { code, message } of checkOverrides(renamed, () => "warning"))
      must(/^TU1\d{3}$/u.test(code) && message !== "", "a code and words", code, message);
  },
};

function normal(value: Plain): Plain {
  return JSON.parse(JSON.stringify(value)) as Plain;
}

function simply(layers: readonly Layer[]): PlainMap {
  const result: Tree = {};
  for (const { remove, values } of layers) {
    for (const path of remove) drop(result, path);
    fill(result, values);
  }
  return result;
}

function drop(tree: Tree, path: KeyPath): void {
  const last = path.at(-1);
  let here: Plain | undefined = tree;
  for (const key of path.slice(0, -1)) here = isMap(here) && Object.hasOwn(here, key) ? here[key] : undefined;
  if (isMap(here) && last !== undefined && Object.hasOwn(here, last)) Reflect.deleteProperty(here, last);
}

function fill(tree: Tree, values: PlainMap): void {
  for (const [key, value] of Object.entries<Plain>(values)) {
    const there = Object.hasOwn(tree, key) ? tree[key] : undefined;
    if (isMap(there) && isMap(value)) fill(there, value);
    else tree[key] = structuredClone(value);
  }
}

function isMap(value: Plain | undefined): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function leaves(value: Plain, path: KeyPath = []): KeyPath[] {
  if (!isMap(value)) return [path];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}
