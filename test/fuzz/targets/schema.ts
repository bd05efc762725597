/** Schemas: as text they are read or refused; made of decisions they judge values as ajv by itself does. */
import { Ajv } from "ajv";
import type { Plain, PlainMap, ValueMap } from "../../../src/model.ts";
import { readYaml } from "../../../src/load/yaml.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { FILE, originIn, unitOf } from "../../stages/validate/fixtures.ts";
import { type Decisions, decisionsOf } from "../decisions.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

const NAMES = ["a", "b", "c", "hasOwnProperty"] as const;
const TYPES = ["string", "integer", "number", "boolean", "null", "array", "object"] as const;
const SCALARS: readonly [Plain, ...Plain[]] = ["x", "abc", "", "1", 0, 1, 2.5, -3, true, false, null];

export const schema: FuzzTarget = {
  name: "schema",
  fresh: 150,
  dictionary: [
    "type: ", "properties: ", "items: ", "$ref: '#'", "$ref: '#/definitions/a'", "definitions: ", "pattern: ", "enum: [1]", "const: ", "required: [a]",
    "oneOf: ", "anyOf: ", "allOf: ", "not: ", "if: ", "then: ", "x-secret: true", "x-env: A", "additionalProperties: false", "patternProperties: ", "format: uri",
    "$schema: 'http://json-schema.org/draft-07/schema#'", "{", "}", "[", "]", ", ", "\n  ", "\x02\x01", "\x09", "\x11", "string", "object",
  ], // prettier-ignore
  seeds: [
    "properties:\n  a: { type: integer, maximum: 3 }\n  b: { enum: [x, abc], x-secret: true }\nrequired: [a]\nadditionalProperties: false\n",
    "definitions: { d: { type: string, pattern: '^(a+)+$' } }\nproperties: { a: { $ref: '#/definitions/d' }, b: { items: { $ref: '#' } } }\n",
    "oneOf:\n  - { properties: { a: { const: 1 } } }\n  - { not: { required: [b] } }\n",
    "\x01\x02\x08\x03\x00\x01\x02\x05\x01\x02",
    "\x0c\x02\x00\x03\x07\x01\x08\x02\x00\x00\x01\x01\x04\x02",
  ],
  run(input) {
    const from = decisionsOf(input);
    const made = schemaFrom(from, 3);
    const values = [mapFrom(from, 2), mapFrom(from, 2), mapFrom(decisionsOf(input), 2)];
    agree(made, values);
    const { value } = readYaml({ path: FILE, text: textOf(input) }, { merge: false, keys: "any" });
    if (value !== undefined) judge(value, values);
  },
};

function agree(made: PlainMap, values: readonly ValueMap[]): void {
  const judged = judge(made, values);
  if (judged === undefined) return;
  const check = new Ajv({
    strict: false,
    ownProperties: true,
    allErrors: true,
    logger: false,
    validateSchema: false,
  }).compile(made);
  for (const [i, value] of values.entries()) must(judged[i] === check(value), "ajv says the same", made, value);
}

/** Which values fit; undefined where the schema is refused. */
function judge(given: Plain, values: readonly ValueMap[]): boolean[] | undefined {
  const set = schemaSet(new Map([[FILE, given]]));
  const validator = set.validatorOf(FILE);
  for (const { code, message } of set.problems())
    must(/^TU(?:1011|30\d\d)$/u.test(code) && message !== "", "a code and words", code, message);
  must(validator !== undefined || set.problems().length > 0, "refused with a problem");
  if (validator === undefined) return undefined;
  return values.map((value) => {
    const problems = validateUnit(unitOf(value), validator, originIn(value));
    for (const { message } of problems) must(!/undefined|object Object|NaN|\0/u.test(message), "words", message);
    return problems.length === 0;
  });
}

function valueFrom(from: Decisions, depth: number): Plain {
  const kind = from.isOver ? 0 : from.int(depth > 0 ? 6 : 3);
  if (kind < 3) return from.pick(SCALARS);
  if (kind === 3) return Array.from({ length: from.int(4) }, () => valueFrom(from, depth - 1));
  return mapFrom(from, depth - 1);
}

function mapFrom(from: Decisions, depth: number): PlainMap {
  return Object.fromEntries(Array.from({ length: from.int(4) }, () => [from.pick(NAMES), valueFrom(from, depth)]));
}

function schemaFrom(from: Decisions, depth: number): PlainMap {
  const parts = Array.from({ length: 1 + from.int(2) }, () => partFrom(from, depth));
  return Object.assign({}, ...parts) as PlainMap;
}

function partFrom(from: Decisions, depth: number): PlainMap {
  const inner = (): PlainMap => schemaFrom(from, depth - 1);
  const many = (): PlainMap[] => Array.from({ length: 1 + from.int(3) }, inner);
  const named = (): PlainMap =>
    Object.fromEntries(Array.from({ length: 1 + from.int(3) }, () => [from.pick(NAMES), inner()]));
  switch (from.isOver ? 0 : from.int(depth > 0 ? 20 : 9)) {
    case 0:
      return { type: from.pick(TYPES) };
    case 1:
      return { enum: [...new Set([from.pick(SCALARS), from.pick(SCALARS)])] };
    case 2:
      return { const: from.pick(SCALARS) };
    case 3:
      return { maximum: from.int(4) };
    case 4:
      return { minLength: from.int(4) };
    case 5:
      return { required: [from.pick(NAMES)] };
    case 6:
      return { uniqueItems: true };
    case 7:
      return { maxItems: from.int(3) };
    case 8:
      return { multipleOf: 0.5, minProperties: from.int(3) };
    case 9:
      return { properties: named() };
    case 10:
      return { properties: named(), additionalProperties: false };
    case 11:
      return { additionalProperties: inner() };
    case 12:
      return { items: inner() };
    case 13:
      return { allOf: many() };
    case 14:
      return { anyOf: many() };
    case 15:
      return { oneOf: many() };
    case 16:
      return { not: inner() };
    case 17:
      return Object.fromEntries(["if", "then", "else"].map((word) => [word, inner()]));
    case 18:
      return { contains: { type: from.pick(TYPES) } };
    default:
      return { propertyNames: { minLength: from.int(3) } };
  }
}
