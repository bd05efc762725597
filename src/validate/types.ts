/** Which types a schema names for a key. Static: references and combinations are followed, values are not looked at. */
import type { KeyPath, Plain } from "../model.ts";
import { own } from "../tree.ts";
import { schemaGraph } from "./graph.ts";
import { nodesAt } from "./walk.ts";

/**
 * JSON Schema's words for the types that some subschema of the key allows; empty if none says. `integer` counts as
 * `number` too, because a value that changes from one to the other has not changed its type in YAML.
 */
export function typesNamed(
  schemas: ReadonlyMap<string, Plain>,
  schemaPath: string,
  path: KeyPath,
): ReadonlySet<string> {
  const graph = schemaGraph(schemas);
  const root = graph.root(schemaPath);
  const names = new Set<string>();
  for (const { schema } of root === undefined ? [] : nodesAt(graph, root, path, "any")) {
    const type = typeof schema === "boolean" ? undefined : own(schema, "type");
    for (const name of typeof type === "string" ? [type] : Array.isArray(type) ? type : []) names.add(String(name));
  }
  if (names.has("integer")) names.add("number");
  return names;
}
