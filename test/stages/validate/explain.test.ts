import { describe, expect, test } from "vitest";
import { parsePath } from "../../../src/address.ts";
import { describeKey, xEnvOf } from "../../../src/validate/explain.ts";
import { FILE, filesOf } from "./fixtures.ts";

const files = filesOf({
  [FILE]: `
    properties:
      http: { properties: { port: { $ref: ../../schemas/common.yaml#/definitions/port, description: Where it listens } } }
      database:
        allOf:
          - properties: { password: { type: string, x-secret: true, x-env: DATABASE_PASSWORD } }
          - { $ref: '#/definitions/pool' }
      level: { enum: [debug, info] }
      kind: { const: tcp }
      brokers: { type: array, items: { type: string }, minItems: 1 }
      rate: { type: [number, 'null'], exclusiveMinimum: 0, multipleOf: 0.5 }
      host: { type: string, format: hostname, maxLength: 63 }
      code: { type: string, pattern: '^[A-Z]+$', minLength: 2, maxLength: 3 }
      labels: { type: object, additionalProperties: { type: string, x-env: NO_ONE } }
      any: {}
      listen: { oneOf: [{ type: integer }, { type: object, properties: { path: { type: string } } }] }
    definitions:
      pool: { properties: { pool: { properties: { max: { type: integer, minimum: 1, maximum: 200 } } } } }`,
  "schemas/common.yaml":
    "definitions: { port: { type: integer, minimum: 1, maximum: 65535, description: A port, x-env: PORT } }",
});

describe("describeKey", () => {
  test.each([
    ["database.pool.max", "integer, 1 … 200"],
    ["database.password", "string, secret"],
    ["http.port", "integer, 1 … 65535"],
    ["level", "one of debug, info"],
    ["kind", "always tcp"],
    ["brokers", "list of string, 1 item or more"],
    ["brokers.0", "string"],
    ["rate", "number or null, more than 0, a multiple of 0.5"],
    ["host", "string, 63 characters or fewer, a host name"],
    ["code", "string, 2 … 3 characters, matching ^[A-Z]+$"],
    ["labels", "map"],
    ["labels.anything", "string"],
    ["any", "anything"],
    ["listen", "one of several forms"],
    ["listen.path", "string"],
  ])("%s is: %s", (key, text) => {
    expect(describeKey(files, FILE, parsePath(key) ?? [])?.text).toBe(text);
  });

  test("names the place, the variable and the nearest description", () => {
    expect(describeKey(files, FILE, ["database", "pool", "max"])).toEqual({
      text: "integer, 1 … 200",
      file: FILE,
      path: ["definitions", "pool", "properties", "pool", "properties", "max"],
    });
    expect(describeKey(files, FILE, ["http", "port"])).toEqual({
      text: "integer, 1 … 65535",
      file: FILE,
      path: ["properties", "http", "properties", "port"],
      xEnv: "PORT",
      description: "Where it listens",
    });
  });

  test("knows nothing of what is not in the schema", () => {
    expect(describeKey(files, FILE, ["database", "pool", "mx"])).toBeUndefined();
    expect(describeKey(files, "apps/other/schema.yaml", ["a"])).toBeUndefined();
  });
});

describe("xEnvOf", () => {
  test("follows properties, allOf and references", () => {
    const lookup = xEnvOf(files, FILE);
    expect(lookup(["database", "password"])).toBe("DATABASE_PASSWORD");
    expect(lookup(["http", "port"])).toBe("PORT");
    expect(lookup(["database", "pool", "max"])).toBeUndefined();
    expect(lookup([])).toBeUndefined();
    expect(xEnvOf(files, FILE)).toBe(lookup);
  });

  test("says nothing where there is no schema, or a broken one", () => {
    expect(xEnvOf(files, "apps/other/schema.yaml")(["a"])).toBeUndefined();
    expect(xEnvOf(filesOf("- a"), FILE)(["a"])).toBeUndefined();
    const circle = filesOf("$ref: '#/definitions/a'\ndefinitions: { a: { allOf: [{ $ref: '#' }] } }");
    expect(xEnvOf(circle, FILE)(["a"])).toBeUndefined();
  });
});
