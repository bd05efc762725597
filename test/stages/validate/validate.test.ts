import { describe, expect, test } from "vitest";
import type { ValueMap } from "../../../src/model.ts";
import { foldProblems } from "../../../src/problem.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { FILE, filesOf, originIn, problemsOf, told, unitOf, yaml } from "./fixtures.ts";

describe("a value that breaks a rule", () => {
  test.each([
    ["maximum: 200", "2000", "TU3002 a must be 200 or less, got 2000"],
    ["minimum: 1", "0", "TU3002 a must be 1 or more, got 0"],
    ["exclusiveMaximum: 1", "1", "TU3002 a must be less than 1, got 1"],
    ["exclusiveMinimum: 0.5", "0.5", "TU3002 a must be more than 0.5, got 0.5"],
    ["multipleOf: 5", "7", "TU3002 a must be a multiple of 5, got 7"],
    ["maxLength: 3", "abcd", "TU3002 a must have at most 3 characters, has 4"],
    ["minLength: 1", "''", "TU3002 a must have at least 1 character, has 0"],
    ["pattern: '^[a-z]+$'", "A1", 'TU3002 a must match ^[a-z]+$, got "A1"'],
    ["minItems: 2", "[1]", "TU3002 a must have at least 2 items, has 1"],
    ["maxItems: 1", "[1, 2]", "TU3002 a must have at most 1 item, has 2"],
    ["minProperties: 1", "{}", "TU3002 a must have at least 1 key, has 0"],
    ["maxProperties: 1", "{ b: 1, c: 2 }", "TU3002 a must have at most 1 key, has 2"],
    ["uniqueItems: true", "[x, y, x]", "TU3002 a.2 repeats a.0; every item must be different"],
    [
      "contains: { const: 1 }",
      "[2, 3]",
      "TU3002 a must have at least 1 of the items that the schema describes under contains",
    ],
    ["items: [true]\n    additionalItems: false", "[1, 2]", "TU3002 a must have at most 1 item"],
    ["type: integer", "1.5", "TU3003 a must be an integer, got 1.5"],
    ["type: [string, 'null']", "[1]", "TU3003 a must be a string or null, got a list"],
    ["type: boolean", "{ b: 1 }", "TU3003 a must be true or false, got a map"],
    ["type: object", "~", "TU3003 a must be a map, got null"],
    ["type: number", `"${"x".repeat(41)}"`, "TU3003 a must be a number, got a longer string"],
    [
      "enum: [debug, info, 3, true, '3']",
      "inf",
      'TU3006 a must be one of debug, info, 3, true, "3", got "inf"; did you mean info?',
    ],
    ["const: 1", "2", "TU3006 a must be 1, got 2"],
    ["const: { b: 1 }", "{ b: 2 }", 'TU3006 a must be {"b":1}, got a map'],
    ["format: hostname", "a b", 'TU3007 a must be a host name, got "a b"'],
    ["format: relative-json-pointer", "x", 'TU3007 a must be of the format relative-json-pointer, got "x"'],
    ["format: int32", "3000000000", "TU3007 a must be an integer of 32 bits, got 3000000000"],
    ["not: { const: 1 }", "1", "TU3008 a is what the schema rules out with not"],
    ["propertyNames: { pattern: '^[a-z]+$' }", "{ B: 1 }", "TU3004 a.B is not allowed: keys must match ^[a-z]+$"],
    [
      "dependencies: { cert: [key] }",
      "{ cert: x }",
      "TU3005 a.key is missing; the schema requires it when a.cert is there",
    ],
    ["properties: { b: false }", "{ b: 1 }", "TU3004 a.b is not allowed by the schema"],
  ])("%s", (rule, value, expected) => {
    const schema = `properties:\n  a:\n    ${rule}`;
    const problems = problemsOf(schema, `a: ${value}`);
    expect(told(problems)).toEqual([expected]);
    expect(problems[0]).toMatchObject({ severity: "error", reach: ["orders@prod"] });
    const note = problems[0]?.notes?.find((each) => each.name === "rule");
    expect(note?.at).toMatchObject({ file: FILE });
  });

  test("is shown with its place, and the rule with its own", () => {
    expect(
      problemsOf(
        "properties: { database: { properties: { 'po.ol': { maximum: 200 } } } }",
        "database: { po.ol: 2000 }",
      ),
    ).toEqual([
      {
        code: "TU3002",
        severity: "error",
        message: 'database."po.ol" must be 200 or less, got 2000',
        at: { file: "apps/orders/base.yaml", path: ["database", "po.ol"] },
        label: "this value",
        notes: [
          {
            name: "rule",
            text: "maximum: 200",
            at: { file: FILE, path: ["properties", "database", "properties", "po.ol", "maximum"] },
          },
        ],
        reach: ["orders@prod"],
      },
    ]);
  });

  test("is one problem for all units that share it", () => {
    const validator = schemaSet(filesOf("properties: { a: { maximum: 1 } }")).validatorOf(FILE);
    if (validator === undefined) throw new Error("broken");
    const values = { a: 2 };
    const all = ["dev", "prod.eu-west-1", "prod.us-east-2"].flatMap((place) =>
      validateUnit(unitOf(values, place), validator, originIn(values)),
    );
    expect(foldProblems(all)).toMatchObject([
      { code: "TU3002", reach: ["orders@dev", "orders@prod.eu-west-1", "orders@prod.us-east-2"] },
    ]);
  });

  test("lists all mistakes of a unit", () => {
    const schema = "required: [host]\nadditionalProperties: false\nproperties: { name: { type: string }, host: {} }";
    expect(told(problemsOf(schema, "name: 1\nother: 2"))).toEqual([
      "TU3005 host is missing; the schema requires it",
      "TU3004 other is not in the schema",
      "TU3003 name must be a string, got 1",
    ]);
  });
});

describe("a key", () => {
  const schema = `
    additionalProperties: false
    properties:
      features:
        additionalProperties: false
        required: [express_checkout]
        properties: { express_checkout: { type: boolean }, gift_cards: { type: boolean } }`;

  test("that is misspelt is told the right one, at the key", () => {
    const problems = problemsOf(schema, "features: { exprss_checkout: true, express_checkout: true, gift_crds: true }");
    expect(told(problems)).toEqual([
      // express_checkout is there already, so it cannot be meant.
      "TU3004 features.exprss_checkout is not in the schema",
      "TU3004 features.gift_crds is not in the schema; did you mean features.gift_cards?",
    ]);
    expect(problems[1]).toMatchObject({
      at: { file: "apps/orders/base.yaml", path: ["features", "gift_crds"], part: "key" },
      label: "did you mean gift_cards?",
      notes: [{ name: "known here", text: "express_checkout, gift_cards" }, { name: "rule" }],
    });
  });

  test("that is missing is reported at the map around it", () => {
    expect(problemsOf(schema, "features: {}")).toMatchObject([
      {
        code: "TU3005",
        message: "features.express_checkout is missing; the schema requires it",
        at: { path: ["features"], part: "key" },
        notes: [{ text: "required: express_checkout" }],
      },
    ]);
  });

  test("that is missing at the top is reported at the file", () => {
    const values: ValueMap = {};
    const validator = schemaSet(filesOf("required: [a]")).validatorOf(FILE);
    if (validator === undefined) throw new Error("broken");
    expect(validateUnit(unitOf(values), validator, () => undefined)).toMatchObject([
      { code: "TU3005", at: { file: "apps/orders/base.yaml" } },
    ]);
    expect(validateUnit(unitOf(values), validator, originIn(values))).toMatchObject([
      { at: { file: "apps/orders/base.yaml", path: [] } },
    ]);
  });

  test("of a place without origin is reported at the nearest thing that has one", () => {
    const values = { a: { b: [{ c: 1 }] } };
    const validator = schemaSet(
      filesOf("properties: { a: { properties: { b: { items: { properties: { c: { type: string } } } } } } }"),
    ).validatorOf(FILE);
    if (validator === undefined) throw new Error("broken");
    const problems = validateUnit(unitOf(values), validator, (path) =>
      path.length > 2 ? undefined : { file: "apps/orders/prod.yaml", path },
    );
    expect(problems).toMatchObject([{ at: { file: "apps/orders/prod.yaml", path: ["a", "b"] } }]);
  });

  test.each(["toString", "constructor", "hasOwnProperty", "valueOf"])("called %s is a key like any other", (name) => {
    expect(told(problemsOf(`required: [${name}]`, "a: 1"))).toEqual([
      `TU3005 ${name} is missing; the schema requires it`,
    ]);
    expect(problemsOf(`required: [${name}]\nproperties: { ${name}: { type: string } }`, `${name}: x`)).toEqual([]);
    expect(told(problemsOf("additionalProperties: false\nproperties: { a: {} }", `${name}: x`))).toEqual([
      `TU3004 ${name} is not in the schema`,
    ]);
    const constant = `properties: { a: { enum: [{ ${name}: x }] } }`;
    expect(problemsOf(constant, `a: { ${name}: x }`)).toEqual([]);
    expect(problemsOf(constant, `a: { ${name}: y }`)).toMatchObject([{ code: "TU3006" }]);
    expect(problemsOf("properties: { a: { uniqueItems: true } }", `a: [{ ${name}: x }, { ${name}: x }]`)).toMatchObject(
      [{ code: "TU3002" }],
    );
  });
});

describe("alternatives", () => {
  const listen = `
    properties:
      listen:
        oneOf:
          - title: TCP socket
            type: object
            additionalProperties: false
            required: [kind, port]
            properties: { kind: { const: tcp }, port: { type: integer, maximum: 65535 } }
          - $ref: '#/definitions/unixSocket'
          - type: 'null'
    definitions:
      unixSocket:
        type: object
        additionalProperties: false
        required: [kind, path]
        properties: { kind: { const: unix }, path: { type: string } }`;

  test("only the one that came closest is told", () => {
    const problems = problemsOf(listen, "listen: { kind: tcp, port: 70000, prot: 1 }");
    expect(told(problems)).toEqual([
      'TU3008 listen fits none of 3 alternatives; the closest, "TCP socket", says: listen.prot is not in the schema',
    ]);
    expect(problems[0]).toMatchObject({
      at: { path: ["listen", "prot"], part: "key" },
      notes: [
        { name: "also", text: "listen.port must be 65535 or less, got 70000" },
        { name: "known here" },
        { name: "rule" },
      ],
    });
    expect(told(problemsOf(listen, "listen: { kind: unix }"))).toEqual([
      "TU3008 listen fits none of 3 alternatives; the closest, unixSocket, says: listen.path is missing; the schema requires it",
    ]);
  });

  test.each([
    [
      "anyOf: [{ type: string }, { type: integer }]",
      "true",
      "TU3008 a fits no alternative of the schema: it must be a string or an integer, got true",
    ],
    [
      "oneOf: [{ const: x }, { const: y }]",
      "z",
      'TU3008 a fits no alternative of the schema: it must be one of x, y, got "z"',
    ],
    [
      "anyOf: [{ enum: [x, y] }, { type: 'null' }]",
      "z",
      'TU3008 a fits no alternative of the schema: it must be one of x, y or null, got "z"',
    ],
    [
      "oneOf: [{ type: integer }, { minimum: 1 }]",
      "2",
      "TU3008 a fits more than one alternative (number 1 and number 2); exactly one is allowed",
    ],
    [
      "anyOf: [{ anyOf: [{ maximum: 1 }, { minimum: 9 }] }, { const: 5 }]",
      "3",
      "TU3008 a fits none of 2 alternatives; the closest, number 1, says: a fits none of 2 alternatives; the closest, number 1, says: a must be 1 or less, got 3",
    ],
    [
      "if: { properties: { b: { const: 1 } } }\n    then: { required: [c] }",
      "{ b: 1 }",
      "TU3005 a.c is missing; the schema requires it",
    ],
    [
      "discriminator: { propertyName: k }\n    required: [k]\n    oneOf: [{ properties: { k: { const: x }, v: { maximum: 1 } } }, { properties: { k: { const: y } } }]",
      "{ k: x, v: 2 }",
      "TU3002 a.v must be 1 or less, got 2",
    ],
    [
      "discriminator: { propertyName: k }\n    required: [k]\n    oneOf: [{ properties: { k: { const: x } } }, { properties: { k: { enum: [y, z] } } }]",
      "{ k: q }",
      'TU3006 a.k must be one of x, y, z, got "q"',
    ],
  ])("%s", (rule, value, expected) => {
    expect(told(problemsOf(`properties:\n  a:\n    ${rule}`, `a: ${value}`))).toEqual([expected]);
  });
});

describe("values", () => {
  test("are looked at once, however many units share them", () => {
    const validator = schemaSet(filesOf("properties: { a: { maximum: 1 } }")).validatorOf(FILE);
    const values = yaml("a: 2") as ValueMap;
    expect(validator?.inspect(values)).toBe(validator?.inspect(values));
    expect(validator?.inspect({ ...values })).toEqual(validator?.inspect(values));
  });

  test("are left as they are: defaults are not filled in", () => {
    const values = Object.freeze({ a: Object.freeze({}) });
    expect(
      problemsOf("properties: { a: { properties: { b: { default: 1 } } }, c: { default: { d: 1 } } }", values),
    ).toEqual([]);
    expect(values).toEqual({ a: {} });
  });
});
