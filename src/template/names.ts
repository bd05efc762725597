/** Looking up dotted names: own properties only, with a suggestion when there is nothing. */
import { formatPath } from "../address.ts";
import type { KeyPath, PlainMap, Value, ValueMap } from "../model.ts";
import { suggest } from "../suggest.ts";
import { isValueMap, own } from "../tree.ts";
import type { Looked } from "./evaluate.ts";

/** Names shown in a "known here" note, at most. */
const SHOWN = 12;

/** For a name whose first word is not even known: it may be a secret that somebody put into braces. */
export function unknownWord(name: string, candidates: readonly string[]): Looked {
  const looked = unknownName(name, candidates);
  const discreet = { message: "the template names something that is not known", label: "not known here" };
  return "missing" in looked ? { missing: { ...looked.missing, discreet } } : looked;
}

/** Nothing has this name; says what does. `candidates` are full names as one would write them. */
export function unknownName(name: string, candidates: readonly string[]): Looked {
  const meant = suggest(name, candidates);
  const known =
    candidates.slice(0, SHOWN).join(", ") + (candidates.length > SHOWN ? `, … (${candidates.length} in all)` : "");
  return {
    missing: {
      code: "TU2001",
      message: `nothing is called ${name}`,
      label: meant === undefined ? "not known here" : `did you mean ${meant}?`,
      ...(candidates.length === 0 ? {} : { notes: [{ name: "known here", text: known }] }),
    },
  };
}

/** Walks into plain facts (`vars.domain`). `root` is the first word, for messages. */
export function lookIn(map: PlainMap | ValueMap, path: KeyPath, root: string): Looked {
  let node: Value = map;
  for (let index = 0; index < path.length; index++) {
    const next: Value | undefined = isValueMap(node) ? own(node, path[index] ?? "") : undefined;
    if (next === undefined)
      return unknownName(`${root}.${formatPath(path)}`, siblings(node, [root, ...path.slice(0, index)]));
    node = next;
  }
  return { value: node };
}

/** Full names of what stands in a map, for suggestions. */
export function siblings(node: Value | undefined, path: KeyPath): string[] {
  return isValueMap(node)
    ? Object.keys(node).map((key) => `${path[0] ?? ""}.${formatPath([...path.slice(1), key])}`)
    : [];
}
