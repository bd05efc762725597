/** Checks a document against one of the published schemas. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";

/** Parses the text and returns what the schema says against it; empty if it is fine. */
export function complaints(schema: "plan" | "receipt" | "problems", text: string): string[] {
  const file = new URL(`../../../schemas/${schema}.schema.json`, import.meta.url);
  const ajv = new Ajv({ allErrors: true, strictTypes: false });
  const check = ajv.compile(JSON.parse(readFileSync(file, "utf8")) as object);
  const document = JSON.parse(text) as { version: unknown };
  check(document);
  return (check.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
