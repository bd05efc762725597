/** Attack cases UNI-01 to UNI-05: characters that deceive the eye. */
import { describe, expect, test } from "vitest";
import { plain, words, yaml } from "../stages/load/harness.ts";

describe("UNI-01 letters that look like others", () => {
  test.each([
    ["\u0430dmin", 'the key "\u0430dmin" holds "\u0430" (U+0430, Cyrillic), which looks like the Latin "a"'],
    ["adm\u0456n", 'the key "adm\u0456n" holds "\u0456" (U+0456, Cyrillic), which looks like the Latin "i"'],
    ["r\u03BFot", 'the key "r\u03BFot" holds "\u03BF" (U+03BF, Greek), which looks like the Latin "o"'],
    ["\u0416", 'the key "\u0416" holds "\u0416" (U+0416, Cyrillic)'],
    ["gr\u00F6\u00DFe", 'the key "gr\u00F6\u00DFe" holds "\u00F6" (U+00F6)'],
    ["\u4E2D", 'the key "\u4E2D" holds "\u4E2D" (U+4E2D)'],
  ])("%s as a key", (key, message) => {
    for (const text of [`${key}: 1\n`, `a: [{ "${key}": 1 }]\n`])
      expect(yaml(text).problems).toMatchObject([{ code: "TU1010", severity: "error", message }]);
  });

  test("as an escape the letter is just as strange", () => {
    expect(yaml('"\\u0430dmin": 1\n').problems).toMatchObject([{ code: "TU1010", severity: "error" }]);
  });

  test("values may be in any language", () => {
    const text = 'a: "Привет, 世界, größe, مرحبا, \u{1F600}"\nb: Ünïcödé\n';
    expect(yaml(text).problems).toEqual([]);
  });
});

/** Code points: marks of direction, of no width, of no glyph, and controls. */
const HIDDEN = words(
  "202E 202A 2066 2069 200E 200F 061C 200B 200C 200D 2060 FEFF 00AD 034F 180E E0001 E0041 FE0F E0100 3164 115F 2800 2028 2029 0007 001B 007F 0085",
).map((hex) => String.fromCodePoint(Number.parseInt(hex, 16)));
const NAMED = HIDDEN.map(
  (char) => [`U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`, char] as const,
);

describe("UNI-02 and UNI-03 characters nobody sees", () => {
  test.each(NAMED)("%s in a key or value is refused", (name, char) => {
    for (const text of [
      `a${char}b: 1\n`,
      `"a${char}b": 1\n`,
      `x: "a${char}b"\n`,
      `x: 'a${char}b'\n`,
      `x: |\n  a${char}b\n`,
    ]) {
      const { value, problems } = yaml(text);
      expect(value).toBeUndefined();
      expect(problems.filter(({ severity }) => severity === "error")).not.toEqual([]);
      expect(problems.some(({ code, message }) => code === "TU1010" && message.includes(name))).toBe(true);
    }
  });

  test.each(NAMED)("%s as an escape is refused in a key, and visible to everybody in a value", (_, char) => {
    const escape = `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
    expect(yaml(`"a${escape}b": 1\n`).problems).toMatchObject([{ code: "TU1010", severity: "error" }]);
    expect(plain(yaml(`x: "a${escape}b"\n`).value)).toEqual({ x: `a${char}b` });
  });

  test.each(["\u202E", "\u2066", "\u2069", "\u200B", "\u{E0041}"])("%j in a comment is a warning", (char) => {
    expect(yaml(`a: 1 # b${char}c\n# d${char}\n`)).toMatchObject({
      value: { a: 1 },
      problems: [
        { code: "TU1010", severity: "warning" },
        { code: "TU1010", severity: "warning" },
      ],
    });
  });

  test("emoji in comments are just emoji", () => {
    expect(yaml("# \u26A0\uFE0F careful \u{1F469}\u200D\u{1F4BB}\na: 1\n").problems).toEqual([]);
  });

  test("a # inside quotes does not make a comment", () => {
    expect(yaml('a: "x # \u202E"\n').problems).toMatchObject([{ code: "TU1010", severity: "error" }]);
  });

  test("messages show none of them", () => {
    for (const [, char] of NAMED)
      for (const { message, fix } of yaml(`"a${char}b": 1\nx: "${char}"\n`).problems)
        expect(`${message}${fix ?? ""}`).not.toContain(char);
  });

  test("the fix is a text to type", () => {
    expect(yaml('a: "x\u200By"\n').problems[0]?.fix).toContain("\\u200B");
  });
});

describe("UNI-04 digits and letters of other scripts", () => {
  test.each([
    ["\uFF11\uFF12", 'which looks like the Latin "1"'],
    ["port\u0661", "U+0661"],
    ["\u0131d", 'which looks like the Latin "i"'],
    ["\uFB01le", "U+FB01"],
  ])("%s as a key", (key, part) => {
    const [problem] = yaml(`${key}: 1\n`).problems;
    expect(problem).toMatchObject({ code: "TU1010", severity: "error" });
    expect(problem?.message).toContain(part);
  });

  test("as a value they are text, never a number", () => {
    expect(plain(yaml("a: \uFF11\uFF12\nb: \u0661\u0662\n").value)).toEqual({ a: "\uFF11\uFF12", b: "\u0661\u0662" });
  });

  test("text in a decomposed form is refused: it looks the same and is not equal", () => {
    expect(yaml('a: "cafe\u0301"\n').problems).toMatchObject([{ code: "TU1010", severity: "error" }]);
    expect(yaml("# cafe\u0301\na: 1\n").problems).toEqual([]);
    expect(plain(yaml('a: "cafe\\u0301"\n').value)).toEqual({ a: "cafe\u0301" });
  });
});

test.each(["", ".", "..", " k", "k ", "\tk", "\u00A0k"])("UNI-05 %j would bend the path of a key", (key) => {
  const { problems } = yaml(`${JSON.stringify(key)}: 1\n`);
  expect(problems.some(({ severity, code }) => severity === "error" && (code === "TU1009" || code === "TU1010"))).toBe(
    true,
  );
});
