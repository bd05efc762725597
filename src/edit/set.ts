/** Setting one value in a YAML file, everything else byte for byte as it was. */
import { formatPath } from "../address.ts";
import type { KeyPath, Plain } from "../model.ts";
import { isPlainMap } from "../tree.ts";
import { type Edited, checked, refused } from "./edited.ts";
import { findPath } from "./find.ts";
import { parseText } from "./parse.ts";
import { styleOf } from "./style.ts";
import { addPair, appendPair } from "./set-add.ts";
import { replaceValue } from "./set-replace.ts";

/**
 * Sets the value at `path`: in place where the key exists (its quotes are kept where they can be), else as a new last
 * key of the deepest map that exists, with the maps on the way. `null` on the way counts as an empty map. Lists are
 * values: a path cannot go into one.
 */
export function setValue(text: string, path: KeyPath, value: Plain): Edited {
  const parsed = parseText(text);
  if (!parsed.ok) return refused(`the file cannot be edited as it is: ${parsed.why}`);
  const unusable = path.find((segment) => segment === "__proto__");
  if (path.length === 0 || unusable !== undefined) return refused(`${formatPath(path)} cannot be a key`);
  if (!isWritable(value))
    return refused(`${formatPath(path)} would hold a number that YAML and JSON cannot both write`);
  const { steps, blocked } = findPath(parsed.root, path);
  if (blocked !== undefined) return refused(blocked);

  const context = { text, style: styleOf(text, parsed.root), root: parsed.root };
  const last = steps.at(-1);
  const [key = "", ...deeper] = path.slice(steps.length);
  const nested = nest(deeper, value);
  let draft: string;
  if (last === undefined)
    draft = parsed.root === undefined ? appendPair(context, key, nested) : addPair(context, parsed.root, key, nested);
  else if (steps.length === path.length) draft = replaceValue(context, last, value);
  else if (last.pair.value.kind === "map") draft = addPair(context, last.pair.value, key, nested);
  else draft = replaceValue(context, last, nest([key, ...deeper], value));
  return checked(draft, withValue(parsed.value, path, value));
}

/** `{ a: { b: value } }` for the path `a.b`. */
function nest(path: KeyPath, value: Plain): Plain {
  return path.toReversed().reduce<Plain>((inner, segment) => ({ [segment]: inner }), value);
}

function withValue(value: unknown, path: KeyPath, leaf: Plain): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const map = typeof value === "object" && value !== null ? (value as { [key: string]: unknown }) : {};
  return { ...map, [key]: withValue(Object.hasOwn(map, key) ? map[key] : undefined, rest, leaf) };
}

function isWritable(value: Plain): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every((item) => isWritable(item as Plain));
  return !isPlainMap(value) || Object.entries(value).every(([key, item]) => key !== "__proto__" && isWritable(item));
}
