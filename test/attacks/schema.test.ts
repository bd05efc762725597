/** Rows SCH of `docs/security.md`: schemas and values made to hang, crash, reach out or leak. */
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Plain, PlainMap, ValueMap } from "../../src/model.ts";
import type { Problem } from "../../src/problem.ts";
import { describeKey, xEnvOf } from "../../src/validate/explain.ts";
import { FORMATS } from "../../src/validate/formats.ts";
import { schemaSet } from "../../src/validate/schemas.ts";
import { validateUnit } from "../../src/validate/validate.ts";
import { FILE, originIn, quickest, unitOf } from "../stages/validate/fixtures.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Problems of the schema, and of the values if it is in order. */
function attack(
  schema: Plain,
  values: ValueMap = {},
  others: Readonly<Record<string, Plain>> = {},
): readonly Problem[] {
  const set = schemaSet(new Map([[FILE, schema], ...Object.entries(others)]));
  const validator = set.validatorOf(FILE);
  const found = validator === undefined ? [] : validateUnit(unitOf(values), validator, originIn(values));
  return [...set.problems(), ...found];
}

function codes(problems: readonly Problem[]): string[] {
  return [...new Set(problems.map((problem) => problem.code))];
}

/** Runs it until it is quick enough, three times at most: other work may share the machine. */
function expectWithin(milliseconds: number, run: () => void): void {
  expect(quickest(milliseconds, run)).toBeLessThan(milliseconds);
}

function branch(kind: number): PlainMap {
  return { type: "object", required: ["kind"], properties: { kind: { const: kind } } };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("SCH-01 patterns that backtrack", () => {
  test.each(["^(a+)+$", "(a|aa)+$", "(x+x+)+y", "^([a-z0-9]+-?)+$", "^([a-z0-9]{1,20}-?)+$", "(.*)*,(.*)*;"])(
    "%s on 50,000 characters",
    (pattern) => {
      const schema = { properties: { a: { pattern } }, patternProperties: { [pattern]: true } };
      const validator = schemaSet(new Map([[FILE, schema]])).validatorOf(FILE);
      if (validator === undefined) throw new Error("refused");
      for (const unit of ["a", "x", "a-"]) {
        const text = `${unit.repeat(50_000 / unit.length)}!`;
        expectWithin(50, () => validator.inspect({ a: text }));
        expectWithin(50, () => validator.inspect({ [text]: 1 }));
      }
    },
  );
});

describe("SCH-02 patterns without a linear machine", () => {
  test.each([
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(?<!a)b",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "a{1,100000}",
    "((a{1000}){1000}){9}",
  ])("%s", (pattern) => {
    expect(attack({ properties: { a: { pattern } } }, { a: "a" })).toMatchObject([
      { code: "TU3009", severity: "error", at: { file: FILE, path: ["properties", "a", "pattern"] } },
    ]);
    expect(codes(attack({ patternProperties: { [pattern]: {} } }))).toEqual(["TU3009"]);
  });
});

describe("SCH-03 references that reach out", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "https://json-schema.org/draft-07/schema#",
    "//169.254.169.254/x",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "/etc/passwd",
    "../../x",
    "../../../../../../etc/passwd",
    "../../schemas/../trueup.yaml",
    "../../schemas/%2e%2e/secret.yaml",
    "..\\..\\x",
    "../payments/schema.yaml",
    "../../schemas/missing.yaml",
    "../../schemas",
    "?",
    "data:application/json,{}",
  ])("%s", ($ref) => {
    const connect = vi.spyOn(Socket.prototype, "connect").mockImplementation(() => {
      throw new Error("a socket was opened");
    });
    const fetched = vi.spyOn(globalThis, "fetch");
    const others = { "apps/payments/schema.yaml": {}, "trueup.yaml": {}, "secret.yaml": {}, "schemas/a.yaml": {} };
    expect(attack({ properties: { a: { $ref } } }, { a: 1 }, others)).toMatchObject([
      { code: "TU3010", severity: "error", at: { file: FILE, path: ["properties", "a", "$ref"] } },
    ]);
    expect(connect).not.toHaveBeenCalled();
    expect(fetched).not.toHaveBeenCalled();
  });

  test("no file of src/validate can open files or sockets", () => {
    const folder = new URL("../../src/validate/", import.meta.url);
    for (const name of ["refs.ts", "graph.ts", "schemas.ts", "engine.ts", "copy.ts", "check.ts"])
      expect(readFileSync(new URL(name, folder), "utf8")).not.toMatch(/from "node:|loadSchema|compileAsync/u);
  });
});

describe("SCH-04 references in a circle", () => {
  test.each<[string, PlainMap]>([
    ["to itself", { $ref: "#" }],
    ["through allOf", { allOf: [{ $ref: "#" }] }],
    [
      "two of them",
      { $ref: "#/definitions/a", definitions: { a: { $ref: "#/definitions/b" }, b: { $ref: "#/definitions/a" } } },
    ],
    [
      "through not",
      { properties: { a: { $ref: "#/definitions/a" } }, definitions: { a: { not: { $ref: "#/definitions/a" } } } },
    ],
    ["through else", { if: { required: ["b"] }, else: { $ref: "#" } }],
    ["through a dependency", { dependencies: { a: { $ref: "#" } } }],
    [
      "$dynamicRef",
      { $schema: "https://json-schema.org/draft/2020-12/schema", $dynamicAnchor: "a", $dynamicRef: "#a" },
    ],
    ["$recursiveRef", { $recursiveRef: "#" }],
  ])("%s", (_, schema) => {
    const problems = attack(schema, { a: 1 }).filter((problem) => problem.severity === "error");
    expect(codes(problems)).toEqual(["TU3001"]);
    const all = new Map([[FILE, schema as Plain]]);
    expect(xEnvOf(all, FILE)(["a"])).toBeUndefined();
    expect(() => describeKey(all, FILE, ["a"])).not.toThrow();
  });

  test("a chain of 4,000 definitions", () => {
    const definitions = Object.fromEntries(
      numbers(4000).map((i) => [
        `d${i}`,
        i === 3999 ? { type: "string" } : { allOf: [{ $ref: `#/definitions/d${i + 1}` }] },
      ]),
    );
    const schema = { properties: { a: { $ref: "#/definitions/d0" } }, definitions };
    let problems: readonly Problem[] = [];
    expectWithin(3000, () => (problems = attack(schema, { a: 1 })));
    expect(codes(problems)).toEqual(["TU1011"]);
  });

  test("values as deep as files can be", () => {
    const schema = { properties: { a: { $ref: "#" } }, additionalProperties: false };
    const deep = numbers(64).reduce<ValueMap>((inner) => ({ a: inner }), { b: 1 });
    expect(codes(attack(schema, deep))).toEqual(["TU3004"]);
  });
});

describe("SCH-05 uniqueItems", () => {
  test("on 100,000 maps, and on 100,000 lists that differ at the end", () => {
    const validator = schemaSet(new Map([[FILE, { properties: { a: { uniqueItems: true } } }]])).validatorOf(FILE);
    const maps = numbers(100_000).map((i) => ({ name: "x", port: i, tags: ["a", "b"] }));
    let found = 0;
    expectWithin(1000, () => (found = validator?.inspect({ a: maps }).findings.length ?? -1));
    expect(found).toBe(0);
    const again = [...maps, { tags: ["a", "b"], port: 7, name: "x" }];
    expect(validator?.inspect({ a: again }).findings[0]?.message).toBe(
      "a.100000 repeats a.7; every item must be different",
    );
  });
});

describe("SCH-08 defaults", () => {
  test("are never filled in, and pollute nothing", () => {
    const schema = JSON.parse(
      `{"type":"object","default":{"__proto__":{"polluted":1}},"properties":{"a":{"default":"injected"},"b":{"properties":{"c":{"default":{"__proto__":{"polluted":1}}}}}}}`,
    ) as Plain;
    const values: ValueMap = { b: {} };
    expect(attack(schema, values)).toEqual([]);
    expect(values).toEqual({ b: {} });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("SCH-09 formats", () => {
  const units = [
    "a",
    "-",
    "a-",
    "a.",
    "1.",
    "1:",
    "::",
    "/",
    "%20",
    "{a}",
    "{a,",
    "a@",
    "http://a/",
    "~0",
    "T",
    "AAAA",
    "(",
    "(?:a*)*",
    "a:b@",
    "\u00a1",
    " ",
    "0",
  ];
  const starts = ["", "a@", "http://", "{", "/", "[", "P", "2020-01-01T12:00:00.", "#"];

  test.each(FORMATS.filter((name) => typeof fullFormats[name] !== "object" || fullFormats[name] instanceof RegExp))(
    "%s is linear",
    (format) => {
      const validator = schemaSet(new Map([[FILE, { additionalProperties: { format } }]])).validatorOf(FILE);
      if (validator === undefined) throw new Error("refused");
      for (const unit of units)
        for (const start of starts) {
          const text = `${start}${unit.repeat(50_000 / unit.length)}\u0001`;
          expectWithin(50, () => validator.inspect({ a: text }));
        }
    },
  );

  test("a pattern in a value is only read, never run", () => {
    expect(attack({ properties: { a: { format: "regex" } } }, { a: "^(a+)+$" })).toEqual([]);
  });
});

describe("SCH-10 schemas that say nothing, or too much", () => {
  test.each<[string, Plain]>([
    ["true", true],
    ["empty", {}],
  ])("%s", (_, schema) => {
    expect(attack(schema, { a: 1 })).toMatchObject([{ code: "TU3011", severity: "warning" }]);
  });

  test("a million characters of properties", () => {
    const properties = Object.fromEntries(numbers(30_000).map((i) => [`key-${i}`, { type: "string" }]));
    let problems: readonly Problem[] = [];
    expectWithin(1500, () => (problems = attack({ properties })));
    expect(codes(problems)).toEqual(["TU1011"]);
  });

  test("as many properties as are allowed", () => {
    const properties = Object.fromEntries(numbers(9000).map((i) => [`key-${i}`, { type: "string", minLength: 1 }]));
    expectWithin(4000, () => attack({ properties, additionalProperties: false }, { "key-1": "x" }));
  });
});

describe("SCH-11 alternatives without end", () => {
  test("10,000 branches", () => {
    const schema = { properties: { a: { items: { oneOf: numbers(10_000).map(branch) } } } };
    let problems: readonly Problem[] = [];
    expectWithin(1500, () => (problems = attack(schema, { a: numbers(10_000) })));
    expect(codes(problems)).toEqual(["TU1011"]);
  });

  test("1,000 branches on 100,000 items", () => {
    const schema = { properties: { a: { items: { oneOf: numbers(1000).map(branch) } } } };
    let problems: readonly Problem[] = [];
    const items = numbers(100_000).map(() => ({ kind: 999 }));
    expectWithin(3000, () => (problems = attack(schema, { a: items })));
    expect(codes(problems)).toEqual(["TU1011"]);
  });

  test.each<[string, PlainMap, ValueMap]>([
    [
      "references that double thirty times",
      {
        $ref: "#/definitions/d0",
        definitions: Object.fromEntries(
          numbers(30).map((i) => [
            `d${i}`,
            i === 29
              ? { type: "object" }
              : { allOf: [{ $ref: `#/definitions/d${i + 1}` }, { $ref: `#/definitions/d${i + 1}` }] },
          ]),
        ),
      },
      {},
    ],
    [
      "a tree that is looked at twice on every level",
      { properties: { a: { allOf: [{ $ref: "#" }, { $ref: "#" }] } } },
      numbers(60).reduce<ValueMap>((inner) => ({ a: inner }), {}),
    ],
    [
      "a small schema that finds millions of mistakes",
      { properties: { a: { items: { required: numbers(1000).map((i) => `k${i}`) } } } },
      { a: numbers(20_000).map(() => ({})) },
    ],
    [
      "mistakes found through a reference",
      {
        properties: { a: { items: { $ref: "#/definitions/d" } } },
        definitions: { d: { required: numbers(50).map((i) => `k${i}`), properties: { x: { $ref: "#" } } } },
      },
      { a: numbers(20_000).map(() => ({})) },
    ],
    [
      "a long list against many patterns",
      { properties: { a: { items: { allOf: numbers(400).map((i) => ({ pattern: `(a|b)*a(a|b){${i + 1}}$` })) } } } },
      { a: numbers(2000).map((i) => "ab".repeat(100) + i) },
    ],
  ])("%s", (_, schema, values) => {
    let problems: readonly Problem[] = [];
    expectWithin(3000, () => (problems = attack(schema, { ...values })));
    expect(problems).toHaveLength(1);
    expect(problems).toMatchObject([{ code: "TU1011", severity: "error" }]);
  });

  test("large definitions that are used in many places", () => {
    const schema = {
      properties: Object.fromEntries(numbers(900).map((i) => [`p${i}`, { $ref: "#/definitions/big" }])),
      definitions: { big: { properties: Object.fromEntries(numbers(900).map((i) => [`q${i}`, { type: "string" }])) } },
    };
    expectWithin(2000, () => attack(schema, { p1: { q1: "x" } }));
  });

  test("a schema for real use is far from the limits", () => {
    const route = { oneOf: numbers(20).map(branch) };
    const schema = { properties: { routes: { items: route } } };
    expect(attack(schema, { routes: numbers(2000).map((i) => ({ kind: i % 20 })) })).toEqual([]);
  });
});
