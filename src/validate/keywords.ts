/** The keywords of JSON Schema that trueup takes: the shape of their values, and where the schemas inside them apply. */

/** The two dialects, by the `$schema` that names them. */
export type Dialect = "draft-07" | "2020-12";
export const DIALECTS: Readonly<Record<Dialect, string>> = {
  "draft-07": "http://json-schema.org/draft-07/schema#",
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
};

/** Dialect of a `$schema`, with or without the trailing `#`, with http or https. */
export function dialectOf(uri: string): Dialect | undefined {
  return (Object.keys(DIALECTS) as Dialect[]).find((name) => bareUri(DIALECTS[name]) === bareUri(uri));
}

function bareUri(uri: string): string {
  return uri.replace(/^https?:/u, "").replace(/#$/u, "");
}

/** What may stand behind a keyword. */
export type Shape =
  | "anything"
  | "string"
  | "boolean"
  | "number"
  | "above zero"
  | "count"
  | "list"
  | "values"
  | "names"
  | "type"
  | "pattern"
  | "format"
  | "reference"
  | "discriminator"
  | "schema"
  | "schemas"
  | "schema or schemas"
  | "map of schemas"
  | "map of patterns to schemas"
  | "map of names to names"
  | "map of names to schemas or names";

/** How a schema inside a keyword applies: to the same value, to something inside it, to a map's keys, or only when referred to. */
export type Applies = "here" | "below" | "keys" | "stored";

export interface Keyword {
  readonly shape: Shape;
  readonly only?: Dialect;
  readonly applies?: Applies;
}

export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["$ref", { shape: "reference" }],
  ["$comment", { shape: "string" }],
  ["$anchor", { shape: "string", only: "2020-12" }],
  ["$id", { shape: "string" }],
  ["$schema", { shape: "string" }],
  ["definitions", { shape: "map of schemas", applies: "stored" }],
  ["$defs", { shape: "map of schemas", applies: "stored" }],
  ["title", { shape: "string" }],
  ["description", { shape: "string" }],
  ["default", { shape: "anything" }],
  ["examples", { shape: "list" }],
  ["deprecated", { shape: "boolean" }],
  ["readOnly", { shape: "boolean" }],
  ["writeOnly", { shape: "boolean" }],
  ["contentEncoding", { shape: "string" }],
  ["contentMediaType", { shape: "string" }],
  ["contentSchema", { shape: "schema", only: "2020-12", applies: "stored" }],

  ["type", { shape: "type" }],
  ["enum", { shape: "values" }],
  ["const", { shape: "anything" }],
  ["multipleOf", { shape: "above zero" }],
  ["maximum", { shape: "number" }],
  ["exclusiveMaximum", { shape: "number" }],
  ["minimum", { shape: "number" }],
  ["exclusiveMinimum", { shape: "number" }],
  ["maxLength", { shape: "count" }],
  ["minLength", { shape: "count" }],
  ["pattern", { shape: "pattern" }],
  ["format", { shape: "format" }],
  ["maxItems", { shape: "count" }],
  ["minItems", { shape: "count" }],
  ["uniqueItems", { shape: "boolean" }],
  ["maxProperties", { shape: "count" }],
  ["minProperties", { shape: "count" }],
  ["required", { shape: "names" }],
  ["dependentRequired", { shape: "map of names to names", only: "2020-12" }],
  ["minContains", { shape: "count", only: "2020-12" }],
  ["maxContains", { shape: "count", only: "2020-12" }],

  ["allOf", { shape: "schemas", applies: "here" }],
  ["anyOf", { shape: "schemas", applies: "here" }],
  ["oneOf", { shape: "schemas", applies: "here" }],
  ["not", { shape: "schema", applies: "here" }],
  ["if", { shape: "schema", applies: "here" }],
  ["then", { shape: "schema", applies: "here" }],
  ["else", { shape: "schema", applies: "here" }],
  ["dependencies", { shape: "map of names to schemas or names", applies: "here" }],
  ["dependentSchemas", { shape: "map of schemas", only: "2020-12", applies: "here" }],
  ["discriminator", { shape: "discriminator" }],

  ["properties", { shape: "map of schemas", applies: "below" }],
  ["patternProperties", { shape: "map of patterns to schemas", applies: "below" }],
  ["additionalProperties", { shape: "schema", applies: "below" }],
  ["unevaluatedProperties", { shape: "schema", only: "2020-12", applies: "below" }],
  ["propertyNames", { shape: "schema", applies: "keys" }],
  ["items", { shape: "schema or schemas", applies: "below" }],
  ["additionalItems", { shape: "schema", only: "draft-07", applies: "below" }],
  ["prefixItems", { shape: "schemas", only: "2020-12", applies: "below" }],
  ["unevaluatedItems", { shape: "schema", only: "2020-12", applies: "below" }],
  ["contains", { shape: "schema", applies: "below" }],
]);

/** Keywords that people know from elsewhere, and what to write here. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  nullable: 'write type: [string, "null"]',
  id: "write $id, or leave it out",
  example: "write examples: […]",
  secret: "write x-secret: true",
  $dynamicRef: "write $ref",
  $dynamicAnchor: "name the schema in $defs and refer to it with $ref",
  $recursiveRef: "write $ref",
  $recursiveAnchor: "name the schema in $defs and refer to it with $ref",
  divisibleBy: "write multipleOf",
  extends: "write allOf",
};

/** What a schema of one keyword says about content that is not known while a secret stands in its place. */
export const CONTENT: ReadonlySet<string> = new Set([
  "pattern",
  "minLength",
  "maxLength",
  "format",
  "enum",
  "const",
  "discriminator",
]);
