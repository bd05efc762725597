import * as fc from "fast-check";
import { constructFromEvents, parseEvents, YAML11_SCHEMA } from "js-yaml";
import { describe, expect, test } from "vitest";
import { judgePlain, resolvePlain } from "../../../src/load/spelling.ts";
import { marks, plain, words, yaml } from "./harness.ts";

/** What js-yaml's own constructor makes of one unquoted scalar. */
function coreValue(text: string): unknown {
  const source = `[${text}]`;
  return (constructFromEvents(parseEvents(source, {}), { source })[0] as unknown[])[0];
}

const token = fc.oneof(
  fc.stringMatching(/^[-+]?[0-9]{0,4}[._:eExob-]?[0-9a-fA-F_]{0,5}[.:eE]?[-+]?[0-9]{0,4}$/u),
  fc.stringMatching(/^[-+]?(?:0[xob]?)?[0-9_]{1,15}$/u),
  fc.stringMatching(/^[-+]?[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]{1,4})?$/u),
  fc.stringMatching(/^[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN|x)$/u),
  fc.constantFrom(
    "~",
    "null",
    "Null",
    "NULL",
    "nULL",
    "true",
    "True",
    "TRUE",
    "tRUE",
    "false",
    "False",
    "no",
    "on",
    "y",
  ),
  fc.stringMatching(/^[a-zA-Z_./-][a-zA-Z0-9_./-]{0,10}$/u),
);

describe("values of unquoted scalars", () => {
  test("are those of YAML 1.2 core, as js-yaml has them", () => {
    fc.assert(
      fc.property(token, (text) => {
        fc.pre(text !== "" && !/^[-?:](?:$|\s)/u.test(text) && !/^[.-]{3}$/u.test(text) && !text.endsWith(":"));
        const ours = resolvePlain(text);
        const theirs = coreValue(text);
        // There is one zero for us: JSON, and with it every store, has no negative one.
        expect(Object.is(ours, -0)).toBe(false);
        expect(ours).toEqual(Object.is(theirs, -0) ? 0 : theirs);
      }),
      { numRuns: 1000 },
    );
  });

  test("an empty one is null", () => {
    expect(plain(yaml("a:\nb: ~\nc: [,]\n".replace("[,]", "[]")).value)).toEqual({ a: null, b: null, c: [] });
  });
});

describe("spellings that parsers read differently", () => {
  // The table of facts.md 7.4, and what belongs to it.
  const DIFFERENT = words(
    "no No NO yes on ON off y Y n N 010 0777 08 -012 +07 00 0o10 0b11 -0b1 -0x1F 1_000 1_0.5 0x_f 12:30:45 1:30 08:30 190:20:30.15 22:22 2024-01-01 2001-12-14t21:59:43.10-05:00 1e3 1.5e3 1e+3 -.5 +.5 12e03 12e5678 1E99999",
  );
  test.each([...DIFFERENT, "2024-1-1 10:00:00"])("%s is an error", (text) => {
    expect(judgePlain(text)).toMatchObject({ code: "TU1004", severity: "error" });
  });

  test.each(["9007199254740993", "-9007199254740993", "12345678901234567890", "0xFFFFFFFFFFFFFFFF", "1e400", "1e-400"])(
    "%s cannot be held exactly",
    (text) => {
      expect(judgePlain(text)).toMatchObject({ code: "TU1005", severity: "error" });
    },
  );

  test.each([".inf", "-.Inf", "+.INF", ".nan", ".NaN"])("%s is no number for a store", (text) => {
    expect(judgePlain(text)).toMatchObject({ code: "TU1005", severity: "error" });
  });

  test.each([
    ["1.10", "1.1"],
    ["1.0", "1"],
    ["10.", "10"],
    ["+4912345", "4912345"],
    ["00.5", "0.5"],
  ])("%s loses something: a warning, and %s says what is left", (text, instead) => {
    expect(judgePlain(text)).toMatchObject({ code: "TU1004", severity: "warning", instead });
  });

  test("more digits than a number has are a warning", () => {
    expect(judgePlain("0.12345678901234567890")).toMatchObject({ code: "TU1005", severity: "warning" });
  });

  const FINE = words(
    "0 -1 8080 9007199254740991 0.5 -0.25 3.14 1.5e+10 0x1F .5 true False null ~ nO yEs none note yellow online 10.0.0.1 1.2.3 100m 1Gi 0.5s 8080:8080 1/2 2024-01 2024-01-01x 1:60 e3 1e _1 0b12 0o8 - + . .. -x +x .x a1_000 12:30:45Z",
  );
  test.each(FINE)("%s is fine", (text) => {
    expect(judgePlain(text)).toBeUndefined();
  });

  test("every text that YAML 1.1 reads differently is found, whatever its form", () => {
    // js-yaml carries a YAML 1.1 schema of its own; where it and core disagree, there must be a finding.
    fc.assert(
      fc.property(token, (text) => {
        fc.pre(text !== "" && !/^[-?:](?:$|\s)/u.test(text) && !/^[.-]{3}$/u.test(text) && !text.endsWith(":"));
        const source = `[${text}]`;
        const core = coreValue(text);
        const [old] = constructFromEvents(parseEvents(source, {}), { source, schema: YAML11_SCHEMA })[0] as unknown[];
        fc.pre(!Object.is(core, old) && text !== "=");
        expect(judgePlain(text)).toMatchObject({ severity: "error" });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("what is said about them", () => {
  test("the token, both readings, and lines to type", () => {
    const [problem] = yaml("tls:\n  enabled: no\n").problems;
    expect(problem).toMatchObject({
      message: "no is text here, and the boolean false for YAML 1.1 parsers",
      label: "typed without quotes",
      fix: 'enabled: "no"',
      notes: [{ name: "or", text: "enabled: false" }],
    });
  });

  test("in lists and flow the fix fits the place", () => {
    expect(yaml("a:\n  - 010\n").problems[0]?.fix).toBe('- "010"');
    expect(yaml("a: [010]\n").problems[0]?.fix).toBe('"010"');
    expect(yaml('"a.b c": 010\n').problems[0]?.fix).toBe('"a.b c": "010"');
  });

  test("a long token is not repeated", () => {
    const [problem] = yaml("a: 123456789012345678901234567890\n").problems;
    expect(JSON.stringify(problem)).not.toContain("12345678901234567890");
  });

  test("beside a key that sounds like a secret, nothing is repeated and the line is masked", () => {
    const [problem] = yaml("db_password: 0123\n").problems;
    expect(problem?.masked).toBe(true);
    expect(JSON.stringify({ ...problem, at: undefined })).not.toContain("0123");
  });

  test("keys are checked too: numbers that read as they are written are fine", () => {
    expect(marks("8080: a\n-1: b\n1.5: c\nvalue: d\n")).toEqual([]);
    expect(marks("on: a\nTrue: b\nnull: c\n1.10: d\n010: e\n0x1F: f\n~: g\n2024-01-01: h\n")).toEqual([
      "TU1004:on",
      "TU1004:True",
      "TU1004:null",
      "TU1004:1.10",
      "TU1004:010",
      "TU1004:0x1F",
      "TU1004:~",
      "TU1004:2024-01-01",
    ]);
    expect(marks('"on": a\n"1.10": b\n"null": c\n')).toEqual([]);
  });

  test("quoted, in block text, or in JSON, everything is just text", () => {
    expect(marks("a: \"no\"\nb: '010'\nc: |\n  no\nd: >-\n  1_000\n")).toEqual([]);
    expect(marks('{"a": 1e3}', { spelling: false })).toEqual([]);
  });
});
