/** Names of keys that schemas say are secret: for files that cannot be parsed, where only names are to be seen. */
import type { Plain } from "./model.ts";
import { isPlainMap } from "./tree.ts";

/** Keywords whose subschemas are about keys further down, which have names of their own. */
const NAMED = new Set(["properties", "definitions", "$defs", "dependentSchemas"]);

/** Every name under which `x-secret` stands in one of the schemas, or a reference to a definition that has it. */
export function secretNames(schemas: ReadonlyMap<string, Plain>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [path, schema] of schemas) if (isSecret(schema, names)) names.add(lastStep(path));
  // A reference may lead to a reference.
  for (let before = -1; before < names.size;) {
    before = names.size;
    for (const schema of schemas.values()) collect(schema, names);
  }
  return names;
}

function collect(node: Plain, names: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  for (const [key, child] of Object.entries<Plain>(node)) {
    if (NAMED.has(key) && isPlainMap(child))
      for (const [name, schema] of Object.entries(child)) if (isSecret(schema, names)) names.add(name);
    collect(child, names);
  }
}

/** True if the schema is about a value that is secret, by itself or by what it refers to. */
function isSecret(schema: Plain, names: ReadonlySet<string>): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  if (Array.isArray(schema)) return schema.some((each: Plain) => isSecret(each, names));
  return Object.entries<Plain>(schema).some(([key, child]) => {
    if (key === "x-secret") return child !== false;
    if (key === "$ref") return typeof child === "string" && names.has(lastStep(child));
    if (key === "patternProperties" && isPlainMap(child))
      return Object.values(child).some((each) => isSecret(each, names));
    return !NAMED.has(key) && isSecret(child, names);
  });
}

/** `../common.yaml#/definitions/password` is `password`, and `common.yaml` without a way inside. */
function lastStep(reference: string): string {
  return reference.replace(/#\/?$/u, "").split("/").at(-1) ?? "";
}
