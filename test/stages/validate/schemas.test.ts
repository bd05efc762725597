import { describe, expect, test } from "vitest";
import { MAX_SUBSCHEMAS } from "../../../src/validate/survey.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { FILE, filesOf, problemsOf, schemaProblems, told } from "./fixtures.ts";

describe("a schema", () => {
  test.each([
    ["no $schema", ""],
    ["draft-07", "$schema: http://json-schema.org/draft-07/schema#"],
    ["draft-07 without #", "$schema: http://json-schema.org/draft-07/schema"],
    ["draft-07 with https", "$schema: https://json-schema.org/draft-07/schema#"],
  ])("may be %s", (_, line) => {
    expect(schemaProblems(`${line}\ntype: object`)).toEqual([]);
    expect(told(problemsOf(`${line}\nproperties: { a: { items: [{ type: string }] } }`, "a: [1]"))).toEqual([
      "TU3003 a.0 must be a string, got 1",
    ]);
  });

  test.each(["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft/2020-12/schema#"])(
    "may be %s, with a warning about editors",
    (uri) => {
      const schema = `$schema: ${uri}\nproperties: { a: { prefixItems: [{ type: string }] } }`;
      expect(schemaProblems(schema)).toMatchObject([
        { code: "TU3012", severity: "warning", at: { file: FILE, path: ["$schema"] } },
      ]);
      expect(told(problemsOf(schema, "a: [1]"))).toEqual(["TU3003 a.0 must be a string, got 1"]);
    },
  );

  test("of another dialect is refused, with the line to write", () => {
    expect(schemaProblems("$schema: http://json-schema.org/draft-04/schema#\ntype: object")).toMatchObject([
      {
        code: "TU3001",
        severity: "error",
        at: { path: ["$schema"] },
        fix: "$schema: http://json-schema.org/draft-07/schema#",
      },
    ]);
  });

  test.each([
    ["adds: 1", ['TU3001 "adds" is not a keyword of JSON Schema; keywords of your own start with x-']],
    ["requird: [a]", ['TU3001 "requird" is not a keyword of JSON Schema; did you mean required?']],
    ["nullable: true", ['TU3001 "nullable" is not a keyword that trueup takes; write type: [string, "null"]']],
    ["prefixItems: [true]", ["TU3001 prefixItems belongs to 2020-12, and this schema is draft-07"]],
    ["type: int", ['TU3001 type knows no "int"; did you mean integer?']],
    ["type: []", ["TU3001 type must be one or more of string, integer, number, boolean, null, array, object"]],
    ['minimum: "1"', ["TU3001 minimum must be a number"]],
    ["exclusiveMinimum: true", ["TU3001 exclusiveMinimum must be a number"]],
    ["maxLength: -1", ["TU3001 maxLength must be an integer of 0 or more"]],
    ["multipleOf: 0", ["TU3001 multipleOf must be a number above 0"]],
    ["required: a", ["TU3001 required must be a list of strings"]],
    ["properties: [a]", ["TU3001 properties must be a map whose values are schemas"]],
    ["properties: { a: string }", ["TU3001 properties must be a map whose values are schemas"]],
    ["oneOf: []", ["TU3001 oneOf must be a list of schemas, with at least one"]],
    ["format: hostnam", ['TU3001 format "hostnam" is not known; did you mean hostname?']],
    ["format: url", ['TU3001 format "url" is not known; did you mean uri?']],
    ["pattern: '('", ["TU3001 the pattern is not a regular expression: Unterminated group"]],
    ["if: { type: string }", ["TU3001 if has no effect without then or else"]],
    ["x-secret: 'yes'", ["TU3001 x-secret must be true or false"]],
    ["x-env: a-b", ["TU3001 x-env must be the name of an environment variable, such as DATABASE_PASSWORD"]],
    ["enum: []", ["TU3001 enum must be a list with at least one value"]],
    [
      "$ref: '#/definitions/prt'\ndefinitions: { port: {} }",
      [`TU3001 $ref leads nowhere: ${FILE} has no /definitions/prt; did you mean #/definitions/port?`],
    ],
    ["$ref: '#name'", [`TU3001 $ref leads nowhere: ${FILE} has no anchor "name"`]],
    ["$ref: '#/title'\ntitle: x", [`TU3001 $ref leads nowhere: ${FILE}#/title is no schema`]],
  ])("with %s is refused", (text, expected) => {
    const nested = `type: object\nproperties:\n  key:\n${text.replaceAll(/^/gmu, "    ")}`;
    if (!text.includes("$ref")) expect(told(schemaProblems(nested))).toEqual(expected);
    expect(told(schemaProblems(text))).toEqual(expected);
    expect(schemaSet(filesOf(text)).validatorOf(FILE)).toBeUndefined();
  });

  test("points at the keyword that is wrong", () => {
    const [problem] = schemaProblems("properties: { a: { items: { minimun: 3 } } }");
    expect(problem?.at).toEqual({ file: FILE, path: ["properties", "a", "items", "minimun"], part: "key" });
  });

  test("may hold annotations and keywords of its own", () => {
    const schema = `
      $id: https://example.com/orders
      $comment: c
      title: t
      description: d
      default: { a: 1 }
      examples: [1]
      readOnly: true
      writeOnly: false
      deprecated: false
      contentMediaType: text/plain
      x-owner: team
      x-secret: false
      type: object`;
    expect(schemaProblems(schema)).toEqual([]);
    expect(problemsOf(schema, "a: 2")).toEqual([]);
  });

  test.each(["true", "{}", "title: nothing"])("that is %s accepts everything, with a warning", (schema) => {
    expect(schemaProblems(schema)).toMatchObject([
      { code: "TU3011", severity: "warning", at: { file: FILE, path: [] } },
    ]);
    expect(problemsOf(schema, "a: 1")).toEqual([]);
  });

  test("that is false refuses everything", () => {
    expect(told(problemsOf("false", "a: 1"))).toEqual(["TU3004 the configuration is not allowed by the schema"]);
  });

  test.each(["- a", "text", "7", "null"])("that is %s is refused", (schema) => {
    expect(told(schemaProblems(schema))).toEqual(["TU3001 a schema file must hold a map (or true or false)"]);
  });

  test("that does not exist, or is not asked for, is no problem", () => {
    const set = schemaSet(filesOf({ "apps/a/schema.yaml": "minimum: x" }));
    expect(set.validatorOf("apps/b/schema.yaml")).toBeUndefined();
    expect(set.problems()).toEqual([]);
  });

  test("tells its problems once, however often it is asked for", () => {
    const set = schemaSet(filesOf("minimum: x"));
    set.validatorOf(FILE);
    set.validatorOf(FILE);
    expect(set.problems()).toHaveLength(1);
  });

  test("with too many parts is refused", () => {
    const keys = Array.from({ length: MAX_SUBSCHEMAS }, (_, i) => `  k${i}: { type: string }`).join("\n");
    expect(schemaProblems(`properties:\n${keys}`)).toMatchObject([{ code: "TU1011" }]);
  });
});

describe("references", () => {
  const common =
    "definitions: { port: { type: integer, maximum: 65535 }, host: { $ref: '#/definitions/name' }, name: { type: string } }";

  test("reach files under schemas/ and in the app's folder, and the rule is named there", () => {
    const files = {
      [FILE]:
        "properties: { port: { $ref: '../../schemas/common.yaml#/definitions/port' }, host: { $ref: 'parts/host.yaml' } }",
      "schemas/common.yaml": common,
      "apps/orders/parts/host.yaml": "$ref: ../../../schemas/common.yaml#/definitions/host",
    };
    const problems = problemsOf(files, "port: 70000\nhost: 1");
    expect(told(problems)).toEqual([
      "TU3002 port must be 65535 or less, got 70000",
      "TU3003 host must be a string, got 1",
    ]);
    expect(problems.map((problem) => problem.notes?.[0])).toEqual([
      {
        name: "rule",
        text: "maximum: 65535",
        at: { file: "schemas/common.yaml", path: ["definitions", "port", "maximum"] },
      },
      {
        name: "rule",
        text: "type: string",
        at: { file: "schemas/common.yaml", path: ["definitions", "name", "type"] },
      },
    ]);
  });

  test("reach anchors, unusual places, escaped names, and the file by its $id", () => {
    const schema = `
      $id: https://example.com/orders
      properties:
        a: { $ref: '#port' }
        b: { $ref: 'https://example.com/orders#/x-types/a~1b%20c' }
        c: { $ref: '#/properties/d/items/0' }
        d: { items: [{ type: boolean }] }
      definitions: { port: { $id: '#port', type: integer } }
      x-types: { a/b c: { type: string } }`;
    expect(told(problemsOf(schema, "a: x\nb: 1\nc: 1"))).toEqual([
      'TU3003 a must be an integer, got "x"',
      "TU3003 b must be a string, got 1",
      "TU3003 c must be true or false, got 1",
    ]);
    expect(told(schemaProblems(schema.replace("type: string", "type: strin")))).toEqual([
      'TU3001 type knows no "strin"; did you mean string?',
    ]);
  });

  test("keep what stands beside them", () => {
    const schema = "properties: { a: { $ref: '#/definitions/n', maximum: 5 } }\ndefinitions: { n: { type: integer } }";
    expect(told(problemsOf(schema, "a: 6"))).toEqual(["TU3002 a must be 5 or less, got 6"]);
  });

  test("may be recursive where they go deeper", () => {
    const schema = `
      properties: { tree: { $ref: '#/definitions/node' } }
      definitions:
        node: { type: object, required: [name], properties: { name: { type: string }, children: { items: { $ref: '#/definitions/node' } } } }`;
    expect(told(problemsOf(schema, "tree: { name: a, children: [{ name: b, children: [{ nam: c }] }] }"))).toEqual([
      "TU3005 tree.children.0.children.0.name is missing; the schema requires it",
    ]);
  });

  test("check the whole file they lead to, once", () => {
    const set = schemaSet(
      filesOf({
        "apps/a/schema.yaml": "$ref: ../../schemas/common.yaml#/definitions/port",
        "apps/b/schema.yaml": "$ref: ../../schemas/common.yaml#/definitions/port",
        "schemas/common.yaml": "definitions: { port: { type: integer }, other: { minimum: x } }",
      }),
    );
    expect(set.validatorOf("apps/a/schema.yaml")).toBeUndefined();
    expect(set.validatorOf("apps/b/schema.yaml")).toBeUndefined();
    expect(set.problems()).toMatchObject([
      { code: "TU3001", at: { file: "schemas/common.yaml", path: ["definitions", "other", "minimum"] } },
    ]);
  });

  test("do not mix dialects", () => {
    const files = {
      [FILE]: "$ref: ../../schemas/common.yaml#/definitions/port",
      "schemas/common.yaml": `$schema: https://json-schema.org/draft/2020-12/schema\n${common}`,
    };
    expect(schemaProblems(files).filter((problem) => problem.severity === "error")).toMatchObject([
      { code: "TU3001", at: { file: "schemas/common.yaml", path: ["$schema"] } },
    ]);
    expect(
      schemaProblems({ ...files, [FILE]: `$schema: https://json-schema.org/draft/2020-12/schema\n${files[FILE]}` }),
    ).toMatchObject([{ code: "TU3012" }, { code: "TU3012" }]);
  });

  test("to a file that is misspelt are told the right name", () => {
    const files = { [FILE]: "$ref: ../../schemas/comon.yaml", "schemas/common.yaml": common };
    expect(told(schemaProblems(files))).toEqual([
      "TU3010 $ref is not allowed here: there is no schema file schemas/comon.yaml; did you mean schemas/common.yaml?",
    ]);
  });
});

describe("schemas of many apps", () => {
  test("that are equal but for annotations each name their own file", () => {
    const rest = "properties: { a: { maximum: 1 } }";
    const set = schemaSet(
      filesOf({ "apps/a/schema.yaml": `title: a\n${rest}`, "apps/b/schema.yaml": `title: b\n${rest}` }),
    );
    for (const app of ["a", "b"]) {
      const found = set.validatorOf(`apps/${app}/schema.yaml`)?.inspect({ a: 2 }).findings;
      expect(found?.[0]?.notes?.[0]?.at).toEqual({
        file: `apps/${app}/schema.yaml`,
        path: ["properties", "a", "maximum"],
      });
    }
  });
});
