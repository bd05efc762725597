/** From a value to text: examples, seen by eye. What holds for any input is in `text.test.ts`. */
import { describe, expect, it } from "vitest";
import type { Plain } from "../../../src/model.ts";
import { breakCommands, quoteChange, quoteValue, safePiece, safeText } from "../../../src/report/redact.ts";
import { secret } from "../../../src/secret.ts";

const LONG = "abcdefghijklmnopqrstuvwxyz0123456789";

describe("safeText", () => {
  it.each([
    ["plain", "plain"],
    ["a\tb\nc", "a\tb\nc"],
    ["日本語 – ünïcode 🎉", "日本語 – ünïcode 🎉"],
    ["\u001b[31m", "\\u{1b}[31m"],
    ["\u009b31m", "\\u{9b}31m"],
    ["a\rb", "a\\u{d}b"],
    ["a\u0000b", "a\\u{0}b"],
    ["a\u202eb", "a\\u{202e}b"],
    ["a\u200bb\ufeffc\u2060", "a\\u{200b}b\\u{feff}c\\u{2060}"],
    ["a\ud800b", "a\\u{d800}b"],
    ["a\u00a0b\u2028c", "a\\u{a0}b\\u{2028}c"],
    ["\u{e0041}\u{fe0f}", "\\u{e0041}\\u{fe0f}"],
    ["::error::x", "\\u{3a}:error::x"],
    ["a::error::x", "a::error::x"],
    ["x ##[add-mask]y", "x ##\\u{5b}add-mask]y"],
    ["##vso[task.setvariable]", "##vso\\u{5b}task.setvariable]"],
    ["日本 ::error::x", "日本 \\u{3a}:error::x"],
    ["a\n \t::error::x", "a\n \t\\u{3a}:error::x"],
    ["é:\u0301:error::x", "é\\u{3a}\u0301:error::x"],
    ["a:", "a:"],
    [": :error", ": :error"],
    [":é:error", "\\u{3a}é:error"],
    [":\n:error", ":\n:error"],
    [":a:error", ":a:error"],
    ["#é#éVSOé[x]", "#é#éVSOé\\u{5b}x]"],
    ["#é# VSO[x]", "#é# VSO[x]"],
    ["##TeamCity[x]", "##TeamCity\\u{5b}x]"],
    ["##other[x]", "##other[x]"],
    ["#\n#[x]", "#\n#[x]"],
    ["#[x] [y]", "#[x] [y]"],
    ["##[a]\n##[b]", "##\\u{5b}a]\n##\\u{5b}b]"],
    ["\u3000\u{f0000}\ufdd0", "\u3000\\u{f0000}\\u{fdd0}"],
  ])("%j", (text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  it("leaves line feeds and tabs, which a piece of a line shows", () => {
    expect(safeText("a\n\tb")).toBe("a\n\tb");
    expect(safePiece("a\n\tb")).toBe("a\\u{a}\\u{9}b");
    expect(safePiece("\n::error::x")).toBe("\\u{a}::error::x");
    expect(breakCommands("::x")).toBe("\\u{3a}:x");
  });
});

describe("quoteValue", () => {
  it.each<[Plain | undefined, string]>([
    ["text", '"text"'],
    [8080, "8080"],
    [true, "true"],
    [null, "null"],
    [undefined, "(none)"],
    [{}, "{}"],
    [[], "[]"],
    [{ a: 1, b: ["x", null] }, '{ "a": 1, "b": ["x", null] }'],
    ["two\nlines", '"two\\nlines"'],
    ["\u202e", '"\\u{202e}"'],
    [Infinity, "Infinity"],
  ])("%j is %s", (value, text) => {
    expect(quoteValue(value, { width: 80 })).toBe(text);
  });

  it.each<[Plain, number, string]>([
    ["abcdefghij", 12, '"abcdefghij"'],
    ["abcdefghij", 11, '"abcdefgh…"'],
    ["abcdefghij", 8, '"abcde…"'],
    ["日本語日本語", 8, '"日本…"'],
    ["\u202e\u202e\u202e", 15, '"\\u{202e}…"'],
    ["a\u0301\u0301b\u0301cdefg", 6, '"a\u0301\u0301b\u0301c…"'],
    ['a"bcdefghi', 6, '"a\\"…"'],
    ["\u0001\u0001", 10, '"\\u0001…"'],
    ["\u0001\u0001\u0001", 12, '"\\u0001…"'],
    [["abcdefghij"], 8, '["abcde…'],
    [12345678901, 8, "1234567…"],
  ])("%j in %i columns is %s", (value, width, text) => {
    expect(quoteValue(value, { width })).toBe(text);
  });

  it("prints a secret that strays in as (secret)", () => {
    const stray = secret(["postgres://u:", { secret: "db", through: [] }]) as unknown as Plain;
    expect(quoteValue(stray, { width: 80 })).toBe("(secret)");
    expect(quoteValue({ url: stray }, { width: 80 })).toBe('{ "url": (secret) }');
  });
});

describe("quoteChange", () => {
  const change = (before: Plain | undefined, after: Plain | undefined, width = 24): readonly string[] => {
    const sides = quoteChange(before, after, { width });
    return [sides.before, sides.after];
  };

  it("gives both sides whole where they fit", () => {
    expect(change(10, 20)).toEqual(["10", "20"]);
    expect(change(LONG.slice(0, 22), `${LONG.slice(0, 21)}!`)).toEqual([
      '"abcdefghijklmnopqrstuv"',
      '"abcdefghijklmnopqrstu!"',
    ]);
    expect(change(LONG.slice(0, 22), undefined)).toEqual(['"abcdefghijklmnopqrstuv"', "(none)"]);
    expect(change(undefined, LONG.slice(0, 22))).toEqual(["(none)", '"abcdefghijklmnopqrstuv"']);
  });

  it("cuts one side where only the other fits", () => {
    expect(change(LONG, undefined)).toEqual(['"abcdefghijklmnopqrstu…"', "(none)"]);
    expect(change(1, LONG)).toEqual(["1", '"abcdefghijklmnopqrstu…"']);
  });

  it.each<[string, Plain, Plain, string, string]>([
    ["at once", `1${LONG}`, `2${LONG}`, '"1abcdefghijklmnopqrst…"', '"2abcdefghijklmnopqrst…"'],
    ["at the second character", `a${LONG}`, `a1${LONG}`, '"aabcdefghijklmnopqrst…"', '"a1abcdefghijklmnopqrs…"'],
    [
      "as late as the start still shows it",
      `${LONG.slice(0, 12)}1${LONG}`,
      `${LONG.slice(0, 12)}2${LONG}`,
      '"abcdefghijkl1abcdefgh…"',
      '"abcdefghijkl2abcdefgh…"',
    ],
    [
      "one later: both start a little before it",
      `${LONG.slice(0, 13)}1${LONG}`,
      `${LONG.slice(0, 13)}2${LONG}`,
      '…fghijklm1abcdefghijkl…"',
      '…fghijklm2abcdefghijkl…"',
    ],
    ["at the end", `${LONG}1`, `${LONG}2`, '…234567891"', '…234567892"'],
    [
      "before an end that just fits",
      `${LONG.slice(0, 20)}1${LONG.slice(0, 13)}`,
      `${LONG.slice(0, 20)}2${LONG.slice(0, 14)}`,
      '…mnopqrst1abcdefghijklm"',
      '…mnopqrst2abcdefghijkl…"',
    ],
    ["in length", LONG, LONG.slice(0, 30), '…wxyz0123456789"', '…wxyz0123"'],
    ["nowhere", LONG, LONG, '…3456789"', '…3456789"'],
    ["in an escape", `${LONG}\u{E0041}x`, `${LONG}\u{E0042}x`, '…23456789\\u{e0041}x"', '…23456789\\u{e0042}x"'],
    ["in an escape on one side", `${LONG}\u{E0041}x`, `${LONG}x`, '…23456789\\u{e0041}x"', '…23456789x"'],
    ["in an escape on the other", `${LONG}x`, `${LONG}\u{E0041}x`, '…23456789x"', '…23456789\\u{e0041}x"'],
    [
      "in an escape that just fits",
      `${LONG.slice(0, 11)}\u{E0041}${LONG}`,
      `${LONG.slice(0, 11)}x${LONG}`,
      '"abcdefghijk\\u{e0041}a…"',
      '"abcdefghijkxabcdefghi…"',
    ],
    [
      "in an escape that no longer fits",
      `${LONG.slice(0, 12)}\u{E0041}${LONG}`,
      `${LONG.slice(0, 12)}x${LONG}`,
      '…efghijkl\\u{e0041}abcd…"',
      '…efghijklxabcdefghijkl…"',
    ],
    [
      "among wide characters",
      "日本語日本語日本語日本語日本",
      "日本語日本語日本語日本語本日",
      '…語日本語日本"',
      '…語日本語本日"',
    ],
    ["in a map", { a: 1, b: LONG }, { a: 1, b: `${LONG}x` }, '…23456789" }', '…23456789x" }'],
  ])("shows where they differ: %s", (_, before, after, left, right) => {
    expect(change(before, after)).toEqual([left, right]);
  });

  it("shows less of what is the same where an escape needs the room", () => {
    expect(change(`${LONG}\u{E0041}`, `${LONG}\u{E0042}`, 16)).toEqual(['…6789\\u{e0041}"', '…6789\\u{e0042}"']);
  });
});
