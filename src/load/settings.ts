/** Checks the tool's own files (trueup.yaml, app.yaml, secrets.yaml) against their JSON Schemas, in words. */
import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import { formatPath } from "../address.ts";
import type { KeyPath, Plain, PlainMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { showName } from "./characters.ts";
import { PRECOMPILED } from "./precompiled.ts";

export const CONFIG_FILE = "trueup.yaml";

/** Draft-07 schema, parsed. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const COMPILED = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Everything in `value` that the schema does not allow, each with its place: `file` and `under` plus the path inside
 * the value. Messages name settings and what is allowed, never what was written.
 */
export function checkSettings(value: Plain, schema: JsonSchema, file: string, under: KeyPath = []): Problem[] {
  return violations(value, schema, schema, under).map(({ path, isKey, ...words }) => ({
    code: "TU1016",
    severity: "error",
    at: { file, path, part: isKey ? "key" : "value" },
    ...words,
  }));
}

interface Words {
  readonly message: string;
  readonly label?: string;
  readonly fix?: string;
  readonly notes?: Problem["notes"] & object;
}
interface Violation extends Words {
  readonly path: KeyPath;
  readonly isKey: boolean;
}

function violations(value: Plain, schema: JsonSchema, root: JsonSchema, under: KeyPath): Violation[] {
  if (fitsAtOnce(schema, value)) return [];
  const validate = COMPILED.get(schema) ?? compile(schema);
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  const choices = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  const outer = choices.filter((one) => !choices.some((other) => other !== one && isWithin(one, other)));
  const simple = errors.filter((error) => !outer.some((choice) => isWithin(error, choice)));
  return [
    ...simple.flatMap((error) => describe(error, under)),
    ...outer.flatMap((choice) => describeChoice(choice, root, under)),
  ];
}

/** Knows only yes or no, and is compiled at build time. What is wrong is found out by the slower way, if something is. */
function fitsAtOnce({ $id: id }: JsonSchema, value: Plain): boolean {
  return typeof id === "string" && Object.hasOwn(PRECOMPILED, id) && PRECOMPILED[id]?.(value) === true;
}

function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
    ownProperties: true,
    // Our own schema: a test checks it once, a user does not wait for it at every start.
    validateSchema: false,
    meta: false,
    code: { optimize: false },
  });
  const validate = ajv.compile(schema);
  COMPILED.set(schema, validate);
  return validate;
}

function isWithin(error: ErrorObject, choice: ErrorObject): boolean {
  return error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`);
}

/** One mistake makes every alternative fail; only those of the alternative that was meant are worth telling. */
function describeChoice(choice: ErrorObject, root: JsonSchema, under: KeyPath): Violation[] {
  const path = [...under, ...pathOf(choice)];
  const branches = (choice.schema as readonly JsonSchema[]).map((branch) => resolve(branch, root));
  const fitting = branches.filter((branch) => fits(typesOf(branch), choice.data));
  if (fitting.length === 0)
    return [
      {
        path,
        isKey: false,
        message: `${name(path)} must be ${list(branches.flatMap(typesOf).map(describeType), "or")}`,
      },
    ];
  const faults = fitting.map((branch) => violations(choice.data as Plain, withDefinitions(branch, root), root, path));
  return faults.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

const EXTENDED = new WeakMap<JsonSchema, JsonSchema>();

function withDefinitions(branch: JsonSchema, root: JsonSchema): JsonSchema {
  const known = EXTENDED.get(branch);
  if (known !== undefined) return known;
  const extended = { ...branch, definitions: root.definitions };
  EXTENDED.set(branch, extended);
  return extended;
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const target =
    typeof schema.$ref === "string" ? /^#\/definitions\/(?<name>\w+)$/u.exec(schema.$ref)?.groups?.name : undefined;
  const definitions = root.definitions as Readonly<Record<string, JsonSchema>> | undefined;
  return (target === undefined ? undefined : definitions?.[target]) ?? schema;
}

function describe(error: ErrorObject, under: KeyPath): Violation[] {
  // Follow-ups of another error: the name inside `propertyNames`, the condition around `then`.
  if (error.propertyName !== undefined || error.keyword === "if") return [];
  const path = [...under, ...pathOf(error)];
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  if (error.keyword === "additionalProperties")
    return [unknownSetting(path, String(params.additionalProperty), schema)];
  if (error.keyword === "propertyNames") {
    const key = String(params.propertyName);
    const rule = ((schema.propertyNames ?? {}) as JsonSchema).patternErrorMessage;
    const message = `${showName(key)} cannot be the name of an entry of ${name(path)}`;
    return [{ path: [...path, key], isKey: true, message, ...allowed(rule) }];
  }
  if (error.keyword === "required") {
    const missing = [...path, String(params.missingProperty)];
    return [{ path, isKey: true, message: `${name(missing)} is missing`, ...fixForMissing(schema, missing) }];
  }
  return [{ path, isKey: false, ...broken(error, path, schema, params) }];
}

function broken(
  error: ErrorObject,
  path: KeyPath,
  schema: JsonSchema,
  params: Readonly<Record<string, unknown>>,
): Words {
  const what = name(path);
  const limit = String(params.limit);
  if (error.keyword === "type") return { message: `${what} must be ${list(typesOf(schema).map(describeType), "or")}` };
  if (error.keyword === "const") return { message: `${what} must be ${JSON.stringify(params.allowedValue)}` };
  if (error.keyword === "enum")
    return oneOf(error.data, what, (params.allowedValues as readonly unknown[]).map(String));
  if (error.keyword === "pattern")
    return { message: `${what} is not written as it must be`, ...allowed(schema.patternErrorMessage) };
  if (error.keyword === "minLength" || error.keyword === "minItems" || error.keyword === "minProperties")
    return { message: limit === "1" ? `${what} is empty` : `${what} needs at least ${limit} ${unit(error.keyword)}` };
  if (error.keyword === "maxLength" || error.keyword === "maxItems" || error.keyword === "maxProperties")
    return { message: `${what} may have at most ${limit} ${unit(error.keyword)}` };
  if (error.keyword === "minimum") return { message: `${what} must be ${limit} or more` };
  if (error.keyword === "maximum") return { message: `${what} must be ${limit} or less` };
  if (error.keyword === "uniqueItems") return { message: `${what} names something twice` };
  return { message: `${what} ${error.message ?? "is not allowed"}` };
}

function unknownSetting(path: KeyPath, key: string, schema: JsonSchema): Violation {
  const known = Object.keys(schema.properties ?? {});
  const near = suggest(key, known);
  return {
    path: [...path, key],
    isKey: true,
    message: `${name([...path, key])} is not a setting${near === undefined ? "" : `; did you mean ${near}?`}`,
    ...(near === undefined ? { fix: "remove it" } : { fix: `${near}:` }),
    ...(known.length === 0 ? {} : { notes: [{ name: "known here", text: known.join(", ") }] }),
  };
}

function oneOf(data: unknown, what: string, values: readonly string[]): Words {
  const near = typeof data === "string" ? suggest(data, values) : undefined;
  const message = `${what} must be ${list(values, "or")}`;
  return near === undefined ? { message } : { message: `${message}; did you mean ${near}?`, fix: near };
}

function fixForMissing(schema: JsonSchema, path: KeyPath): { fix?: string } {
  const key = path.at(-1) ?? "";
  const property = ((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>)[key];
  return { fix: property?.const === undefined ? `add ${key}: …` : `${key}: ${JSON.stringify(property.const)}` };
}

function allowed(rule: unknown): { notes?: { name: string; text: string }[] } {
  return typeof rule === "string" ? { notes: [{ name: "allowed", text: rule }] } : {};
}

function unit(keyword: string): string {
  return keyword.endsWith("Length") ? "characters" : "entries";
}

function pathOf(error: ErrorObject): KeyPath {
  const steps = error.instancePath.split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A setting as people write it; the whole file as `the file`. */
function name(path: KeyPath): string {
  return path.length === 0 ? "the file" : formatPath(path);
}

function typesOf(schema: JsonSchema): readonly string[] {
  if (typeof schema.type === "string") return [schema.type];
  return Array.isArray(schema.type) ? (schema.type as readonly string[]) : [];
}

/** Without types, everything fits. */
function fits(types: readonly string[], value: unknown): boolean {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return types.length === 0 || types.includes(type) || (type === "number" && types.includes("integer"));
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  null: "empty",
};

function describeType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function list(items: readonly string[], word: "or"): string {
  const unique = [...new Set(items)];
  return unique.length < 2 ? (unique[0] ?? "") : `${unique.slice(0, -1).join(", ")} ${word} ${unique.at(-1)}`;
}

/** Asserts the shape that {@link checkSettings} has just verified. */
export function asMap(value: Plain | undefined): PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as PlainMap) : {};
}
