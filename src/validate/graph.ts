/** The schemas of a repo as a graph: every subschema, where it stands, and which subschemas it leads to. No ajv here. */
import type { KeyPath, Plain, PlainMap } from "../model.ts";
import { isPlainMap, own } from "../tree.ts";
import { type Applies, KEYWORDS } from "./keywords.ts";
import { type Referred, resolveReference } from "./refs.ts";

export interface SchemaNode {
  readonly file: string;
  /** Path inside the file. */
  readonly path: KeyPath;
  readonly schema: boolean | PlainMap;
}

/** From one subschema to another. `$ref` counts as `here`. */
export interface Edge {
  readonly keyword: string;
  /** Name of the property, the pattern, or the index, where the keyword holds several. */
  readonly name: string | undefined;
  readonly applies: Applies;
  readonly to: SchemaNode;
}

export interface SchemaGraph {
  /** The schema of a whole file; undefined if there is none or it is neither a map nor true or false. */
  root(file: string): SchemaNode | undefined;
  /** In the order in which they are written. References that lead nowhere are left out (`refers` tells why). */
  edges(node: SchemaNode): readonly Edge[];
  /** Where the `$ref` of a subschema leads, or why it must not. */
  refers(node: SchemaNode): Referred | undefined;
}

const graphs = new WeakMap<ReadonlyMap<string, Plain>, SchemaGraph>();

/** The graph of all schemas; made once per map. `schemas` is `Repo.schemas`: parsed files by repo path. */
export function schemaGraph(schemas: ReadonlyMap<string, Plain>): SchemaGraph {
  const known = graphs.get(schemas);
  if (known !== undefined) return known;
  const graph = makeGraph(schemas);
  graphs.set(schemas, graph);
  return graph;
}

function makeGraph(schemas: ReadonlyMap<string, Plain>): SchemaGraph {
  // One node per place, so that nodes can be compared and remembered by identity.
  const nodes = new Map<string, SchemaNode>();
  const edges = new Map<SchemaNode, readonly Edge[]>();
  const nodeAt = (file: string, path: KeyPath, schema: Plain | undefined): SchemaNode | undefined => {
    if (typeof schema !== "boolean" && !isPlainMap(schema)) return undefined;
    const name = JSON.stringify([file, ...path]);
    const node = nodes.get(name) ?? { file, path, schema };
    nodes.set(name, node);
    return node;
  };
  const graph: SchemaGraph = {
    root: (file) => nodeAt(file, [], schemas.get(file)),
    refers: (node) => {
      const reference = typeof node.schema === "boolean" ? undefined : own(node.schema, "$ref");
      return typeof reference === "string" ? resolveReference(schemas, node.file, reference) : undefined;
    },
    edges: (node) => {
      const before = edges.get(node);
      if (before !== undefined) return before;
      const found = findEdges(graph, node, nodeAt);
      edges.set(node, found);
      return found;
    },
  };
  return graph;
}

function findEdges(
  graph: SchemaGraph,
  node: SchemaNode,
  nodeAt: (file: string, path: KeyPath, schema: Plain | undefined) => SchemaNode | undefined,
): Edge[] {
  if (typeof node.schema === "boolean") return [];
  const found: Edge[] = [];
  for (const [keyword, value] of Object.entries(node.schema)) {
    const applies = KEYWORDS.get(keyword)?.applies;
    if (keyword === "$ref") {
      const target = graph.refers(node);
      const to = target !== undefined && "path" in target ? nodeAt(target.file, target.path, target.schema) : undefined;
      if (to !== undefined) found.push({ keyword, name: undefined, applies: "here", to });
    } else if (applies !== undefined) {
      for (const [name, schema] of schemasIn(keyword, value)) {
        const path = [...node.path, keyword, ...(name === undefined ? [] : [name])];
        const to = nodeAt(node.file, path, schema);
        if (to !== undefined) found.push({ keyword, name, applies, to });
      }
    }
  }
  return found;
}

/** The schemas behind a keyword, each with its name or index. Lists of names inside `dependencies` are no schemas. */
export function schemasIn(keyword: string, value: Plain): readonly (readonly [string | undefined, Plain])[] {
  const shape = KEYWORDS.get(keyword)?.shape ?? "anything";
  if (Array.isArray(value)) {
    const many = shape === "schemas" || shape === "schema or schemas";
    return many ? (value as readonly Plain[]).map((schema, index) => [String(index), schema] as const) : [];
  }
  if (shape === "schema" || shape === "schema or schemas") return [[undefined, value]];
  if (!shape.startsWith("map of") || !isPlainMap(value)) return [];
  return Object.entries(value).filter(([, schema]) => !Array.isArray(schema));
}
