/** Finds values that stand in the open where the schema wants a secret. */
import type { KeyPath, Value } from "../model.ts";
import { isValueMap, own } from "../tree.ts";
import type { Edge, SchemaGraph, SchemaNode } from "./graph.ts";
import { isStandIn } from "./standin.ts";
import { isSecretHere } from "./survey.ts";
import { below } from "./walk.ts";

export interface SecretSearch {
  readonly graph: SchemaGraph;
  /** Only these can lead to `x-secret`; the rest is not walked. */
  readonly leads: ReadonlySet<SchemaNode>;
  /** Whether the value at the path can be what an alternative describes. */
  readonly possible: (node: SchemaNode, value: Value, path: KeyPath) => boolean;
  /** Told about every step; may throw to stop. */
  readonly spend: (work: number) => void;
}

/**
 * Paths of the values that `x-secret` covers and that are no secrets. It counts wherever it applies to the value: through
 * references, `allOf`, the alternatives that fit, patterns, items, and on everything around the value. `null` and
 * empty maps and lists hold nothing, so they may stay.
 */
export function plaintextSecrets(search: SecretSearch, root: SchemaNode, values: Value): readonly KeyPath[] {
  const { graph, leads } = search;
  const found = new Map<string, KeyPath>();
  const seen = new Map<SchemaNode, Set<string>>();
  const visit = (node: SchemaNode, value: Value, path: KeyPath): void => {
    if (!leads.has(node)) return;
    search.spend(1);
    const name = JSON.stringify(path);
    const before = seen.get(node) ?? new Set();
    if (before.has(name)) return;
    seen.set(node, before.add(name));
    if (isSecretHere(node)) {
      for (const leaf of openLeaves(value, path)) found.set(JSON.stringify(leaf), leaf);
      return;
    }
    const edges = graph.edges(node).filter((edge) => leads.has(edge.to));
    for (const edge of edges.filter((each) => each.applies === "here"))
      if (holdsHere(edge, node, value, path)) visit(edge.to, value, path);
    visitBelow(node, edges, value, path);
  };
  const holdsHere = ({ keyword, name, to }: Edge, node: SchemaNode, value: Value, path: KeyPath): boolean => {
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
        const condition = graph.edges(node).find((edge) => edge.keyword === "if")?.to;
        return condition !== undefined && search.possible(condition, value, path) === (keyword === "then");
      }
      case "dependencies":
      case "dependentSchemas":
        return isValueMap(value) && name !== undefined && Object.hasOwn(value, name);
      default:
        return false;
    }
  };
  const visitBelow = (node: SchemaNode, edges: readonly Edge[], value: Value, path: KeyPath): void => {
    const named = edges.filter((edge) => edge.keyword === "properties");
    const others = edges.some((edge) => edge.applies === "below" && edge.keyword !== "properties");
    if (isValueMap(value)) {
      for (const { name, to } of named) {
        const child = name === undefined ? undefined : own(value, name);
        if (name !== undefined && child !== undefined) visit(to, child, [...path, name]);
      }
    }
    if (!others || typeof value !== "object" || value === null) return;
    const list = Array.isArray(value);
    for (const [key, child] of Object.entries(value) as [string, Value][]) {
      const here = [...path, key];
      for (const edge of below(graph, node, key)) {
        const forLists = /items$|^contains$/iu.test(edge.keyword);
        if (forLists !== list || edge.keyword === "properties") continue;
        if (edge.keyword !== "contains" || search.possible(edge.to, child, here)) visit(edge.to, child, here);
      }
    }
  };
  visit(root, values, []);
  return [...found.values()];
}

/** Values in the open at or below a path: everything but secrets, null, and what is empty. */
export function openLeaves(value: Value, path: KeyPath): KeyPath[] {
  if (value === null || isStandIn(value)) return [];
  if (typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, child]) => openLeaves(child as Value, [...path, key]));
}
