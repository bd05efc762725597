/** A schema as ajv gets it: self-contained, without annotations, every subschema an object that can be told apart. */
import type { Plain, PlainMap } from "../model.ts";
import { isPlainMap } from "../tree.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";
import { schemasIn } from "./graph.ts";
import { KEYWORDS } from "./keywords.ts";

/** Our keyword that counts work while ajv runs; see `meter.ts`. */
export const METER = "meter";

/** A mutable map on its way to ajv. */
type Draft = Record<string, unknown>;

export interface SchemaCopy {
  /** Equal text: the same checks in the same order, so that one compilation serves all. */
  readonly text: string;
  readonly schema: object | boolean;
  /** The node of each object of `schema`, by the number given in `order`. */
  readonly nodes: readonly SchemaNode[];
  readonly order: WeakMap<object, number>;
}

/** Annotations say nothing about validity; references and definitions are written anew. */
const LEFT_OUT = new Set([
  "$ref",
  "$comment",
  "$anchor",
  "$id",
  "$schema",
  "definitions",
  "$defs",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
]);
/** `false` stays `false` where ajv reports the name of the key or the number of the item. */
const KEEPS_FALSE = new Set([
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "additionalItems",
  "unevaluatedItems",
]);
/** One schema for many values: a loop, so the work in it is counted. */
const LOOPS = new Set([...KEEPS_FALSE, "patternProperties", "propertyNames", "contains"]);

/**
 * Copies a checked schema with everything it refers to. The target of each reference becomes a numbered definition,
 * whatever file it stands in: ajv sees one document and never resolves an address.
 */
export function copySchema(graph: SchemaGraph, root: SchemaNode): SchemaCopy {
  const nodes: SchemaNode[] = [];
  const order = new WeakMap<object, number>();
  const targets = new Map<SchemaNode, number>();
  const copy = (node: SchemaNode, falseStays: boolean): Draft | boolean => {
    if (node.schema === true || (node.schema === false && falseStays)) return node.schema;
    const draft: Draft = {};
    order.set(draft, nodes.push(node) - 1);
    if (node.schema === false) draft.not = {};
    else fill(draft, node, node.schema);
    return draft;
  };
  const fill = (draft: Draft, node: SchemaNode, schema: PlainMap): void => {
    const children = new Map(graph.edges(node).map((edge) => [`${edge.keyword}/${edge.name ?? ""}`, edge.to]));
    const target = children.get("$ref/");
    if (target === root) draft.$ref = "#";
    else if (target !== undefined) {
      const number = targets.get(target) ?? targets.size;
      targets.set(target, number);
      draft.$ref = `#/definitions/${number}`;
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (LEFT_OUT.has(keyword) || keyword.startsWith("x-")) continue;
      draft[keyword] = KEYWORDS.get(keyword)?.applies === undefined ? value : inside(keyword, value, children);
    }
  };
  const inside = (keyword: string, value: Plain, children: ReadonlyMap<string, SchemaNode>): unknown => {
    const many: Draft | unknown[] = Array.isArray(value) ? [] : {};
    for (const [name, schema] of schemasIn(keyword, value)) {
      const child = copy(children.get(`${keyword}/${name ?? ""}`) as SchemaNode, KEEPS_FALSE.has(keyword));
      if (typeof child === "object" && LOOPS.has(keyword)) child[METER] = weigh(schema);
      if (name === undefined) return child;
      if (Array.isArray(many)) many.push(child);
      else many[name] = child;
    }
    return isPlainMap(value) && !Array.isArray(many) ? { ...value, ...many } : many;
  };
  const schema = copy(root, false);
  if (typeof schema === "object") {
    const definitions: Draft = {};
    // Copying a target may find further targets: they come last, and the loop reaches them.
    for (const [target, number] of targets) {
      const definition = copy(target, false);
      if (typeof definition === "object") definition[METER] = weigh(target.schema);
      definitions[number] = definition;
    }
    if (targets.size > 0) schema.definitions = definitions;
    schema[METER] = weigh(root.schema);
  }
  return { text: JSON.stringify(schema), schema, nodes, order };
}

/** How much work one look at a schema is: its subschemas, and its long lists. References count where they lead. */
function weigh(schema: Plain): number {
  if (typeof schema !== "object" || schema === null) return 1;
  let work = 1;
  for (const [keyword, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(keyword) || keyword.startsWith("x-")) continue;
    const applies = KEYWORDS.get(keyword)?.applies;
    // An alternative that fails writes down why, which costs more than fitting.
    const factor = keyword === "anyOf" || keyword === "oneOf" ? 3 : 1;
    if (applies !== undefined) for (const [, child] of schemasIn(keyword, value)) work += factor * weigh(child);
    else if (typeof value === "object" && value !== null) work += sizeOf(value) >> 2;
  }
  return work;
}

function sizeOf(value: Plain): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + sizeOf(child), 1);
}
