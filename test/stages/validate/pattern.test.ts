import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternMatcher } from "../../../src/validate/matcher.ts";
import { quickest } from "./fixtures.ts";

function matches(source: string, text: string): boolean {
  const made = patternMatcher(source);
  if (!("matcher" in made)) throw new Error(JSON.stringify(made));
  return made.matcher.test(text);
}

const atom = fc.constantFrom(
  "a",
  "b",
  "-",
  "é",
  "😀",
  ".",
  "\\d",
  "\\w",
  "\\s",
  "\\S",
  "\\.",
  "\\/",
  "\\n",
  "\\x61",
  "\\u0062",
  "\\u{1F600}",
  "\\uD83D\\uDE00",
  "\\cA",
  "\\p{L}",
  "\\P{Lu}",
  "\\p{Script=Greek}",
  "[ab]",
  "[^a]",
  "[a-c\\d-]",
  "[\\]\\\\]",
  "[^]",
  "[]",
  "[😀-😂]",
  "^",
  "$",
  "\\b",
  "\\B",
  "(?<n>a)",
);
const quantifier = fc.constantFrom("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}");
const pattern = fc
  .letrec<{ choice: string; sequence: string; quantified: string }>((tie) => ({
    choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
    sequence: fc.array(tie("quantified"), { maxLength: 4 }).map((parts) => parts.join("")),
    quantified: fc
      .tuple(
        fc.oneof(
          { maxDepth: 3 },
          atom,
          tie("choice").map((inner) => `(${inner})`),
          tie("choice").map((inner) => `(?:${inner})`),
        ),
        quantifier,
      )
      .map(([one, many]) => (/^(?:[\^$]|\\[bB])$/u.test(one) ? one : one + many)),
  }))
  .choice.filter((source) => source.length <= 60 && source.split("(?<n>").length <= 2);
const text = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "c",
      "1",
      "-",
      " ",
      "\n",
      "\u2028",
      "é",
      "α",
      "A",
      "😀",
      "😁",
      "\ud83d",
      "\ude00",
      "/",
      ".",
      "\\",
      "]",
      "\u0001",
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));

describe("patterns", () => {
  test("mean what JavaScript means by them with the u flag", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
        const native = new RegExp(source, "u");
        // V8 looks between the halves of a character for \B, which the standard forbids.
        const usable = source.includes("\\B") ? texts.filter((each) => !/[\u{10000}-\u{10ffff}]/u.test(each)) : texts;
        for (const each of usable)
          expect([source, each, matches(source, each)]).toEqual([source, each, native.test(each)]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    "^(a+)+$",
    "(a|aa)+$",
    "(x+x+)+y",
    "^([a-z0-9]+-?)+$",
    "^([a-z0-9]{1,20}-?)+$",
    "(a*)*b",
    "(a|a)*c",
    "^(\\w+\\s?)*$",
    "a*a*a*a*b",
    "(?:(?:a?){20}){20}!!",
  ])("%s takes at most 50 ms on 50,000 characters", (source) => {
    const made = patternMatcher(source);
    if (!("matcher" in made)) throw new Error("refused");
    for (const unit of ["a", "x", "a-", "ab1"]) {
      const value = `${unit.repeat(50_000 / unit.length)}!`;
      expect(quickest(50, () => made.matcher.test(value))).toBeLessThan(50);
    }
  });

  test.each([
    ["(?=a)", "slow"],
    ["(?!a)b", "slow"],
    ["(?<=a)b", "slow"],
    ["(?<!a)b", "slow"],
    ["(a)\\1", "slow"],
    ["(?<n>a)\\k<n>", "slow"],
    ["a{1,100000}", "slow"],
    ["a{1001}", "slow"],
    ["((a{100}){100}){100}", "slow"],
    ["(", "wrong"],
    ["[z-a]", "wrong"],
    ["\\@", "wrong"],
    ["a{2,1}", "wrong"],
  ])("%s is refused", (source, how) => {
    expect(Object.keys(patternMatcher(source))).toEqual([how]);
  });

  test("a pattern of 513 characters is refused", () => {
    expect(patternMatcher("a".repeat(512))).toHaveProperty("matcher");
    expect(patternMatcher("a".repeat(513))).toEqual({ slow: "is 513 characters long; 512 are allowed" });
  });

  test("a limit on the work stops a match", () => {
    let left = 1000;
    const made = patternMatcher("(a|b)*a(a|b){500}$", (work) => {
      left -= work;
      if (left < 0) throw new Error("enough");
    });
    if (!("matcher" in made)) throw new Error("refused");
    const noise = Array.from({ length: 20_000 }, (_, i) => ((i * i) % 7 < 3 ? "a" : "b")).join("");
    expect(() => made.matcher.test(noise)).toThrow("enough");
  });
});
