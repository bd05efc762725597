/** trueup says what ajv, left to itself, says: on random schemas, random values, and secrets that could be anything. */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plain, PlainMap, Value, ValueMap } from "../../../src/model.ts";
import { isSecret } from "../../../src/secret.ts";
import { firstRepeat } from "../../../src/validate/equality.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { FILE, hidden, originIn, unitOf } from "./fixtures.ts";

// Not `toString`: ajv by itself fails on it.
const key = fc.constantFrom("a", "b", "c", "hasOwnProperty");
const scalar = fc.constantFrom<Plain[]>("x", "y", "abc", "", "1", 0, 1, 2, 1.5, -3, true, false, null);

function values(secrets: boolean): fc.Arbitrary<ValueMap> {
  return fc.letrec<{ map: ValueMap; value: Value }>((tie) => ({
    map: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      secrets ? fc.constant(hidden("s")) : scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      tie("map"),
    ),
  })).map;
}

const types = fc.constantFrom("string", "integer", "number", "boolean", "null", "array", "object");
const names = fc.uniqueArray(key, { minLength: 1, maxLength: 2 });

function schemas(dialect: "draft-07" | "2020-12"): fc.Arbitrary<PlainMap> {
  const newer = dialect === "2020-12";
  const made = fc.letrec<{ schema: Plain; map: PlainMap }>((tie) => {
    const schema = tie("schema");
    const many = fc.array(schema, { minLength: 1, maxLength: 3 });
    const byName = fc.dictionary(key, schema, { maxKeys: 3, noNullPrototype: true });
    const part: fc.Arbitrary<PlainMap>[] = [
      types.map((type) => ({ type })),
      fc.uniqueArray(types, { minLength: 1, maxLength: 3 }).map((type) => ({ type })),
      fc.array(scalar, { minLength: 1, maxLength: 3 }).map((all) => ({ enum: all })),
      scalar.map((one) => ({ const: one })),
      fc.constant({ const: { a: "x" } }),
      fc.integer({ min: 0, max: 2 }).map((maximum) => ({ maximum })),
      fc.integer({ min: 0, max: 2 }).map((exclusiveMinimum) => ({ exclusiveMinimum })),
      fc.constant({ multipleOf: 0.5 }),
      fc.integer({ min: 0, max: 3 }).map((minLength) => ({ minLength })),
      fc.integer({ min: 0, max: 3 }).map((maxLength) => ({ maxLength })),
      fc.constantFrom("^x", "b", "^(a+)+$", "\\d").map((pattern) => ({ pattern })),
      fc.constantFrom("hostname", "ipv4", "regex").map((format) => ({ format })),
      fc.integer({ min: 0, max: 2 }).map((maxItems) => ({ maxItems })),
      fc.constant({ uniqueItems: true }),
      fc.integer({ min: 0, max: 2 }).map((minProperties) => ({ minProperties })),
      names.map((required) => ({ required })),
      byName.map((properties) => ({ properties })),
      byName.map((properties) => ({ properties, additionalProperties: false })),
      fc.tuple(byName, schema).map(([properties, additionalProperties]) => ({ properties, additionalProperties })),
      fc
        .dictionary(fc.constantFrom("^a", "b|c"), schema, { maxKeys: 2, noNullPrototype: true })
        .map((patternProperties) => ({ patternProperties, additionalProperties: false })),
      schema.map((propertyNames) => ({ propertyNames })),
      schema.map((items) => ({ items })),
      schema.map((contains) => ({ contains })),
      many.map((allOf) => ({ allOf })),
      many.map((anyOf) => ({ anyOf })),
      many.map((oneOf) => ({ oneOf })),
      many.map((oneOf) => ({ oneOf })),
      schema.map((not) => ({ not })),
      fc
        .tuple(schema, schema, schema)
        .map((parts) => Object.fromEntries(["if", "then", "else"].map((word, i) => [word, parts[i] as Plain]))),
      fc
        .dictionary(key, fc.oneof(schema, names), { maxKeys: 2, noNullPrototype: true })
        .map((dependencies) => ({ dependencies })),
      fc.constant({ $ref: "#/definitions/a" }),
      // Deeper each time, so that it ends.
      fc.constant({ properties: { a: { $ref: "#" }, b: { $ref: "#/definitions/a" } } }),
      ...(newer
        ? [
            fc.tuple(many, schema).map(([prefixItems, items]) => ({ prefixItems, items })),
            byName.map((dependentSchemas) => ({ dependentSchemas })),
            fc.tuple(many, byName).map(([anyOf, properties]) => ({ anyOf, properties, unevaluatedProperties: false })),
            // Not `contains: {}`: ajv then forgets that the items are evaluated.
            fc.tuple(types, many).map(([type, prefixItems]) => ({
              contains: { type },
              minContains: 2,
              prefixItems,
              unevaluatedItems: false,
            })),
          ]
        : [fc.tuple(many, schema).map(([items, additionalItems]) => ({ items, additionalItems }))]),
    ];
    return {
      map: fc
        .array(fc.oneof({ maxDepth: 4 }, ...part), { minLength: 1, maxLength: 2 })
        .map((all) => Object.assign({}, ...all) as PlainMap),
      schema: fc.oneof({ maxDepth: 4 }, fc.constantFrom<Plain[]>(true, false, {}), tie("map"), tie("map")),
    };
  });
  const leaf = fc.oneof(
    types.map((type) => ({ type })),
    scalar.map((one) => ({ const: one })),
    fc.constant({ minLength: 1, properties: { a: { $ref: "#" } } }),
  );
  return fc.tuple(made.map, leaf).map(([schema, a]) => ({
    ...(newer ? { $schema: "https://json-schema.org/draft/2020-12/schema" } : {}),
    ...schema,
    definitions: { a },
  }));
}

function bare(dialect: "draft-07" | "2020-12", schema: PlainMap): (value: unknown) => boolean {
  const ajv = new (dialect === "2020-12" ? Ajv2020 : Ajv)({
    strict: false,
    ownProperties: true,
    // Without it, ajv 8.20 lets { contains: true, minContains: 2, prefixItems: [{ type: string }] } accept [].
    allErrors: true,
    formats: fullFormats,
    logger: false,
    validateSchema: false,
  });
  return ajv.compile(schema);
}

/** Fills every secret with one of the texts, by turns. */
function filled(value: Value, texts: readonly string[], turn = { at: 0 }): Plain {
  if (isSecret(value)) return texts[turn.at++ % texts.length] as string;
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => filled(item, texts, turn));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, filled(child, texts, turn)]));
}

describe.each(["draft-07", "2020-12"] as const)("%s", (dialect) => {
  test("agrees with ajv where there are no secrets", () => {
    let valid = 0;
    let invalid = 0;
    fc.assert(
      fc.property(schemas(dialect), fc.array(values(false), { minLength: 1, maxLength: 4 }), (schema, samples) => {
        const validator = schemaSet(new Map([[FILE, schema]])).validatorOf(FILE);
        // A circle, or a keyword without effect: refused, which the tests of schema.test.ts are about.
        if (validator === undefined) return;
        const check = bare(dialect, schema);
        for (const sample of samples) {
          const problems = validateUnit(unitOf(sample), validator, originIn(sample));
          const fits = check(sample);
          if (fits) valid++;
          else invalid++;
          expect(problems.length === 0).toBe(fits);
          for (const problem of problems) expect(problem.message).not.toMatch(/undefined|object Object|NaN|\0/u);
        }
      }),
      { numRuns: 500 },
    );
    expect(Math.min(valid, invalid)).toBeGreaterThan(60);
  });

  test("never complains if some value of the secrets fits", () => {
    let fitting = 0;
    let refused = 0;
    fc.assert(
      fc.property(schemas(dialect), fc.array(values(true), { minLength: 1, maxLength: 4 }), (schema, samples) => {
        const validator = schemaSet(new Map([[FILE, schema]])).validatorOf(FILE);
        if (validator === undefined) return;
        const check = bare(dialect, schema);
        for (const sample of samples) {
          const problems = validateUnit(unitOf(sample), validator, originIn(sample));
          const some = [["x"], ["y", "x"], ["abc"], [""], ["1", "x", "abc"], ["aa"]].some((texts) =>
            check(filled(sample, texts)),
          );
          if (some) fitting++;
          else if (problems.length > 0) refused++;
          if (some) expect(problems).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
    expect(Math.min(fitting, refused)).toBeGreaterThan(60);
  });
});

test("uniqueItems means what ajv means by it", () => {
  const item = fc.oneof(
    scalar,
    fc.constantFrom<Plain[]>("{}", "[]", 0, -0, {}, []),
    fc.dictionary(key, scalar, { maxKeys: 2, noNullPrototype: true }),
    fc.array(scalar, { maxLength: 2 }),
  );
  const check = bare("draft-07", { uniqueItems: true });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 5 }), (items) => {
      expect(firstRepeat(items) === undefined).toBe(check(items));
    }),
    { numRuns: 1000 },
  );
});
