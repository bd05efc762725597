/** Which subschemas apply to a path. Static: no values are looked at, so branches can only be followed all or not at all. */
import type { KeyPath } from "../model.ts";
import { own } from "../tree.ts";
import type { Edge, SchemaGraph, SchemaNode } from "./graph.ts";
import { patternMatcher } from "./matcher.ts";
import { isSecretHere } from "./survey.ts";

/** `sure`: only subschemas that apply whatever the values are. `any`: every one that could apply. */
export type Follow = "sure" | "any";

const SURE = new Set(["$ref", "allOf"]);

/** Subschemas for the value at `path`, nearest first. */
export function nodesAt(graph: SchemaGraph, root: SchemaNode, path: KeyPath, follow: Follow): readonly SchemaNode[] {
  return path.reduce<readonly SchemaNode[]>(
    (nodes, segment) =>
      spread(
        graph,
        nodes.flatMap((node) => below(graph, node, segment).map((edge) => edge.to)),
        follow,
      ),
    spread(graph, [root], follow),
  );
}

/** True if some subschema that could apply to the path, or to something around it, says `x-secret`. */
export function maybeSecret(graph: SchemaGraph, root: SchemaNode, path: KeyPath): boolean {
  return someAround(graph, root, path, isSecretHere);
}

/** The same for `x-secret: false`. */
export function saysOpen(graph: SchemaGraph, root: SchemaNode, path: KeyPath): boolean {
  return someAround(
    graph,
    root,
    path,
    ({ schema }) => typeof schema !== "boolean" && own(schema, "x-secret") === false,
  );
}

function someAround(graph: SchemaGraph, root: SchemaNode, path: KeyPath, test: (node: SchemaNode) => boolean): boolean {
  return Array.from({ length: path.length + 1 }, (_, depth) => nodesAt(graph, root, path.slice(0, depth), "any")).some(
    (nodes) => nodes.some(test),
  );
}

/** The nodes, and what they say about the same value through references and combinations. */
function spread(graph: SchemaGraph, nodes: readonly SchemaNode[], follow: Follow): readonly SchemaNode[] {
  const found = new Set(nodes);
  // A set may grow while it is walked: new members come last.
  for (const node of found)
    for (const edge of graph.edges(node))
      if (edge.applies === "here" && (follow === "any" || SURE.has(edge.keyword))) found.add(edge.to);
  return [...found];
}

const INDEX = /^(?:0|[1-9]\d*)$/u;
const AFTER_THE_REST = new Set([
  "additionalProperties",
  "unevaluatedProperties",
  "additionalItems",
  "unevaluatedItems",
]);

/**
 * Edges to the subschemas for one key or index. What JSON Schema calls `additional` counts if nothing beside it names
 * the key; `unevaluated` is read the same way, which takes in a little too much.
 */
export function below(graph: SchemaGraph, node: SchemaNode, segment: string): readonly Edge[] {
  const edges = graph.edges(node).filter((edge) => edge.applies === "below");
  const fixed = edges.some((edge) => edge.keyword === "prefixItems" && edge.name === segment);
  const named = edges.filter((edge) => names(edge, segment) && !(fixed && edge.keyword === "items"));
  const rest = edges.filter(
    (edge) =>
      AFTER_THE_REST.has(edge.keyword) &&
      !named.some((other) => other.keyword !== "contains" && aboutLists(other) === aboutLists(edge)),
  );
  return [...named, ...rest];
}

export function aboutLists(edge: Edge): boolean {
  return /items$|^contains$/iu.test(edge.keyword);
}

function names(edge: Edge, segment: string): boolean {
  switch (edge.keyword) {
    case "properties":
      return edge.name === segment;
    case "patternProperties":
      return edge.name !== undefined && accepts(edge.name, segment);
    case "prefixItems":
      return edge.name === segment;
    case "items":
      return edge.name === undefined ? INDEX.test(segment) : edge.name === segment;
    case "contains":
      return INDEX.test(segment);
    default:
      return false;
  }
}

const patterns = new Map<string, (text: string) => boolean>();

function accepts(pattern: string, text: string): boolean {
  let test = patterns.get(pattern);
  if (test === undefined) {
    const made = patternMatcher(pattern);
    test = "matcher" in made ? made.matcher.test : () => false;
    if (patterns.size >= 500) patterns.clear();
    patterns.set(pattern, test);
  }
  return test(text);
}
