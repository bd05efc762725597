/** Rows MD-01..05, 09, 11 of security.md: nothing of a user's text is markup in a comment or a step summary. */
import { describe, expect, it } from "vitest";
import { bold, code, document, fence, htmlWords, link, marker, prose, table } from "../../src/report/markdown.ts";
import { markdownPlan } from "../../src/report/plan/markdown.ts";
import { markdownReceipt } from "../../src/report/receipt/markdown.ts";
import { safePiece } from "../../src/report/redact.ts";
import { planContext } from "../stages/report/fixtures.ts";
import { read, type Seen, tablesIn } from "./gfm.ts";
import { COMMANDS, hostilePlaces, hostilePlan, hostileReceipt, MARKDOWN, mix, seeded } from "./hostile.ts";

const HOSTILE = [...MARKDOWN, ...COMMANDS];
const OUR_TAGS = new Set([
  "<!-- -->",
  "<details>",
  "<details open>",
  "</details>",
  "<summary>",
  "</summary>",
  "<b>",
  "</b>",
  "<sub>",
  "</sub>",
  "<br>",
  "<code>",
  "</code>",
]);
const BASE = "https://github.com/example/";

/** What must hold for any document of ours, whatever is in it. */
function expectHarmless(seen: Seen, about: string): void {
  expect(
    [...seen.tags].filter((tag) => !OUR_TAGS.has(tag)),
    about,
  ).toEqual([]);
  expect(seen.images, about).toBe(0);
  expect(
    seen.links.filter((href) => !href.startsWith(BASE)),
    about,
  ).toEqual([]);
  expect(
    /@\w|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:|www\.|:\/\//iu.exec(seen.prose)?.[0],
    about,
  ).toBeUndefined();
  for (const kind of ["hr", "del", "checkbox", "def", "escape"])
    expect(seen.kinds.get(kind) ?? 0, `${kind} ${about}`).toBe(0);
}

describe("building blocks", () => {
  const random = seeded(11);
  const texts = [...HOSTILE, ...Array.from({ length: 1000 }, () => mix(random))];

  it("code and prose show exactly the text, alone, in a sentence and in bold", () => {
    for (const text of texts) {
      const safe = safePiece(text);
      for (const [name, piece] of [
        ["code", code(text)],
        ["prose", prose(text)],
        ["bold", bold(text)],
      ] as const) {
        const seen = read(document([[`- before ${piece} after`]]));
        expectHarmless(seen, `${name} ${JSON.stringify(text)}`);
        expect(seen.text.replaceAll(/\s+/gu, " ").trim(), `${name} ${JSON.stringify(text)}`).toBe(
          `before ${safe} after`.replaceAll(/\s+/gu, " ").trim(),
        );
      }
    }
  });

  it("MD-02: a table keeps its rows, columns and cells", () => {
    for (const text of texts) {
      const [found, ...others] = tablesIn(
        document([
          table(
            ["a", "b"],
            [
              [code(text), prose(text)],
              ["x", code(`y${text}`)],
            ],
            false,
          ),
        ]),
      );
      expect(others).toEqual([]);
      expect(found?.columns, JSON.stringify(text)).toBe(2);
      expect(
        found?.rows.map((row) => row.length),
        JSON.stringify(text),
      ).toEqual([2, 2]);
      expect(found?.rows[1]?.[0]).toBe("x");
      expect(found?.rows[1]?.[1]?.trim(), JSON.stringify(text)).toBe(safePiece(`y${text}`).trim());
    }
  });

  it("MD-01: a fence is one block with one line per line", () => {
    for (const text of texts) {
      const seen = read(document([fence("diff", [`+ ${text}`, text, "- z"])]));
      expect([...seen.kinds], JSON.stringify(text)).toEqual([["code", 1]]);
      expect(seen.text.split("\n"), JSON.stringify(text)).toHaveLength(3);
    }
  });

  it("htmlWords stays text inside a block of HTML", () => {
    for (const text of texts) {
      const seen = read(
        document([[`<details><summary><b>${htmlWords(text)}</b></summary>`, "", "x", "", "</details>"]]),
      );
      expectHarmless(seen, JSON.stringify(text));
    }
  });

  it("a link leads where it should, or is none", () => {
    for (const text of texts) {
      const seen = read(document([[`- see ${link(text, `${BASE}${text}`)} now`]]));
      expectHarmless(seen, JSON.stringify(text));
      expect(seen.links, JSON.stringify(text)).toHaveLength(1);
      expect(
        read(document([[`see ${link(text, text)}`]])).links.filter((href) => !href.startsWith("http")),
        text,
      ).toEqual([]);
    }
    expect(read(link("x", "javascript:alert(1)")).links).toEqual([]);
  });

  it("the hidden first line stays one comment", () => {
    for (const text of texts) {
      const line = marker("plan", { root: text, plan: "p-1" });
      expect(line, JSON.stringify(text)).toMatch(/^<!-- trueup:plan root=[^\s>]* plan=p-1 -->$/u);
      expect(line.slice(4, -3)).not.toMatch(/--|-$/u);
    }
  });

  it("MD-11: hidden characters are shown", () => {
    expect(read(code("a\u202eb\u200bc")).text.trim()).toBe("a\\u{202e}b\\u{200b}c");
  });
});

/** How many rows and columns the tables have, how many blocks of which kind there are. */
function shapeOf(markdown: string): unknown {
  const { kinds } = read(markdown);
  const blocks = ["heading", "blockquote", "code", "list", "list_item", "link"].map((kind) => [
    kind,
    kinds.get(kind) ?? 0,
  ]);
  return [tablesIn(markdown).map((one) => [one.columns, one.rows.length]), blocks];
}

function planText(text: string): string {
  const places = hostilePlaces(text);
  return markdownPlan(hostilePlan(text, places), {
    ...planContext({ world: { places, apps: 2, units: 6 } }),
    locate: () => ({ file: text, line: 1, column: 1, endLine: 1, endColumn: 2 }),
    root: text,
    base: text,
    comparedAt: text,
    liftBy: text,
    homes: [{ name: text, url: `${BASE}${text}` }],
    link: () => `${BASE}${text}`,
  });
}

function receiptText(text: string): string {
  return markdownReceipt(hostileReceipt(text), {
    world: { places: hostilePlaces(text) },
    root: text,
    reviewed: text,
    links: [{ name: text, url: `${BASE}${text}` }],
  });
}

describe("comments", () => {
  const plain = "plain";
  const random = seeded(99);
  const mixes = Array.from({ length: 60 }, () => mix(random));
  const texts = [...HOSTILE, ...mixes].filter((text) => text !== "");
  it("have the same shape with hostile texts as with honest ones", () => {
    const [planShape, receiptShape] = [shapeOf(planText(plain)), shapeOf(receiptText(plain))];
    for (const text of texts) {
      expect(shapeOf(planText(text)), JSON.stringify(text)).toEqual(planShape);
      expect(shapeOf(receiptText(text)), JSON.stringify(text)).toEqual(receiptShape);
    }
  });

  it("hold no tag, link, image, mention or reference of a user", () => {
    for (const text of texts) {
      expectHarmless(read(planText(text)), JSON.stringify(text));
      expectHarmless(read(receiptText(text)), JSON.stringify(text));
    }
  });

  it("MD-09: every line of the diff has a sign of ours", () => {
    for (const text of texts) {
      const diff = /^(`{3,})diff\n([\s\S]*?)\n\1$/mu.exec(planText(text))?.[2]?.split("\n") ?? [];
      const count = (sign: string): number => diff.filter((line) => line.startsWith(`${sign} `)).length;
      expect(
        diff.filter((line) => !/^[-+#!] /u.test(line)),
        JSON.stringify(text),
      ).toEqual([]);
      // 3 places: 3 added, 3 + 3 + 3 changed (two lines each), 3 removed, 3 secrets, 3 taken over (no value before).
      expect([count("+"), count("-"), count("#")], JSON.stringify(text)).toEqual([18, 15, 6]);
    }
  });
});
