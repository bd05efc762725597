/** The door to the schemas: ajv is loaded behind it, and only where a repo has schemas. */
import type { Plain } from "../model.ts";
import type { SchemaSet } from "./schemas.ts";

/** As `schemaSet`, for `Repo.schemas`. A repo without a schema does not pay for ajv (some 25 ms). */
export async function openSchemas(schemas: ReadonlyMap<string, Plain>): Promise<SchemaSet> {
  if (schemas.size === 0) return { validatorOf: () => undefined, problems: () => [] };
  const { schemaSet } = await import("./schemas.ts");
  return schemaSet(schemas);
}
