/** Renders a tree of values: every template in its strings, lazily and once, with cycles found. */
import { formatPath } from "../address.ts";
import type { KeyPath, Plain, PlainMap, Value, ValueMap } from "../model.ts";
import { secret } from "../secret.ts";
import { isPlainMap, own, valueAt } from "../tree.ts";
import { type Lookup, type Looked, type Trouble, evaluate } from "../template/evaluate.ts";
import { siblings, unknownName } from "../template/names.ts";
import { type Parsed, isTemplate } from "../template/template.ts";

/** Values one reference may bring along: stops small files that refer to themselves into millions. */
const MAX_NODES = 1_000_000;
/** Length of a chain of references. */
const MAX_CHAIN = 100;

/** A value that could not be rendered: like a secret, nothing is known about it, so nothing else complains about it. */
export const UNKNOWN = secret([]);

export interface TreeRenderer {
  render(): ValueMap;
  /** Rendered value at a path of this tree: what `self.…` and `shared.…` give. `root` is the first word of the name. */
  at(path: KeyPath, root: string): Looked;
}

/** `lookup` gives everything but this tree's own values; `report` is called once per failing text. */
export function treeRenderer(
  values: PlainMap,
  parse: (text: string) => Parsed,
  lookup: Lookup,
  report: (path: KeyPath, trouble: Trouble) => void,
): TreeRenderer {
  const done = new Map<string, Value>();
  const active = new Set<string>();
  let nodes = 0;

  function renderText(text: string, crumb: Crumb | undefined): Value {
    const path = pathOf(crumb);
    const id = path.join("\0");
    const known = done.get(id);
    if (known !== undefined) return known;
    active.add(id);
    const value = renderTemplate(text, path);
    active.delete(id);
    done.set(id, value);
    return value;
  }

  function renderTemplate(text: string, path: KeyPath): Value {
    const parsed = parse(text);
    if ("problem" in parsed) {
      report(path, parsed.problem);
      return UNKNOWN;
    }
    const result = evaluate(parsed.template, lookup);
    if ("trouble" in result) {
      report(path, result.trouble);
      return UNKNOWN;
    }
    if (typeof result.value === "object" && result.value !== null) nodes += countNodes(result.value);
    if (nodes <= MAX_NODES) return result.value;
    report(path, {
      code: "TU2006",
      message: `references bring in more than ${MAX_NODES} values`,
      start: 0,
      end: text.length,
    });
    return UNKNOWN;
  }

  function renderNode(node: Plain, crumb: Crumb | undefined): Value {
    if (typeof node === "string") return isTemplate(node) ? renderText(node, crumb) : node;
    if (typeof node !== "object" || node === null || isStatic(node)) return node;
    if (Array.isArray(node))
      return node.map((item: Plain, index) => renderNode(item, { key: String(index), parent: crumb }));
    const result: Record<string, Value> = {};
    for (const key of Object.keys(node))
      result[key] = renderNode((node as PlainMap)[key] as Plain, { key, parent: crumb });
    return result;
  }

  function at(path: KeyPath, root: string): Looked {
    const node = valueAt(values, path) as Plain | undefined;
    if (node === undefined) return missingAt(path, root);
    const id = path.join("\0");
    const prefix = `${id}\0`;
    if (active.has(id) || [...active].some((other) => other.startsWith(prefix))) {
      return {
        missing: {
          code: "TU2004",
          message: `${root}.${formatPath(path)} refers back to itself`,
          fix: "break the circle: write one of the values out",
        },
      };
    }
    if (active.size > MAX_CHAIN)
      return { missing: { code: "TU2004", message: `more than ${MAX_CHAIN} values refer to each other in a chain` } };
    return { value: renderNode(node, crumbOf(path)) };
  }

  function missingAt(path: KeyPath, root: string): Looked {
    let parent: Plain = values;
    let depth = 0;
    for (; depth < path.length - 1; depth++) {
      const next: Plain | undefined = isPlainMap(parent) ? own(parent, path[depth] ?? "") : undefined;
      if (next === undefined) break;
      parent = next;
    }
    return unknownName(`${root}.${formatPath(path)}`, siblings(parent, [root, ...path.slice(0, depth)]));
  }

  return { render: () => renderNode(values, undefined) as ValueMap, at };
}

/** A path as a chain of parents: cheap to extend, turned into an array only when a template is met. */
interface Crumb {
  readonly key: string;
  readonly parent: Crumb | undefined;
}

function pathOf(crumb: Crumb | undefined): KeyPath {
  const path: string[] = [];
  for (let at = crumb; at !== undefined; at = at.parent) path.unshift(at.key);
  return path;
}

function crumbOf(path: KeyPath): Crumb | undefined {
  let crumb: Crumb | undefined;
  for (const key of path) crumb = { key, parent: crumb };
  return crumb;
}

// Merged layers share their subtrees between places (resolve/merge.ts), so both answers are kept per object.
const staticNodes = new WeakMap<object, boolean>();
const nodeCounts = new WeakMap<object, number>();

/** True if no template stands anywhere below: the node is its own rendering. */
function isStatic(node: object): boolean {
  const known = staticNodes.get(node);
  if (known !== undefined) return known;
  const result = Object.values(node).every((child: Plain) =>
    typeof child === "string" ? !isTemplate(child) : typeof child !== "object" || child === null || isStatic(child),
  );
  staticNodes.set(node, result);
  return result;
}

function countNodes(node: object): number {
  const known = nodeCounts.get(node);
  if (known !== undefined) return known;
  let count = 1;
  for (const child of Object.values(node)) count += typeof child === "object" && child !== null ? countNodes(child) : 1;
  nodeCounts.set(node, count);
  return count;
}
