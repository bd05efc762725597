/** What ajv found, as a tree: the mistakes of alternatives hang below the `anyOf` or `oneOf` they belong to. */
import type { KeyPath, Value } from "../model.ts";
import type { ErrorObject } from "./engine.ts";
import type { SchemaNode } from "./graph.ts";

export interface Mistake {
  readonly keyword: string;
  /** Place of the value that does not fit. */
  readonly path: KeyPath;
  /** The value there, with stand-ins for secrets: never to be printed unseen. */
  readonly value: Value;
  /** The subschema that holds the keyword. */
  readonly node: SchemaNode;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of `anyOf` and `oneOf`: the mistakes of each alternative. */
  readonly branches: readonly (readonly Mistake[])[];
  /** Of `propertyNames`: what is wrong with the name of the key. Of `if`: what is wrong by `then` or `else`. */
  readonly nested: readonly Mistake[];
}

/** `nodeOf` finds the node of a `parentSchema`; `root` stands in if there is none. */
export function mistakesOf(
  errors: readonly ErrorObject[],
  root: SchemaNode,
  nodeOf: (schema: object) => SchemaNode | undefined,
): Mistake[] {
  const found: Mistake[] = [];
  // Backwards: a mistake comes after those that belong to it, and says how many they are.
  for (let end = errors.length; end > 0;) {
    const error = errors[--end] as ErrorObject;
    const params = error.params as { ends?: readonly number[]; nested?: number };
    const ends = params.ends ?? [];
    const size = ends.at(-1) ?? params.nested ?? 0;
    const start = end - size;
    const slice = (from: number, to: number): Mistake[] =>
      mistakesOf(errors.slice(start + from, start + to), root, nodeOf);
    found.push({
      keyword: error.keyword,
      path: pathOf(error.instancePath),
      value: error.data as Value,
      node: (typeof error.parentSchema === "object" ? nodeOf(error.parentSchema) : undefined) ?? root,
      params: error.params as Record<string, unknown>,
      branches: ends.map((to, index) => slice(ends[index - 1] ?? 0, to)),
      nested: ends.length > 0 ? [] : slice(0, size),
    });
    end = start;
  }
  return found.toReversed();
}

function pathOf(pointer: string): KeyPath {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
