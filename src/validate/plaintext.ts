/** Finds values that stand in the open where the schema wants a secret. */
import type { KeyPath, Value } from "../model.ts";
import { isValueMap, own } from "../tree.ts";
import type { Edge, SchemaGraph, SchemaNode } from "./graph.ts";
import { isStandIn } from "./standin.ts";
import { isSecretHere } from "./survey.ts";
import { aboutLists, below } from "./walk.ts";

export interface SecretSearch {
  readonly graph: SchemaGraph;
  /** Only these can lead to `x-secret`; the rest is not walked. */
  readonly leads: ReadonlySet<SchemaNode>;
  /** Whether the value at the path can be what an alternative describes. */
  readonly possible: (node: SchemaNode, value: Value, path: KeyPath) => boolean;
  /** Told about every step; may throw to stop. */
  readonly spend: (work: number) => void;
}

/** The edges of a subschema that lead to a secret, sorted by how they are followed. */
interface Ways {
  readonly secret: boolean;
  readonly here: readonly Edge[];
  readonly named: readonly Edge[];
  /** True if there are patterns, items and the like: then every key is looked at. */
  readonly others: boolean;
}

/**
 * Finds the paths of the values that `x-secret` covers and that are no secrets. It counts wherever it applies to the
 * value: through references, `allOf`, the alternatives that fit, patterns, items, and on everything around the value.
 * `null` and empty maps and lists hold nothing, so they may stay.
 */
export function plaintextFinder(search: SecretSearch): (root: SchemaNode, values: Value) => readonly KeyPath[] {
  const known = new Map<SchemaNode, Ways>();
  const waysOf = (node: SchemaNode): Ways => {
    const ways = known.get(node) ?? findWays(search, node);
    known.set(node, ways);
    return ways;
  };
  return (root, values) => {
    const found = new Map<string, KeyPath>();
    const visit = (node: SchemaNode, value: Value, path: KeyPath): void => {
      if (!search.leads.has(node)) return;
      search.spend(1);
      const { secret, here, named, others } = waysOf(node);
      if (secret) {
        for (const leaf of openLeaves(value, path)) found.set(JSON.stringify(leaf), leaf);
        return;
      }
      for (const edge of here) if (holds(search, edge, node, value, path)) visit(edge.to, value, path);
      if (named.length > 0 && isValueMap(value)) {
        for (const { name = "", to } of named) {
          const child = own(value, name);
          if (child !== undefined) visit(to, child, [...path, name]);
        }
      }
      if (others && typeof value === "object" && value !== null) visitOthers(node, value, path);
    };
    const visitOthers = (node: SchemaNode, value: object, path: KeyPath): void => {
      const list = Array.isArray(value);
      for (const [key, child] of Object.entries(value) as [string, Value][]) {
        const inner = [...path, key];
        for (const edge of below(search.graph, node, key)) {
          if (aboutLists(edge) !== list || edge.keyword === "properties") continue;
          if (edge.keyword !== "contains" || search.possible(edge.to, child, inner)) visit(edge.to, child, inner);
        }
      }
    };
    visit(root, values, []);
    return [...found.values()];
  };
}

function findWays({ graph, leads }: SecretSearch, node: SchemaNode): Ways {
  const edges = graph.edges(node).filter((edge) => leads.has(edge.to));
  return {
    secret: isSecretHere(node),
    here: edges.filter((edge) => edge.applies === "here"),
    named: edges.filter((edge) => edge.keyword === "properties"),
    others: edges.some((edge) => edge.applies === "below" && edge.keyword !== "properties"),
  };
}

/** Whether what an edge leads to applies to the value. */
function holds(
  search: SecretSearch,
  { keyword, name, to }: Edge,
  node: SchemaNode,
  value: Value,
  path: KeyPath,
): boolean {
  switch (keyword) {
    case "$ref":
    case "allOf":
      return true;
    case "anyOf":
    case "oneOf":
    case "if":
      return search.possible(to, value, path);
    case "then":
    case "else": {
      const condition = search.graph.edges(node).find((edge) => edge.keyword === "if")?.to;
      return condition !== undefined && search.possible(condition, value, path) === (keyword === "then");
    }
    case "dependencies":
    case "dependentSchemas":
      return isValueMap(value) && name !== undefined && Object.hasOwn(value, name);
    default:
      return false;
  }
}

/** Values in the open at or below a path: everything but secrets, null, and what is empty. */
export function openLeaves(value: Value, path: KeyPath): KeyPath[] {
  if (value === null || isStandIn(value)) return [];
  if (typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, child]) => openLeaves(child as Value, [...path, key]));
}
