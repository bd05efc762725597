/** Which mistakes are certain although the values of secrets are not known. The others are not reported. */
import type { KeyPath, PlainMap, Value } from "../model.ts";
import { own } from "../tree.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";
import { CONTENT } from "./keywords.ts";
import type { Mistake } from "./mistakes.ts";
import { couldEqual, isStandIn, standInsIn } from "./standin.ts";
import { nodesAt } from "./walk.ts";

/** Mistakes that hold whatever the secrets turn out to be. `isVoid` names further ones that do not count. */
export function certain(
  graph: SchemaGraph,
  mistakes: readonly Mistake[],
  isVoid: (mistake: Mistake) => boolean,
): Mistake[] {
  return mistakes.flatMap((mistake) => {
    if (isVoid(mistake)) return [];
    // `if` itself only repeats that `then` or `else` failed.
    if (mistake.keyword === "if") return dependsOnSecret(graph, mistake) ? [] : certain(graph, mistake.nested, isVoid);
    if (mistake.keyword === "anyOf" || (mistake.keyword === "oneOf" && !Array.isArray(mistake.params.passing))) {
      const branches = mistake.branches.map((branch) => certain(graph, branch, isVoid));
      return branches.some((branch) => branch.length === 0) ? [] : [{ ...mistake, branches }];
    }
    return dependsOnSecret(graph, mistake) ? [] : [mistake];
  });
}

function dependsOnSecret(graph: SchemaGraph, mistake: Mistake): boolean {
  const { keyword, value, node } = mistake;
  const schema: PlainMap = typeof node.schema === "boolean" ? {} : node.schema;
  if (isStandIn(value) && CONTENT.has(keyword)) return true;
  switch (keyword) {
    case "const":
      return couldEqual(own(schema, "const") as Value, value) && standInsIn(value).length > 0;
    case "enum":
      return (own(schema, "enum") as readonly Value[]).some((each) => couldEqual(each, value));
    case "discriminator":
      return isStandIn(mistake.params.tagValue as Value);
    case "oneOf": {
      const passing = mistake.params.passing as readonly number[];
      return passing.some((index) => looksInside(graph, childOf(graph, node, "oneOf", String(index)), value));
    }
    case "not":
    case "if":
      return looksInside(graph, childOf(graph, node, keyword), value);
    // What counts as evaluated hangs on which alternatives fit.
    case "unevaluatedProperties":
    case "unevaluatedItems":
      return looksInside(graph, node, value);
    case "contains":
      return (
        Array.isArray(value) &&
        (value as readonly Value[]).some((item) => looksInside(graph, childOf(graph, node, "contains"), item))
      );
    default:
      return false;
  }
}

function childOf(graph: SchemaGraph, node: SchemaNode, keyword: string, name?: string): SchemaNode | undefined {
  return graph.edges(node).find((edge) => edge.keyword === keyword && edge.name === name)?.to;
}

/** True if the schema has something to say about the content of a secret inside the value. */
function looksInside(graph: SchemaGraph, node: SchemaNode | undefined, value: Value): boolean {
  if (node === undefined) return false;
  return standInsIn(value).some((path) =>
    Array.from({ length: path.length + 1 }, (_, depth) => nodesAt(graph, node, path.slice(0, depth), "any")).some(
      (nodes) => nodes.some(limitsContent),
    ),
  );
}

function limitsContent(node: SchemaNode): boolean {
  return typeof node.schema !== "boolean" && Object.keys(node.schema).some((keyword) => CONTENT.has(keyword));
}

/** Plain text where a secret belongs is reported as that: what else is wrong with it goes away with it. */
export function about(paths: readonly KeyPath[]): (mistake: Mistake) => boolean {
  const names = new Set(paths.map((path) => JSON.stringify(path)));
  return ({ path }) =>
    names.size > 0 && [...path.keys(), path.length].some((length) => names.has(JSON.stringify(path.slice(0, length))));
}

/**
 * True if the mistake would be gone if a secret stood there: its content is not known, and it is a string. For telling
 * which alternative the author means by a value that has to become a secret.
 */
export function mendedBySecret({ keyword, value, node }: Mistake): boolean {
  if (CONTENT.has(keyword)) return true;
  if (keyword !== "type" || typeof value === "object" || typeof node.schema === "boolean") return false;
  const type = own(node.schema, "type");
  return type === "string" || (Array.isArray(type) && type.includes("string"));
}
