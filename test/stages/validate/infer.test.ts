import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value, ValueMap } from "../../../src/model.ts";
import { inferSchema } from "../../../src/validate/infer.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { FILE, hidden, originIn, unitOf } from "./fixtures.ts";

describe("an inferred schema", () => {
  test("unites what all places have", () => {
    const dev: ValueMap = {
      http: { port: 8080, timeout_ms: 3000, ratio: 1 },
      database: { host: "db", password: hidden("p"), replica: null },
      features: { beta: true },
      brokers: ["a", "b"],
    };
    const prod: ValueMap = {
      http: { port: 443, ratio: 0.5 },
      database: { host: "db.example.com", password: hidden("p"), replica: "r1" },
      features: {},
      brokers: [],
      note: null,
    };
    expect(inferSchema("orders", [dev, prod])).toEqual({
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "orders",
      type: "object",
      additionalProperties: false,
      required: ["http", "database", "features", "brokers"],
      properties: {
        http: {
          type: "object",
          additionalProperties: false,
          required: ["port", "ratio"],
          properties: {
            port: { type: "integer", minimum: 1, maximum: 65535 },
            timeout_ms: { type: "integer" },
            ratio: { type: "number" },
          },
        },
        database: {
          type: "object",
          additionalProperties: false,
          required: ["host", "password", "replica"],
          properties: {
            host: { type: "string" },
            password: { type: "string", "x-secret": true },
            replica: { type: ["string", "null"] },
          },
        },
        features: { type: "object", additionalProperties: false, properties: { beta: { type: "boolean" } } },
        brokers: { type: "array", items: { type: "string" } },
        note: {},
      },
    });
  });

  test("does not call a key secret that is plain text somewhere", () => {
    expect(inferSchema("a", [{ k: hidden("s") }, { k: "open" }])).toMatchObject({
      properties: { k: { type: "string" } },
    });
  });

  test("does not take 0 or text for a port", () => {
    expect(inferSchema("a", [{ port: 0, db_port: "5432", airport: 7 }])).toMatchObject({
      properties: { port: { type: "integer" }, db_port: { type: "string" }, airport: { type: "integer" } },
    });
    expect(JSON.stringify(inferSchema("a", [{ port: 0, db_port: "5432", airport: 7 }]))).not.toContain("65535");
  });

  test("of nothing is a map", () => {
    expect(inferSchema("a", [])).toMatchObject({ title: "a", type: "object" });
    expect(inferSchema("a", [{}])).toEqual(inferSchema("a", []));
  });

  test("accepts every sample it was made from", () => {
    const key = fc.oneof(
      fc.constantFrom("a", "b", "port", "x-secret", "$ref", "toString", "constructor", "a.b/c~d", "", "0"),
      fc.string({ maxLength: 4 }).filter((text) => text !== "__proto__"),
    );
    const { map } = fc.letrec<{ map: ValueMap; value: Value }>((tie) => ({
      map: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ maxLength: 5 }),
        fc.integer({ min: -1, max: 70_000 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.constant(hidden("s")),
        fc.array(tie("value"), { maxLength: 3 }),
        tie("map"),
      ),
    }));
    fc.assert(
      fc.property(fc.array(map, { maxLength: 4 }), (samples) => {
        const set = schemaSet(new Map([[FILE, inferSchema("orders", samples)]]));
        const validator = set.validatorOf(FILE);
        expect(set.problems()).toEqual([]);
        if (validator === undefined) throw new Error("broken");
        for (const sample of samples) expect(validateUnit(unitOf(sample), validator, originIn(sample))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
