import * as fc from "fast-check";
import { EVENT_ID, getScalarValue, parseEvents } from "js-yaml";
import type { ScalarEvent } from "js-yaml";
import { describe, expect, test } from "vitest";
import { locate } from "../../../src/load/locate.ts";
import { offsetsOf } from "../../../src/load/offsets.ts";
import type { At, Origin, Stretch } from "../../../src/model.ts";
import { format } from "./harness.ts";

const TEXT = `# comment
http:
  port: 8080
  "quoted key": 'it''s {{env}}'
database: { host: "{{env}}.db\\t{{region}}", pool: [1, { max: 2 }] }
text: |
  first
    second {{env}}
empty:
list:
  - a
  - b: &x { c: 1 }
alias: *x
merged: { <<: *x, own: 1 }
folded: >-
  one
  two {{env}}
`;

type Place = Partial<Omit<Origin, "file"> & Omit<Stretch, "file">>;

function at(place: Place, text = TEXT, file = "f.yaml"): string {
  const where: At = { file, ...place };
  return format(locate(where, new Map([[file, { path: file, text }]])));
}

describe("key paths", () => {
  test.each([
    [["http", "port"], "value", "3:9-3:13"],
    [["http", "port"], "key", "3:3-3:7"],
    [["http", "quoted key"], "value", "4:17-4:32"],
    [["http", "quoted key"], "key", "4:3-4:15"],
    [["database", "host"], "value", "5:19-5:43"],
    [["database", "pool", "1", "max"], "value", "5:62-5:63"],
    [["list", "1", "b", "c"], "value", "12:16-12:17"],
    [["list", "0"], "value", "11:5-11:6"],
  ] as const)("%j %s", (path, part, expected) => {
    expect(at({ path, part })).toBe(expected);
  });

  test("maps, lists, empty values and block text are marked by their key", () => {
    expect(at({ path: ["http"] })).toBe("2:1-2:5");
    expect(at({ path: ["empty"] })).toBe("9:1-9:6");
    expect(at({ path: ["text"] })).toBe("6:1-6:5");
  });

  test("what is not there falls back to the nearest ancestor that is", () => {
    expect(at({ path: ["http", "host", "name"] })).toBe("2:1-2:5");
    expect(at({ path: ["http", "port", "x"], part: "value" })).toBe("3:3-3:7");
    expect(at({ path: ["nothing"] })).toBe("2:1-2:2");
  });

  test("what came through an alias or a merge key stands where the alias does", () => {
    expect(at({ path: ["alias", "c"] })).toBe("13:1-13:6");
    expect(at({ path: ["merged", "c"] })).toBe("14:15-14:17");
    expect(at({ path: ["merged", "own"] })).toBe("14:24-14:25");
  });
});

describe("inside of values", () => {
  test.each([
    [["http", "quoted key"], { start: 5, end: 12 }, "4:24-4:31"],
    [["database", "host"], { start: 0, end: 7 }, "5:20-5:27"],
    [["database", "host"], { start: 11, end: 21 }, "5:32-5:42"],
    [["text"], { start: 15, end: 22 }, "8:12-8:19"],
    [["folded"], { start: 8, end: 15 }, "17:7-17:14"],
  ] as const)("%j %j", (path, within, expected) => {
    expect(at({ path, within })).toBe(expected);
  });

  test("every character of every scalar has its place", () => {
    const line = fc.stringMatching(/^[ -~\t]{0,12}$/u);
    const lines = fc.array(line, { minLength: 1, maxLength: 5 });
    const ends = fc.constantFrom("\n", "\r\n");
    const double = lines.map(
      (all) =>
        `a: "${all.map((one) => one.replace(/["\\]/gu, "\\$&").replace(/#/gu, "\\x23\\u00e9\\U0001F600")).join("\n  ")}"\n`,
    );
    const escaped = lines.map((all) => `a: "${all.map((one) => one.replace(/["\\]/gu, "")).join("\\\n  ")}"\n`);
    const single = lines.map((all) => `a: '${all.map((one) => one.replace(/'/gu, "''")).join("\n  ")}'\n`);
    const plain = lines.map((all) => `a: x${all.map((one) => one.replace(/[^a-z ]/gu, "z")).join("\n  ")}\n`);
    const header = fc.constantFrom("|", ">", "|-", ">-", "|+", ">+", "|2", ">2-");
    const block = fc
      .tuple(header, lines)
      .map(([head, all]) => `a: ${head}\n${all.map((one) => `  ${one}`).join("\n")}\n\n`);
    fc.assert(
      fc.property(fc.oneof(double, escaped, single, plain, block), ends, (text, end) => {
        const source = text.replaceAll("\n", end);
        const event = scalarOf(source);
        fc.pre(event !== undefined);
        if (event === undefined) return;
        const decoded = getScalarValue(source, event);
        const offsets = offsetsOf(source, event);
        expect(offsets).toHaveLength(decoded.length + 1);
        for (let i = 0; i < decoded.length; i++) {
          const char = decoded.charAt(i);
          const written = source.charAt(offsets[i] ?? 0);
          // Escapes and folded line ends stand for something else; everything else stands for itself.
          if (written !== "\\" && !/[\r\n]/u.test(written) && (offsets[i] ?? 0) < event.valueEnd && char !== "\n")
            expect(written).toBe(char);
          expect(offsets[i]).toBeLessThanOrEqual(offsets[i + 1] ?? 0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function scalarOf(source: string): ScalarEvent | undefined {
  try {
    const scalars = parseEvents(source, {}).filter((event) => event.type === EVENT_ID.SCALAR);
    return scalars.length === 2 ? scalars[1] : undefined;
  } catch {
    return undefined;
  }
}

describe("other places", () => {
  test("a stretch, whatever the line ends", () => {
    expect(at({ offset: 6, length: 3 }, "a: 1\nb: 22\n")).toBe("2:2-2:5");
    expect(at({ offset: 6, length: 1 }, "a: 1\r\nb: 22\r\n")).toBe("2:1-2:2");
    expect(at({ offset: 5, length: 1 }, "a: 1\rb: 22\r")).toBe("2:1-2:2");
    expect(at({ offset: 0, length: 0 }, "")).toBe("1:1-1:1");
  });

  test("a file, and one that was not read, is marked at its start", () => {
    expect(at({})).toBe("1:1-1:1");
    expect(format(locate({ file: "gone.yaml", path: ["a"] }, new Map()))).toBe("1:1-1:1");
  });

  test("an expression of a template file stands where it says", () => {
    expect(at({ path: [], within: { start: 5, end: 12 } }, "ab\ncd{{env}}\n", "files/x.hbs")).toBe("2:3-2:10");
  });

  test("a key of a file with an unquoted template is found all the same", () => {
    expect(at({ path: ["b"] }, "a: {{env}}.x\nb: 1\n")).toBe("2:4-2:5");
  });

  test("a file whose syntax is broken has no paths", () => {
    expect(at({ path: ["b"] }, "a: [\nb: 1\n")).toBe("1:1-1:1");
  });
});
