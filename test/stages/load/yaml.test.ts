import * as fc from "fast-check";
import { constructFromEvents, dump, parseEvents } from "js-yaml";
import { describe, expect, test } from "vitest";
import { marks, plain, yaml } from "./harness.ts";

describe("values", () => {
  test("are those that js-yaml builds, for everything it can write", () => {
    const key = fc
      .stringMatching(/^[a-z_][a-zA-Z0-9_.-]{2,12}$/u)
      .filter((text) => !/^(?:yes|true|null|off)$/iu.test(text));
    const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.lorem({ mode: "sentences" }));
    const leaf = fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(key, tree),
        fc.integer({ min: -1, max: 3 }),
        fc.boolean(),
        (map, flowLevel, forceQuotes) => {
          const source = dump(map, { flowLevel, forceQuotes });
          const { value, problems } = yaml(source);
          // What is not read (an invisible character, 1.5e300) is told; what is read is right.
          if (value === undefined) expect(problems.some(({ severity }) => severity === "error")).toBe(true);
          else expect(plain(value)).toEqual(plain(constructFromEvents(parseEvents(source, {}), { source })[0]));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("maps have no prototype: toString is a key like any other", () => {
    const { value } = yaml("toString: 1\nhasOwnProperty: 2\nvalueOf: { a: 3 }\n");
    expect(plain(value)).toEqual({ toString: 1, hasOwnProperty: 2, valueOf: { a: 3 } });
    expect((value as { readonly [key: string]: unknown })["isPrototypeOf"]).toBeUndefined();
  });

  test.each([
    ["", null, true],
    ["# only a comment\n", null, true],
    ["---\n", null, true],
    ["--- # x\n...\n", null, true],
    ["\n\n  \n", null, true],
    ["~\n", null, false],
    ["a:\n", { a: null }, false],
  ])("%j", (text, value, empty) => {
    expect(yaml(text)).toMatchObject({ empty, problems: [] });
    expect(plain(yaml(text).value)).toEqual(value);
  });

  test("CRLF, trailing spaces and a document mark change nothing", () => {
    expect(plain(yaml("---\r\na: 1  \r\nb:\r\n  c: x \r\n").value)).toEqual({ a: 1, b: { c: "x" } });
  });

  test("text of every style", () => {
    const text = "a: x # y\nb: 'it''s'\nc: \"tab\\t\\u00e9\"\nd: |\n  one\n  two\ne: >-\n  one\n  two\nf: one\n  two\n";
    expect(plain(yaml(text).value)).toEqual({
      a: "x",
      b: "it's",
      c: "tab\té",
      d: "one\ntwo\n",
      e: "one two",
      f: "one two",
    });
  });
});

describe("aliases", () => {
  test("are followed inside one file", () => {
    const { value } = yaml("a: &x { b: [1, 2] }\nc: *x\nd: [*x, &y text, *y]\n");
    expect(plain(value)).toEqual({ a: { b: [1, 2] }, c: { b: [1, 2] }, d: [{ b: [1, 2] }, "text", "text"] });
  });

  test("that name nothing, or what they are part of, are problems", () => {
    expect(marks("base: &defaults {}\na: *default\n")).toEqual(["TU1001:*default"]);
    expect(yaml("base: &defaults {}\na: *default\n").problems[0]?.fix).toBe("*defaults");
    expect(marks("a: &a [*a]\n")).toEqual(["TU1001:*a"]);
    expect(marks("*a : 1\n")).toEqual(["TU1006:*a"]);
  });
});

describe("merge keys", () => {
  const text =
    "base: &b { p: 1, q: 2 }\nmore: &m { q: 3, r: 4 }\nuse: { <<: [*b, *m], p: 9 }\nlate: { p: 8, <<: *b }\n";

  test("are refused with a way out", () => {
    expect(marks(text)).toEqual(["TU1006:<<", "TU1006:<<"]);
    expect(yaml(text).problems[0]?.fix).toContain("merge: true");
  });

  test("are merged where allowed: own keys win, then the first in the list", () => {
    const value = plain(yaml(text, { merge: true }).value) as { use: unknown; late: unknown };
    expect(value.use).toEqual({ p: 9, q: 2, r: 4 });
    expect(value.late).toEqual({ p: 8, q: 2 });
  });

  test("must name maps, and once in a map", () => {
    expect(marks("a: &a 1\nb: { <<: *a }\n", { merge: true })).toEqual(["TU1006:{"]);
    expect(marks("a: &a {}\nb: { <<: *a, <<: *a }\n", { merge: true })).toEqual(["TU1002:<<"]);
    expect(marks("a: &a { x: 1 }\nb: { <<: *a, x: 2, x: 3 }\n", { merge: true })).toEqual(["TU1002:x"]);
  });
});

describe("keys given twice", () => {
  test("are found in every map, all of them, with the first place", () => {
    const text = 'a: 1\nb: { c: 1, "c": 2 }\na: 2\nd:\n  - e: 1\n    e: 2\n';
    expect(marks(text)).toEqual(["TU1002:c", "TU1002:a", "TU1002:e"]);
    const [, second] = yaml(text).problems;
    expect(second?.notes).toEqual([
      { name: "first", text: "given here", at: { file: "f.yaml", offset: 0, length: 1 } },
    ]);
  });

  test("1 and '1' are one key", () => {
    expect(marks('1: a\n"1": b\n')).toEqual(["TU1002:1"]);
  });

  test("the same name in different maps is fine", () => {
    expect(marks("a: { x: 1 }\nb: { x: 1 }\nc: [{ x: 1 }, { x: 1 }]\n")).toEqual([]);
  });
});

describe("keys", () => {
  test.each([
    "a",
    "BACKEND_URL_account-api",
    "alb.ingress.kubernetes.io/group.name",
    "http://x:80",
    "50%",
    "@scope/pkg",
    "two words",
    "a+b",
    "8080",
  ])("%j is fine", (key) => {
    expect(marks(`${JSON.stringify(key)}: 1\n`)).toEqual([]);
  });

  test.each([
    "",
    " a",
    "a ",
    "a  b",
    "a\tb",
    ".",
    "..",
    "a#b",
    "a=b",
    "$x",
    "a,b",
    "a{b}",
    "{{env}}",
    "__proto__",
    "constructor",
    "prototype",
  ])("%j is not", (key) => {
    expect(yaml(`${JSON.stringify(key)}: 1\n`).problems).toMatchObject([{ code: "TU1009", severity: "error" }]);
  });

  test("in a schema may hold anything that can be seen", () => {
    expect(marks('"^[a-z]+$": 1\n$ref: x\n"größe": 1\n', { keys: "any" })).toEqual([]);
    expect(marks("__proto__: 1\n", { keys: "any" })).toEqual(["TU1009:__proto__"]);
  });

  test("must be text", () => {
    expect(marks("? [a]\n: 1\n? { b: 1 }\n: 2\n")).toEqual(["TU1006:[", "TU1006:{"]);
    expect(marks(": 1\n")).toEqual(["TU1009:1"]);
  });

  test("of 512 bytes are the longest", () => {
    expect(marks(`${"x".repeat(512)}: 1\n`)).toEqual([]);
    expect(yaml(`${"x".repeat(513)}: 1\n`).problems).toMatchObject([{ code: "TU1011" }]);
  });
});

describe("$remove", () => {
  test("is a key at the top level where it is allowed", () => {
    expect(marks("$remove: [a.b]\n", { remove: true })).toEqual([]);
    expect(marks("$remove: [a.b]\n")).toEqual(["TU1009:$remove"]);
  });

  test("deeper, the problem says how to write it", () => {
    const { problems } = yaml("features:\n  flags:\n    $remove: [x]\n", { remove: true });
    expect(problems).toMatchObject([
      { code: "TU1009", fix: expect.stringContaining("$remove: [features.flags.<key>]") },
    ]);
  });
});

describe("features that are not supported", () => {
  test.each([
    ["a: !Ref x\n", "TU1006:!Ref"],
    ["a: !!js/function x\n", "TU1006:!!js/function"],
    ["a: !!binary aGk=\n", "TU1006:!!binary"],
    ["a: !!set { b }\n", "TU1006:!!set"],
    ["a: !!timestamp 2024-01-01\n", "TU1006:!!timestamp"],
    ["!Ref a: 1\n", "TU1006:!Ref"],
    ["a: !!int text\n", "TU1006:!!int"],
    ["a: !!map [1]\n", "TU1006:!!map"],
    ["%YAML 1.1\n---\na: 1\n", "TU1006:%YAML 1.1"],
    ["%TAG ! x:\n---\na: 1\n", "TU1006:%TAG ! x:"],
    ["a: 1\n---\nb: 2\n", "TU1006:---"],
    ["a: 1\n...\nb: 2\n", "TU1006:b: "],
  ])("%j", (text, mark) => {
    expect(marks(text)).toEqual([mark]);
  });

  test("tags of the core schema say what is there anyway", () => {
    const text =
      'a: !!str 1\nb: !!int "8"\nc: !!float 0.5\nd: !!bool true\ne: !!null ""\nf: !!map {}\ng: !!seq []\nh: ! 1\n';
    expect(plain(yaml(text).value)).toEqual({ a: "1", b: 8, c: 0.5, d: true, e: null, f: {}, g: [], h: "1" });
  });
});

describe("problems", () => {
  test("come all at once, in the order of the file", () => {
    const text = "a: no\na: 1\nb: {{x}}\nc: !x y\nd: 1e400\n__proto__: 1\ne: *f\n";
    const codes = yaml(text).problems.map(({ code }) => code);
    expect(codes).toEqual(["TU1004", "TU1002", "TU1003", "TU1006", "TU1005", "TU1009", "TU1001"]);
    expect(yaml(text).value).toBeUndefined();
  });

  test("are listed up to a hundred; the last one says how many more there are", () => {
    const { problems } = yaml(Array.from({ length: 250 }, (_, i) => `k${i}: no\n`).join(""));
    expect(problems).toHaveLength(100);
    expect(problems.at(-1)?.notes?.at(-1)?.text).toBe("150 further problems in this file are not listed");
  });

  test("warnings do not cost the value", () => {
    expect(yaml("version: 1.10\n")).toMatchObject({ problems: [{ severity: "warning" }], value: { version: 1.1 } });
  });

  test("never throw, whatever the text", () => {
    const piece = fc.constantFrom(
      ..."{}[]:,-?&*!|>'\"%@`#~<=\n\t \\.0aé\u200b".split(""),
      "{{",
      "}}",
      ": ",
      "\n  ",
      "- ",
      "a: ",
      "---\n",
      "%YAML 1.2\n",
      "<<: *a",
      "&a ",
      "!!str ",
      "\r\n",
      "no",
      "010",
      "\u0000",
      "\uD800",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, merge) => {
        const text = pieces.join("");
        const { value, problems } = yaml(text, { merge });
        expect(value === undefined).toBe(problems.some(({ severity }) => severity === "error"));
        for (const { at } of problems) {
          const { offset, length } = at as { readonly offset: number; readonly length: number };
          expect(offset >= 0 && length >= 0 && offset + length <= text.length).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
