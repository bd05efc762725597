import { describe, expect, it } from "vitest";
import type { LocatedProblem } from "../../../src/problem.ts";
import { githubProblems } from "../../../src/report/problems/github.ts";
import { humanProblems } from "../../../src/report/problems/human.ts";
import { jsonProblems } from "../../../src/report/problems/json.ts";
import { sarifProblems } from "../../../src/report/problems/sarif.ts";
import { WORLD } from "./build.ts";
import { at, failing, located, problemsContext, source } from "./located.ts";
import { complaints } from "./schemas.ts";

const warning = failing.filter((problem) => problem.severity === "warning");

/** A problem on line 2 of a file with these lines. */
function framed(
  lines: { readonly [number: number]: string },
  column: number,
  length: number,
  more: Partial<LocatedProblem> = {},
): string {
  const problem = located({
    code: "TU3003",
    message: "wrong",
    position: at("a.yaml", 2, column, length),
    label: "here",
    ...more,
  });
  return humanProblems(
    [problem],
    problemsContext({ sources: new Map([["a.yaml", source("a.yaml", lines)]]), width: 80 }),
  );
}

/** The column of the source line above which the mark starts, and how long the mark is. */
function markOf(text: string): { readonly under: string } {
  const lines = text.split("\n");
  const mark = lines.findIndex((line) => /^ +· +[─┬]+$/u.test(line));
  const start = lines[mark]?.search(/[─┬]/u) ?? 0;
  return { under: (lines[mark - 1] ?? "").slice(start, lines[mark]?.length) };
}

/** A plaintext secret of so many characters. */
function secretOf(length: number): readonly LocatedProblem[] {
  return [located({ code: "TU4001", message: "plaintext secret", position: at("a.yaml", 2, 6, length), masked: true })];
}

describe("humanProblems", () => {
  it("golden", async () => {
    await expect(humanProblems(failing, problemsContext())).toMatchFileSnapshot("./golden/problems.txt");
  });

  it("golden, warnings only", async () => {
    await expect(humanProblems(warning, problemsContext())).toMatchFileSnapshot("./golden/problems-warning.txt");
  });

  it("says in one line that all is well", () => {
    expect(humanProblems([], problemsContext())).toBe(
      "✔ 10 apps in 4 places (40 units), 486 keys · schema, templates, secrets, mapping · 0.4 s\n",
    );
  });

  it("counts errors, warnings, files, apps and units", () => {
    expect(humanProblems(failing, problemsContext())).toContain(
      "✖ 5 errors, 1 warning in 5 files · affects 3 of 10 apps, 9 of 40 units\n  help  trueup why TU1003\n",
    );
  });

  it("shows everything without colour that it shows with colour", () => {
    const colored = humanProblems(failing, problemsContext({ color: true }));
    // oxlint-disable-next-line no-control-regex
    expect(colored.replace(/\u001b\[\d+m/gu, "")).toBe(humanProblems(failing, problemsContext()));
  });

  it("shows the first fifty, errors first, unless asked for all", () => {
    const many = Array.from({ length: 80 }, (_, i) =>
      located({ code: "TU3003", severity: i < 60 ? "warning" : "error", message: `number ${i};` }),
    );
    const text = humanProblems(many, problemsContext());
    expect(text).toContain("number 79;");
    expect(text).not.toContain("number 45;");
    expect(text).toContain("… and 30 more problems (--verbose lists all)");
    expect(humanProblems(many, problemsContext({ verbose: true }))).toContain("number 45;");
  });

  it("gets by without a place, a source or a world", () => {
    const problem = located({ code: "TU1016", message: "no targets", reach: [`a@${WORLD.places[0]?.id}`] });
    const lost = located({ code: "TU1001", message: "broken", position: at("gone.yaml", 3, 1, 2) });
    const text = humanProblems([problem, lost], problemsContext({ world: undefined }));
    expect(text).toContain("error[TU1016]: no targets");
    expect(text).toContain("╭─[gone.yaml:3:1]");
  });
});

describe("code frames", () => {
  it("mark the right characters with tabs, wide and hidden characters before them", () => {
    expect(markOf(framed({ 2: "key: value" }, 6, 5)).under).toBe("value");
    expect(framed({ 2: "\tk: value" }, 5, 5)).toContain(" 2 │   k: value\n   ·      ──┬──");
    expect(framed({ 2: "名前: value" }, 5, 5)).toContain(" 2 │ 名前: value\n   ·       ──┬──");
    expect(framed({ 2: "k\u200b: v" }, 5, 1)).toContain(" 2 │ k\\u{200b}: v\n   ·            ┬");
  });

  it("keep the marked piece in view on a very long line", () => {
    const text = framed({ 2: `${"a".repeat(5000)}BAD${"b".repeat(5000)}` }, 5001, 3);
    expect(markOf(text).under).toBe("BAD");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("mark one character for an empty piece, and the line to its end for a piece of several lines", () => {
    expect(framed({ 2: "key:" }, 5, 0)).toContain("·     ┬\n");
    const problem = located({
      code: "TU1001",
      message: "open",
      position: { file: "a.yaml", line: 2, column: 1, endLine: 4, endColumn: 2 },
    });
    const sources = new Map([["a.yaml", source("a.yaml", { 2: "abc: [", 3: "1,", 4: "2" })]]);
    expect(markOf(humanProblems([problem], problemsContext({ sources }))).under).toBe("abc: [");
  });

  it("show the line above only if it is the bare key of the map around", () => {
    expect(framed({ 1: "database:", 2: "  port: x" }, 9, 1)).toContain(" 1 │ database:");
    expect(framed({ 1: "password: hunter2", 2: "  port: x" }, 9, 1)).not.toContain("hunter2");
    expect(framed({ 1: "  hunter2", 2: "  port: x" }, 9, 1)).not.toContain("hunter2");
    expect(framed({ 1: "db: # was hunter2", 2: "  port: x" }, 9, 1)).not.toContain("hunter2");
    expect(framed({ 1: "other:", 2: "port: x" }, 7, 1)).not.toContain("other");
  });
});

describe("masked problems", () => {
  const masked = { masked: true, label: "hidden" };
  const SECRET = "hunter2hunter2";

  it("show the key and always the same number of dots", () => {
    for (const value of ["x", SECRET, SECRET.repeat(20)]) {
      const text = framed({ 2: `  stripe_key: ${value}` }, 15, value.length, masked);
      expect(text).toContain(` 2 │   stripe_key: ${"•".repeat(16)}\n`);
      expect(text).toContain(`   ·               ────────┬───────\n`);
    }
  });

  it.each([
    [`  db: { user: x, password: ${SECRET} }`, 28],
    [`${SECRET}: [unclosed`, 20],
    [`  - ${SECRET}`, 5],
    [`"${SECRET}": 1`, 1],
    [`key: "a" ${SECRET}`, 6],
  ])("show nothing but dots where more than the key stands before the value: %s", (line, column) => {
    expect(framed({ 2: line }, column, 5, masked)).not.toContain("hunter");
  });

  it("hide their line in the frames of other problems too", () => {
    const secret = located({
      code: "TU4001",
      message: "plaintext secret",
      position: at("a.yaml", 2, 6, 7),
      masked: true,
    });
    const other = located({ code: "TU3004", message: "unknown key", position: at("a.yaml", 2, 1, 4) });
    const sources = new Map([["a.yaml", source("a.yaml", { 2: "key: hunter2" })]]);
    expect(humanProblems([secret, other], problemsContext({ sources }))).not.toContain("hunter2");
    expect(humanProblems([other], problemsContext({ sources }))).toContain("hunter2");
  });

  it("do not tell how long the value is, in any form", () => {
    const options = { prefix: "", version: "0.1.0" };
    expect(jsonProblems(secretOf(5))).toBe(jsonProblems(secretOf(50)));
    expect(githubProblems(secretOf(5), options)).toBe(githubProblems(secretOf(50), options));
    expect(sarifProblems(secretOf(5), options)).toBe(sarifProblems(secretOf(50), options));
  });
});

describe("jsonProblems", () => {
  it("golden", async () => {
    await expect(jsonProblems(failing)).toMatchFileSnapshot("./golden/problems.json.txt");
  });

  it("fits schemas/problems.schema.json", () => {
    const extra = located({
      code: "TU1016",
      message: "no place",
      notes: [{ name: "n", text: "t" }],
      notePositions: [undefined],
    });
    expect(complaints("problems", jsonProblems([...failing, extra]))).toEqual([]);
    expect(complaints("problems", jsonProblems([]))).toEqual([]);
  });

  it("holds no line of a file", () => {
    expect(jsonProblems(failing)).not.toContain("hunter2");
    expect(sarifProblems(failing, { prefix: "", version: "1" })).not.toContain("hunter2");
    expect(githubProblems(failing, { prefix: "" })).not.toContain("hunter2");
  });
});

describe("githubProblems", () => {
  it("golden", async () => {
    await expect(githubProblems(failing, { prefix: "config/" })).toMatchFileSnapshot("./golden/problems.github.txt");
  });

  it("gives nine and one more per level", () => {
    const many = [...Array.from({ length: 46 }, () => failing[0]), ...Array.from({ length: 3 }, () => warning[0])];
    const lines = githubProblems(many as LocatedProblem[], { prefix: "" })
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(13);
    expect(lines[9]).toBe("::error title=trueup::and 37 more, see the summary");
    expect(githubProblems([], { prefix: "" })).toBe("");
  });

  it("cuts messages below GitHub's limit", () => {
    const long = located({ code: "TU3003", message: "x".repeat(9000) });
    expect(githubProblems([long], { prefix: "" }).length).toBeLessThan(4096);
  });
});

describe("sarifProblems", () => {
  it("has a rule with help for every code and one result per problem", () => {
    const document = JSON.parse(sarifProblems(failing, { prefix: "config/", version: "0.1.0" })) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string; help: { text: string } }[] } };
        results: { ruleId: string; ruleIndex: number }[];
      }[];
    };
    const [run] = document.runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(document.version).toBe("2.1.0");
    expect(run?.results).toHaveLength(failing.length);
    for (const result of run?.results ?? []) expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
    for (const rule of rules) expect(rule.help.text).toContain("To proceed");
  });

  it("writes paths as addresses from the top of the repo", () => {
    const odd = located({ code: "TU1013", message: "odd", position: at("apps/a b/ü#.yaml", 1, 1, 1) });
    expect(sarifProblems([odd], { prefix: "config/", version: "1" })).toContain(
      '"uri": "config/apps/a%20b/%C3%BC%23.yaml"',
    );
  });
});
