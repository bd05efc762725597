/** Finding the pairs that a key path names. */
import { formatPath } from "../address.ts";
import type { KeyPath } from "../model.ts";
import type { MapNode, Pair } from "./nodes.ts";

export interface Step {
  readonly map: MapNode;
  readonly pair: Pair;
}

export interface Found {
  /** The pairs that exist, outermost first. Shorter than the path where the rest does not exist. */
  readonly steps: readonly Step[];
  /** Why the rest cannot be reached: something on the way is not a map. */
  readonly blocked: string | undefined;
}

/** Walks along the path as far as the file goes. */
export function findPath(root: MapNode | undefined, path: KeyPath): Found {
  const steps: Step[] = [];
  let map = root;
  for (const [index, segment] of path.entries()) {
    const pair: Pair | undefined = map?.pairs.find((candidate) => candidate.name === segment);
    if (map === undefined || pair === undefined) break;
    steps.push({ map, pair });
    if (index === path.length - 1) break;
    const { value } = pair;
    const here = formatPath(path.slice(0, index + 1));
    if (value.kind === "alias") return { steps, blocked: `${here} is an alias; edit the value it stands for by hand` };
    if (value.kind === "list")
      return { steps, blocked: `${here} is a list, and a list is replaced as a whole; give the whole list` };
    if (value.kind === "scalar" && !isNull(value.text, value.quotes))
      return { steps, blocked: `${here} is a single value, not a map` };
    map = value.kind === "map" ? value : undefined;
  }
  return { steps, blocked: undefined };
}

/** True if an unquoted scalar means null (YAML 1.2 core). */
function isNull(text: string, quotes: string): boolean {
  return quotes === "plain" && /^(?:null|Null|NULL|~|)$/u.test(text);
}
