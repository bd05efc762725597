/** Rows MD-01..11 of security.md, for everything a pull request shows: 10,000 hostile values (more: `npm run bench -- markdown`). */
import { describe, expect, it } from "vitest";
import { commandsIn } from "./runner-commands.ts";
import { complaintsAbout, documentsWith, linesWith, MORE } from "./documents.ts";
import { mix, seeded } from "./hostile.ts";

/** Values in one document. */
const TOGETHER = 50;

describe("10,000 hostile values", () => {
  const random = seeded(2026);
  const values = Array.from({ length: 10_000 }, (_, i) => MORE[i] ?? mix(random)).filter((text) => text !== "");
  const batches = Array.from({ length: Math.ceil(values.length / TOGETHER) }, (_, i) =>
    values.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );

  it("are text in every comment, check, summary, receipt and issue", { timeout: 300_000 }, () => {
    for (const batch of batches) {
      const documents = documentsWith(batch);
      expect(documents).toHaveLength(12);
      expect(documents.flatMap(complaintsAbout), JSON.stringify(batch[0])).toEqual([]);
    }
  });

  it("forge no command in titles and notices", () => {
    for (const batch of batches.slice(0, 40)) {
      const commands = commandsIn(linesWith(batch));
      expect(
        commands.map((one) => one.name),
        JSON.stringify(batch[0]),
      ).toEqual(Array.from({ length: 10 }, () => "notice"));
    }
  });
});

describe("the oracle", () => {
  it("sees what it must not see", () => {
    const about = (text: string) => complaintsAbout({ name: "x", text, hidden: [] });
    for (const text of [
      "hi @org",
      "see #12",
      "<img src=x>",
      "![x](http://e)",
      "[x](http://e)",
      "[^1]",
      "$x$",
      "- [x] a",
    ])
      expect(about(text), text).not.toEqual([]);
    expect(about("<!-- trueup:plan root=. -->")).not.toEqual([]);
    expect(complaintsAbout({ name: "x", text: "| a | b |\n|---|---|\n| c | d |", rows: 2, hidden: [] })).not.toEqual(
      [],
    );
    expect(about("plain `@org #12` text")).toEqual([]);
  });
});
