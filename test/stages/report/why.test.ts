import { describe, expect, it } from "vitest";
import { type Code, CODES } from "../../../src/problem.ts";
import { whyText } from "../../../src/report/why.ts";

const codes = Object.keys(CODES) as Code[];

describe("whyText", () => {
  it("has words for every code", () => {
    expect(codes.length).toBeGreaterThan(40);
    for (const code of codes) expect(whyText(code)).toMatch(new RegExp(`^${code}  `, "u"));
  });

  it.each(codes)("%s says what, why, what to do, with an example, in three to eight lines", (code) => {
    const lines = whyText(code).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(lines[0]).toBe(`${code}  ${CODES[code]}`);
    for (const label of ["Usual causes", "To proceed", "Before", "After"]) {
      expect(lines.filter((line) => line.startsWith(`  ${label} `))).toHaveLength(1);
    }
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(125);
  });

  it("golden", async () => {
    await expect(whyText("TU3002")).toMatchFileSnapshot("./golden/why-TU3002.txt");
  });
});
