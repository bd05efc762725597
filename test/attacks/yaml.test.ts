/** Attack cases YML-01 to YML-15: what a hostile or broken YAML file may do to us, which is nothing. */
import { symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderSource } from "../../src/load/source.ts";
import type { Problem } from "../../src/problem.ts";
import { cost, plain, repo, where, yaml } from "../stages/load/harness.ts";
import { loadFolder, withFolder } from "./disk.ts";

/** Problems of the text, as an exit 3 sees them: at least one error. Fails if that takes longer than `ms`. */
function refused(text: string, ms = 1000, options: Parameters<typeof yaml>[1] = {}): readonly Problem[] {
  let read: ReturnType<typeof yaml> | undefined;
  expect(cost(() => (read = yaml(text, options)))).toBeLessThan(ms);
  const { value, problems = [] } = read ?? {};
  expect(value).toBeUndefined();
  expect(problems.filter(({ severity }) => severity === "error")).not.toEqual([]);
  expect(JSON.stringify(problems)).not.toMatch(/\bat .*\.ts:\d+|node_modules/u);
  return problems;
}

function codes(problems: readonly Problem[]): string[] {
  return [...new Set(problems.map(({ code }) => code))];
}

function nested(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`;
}

function many(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n");
}

function flat(keys: number): string {
  return many(keys, (i) => `key_number_${i}: value ${i}`);
}

function chain(length: number): string {
  return `a0: &a0 [x]\n${many(length, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`;
}

describe("YML-01 billion laughs", () => {
  const names = "abcdefghi".split("");
  const line = (name: string, i: number): string => {
    const item = i === 0 ? "lol" : `*${names[i - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(",")}]`;
  };

  test("nine by nine is over budget in less than 50 ms", () => {
    const text = names.map(line).join("\n");
    expect(codes(refused(text))).toEqual(["TU1011"]);
    const times = Array.from({ length: 5 }, () => cost(() => yaml(text)));
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test("a chain of aliases does not get around the depth", () => {
    expect(yaml(chain(60)).problems).toEqual([]);
    expect(codes(refused(chain(100)))).toEqual(["TU1011"]);
    expect(codes(refused(chain(5000)))).toEqual(["TU1011"]);
  });

  test("merging does not get around the number of values", () => {
    const big = `a: &a {${Array.from({ length: 9000 }, (_, i) => `k${i}: 1`).join(", ")}}\n`;
    const text = big + Array.from({ length: 9000 }, (_, i) => `m${i}: {<<: *a}`).join("\n");
    expect(codes(refused(text, 1000, { merge: true }))).toEqual(["TU1011"]);
  });

  test("honest references are fine", () => {
    const text = `a: &a { b: 1, c: 2 }\n${Array.from({ length: 200 }, (_, i) => `k${i}: *a`).join("\n")}`;
    expect(yaml(text).problems).toEqual([]);
  });
});

describe("YML-02 nesting", () => {
  test.each([
    ["brackets", "[".repeat(100_000)],
    ["closed brackets", "[".repeat(50_000) + "]".repeat(50_000)],
    ["blocks", Array.from({ length: 1400 }, (_, i) => `${" ".repeat(i)}k:`).join("\n")],
    ["lists in a line", "- ".repeat(100_000)],
    ["explicit keys", "? ".repeat(100_000)],
    ["flow pairs", `a: ${"[b: ".repeat(200)}1${"]".repeat(200)}`],
  ])("%s are over budget, not a stack overflow", (_, text) => {
    expect(codes(refused(text))).toEqual(["TU1011"]);
  });

  test("64 levels are the most", () => {
    expect(yaml(nested(64)).problems).toEqual([]);
    expect(codes(refused(nested(65)))).toEqual(["TU1011"]);
  });
});

describe("YML-03 size of maps", () => {
  test("200,000 keys are over budget", () => {
    expect(codes(refused(flat(200_000)))).toEqual(["TU1011"]);
  });

  test("10,001 keys are over budget, also where the file is small enough", () => {
    expect(codes(refused(flat(10_001)))).toEqual(["TU1011"]);
  });

  test("10,000 keys are read without delay", () => {
    const text = flat(10_000);
    expect(cost(() => expect(yaml(text).problems).toEqual([]))).toBeLessThan(1000);
  });
});

describe("YML-04 keys given twice", () => {
  test.each([
    ["plain", "a: 1\na: 2\n", {}],
    ["quoted", 'a: 1\n"a": 2\n', {}],
    ["escaped", 'a: 1\n"\\x61": 2\n', {}],
    ["number and text", '1: a\n"1": b\n', {}],
    ["through merge", "x: &x { p: 1 }\nb: { <<: *x, <<: *x }\n", { merge: true }],
    ["beside a merge", "x: &x { p: 1 }\nb: { p: 1, <<: *x, p: 2 }\n", { merge: true }],
  ])("%s", (_, text, options) => {
    expect(codes(refused(text, 1000, options))).toContain("TU1002");
  });

  test("twins that differ in composition only", () => {
    expect(codes(refused("caf\u00E9: 1\ncafe\u0301: 2\n"))).toContain("TU1002");
    expect(codes(refused("caf\u00E9: 1\ncafe\u0301: 2\n", 1000, { keys: "any" }))).toContain("TU1002");
  });
});

describe("YML-05 names of the language", () => {
  test.each(["__proto__", "constructor", "prototype"])("%s is refused at any level, in any spelling", (key) => {
    for (const text of [`${key}: { polluted: 1 }\n`, `a: { "${key}": 1 }\n`, `- - '${key}': 1\n`])
      expect(codes(refused(text))).toEqual(["TU1009"]);
    expect(codes(refused(`{"${key}": 1}`, 1000, { keys: "any", spelling: false }))).toEqual(["TU1009"]);
    expect(Object.getOwnPropertyNames({})).toEqual([]);
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });

  test("also when it comes through a merge", () => {
    expect(codes(refused('a: &a { "__proto__": { polluted: 1 } }\nb: { <<: *a }\n', 1000, { merge: true }))).toEqual([
      "TU1009",
    ]);
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });

  test("toString and hasOwnProperty are ordinary keys of their own", () => {
    const { value } = yaml("toString: 1\nhasOwnProperty: { valueOf: 2 }\n");
    expect(Object.keys(value as object)).toEqual(["toString", "hasOwnProperty"]);
    expect(plain(value)).toEqual({ toString: 1, hasOwnProperty: { valueOf: 2 } });
  });
});

test("YML-06 merge keys are refused unless trueup.yaml allows them", () => {
  const text = `a: &a { k: 1 }\n${Array.from({ length: 200 }, (_, i) => `b${i}: { <<: *a }`).join("\n")}`;
  expect(codes(refused(text))).toEqual(["TU1006"]);
  expect(yaml(text, { merge: true }).problems).toEqual([]);
});

describe("YML-07 tags", () => {
  test.each([
    "!!js/function 'x'",
    "!!python/object:os.system x",
    "!Ref x",
    "!!binary aGk=",
    "!<tag:example.com,2000:x> 1",
    `!!omap [${Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join(",")}]`,
    "!!set { a, b }",
    "!!timestamp 2024-01-01",
  ])("%.40s", (value) => {
    expect(codes(refused(`a: ${value}\n`))).toEqual(["TU1006"]);
  });
});

test.each([
  ["a: 1\n---\nb: 2\n", "TU1006"],
  ["a: 1\n--- b\n", "TU1006"],
  ["%YAML 1.1\n---\na: yes\n", "TU1006"],
  ["%YAML 2.0\n---\na: 1\n", "TU1006"],
  ["%TAG !e! tag:e,1:\n---\na: !e!x 1\n", "TU1006"],
  ["%FUTURE x\n---\na: 1\n", "TU1006"],
])("YML-08 documents and directives: %j", (text, code) => {
  expect(codes(refused(text))).toContain(code);
});

test.each([
  ["NO", "TU1004"],
  ["on", "TU1004"],
  ["0o10", "TU1004"],
  ["010", "TU1004"],
  ["1_000", "TU1004"],
  ["1:30", "TU1004"],
  [".inf", "TU1005"],
  ["-.INF", "TU1005"],
  [".nan", "TU1005"],
  ["1e400", "TU1005"],
])("YML-09 %s must be spelled so that all parsers agree", (text, code) => {
  expect(codes(refused(`a: ${text}\n`))).toEqual([code]);
  expect(plain(yaml(`a: "${text}"\n`).value)).toEqual({ a: text });
});

test.each(["9007199254740993", "12345678901234567890", "-9007199254740992", "0x20000000000001"])(
  "YML-10 %s is not rounded in silence",
  (text) => {
    expect(codes(refused(`a: ${text}\n`))).toEqual(["TU1005"]);
    expect(plain(yaml("a: 9007199254740991\n").value)).toEqual({ a: 9_007_199_254_740_991 });
  },
);

describe("YML-11 encodings", () => {
  const utf16 = Buffer.from("a: 1\n", "utf16le");
  test.each([
    ["NUL byte", Buffer.from("a: x\0y\n")],
    ["invalid UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a])],
    ["Latin-1", Buffer.from("a: caf\u00E9\n", "latin1")],
    ["a surrogate in UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80, 0x0a])],
    ["an overlong form", Buffer.from([0x61, 0x3a, 0x20, 0xc0, 0xaf, 0x0a])],
    ["a cut character", Buffer.from([0x61, 0x3a, 0x20, 0xc3])],
    ["UTF-16 with mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ["UTF-16 big-endian with mark", Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
    ["UTF-16 without mark", utf16],
    ["UTF-7", Buffer.from("+/v8-a: 1\n")],
  ])("%s", (_, bytes) => {
    const { problems } = repo({ "apps/a/base.yaml": bytes });
    expect(where(problems)).toEqual(["TU1008 apps/a/base.yaml"]);
  });

  test("the place of the first bad byte is told", () => {
    const { problems } = repo({ "apps/a/base.yaml": Buffer.from("a: 1\nb: caf\u00E9s\n", "latin1") });
    expect(problems).toMatchObject([{ message: "the file is not UTF-8: byte E9 stands here", at: { offset: 11 } }]);
  });

  test("a lone surrogate written as an escape", () => {
    expect(codes(refused('a: "\\ud800"\n'))).toEqual(["TU1010"]);
    expect(plain(yaml('a: "\\ud83d\\ude00"\n').value)).toEqual({ a: "\u{1F600}" });
  });
});

describe("YML-12 huge files", () => {
  test("are not read past the budget, however large they claim to be", () => {
    withFolder({ "apps/a/base.yaml": "a: 1\n" }, (folder) => {
      truncateSync(join(folder, "apps/a/base.yaml"), 1_000_000_000);
      const spent = cost(() => expect(where(loadFolder(folder).problems)).toEqual(["TU1011 apps/a/base.yaml"]));
      expect(spent).toBeLessThan(1000);
      expect(folderSource(folder).read("apps/a/base.yaml", 1000)).toHaveLength(1001);
    });
  });

  test("a link to an endless device is not opened", () => {
    withFolder({ "apps/a/dev.yaml": "" }, (folder) => {
      symlinkSync("/dev/zero", join(folder, "apps/a/base.yaml"));
      expect(where(loadFolder(folder).problems)).toEqual(["TU1012 apps/a/base.yaml"]);
      expect(() => folderSource(folder).read("apps/a/base.yaml", 1000)).toThrow(/cannot be read/u);
    });
  });

  test("100 MB in memory are refused by their size", () => {
    const { problems } = repo({ "apps/a/base.yaml": new Uint8Array(100_000_000) });
    expect(where(problems)).toEqual(["TU1011 apps/a/base.yaml"]);
  });
});

describe("YML-13 white space and nothing", () => {
  test("tabs may not indent", () => {
    expect(refused("a:\n\tb: 1\n")).toMatchObject([{ code: "TU1001", message: "tab used for indentation" }]);
    expect(refused("a: 1\n\tb: 1\n")).toMatchObject([{ code: "TU1001", message: "tab used for indentation" }]);
  });

  test("line ends, trailing spaces and a last line without end mean nothing", () => {
    const expected = { a: 1, b: { c: "x y" } };
    for (const text of ["a: 1\nb:\n  c: x y", "a: 1  \r\nb:  \r\n  c: x y \t\r\n", "a: 1\rb:\r  c: x y\r"])
      expect(plain(yaml(text).value)).toEqual(expected);
  });

  test.each(["", "\n", "# comment\n", "---\n", "---\n...\n", "\uFEFF"])(
    "%j overrides nothing; it is no wish to delete",
    (text) => {
      const { repo: loaded, problems } = repo({ "apps/a/base.yaml": "x: 1\n", "apps/a/prod.yaml": text });
      expect(problems).toEqual([]);
      const layers = loaded?.apps[0]?.layers;
      expect(plain(layers?.get("base")?.values)).toEqual({ x: 1 });
      expect(layers?.get("prod")).toMatchObject({ values: {}, remove: [] });
    },
  );
});

test("YML-14 anchors work inside one file only, and nothing is read from another", () => {
  expect(plain(yaml("secret: &x a\npublic: *x\n").value)).toEqual({ secret: "a", public: "a" });
  const { problems } = repo({
    "apps/a/base.yaml": "a: &x 1\n",
    "apps/a/dev.yaml": "b: *x\n",
    "apps/b/base.yaml": "c: *x\n",
  });
  expect(where(problems)).toEqual(["TU1001 apps/a/dev.yaml", "TU1001 apps/b/base.yaml"]);
});

describe("YML-15 long lines, and other ways to waste time", () => {
  test.each([
    ["plain text", `a: ${"x".repeat(1_000_000)}`],
    ["quoted text", `a: "${"x".repeat(1_000_000)}"`],
    ["text without end", `a: "${"x".repeat(1_000_000)}`],
    ["a number", `a: ${"9".repeat(1_000_000)}`],
    ["digits and underscores", `a: 1${"_".repeat(1_000_000)}x`],
    ["base 60", `a: 1${":1".repeat(500_000)}x`],
    ["a date and spaces", `a: 2024-01-01${" ".repeat(1_000_000)}x`],
    ["colons", "a: ".repeat(300_000)],
    ["line ends", `${"\n".repeat(1_000_000)}  a: 1\nb: 2`],
    ["a key", `${"x ".repeat(500_000)}#: 1`],
    ["templates without quotes", many(40_000, (i) => `k${i}: {{a}}`)],
    ["templates that break the syntax", many(40_000, (i) => `k${i}: {{a}}.x`)],
    ["hidden characters", `a: "${"\u200B".repeat(300_000)}"`],
    ["decomposed characters", `a: "${"e\u0301".repeat(300_000)}"`],
    ["ambiguous values", many(60_000, (i) => `k${i}: no`)],
    ["keys given twice", many(60_000, (i) => `k${i % 30_000}: 1`)],
    ["unknown tags", many(40_000, (i) => `k${i}: !t x`)],
    ["directives", "%x\n".repeat(300_000)],
    ["quotes", `a: ${'"x" '.repeat(200_000)}`],
    ["properties", "!a &b ".repeat(100_000)],
  ])("%s", (_, text) => {
    expect(cost(() => expect(yaml(text).problems.length).toBeLessThanOrEqual(100))).toBeLessThan(1000);
  });
});

test("no message holds a value of a file, except short ambiguous tokens", () => {
  const secret = "s3cr3t-Value-that-nobody-may-see";
  for (const text of [
    `a: "${secret}\n`,
    `a: @${secret}\n`,
    `a: b: ${secret}\n`,
    `a: "${secret}" x\n`,
    `a: [${secret}\n`,
    `a: "\\q${secret}"\n`,
    `${secret}\n---\nb: 1\n`,
    `a: !t ${secret}\n`,
  ])
    expect(JSON.stringify(yaml(text).problems)).not.toContain(secret);
  expect(
    JSON.stringify(
      repo({ "apps/a/app.yaml": `owner: [${secret}]\n`, "apps/a/secrets.yaml": `x: ${secret}\n` }).problems,
    ),
  ).not.toContain(secret);
});
