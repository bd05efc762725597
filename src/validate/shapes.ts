/** What is wrong with the value of one keyword of a schema, in words that follow the keyword's name. */
import type { Plain } from "../model.ts";
import { suggest } from "../suggest.ts";
import { isPlainMap } from "../tree.ts";
import { FORMATS } from "./formats.ts";
import type { Shape } from "./keywords.ts";

export const TYPES = ["string", "integer", "number", "boolean", "null", "array", "object"];
/** Types as people name them elsewhere. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  str: "string",
  text: "string",
  int: "integer",
  float: "number",
  double: "number",
  bool: "boolean",
  list: "array",
  map: "object",
  dict: "object",
};

const SHAPES: Readonly<Record<Shape, (value: Plain) => string | undefined>> = {
  anything: () => undefined,
  string: unless(isString, "must be a string"),
  // What they say is looked at in `check.ts`.
  pattern: unless(isString, "must be a string"),
  reference: unless(isString, "must be a string"),
  boolean: unless((value) => typeof value === "boolean", "must be true or false"),
  number: unless((value) => typeof value === "number", "must be a number"),
  "above zero": unless((value) => typeof value === "number" && value > 0, "must be a number above 0"),
  count: unless(
    (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0,
    "must be an integer of 0 or more",
  ),
  list: unless(Array.isArray, "must be a list"),
  values: unless((value) => Array.isArray(value) && value.length > 0, "must be a list with at least one value"),
  names: unless(isNames, "must be a list of strings"),
  type: wrongType,
  format: wrongFormat,
  discriminator: unless(isDiscriminator, "must be { propertyName: <name> }"),
  schema: unless(isSchema, "must be a schema (a map, true or false)"),
  schemas: unless(isSchemas, "must be a list of schemas, with at least one"),
  "schema or schemas": unless((value) => isSchema(value) || isSchemas(value), "must be a schema, or a list of schemas"),
  "map of schemas": unless(mapOf(isSchema), "must be a map whose values are schemas"),
  "map of patterns to schemas": unless(mapOf(isSchema), "must be a map whose values are schemas"),
  "map of names to names": unless(mapOf(isNames), "must be a map whose values are lists of strings"),
  "map of names to schemas or names": unless(
    mapOf((value) => isSchema(value) || isNames(value)),
    "must be a map whose values are schemas or lists of strings",
  ),
};

/** Undefined if the value fits its keyword. */
export function misshapen(shape: Shape, value: Plain): string | undefined {
  return SHAPES[shape](value);
}

function unless(fits: (value: Plain) => boolean, otherwise: string): (value: Plain) => string | undefined {
  return (value) => (fits(value) ? undefined : otherwise);
}

function isString(value: Plain): boolean {
  return typeof value === "string";
}

function isDiscriminator(value: Plain): boolean {
  return isPlainMap(value) && typeof value.propertyName === "string" && Object.keys(value).length === 1;
}

function isSchema(value: Plain): boolean {
  return typeof value === "boolean" || isPlainMap(value);
}

function isSchemas(value: Plain): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isSchema);
}

function isNames(value: Plain): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function mapOf(fits: (each: Plain) => boolean): (value: Plain) => boolean {
  return (value) => isPlainMap(value) && Object.values(value).every(fits);
}

function wrongType(value: Plain): string | undefined {
  const names = typeof value === "string" ? [value] : value;
  const known = `must be one or more of ${TYPES.join(", ")}`;
  if (!isNames(names) || (names as readonly string[]).length === 0) return known;
  const bad = (names as readonly string[]).find((name) => !TYPES.includes(name));
  if (bad === undefined) return undefined;
  const close = TYPE_NAMES[bad.toLowerCase()] ?? suggest(bad, TYPES);
  return close === undefined ? known : `knows no ${JSON.stringify(bad)}; did you mean ${close}?`;
}

function wrongFormat(value: Plain): string | undefined {
  if (typeof value !== "string") return "must be a string";
  if ((FORMATS as readonly string[]).includes(value)) return undefined;
  const close = value === "url" ? "uri" : suggest(value, FORMATS);
  return close === undefined
    ? `${JSON.stringify(value)} is not known; known are ${FORMATS.join(", ")}`
    : `${JSON.stringify(value)} is not known; did you mean ${close}?`;
}
