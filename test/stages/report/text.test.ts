/** From values to text: what holds for any input (examples: `redact.test.ts`), width, table, words, reach, print. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plain } from "../../../src/model.ts";
import { printJson } from "../../../src/report/json.ts";
import { print, printLine, styled } from "../../../src/report/print.ts";
import { foldPlaces, inCapitals, placesInWords, reachInWords } from "../../../src/report/reach.ts";
import { quoteChange, quoteValue, safePiece, safeText } from "../../../src/report/redact.ts";
import { alignColumns, cutText } from "../../../src/report/table.ts";
import { displayWidth } from "../../../src/report/width.ts";
import { count, duration, listed, plural, shortCommit, some } from "../../../src/report/words.ts";
import { DEV, PLACES, PROD_EU, PROD_US, STAGING } from "./build.ts";

const anyText = fc.string({ unit: "binary" });

/** Milliseconds. */
function time(text: string): number {
  const start = process.cpuUsage();
  safeText(text);
  return process.cpuUsage(start).user / 1000;
}

describe("safeText", () => {
  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
        expect(safePiece(safePiece(text))).toBe(safePiece(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes time in proportion to the text, whatever it is made of", () => {
    for (const piece of ["#", "é", "#é", "##é", ":", " :", "::", "\u001b", "vso", "##vso"]) {
      expect(time(piece.repeat(200_000)), piece).toBeLessThan(1000);
      expect(time(`##${piece.repeat(200_000)}`), piece).toBeLessThan(1000);
    }
  });
});

describe("quoteValue", () => {
  it("is one line, and no wider than asked", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 10, max: 60 }), (value, width) => {
        const text = quoteValue(value as Plain, { width });
        expect(displayWidth(text)).toBeLessThanOrEqual(width);
        expect(text).not.toMatch(/\n/u);
      }),
    );
  });
});

describe("quoteChange", () => {
  it("never lets two different values look alike", () => {
    // Characters that are shown as escapes are wide, also those that do not differ.
    const hidden = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom("a", "\u0085", "\u{E0041}", "日", "e\u0301"), maxLength: 60 }),
    );
    fc.assert(
      fc.property(
        hidden,
        hidden,
        fc.oneof(fc.string({ maxLength: 200 }), hidden),
        fc.integer({ min: 24, max: 60 }),
        (a, b, common, width) => {
          fc.pre(a !== b);
          const { before, after } = quoteChange(common.repeat(3) + a, common.repeat(3) + b, { width });
          expect(before).not.toBe(after);
          expect(displayWidth(before)).toBeLessThanOrEqual(width);
          expect(displayWidth(after)).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["日本", 4],
    ["e\u0301", 1],
    ["🎉", 2],
    ["한국", 4],
    ["ｆｕｌｌ", 8],
    ["→ ✔ ╭─ •", 8],
    ["", 0],
  ])("%s takes %i cells", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("cutText stays inside the width", () => {
    expect(cutText("abcdef", 4)).toBe("abc…");
    expect(cutText("日本語", 4)).toBe("日…");
    expect(cutText("abc", 3)).toBe("abc");
  });
});

describe("alignColumns", () => {
  it("lines up by cells of the screen and leaves no spaces at the end", () => {
    const rows = [
      ["日本", "1", "x"],
      ["abc", styled("red", "22"), ""],
      ["e\u0301", ["3", styled("dim", "3"), "3"], "z"],
    ];
    expect(print(alignColumns(rows, { indent: 1, gap: 2 }), false)).toBe(
      " 日本  1    x\n abc   22\n e\u0301     333  z\n",
    );
  });

  it("makes room for escapes before it measures", () => {
    const text = print(
      alignColumns([
        ["a\u001bb", "1"],
        ["abcdefgh", "2"],
      ]),
      false,
    ).split("\n");
    expect(text[0]?.indexOf("1", 8)).toBe(text[1]?.indexOf("2"));
  });
});

describe("print", () => {
  it("breaks a command that only forms when pieces are joined, without colour", () => {
    expect(printLine([" :", styled("red", ":error::x")], true)).toBe(" \\u{3a}:error::x");
    expect(printLine(["#", styled("red", "#[x]")], true)).toBe("##\\u{5b}x]");
    expect(printLine(["a ", styled("red", "b")], true)).toBe("a \u001b[31mb\u001b[39m");
  });

  it("shows line feeds in pieces instead of obeying them", () => {
    expect(print([["a\nb"]], false)).toBe("a\\u{a}b\n");
  });
});

describe("printJson", () => {
  it("gives back the same data, with nothing in the text that acts or hides", () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyText, (value, text) => {
        const document = { value, text, [text]: 1 };
        const printed = printJson(document);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(document)));
        expect(safeText(printed)).toBe(printed);
      }),
      { numRuns: 500 },
    );
    expect(printJson({ a: "##[x] \u202e \u{e0041}" })).toBe('{\n  "a": "##\\u005bx] \\u202e \\udb40\\udc41"\n}\n');
  });
});

describe("words", () => {
  it("counts, measures and lists", () => {
    expect([count(0), count(999), count(10_014), count(1_234_567)]).toEqual(["0", "999", "10,014", "1,234,567"]);
    expect([plural(1, "key"), plural(2, "entry", "entries")]).toEqual(["1 key", "2 entries"]);
    expect([412, 9949, 41_200, 245_000].map(duration)).toEqual(["0.4 s", "9.9 s", "41 s", "4 min 5 s"]);
    expect([listed([]), listed(["a"]), listed(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
    expect([some(["a", "b"], 2), some(["a", "b", "c", "d"], 2)]).toEqual(["a, b", "a, b and 2 more"]);
    expect([shortCommit("4f2c1aab4c0d5e6f708192a3b4c5d6e7f8091a2b"), shortCommit("main")]).toEqual(["4f2c1aa", "main"]);
  });
});

describe("reach in words", () => {
  it.each([
    [[DEV, STAGING], "dev, staging"],
    [[PROD_US, PROD_EU], "PROD (both regions)"],
    [[PROD_EU], "PROD eu-west-1"],
    [[DEV, STAGING, PROD_EU, PROD_US], "everywhere"],
    [[], ""],
    [["unknown.place"], "unknown.place"],
  ])("%j is %s", (ids, text) => {
    expect(placesInWords(ids, PLACES)).toBe(text);
  });

  it("does not say everywhere in a repo with one place", () => {
    expect(placesInWords(["prod"], [{ id: "prod", env: "prod", region: undefined, protected: true, vars: {} }])).toBe(
      "PROD",
    );
  });

  it("gives numbers where names would be too many, and a grid only where it is full", () => {
    const apps = ["a", "b", "c", "d"];
    const full = apps.flatMap((app) => PLACES.map((place) => `${app}@${place.id}`));
    expect(reachInWords(full, PLACES)).toBe("4 apps × 4 places");
    expect(reachInWords(full.slice(1), PLACES)).toBe("4 apps · everywhere");
    expect(reachInWords([`a@${DEV}`, `b@${DEV}`], PLACES)).toBe("a, b · dev");
    const many = Array.from({ length: 7 }, (_, i) => ({
      id: `e${i}`,
      env: `e${i}`,
      region: undefined,
      protected: i > 4,
      vars: {},
    }));
    expect(
      placesInWords(
        many.slice(1).map((place) => place.id),
        many,
      ),
    ).toBe("6 places (e1, e2, e3, e4 and 2 more)");
  });

  it("keeps the order of promotion", () => {
    expect(foldPlaces([PROD_EU, DEV], PLACES).map(inCapitals)).toEqual(["dev", "PROD eu-west-1"]);
  });
});
