import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value, ValueMap } from "../../../src/model.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { FILE, filesOf, hidden, originIn, problemsOf, told, unitOf } from "./fixtures.ts";

const PLAIN = "hunter2-canary";

describe("plain text where a secret belongs", () => {
  test("is reported with the cure, and never shown", () => {
    const schema = "properties: { payments: { properties: { stripe_key: { type: string, x-secret: true } } } }";
    expect(problemsOf(schema, { payments: { stripe_key: PLAIN } })).toEqual([
      {
        code: "TU4001",
        severity: "error",
        message: "plaintext secret: payments.stripe_key must come from {{secret.…}}",
        at: { file: "apps/orders/base.yaml", path: ["payments", "stripe_key"] },
        label: "value hidden; it is in Git history: rotate it",
        fix: 'trueup secrets set orders stripe_key --env prod    then write "{{secret.stripe_key}}"',
        reach: ["orders@prod"],
        masked: true,
      },
    ]);
    expect(problemsOf(schema, { payments: { stripe_key: hidden("stripe_key") } })).toEqual([]);
  });

  test.each([
    [["database", "password"], [], "database_password"],
    [["database", "password"], ["db_password", "password"], "password"],
    [["database", "password"], ["database_password"], "database_password"],
    [["keys", "0"], [], "keys_0"],
    [["a.b/c", "stripe key"], [], "stripe_key"],
  ])("%j with the secrets %j is to be called %s", (path, declared, name) => {
    const validator = schemaSet(
      filesOf("additionalProperties: { additionalProperties: { x-secret: true }, items: { x-secret: true } }"),
    ).validatorOf(FILE);
    if (validator === undefined) throw new Error("broken");
    const [first, second] = path as [string, string];
    const values: ValueMap = { [first]: second === "0" ? [PLAIN] : { [second]: PLAIN } };
    const unit = unitOf(values);
    const secrets = new Map(
      declared.map((id) => [
        id,
        { id, holder: "external" as const, description: undefined, owner: undefined, at: { file: "s", path: [] } },
      ]),
    );
    const problems = validateUnit({ ...unit, app: { ...unit.app, secrets } }, validator, originIn(values));
    expect(problems.map((problem) => problem.fix)).toEqual([
      `trueup secrets set orders ${name} --env prod    then write "{{secret.${name}}}"`,
    ]);
  });

  test.each<[string, string, Value]>([
    ["a reference", "$ref: '#/definitions/s'", PLAIN],
    ["what stands beside a reference", "$ref: '#/definitions/t'\n    x-secret: true", PLAIN],
    ["allOf", "allOf: [{ type: string }, { x-secret: true }]", PLAIN],
    ["the alternative that fits (anyOf)", "anyOf: [{ type: 'null' }, { type: string, x-secret: true }]", PLAIN],
    ["every alternative that fits (anyOf)", "anyOf: [{ type: string }, { type: string, x-secret: true }]", PLAIN],
    ["the alternative that fits (oneOf)", "oneOf: [{ type: integer }, { type: string, x-secret: true }]", PLAIN],
    [
      "an alternative that fails only by the text itself",
      "oneOf: [{ type: integer }, { type: string, minLength: 99, x-secret: true }]",
      PLAIN,
    ],
    ["then", "if: { type: string }\n    then: { x-secret: true }", PLAIN],
    ["else", "if: { type: integer }\n    then: true\n    else: { x-secret: true }", PLAIN],
    ["patternProperties", "patternProperties: { ^k: { x-secret: true } }", { key: PLAIN }],
    ["additionalProperties", "properties: { other: {} }\n    additionalProperties: { x-secret: true }", { key: PLAIN }],
    ["items", "items: { x-secret: true }", [hidden("s"), PLAIN]],
    ["an item of a tuple", "items: [{}, { x-secret: true }]", [1, PLAIN]],
    ["further items", "items: [{}]\n    additionalItems: { x-secret: true }", [1, PLAIN]],
    ["contains", "contains: { type: string, x-secret: true }", [{}, PLAIN]],
    ["a map around it", "x-secret: true", { b: { c: [PLAIN, hidden("s"), null] } }],
    [
      "a dependency",
      "dependencies: { user: { properties: { pass: { x-secret: true } } } }",
      { user: "u", pass: PLAIN },
    ],
    ["x-secret with details", "x-secret: { rotation: 90d }", PLAIN],
    ["a number", "x-secret: true", 4711],
    ["a number that should have been a string", "oneOf: [{ type: string, x-secret: true }, { type: object }]", 4711],
  ])("is found through %s", (_, rule, value) => {
    const schema = `properties:\n  a:\n    ${rule}\ndefinitions: { s: { x-secret: true }, t: { type: string } }`;
    const problems = problemsOf(schema, { a: value });
    expect(problems.map((problem) => problem.code)).toEqual(["TU4001"]);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|4711/u);
  });

  test.each([
    ["an alternative that does not fit", "oneOf: [{ type: integer, x-secret: true }, { type: string }]", "text"],
    ["a condition that does not hold", "if: { type: integer }\n    then: { x-secret: true }", "text"],
    ["not", "not: { type: integer, x-secret: true }", "text"],
    ["x-secret: false", "x-secret: false", "text"],
    ["null", "x-secret: true", null],
    ["what is empty", "x-secret: true", { b: {}, c: [] }],
    ["another key", "properties: { b: { x-secret: true } }", { c: "text" }],
  ])("is not seen in %s", (_, rule, value) => {
    expect(problemsOf(`properties:\n  a:\n    ${rule}`, { a: value as Value })).toEqual([]);
  });

  test("is reported alone: what else is wrong with it goes away with it", () => {
    const schema = `properties: { a: { type: string, minLength: 99, pattern: '^sk_', enum: [sk_1], format: uuid, x-secret: true } }`;
    expect(problemsOf(schema, { a: PLAIN }).map((problem) => problem.code)).toEqual(["TU4001"]);
  });

  test("hides the lines of other problems of that file", () => {
    const schema = "properties: { password: { x-secret: true }, port: { type: integer } }";
    expect(problemsOf(schema, { password: PLAIN, port: "x" })).toMatchObject([
      { code: "TU4001", masked: true },
      { code: "TU3003", masked: true },
    ]);
    expect(problemsOf(schema, { password: hidden("p"), port: "x" })[0]).not.toHaveProperty("masked");
  });

  test("is not shown by an alternative that failed for another reason", () => {
    const schema = `
      properties:
        db:
          oneOf:
            - { required: [host], properties: { key: { type: string, x-secret: true } } }
            - { required: [file], properties: { key: { enum: [low, high] } } }`;
    const problems = problemsOf(schema, { db: { key: PLAIN } });
    expect(problems).toMatchObject([{ code: "TU3008", masked: true }]);
    expect(JSON.stringify(problems)).not.toContain(PLAIN);
  });

  test("is not shown under a misspelt key, nor where the name says what it is", () => {
    const schema = "additionalProperties: false\nproperties: { pass: { x-secret: true }, apiKey: { type: integer } }";
    const problems = problemsOf(schema, { pas: PLAIN, apiKey: PLAIN });
    expect(problems).toMatchObject([
      { code: "TU3004", masked: true },
      { code: "TU3003", masked: true },
    ]);
    expect(JSON.stringify(problems)).not.toContain(PLAIN);
  });
});

describe("a secret", () => {
  test.each([
    "pattern: '^sk_'",
    "minLength: 40",
    "maxLength: 1",
    "format: uuid",
    "enum: [a, b]",
    "const: a",
    "not: { const: a }",
    "not: { minLength: 1 }",
    "anyOf: [{ pattern: '^a' }, { pattern: '^b' }]",
    "anyOf: [{ type: 'null' }, { type: string, minLength: 999 }]",
    "oneOf: [{ minLength: 1 }, { maxLength: 999 }]",
    "oneOf: [{ type: integer }, { enum: [a] }]",
    "if: { pattern: '^a' }\n    then: false",
  ])("is not judged by its content: %s", (rule) => {
    expect(problemsOf(`properties:\n  a:\n    ${rule}`, { a: hidden("s") })).toEqual([]);
  });

  test.each([
    ["type: integer", "TU3003 a must be an integer, got a secret, and secrets are strings"],
    [
      "anyOf: [{ type: integer }, { type: 'null' }]",
      "TU3008 a fits no alternative of the schema: it must be an integer or null, got a secret, and secrets are strings",
    ],
    ["not: { type: string }", "TU3008 a is what the schema rules out with not"],
    [
      "oneOf: [{ type: string }, {}]",
      "TU3008 a fits more than one alternative (number 1 and number 2); exactly one is allowed",
    ],
    ["const: 7", "TU3006 a must be 7, got a secret, and secrets are strings"],
  ])("is judged by its type: %s", (rule, expected) => {
    const problems = problemsOf(`properties:\n  a:\n    ${rule}`, { a: hidden("s") });
    if (rule.startsWith("const")) expect(problems).toEqual([]);
    else expect(told(problems)).toEqual([expected]);
  });

  test("inside a map leaves open whether the map equals a constant", () => {
    const schema = "properties: { a: { enum: [{ user: u, pass: p }, 1] } }";
    expect(problemsOf(schema, { a: { user: "u", pass: hidden("s") } })).toEqual([]);
    expect(problemsOf(schema, { a: { user: "v", pass: hidden("s") } })).toMatchObject([{ code: "TU3006" }]);
  });

  test("is never equal to another one", () => {
    expect(problemsOf("properties: { a: { uniqueItems: true } }", { a: [hidden("s"), hidden("s")] })).toEqual([]);
  });

  test("lets the other rules of its map hold", () => {
    const schema =
      "properties: { db: { required: [host], additionalProperties: false, properties: { pass: { minLength: 9 }, host: {} } } }";
    expect(told(problemsOf(schema, { db: { pass: hidden("s"), hots: 1 } }))).toEqual([
      "TU3005 db.host is missing; the schema requires it",
      "TU3004 db.hots is not in the schema; did you mean db.host?",
    ]);
  });
});

test("no value at a secret path ever stands in a problem", () => {
  const rule = fc.constantFrom(
    "type: integer",
    "minLength: 99",
    "maxLength: 1",
    "pattern: '^zzz'",
    "format: uuid",
    "enum: [one, two]",
    "const: one",
    "not: { type: string }",
    "anyOf: [{ type: integer }, { const: one, x-secret: true }]",
    "oneOf: [{ type: string, x-secret: true }, { type: string, minLength: 1 }]",
    "oneOf: [{ type: string, x-secret: true, const: q }, { const: r }]",
    "$ref: '#/definitions/s'",
    "items: { x-secret: true, type: integer }",
    "properties: { in: { x-secret: true, enum: [one] }, other: { const: 1 } }",
    "propertyNames: { maxLength: 1 }",
    "uniqueItems: true",
    "if: { const: one }\n    then: { x-secret: true }\n    else: { x-secret: true, const: two }",
  );
  const shape = fc.constantFrom<(text: string) => Value>(
    (text) => text,
    (text) => [text, text],
    (text) => ({ in: text, other: 2 }),
    (text) => ({ in: { deep: [text] } }),
    (text) => [[text], { in: text }],
  );
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), shape, fc.boolean(), (rules, make, secretHere) => {
      const schema = `
properties:
  a:
    allOf:
${[...rules, ...(secretHere ? ["x-secret: true"] : ["$ref: '#/definitions/s'"])].map((text) => `    - ${text.replaceAll("\n    ", "\n      ")}`).join("\n")}
definitions: { s: { x-secret: true, minLength: 3 } }`;
      const problems = problemsOf(schema, { a: make("canary-5f3a"), b: 1 });
      expect(JSON.stringify(problems)).not.toContain("canary");
      expect(problems.some((problem) => problem.code === "TU4001")).toBe(true);
      expect(problems.every((problem) => problem.masked === true)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
