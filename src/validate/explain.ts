/** What a schema says about one key, for `trueup explain`, and the name it gives a key in the environment. No ajv. */
import type { KeyPath, Plain, PlainMap } from "../model.ts";
import { own } from "../tree.ts";
import { FORMAT_WORDS } from "./formats.ts";
import { schemaGraph, type SchemaNode } from "./graph.ts";
import { clipped, joined, listed, written } from "./phrases.ts";
import { isSecretHere } from "./survey.ts";
import { nodesAt } from "./walk.ts";

export interface KeyDescription {
  /** `integer, 1 … 200`. */
  readonly text: string;
  /** Where the key is described. */
  readonly file: string;
  readonly path: KeyPath;
  readonly xEnv?: string;
  readonly description?: string;
  /** What the app takes where nothing is given. */
  readonly default?: Plain;
}

/**
 * Describes the key at `path` by `schemaPath`, a key of `schemas` (`Repo.schemas`). Follows references and `allOf`;
 * alternatives are looked at only where nothing else describes the key. Undefined if the schema does not know the key.
 */
export function describeKey(
  schemas: ReadonlyMap<string, Plain>,
  schemaPath: string,
  path: KeyPath,
): KeyDescription | undefined {
  const graph = schemaGraph(schemas);
  const root = graph.root(schemaPath);
  if (root === undefined) return undefined;
  const sure = nodesAt(graph, root, path, "sure");
  const nodes = sure.length > 0 ? sure : nodesAt(graph, root, path, "any");
  const [first] = nodes;
  if (first === undefined) return undefined;
  const xEnv = firstText(nodes, "x-env");
  const standard = nodes.flatMap(({ schema }) =>
    typeof schema === "boolean" ? [] : (own(schema, "default") ?? []),
  )[0];
  const description = firstText(nodes, "description") ?? firstText(nodes, "title");
  return {
    text: textOf(nodes),
    file: first.file,
    path: first.path,
    ...(xEnv === undefined ? {} : { xEnv }),
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
  };
}

const lookups = new WeakMap<ReadonlyMap<string, Plain>, Map<string, (path: KeyPath) => string | undefined>>();

/** Looks up `x-env` of keys, through references, `properties` and `allOf`. Answers are remembered. */
export function xEnvOf(schemas: ReadonlyMap<string, Plain>, schemaPath: string): (path: KeyPath) => string | undefined {
  const known = lookups.get(schemas) ?? new Map<string, (path: KeyPath) => string | undefined>();
  lookups.set(schemas, known);
  const lookup = known.get(schemaPath) ?? makeLookup(schemas, schemaPath);
  known.set(schemaPath, lookup);
  return lookup;
}

function makeLookup(schemas: ReadonlyMap<string, Plain>, schemaPath: string): (path: KeyPath) => string | undefined {
  const graph = schemaGraph(schemas);
  const root = graph.root(schemaPath);
  if (root === undefined) return () => undefined;
  const answers = new Map<string, string | undefined>();
  return (path) => {
    const name = JSON.stringify(path);
    if (!answers.has(name)) answers.set(name, firstText(nodesAt(graph, root, path, "sure"), "x-env"));
    return answers.get(name);
  };
}

function firstText(nodes: readonly SchemaNode[], keyword: string): string | undefined {
  for (const { schema } of nodes) {
    const value = typeof schema === "boolean" ? undefined : own(schema, keyword);
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** All subschemas together: where two speak of the same keyword, the nearer one is heard. */
function textOf(nodes: readonly SchemaNode[]): string {
  const schema: PlainMap = Object.assign({}, ...nodes.map((node) => node.schema).toReversed());
  const parts = [typeText(schema), rangeText(schema), formatText(schema)].filter((part) => part !== undefined);
  if (nodes.some(isSecretHere)) parts.push("secret");
  return parts.length === 0 ? "anything" : parts.join(", ");
}

function typeText(schema: PlainMap): string | undefined {
  const constant = own(schema, "const");
  if (constant !== undefined) return `always ${written(constant)}`;
  const values = own(schema, "enum");
  if (Array.isArray(values)) return listed(values as readonly Plain[]);
  const type = own(schema, "type");
  const names = Array.isArray(type) ? (type as readonly string[]) : typeof type === "string" ? [type] : [];
  const words = names.map((name) => (name === "object" ? "map" : name === "array" ? listText(schema) : name));
  if (words.length > 0) return joined(words);
  return own(schema, "anyOf") !== undefined || own(schema, "oneOf") !== undefined ? "one of several forms" : undefined;
}

function listText(schema: PlainMap): string {
  const items = own(schema, "items");
  const type =
    typeof items === "object" && items !== null && !Array.isArray(items) ? own(items as PlainMap, "type") : "";
  return typeof type === "string" && type !== "" ? `list of ${type === "object" ? "map" : type}` : "list";
}

function rangeText(schema: PlainMap): string | undefined {
  const number = range(own(schema, "minimum"), own(schema, "maximum"), "");
  const above = own(schema, "exclusiveMinimum");
  const below = own(schema, "exclusiveMaximum");
  const step = own(schema, "multipleOf");
  const found = [
    number,
    above === undefined ? undefined : `more than ${written(above)}`,
    below === undefined ? undefined : `less than ${written(below)}`,
    step === undefined ? undefined : `a multiple of ${written(step)}`,
    range(own(schema, "minLength"), own(schema, "maxLength"), "character"),
    range(own(schema, "minItems"), own(schema, "maxItems"), "item"),
  ].filter((part) => part !== undefined);
  return found.length === 0 ? undefined : found.join(", ");
}

function range(from: Plain | undefined, to: Plain | undefined, unit: string): string | undefined {
  if (from === undefined && to === undefined) return undefined;
  const last = to ?? from ?? 0;
  const units = unit === "" ? "" : ` ${unit}${last === 1 ? "" : "s"}`;
  if (to === undefined) return `${written(last)}${units} or more`;
  if (from === undefined) return `${written(last)}${units} or ${unit === "" ? "less" : "fewer"}`;
  return `${written(from)} … ${written(last)}${units}`;
}

function formatText(schema: PlainMap): string | undefined {
  const format = own(schema, "format");
  const pattern = own(schema, "pattern");
  const words = typeof format === "string" ? (FORMAT_WORDS[format] ?? format) : undefined;
  if (typeof pattern !== "string") return words;
  return `${words === undefined ? "" : `${words}, `}matching ${clipped(pattern, 60)}`;
}
