import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/model.ts";
import { type MarkdownContext, SUMMARY } from "../../../src/report/context.ts";
import { markdownPlan, fitPlan } from "../../../src/report/plan/markdown.ts";
import { tablesIn } from "../../attacks/gfm.ts";
import * as fixtures from "./fixtures.ts";
import { BASE, edit, planOf } from "./build.ts";
import { LARGE_WORLD, manyChanges, planContext } from "./fixtures.ts";

function markdownContext(overrides: Partial<MarkdownContext> = {}): MarkdownContext {
  return {
    ...planContext(),
    root: ".",
    base: BASE,
    comparedAt: "12:04 UTC",
    liftBy: "maintain",
    link: (position) => `https://github.com/example/shop-config/blob/4f2c1aa/${position.file}#L${position.line}`,
    homes: [
      { name: "full plan", url: "https://github.com/example/shop-config/actions/runs/1" },
      { name: "JSON", url: "https://github.com/example/shop-config/actions/runs/1/artifacts/2" },
    ],
    ...overrides,
  };
}
const large = markdownContext({ world: LARGE_WORLD });

describe("markdownPlan, golden", () => {
  const cases: [name: string, plan: Plan, ctx: MarkdownContext][] = [
    ["small", fixtures.small, markdownContext()],
    ["secrets", fixtures.secrets, markdownContext()],
    ["destructive", fixtures.destructive, markdownContext()],
    ["large", fixtures.large, large],
    ["conflict", fixtures.conflict, markdownContext()],
    ["drift", fixtures.driftOnly, markdownContext()],
    ["nothing", fixtures.nothing, markdownContext()],
    ["against-ref", { ...fixtures.small, against: { kind: "ref", ref: "main" } }, markdownContext()],
  ];
  it.each(cases)("%s", async (name, plan, ctx) => {
    await expect(markdownPlan(plan, ctx)).toMatchFileSnapshot(`./golden/plan-${name}.md`);
  });
});

describe("markdownPlan, rows equal the data", () => {
  it("has a row per deleted value, in protected environments and elsewhere", () => {
    const tables = tablesIn(markdownPlan(fixtures.destructive, markdownContext()));
    const [, inProd, elsewhere] = tables;
    expect(tables).toHaveLength(3);
    expect(inProd?.rows).toHaveLength(4);
    expect(elsewhere?.rows).toHaveLength(7);
  });

  it("adds up to the plan in the matrix, also where apps are folded", () => {
    for (const [plan, ctx] of [
      [fixtures.large, large],
      [manyChanges(2000), large],
      [fixtures.small, markdownContext()],
    ] as const) {
      const [matrix] = tablesIn(markdownPlan(plan, ctx));
      const cells = matrix?.rows.flatMap((row) => row.slice(1)) ?? [];
      const numbers = cells
        .flatMap((cell) => cell.match(/[\d,]+/gu) ?? [])
        .map((text) => Number(text.replaceAll(",", "")));
      const { add, change, replace, delete: removed } = plan.summary;
      expect(numbers.reduce((a, b) => a + b, 0)).toBe(add + change + replace + removed);
    }
  });

  it("has a line per side of each change in the diff", () => {
    const text = markdownPlan(fixtures.small, markdownContext());
    const diff = /```diff\n([\s\S]*?)```/u.exec(text)?.[1]?.split("\n") ?? [];
    expect(diff.filter((line) => line.startsWith("+"))).toHaveLength(8);
    expect(diff.filter((line) => line.startsWith("-"))).toHaveLength(4);
    expect(text).toContain("(8 values)");
  });
});

describe("markdownPlan, the budget", () => {
  it("tells 10,000 alike changes in less than 4 kB", () => {
    expect(markdownPlan(fixtures.large, large).length).toBeLessThan(4096);
  });

  it.each([
    ["change", 10_000],
    ["add", 2500],
    ["remove", 10_000],
    ["replace", 4000],
    ["adopt", 2500],
  ] as const)("holds for thousands of different values (%s)", (action, n) => {
    const plan = manyChanges(n, action);
    const text = markdownPlan(plan, large);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000);
    expect(text).toMatch(/more (?:edits|rows)/u);
    expect(text).toContain("[full plan]");
    const destroys = action === "remove" || action === "replace";
    expect(fitPlan(plan, large).tooLarge).toBe(destroys);
    expect(text.includes("too large to review")).toBe(destroys);
  });

  it("keeps every deletion in a protected environment while they fit", () => {
    const plan = planOf({
      places: fixtures.LARGE_PLACES,
      edits: [...manyChanges(2000).edits, ...manyChanges(1000, "remove").edits],
    });
    const text = markdownPlan(plan, large);
    const inProd = plan.edits.filter((one) => one.action === "remove" && one.outcomes[0]?.units[0]?.includes("@prod."));
    expect(inProd).toHaveLength(200);
    for (const one of inProd) expect(text).toContain(`| \`group.${one.path[1]}\` |`);
    expect(fitPlan(plan, large).tooLarge).toBe(false);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000);
  });

  it("shows what reaches a protected environment first", () => {
    const plan = planOf({
      places: fixtures.LARGE_PLACES,
      edits: [
        ...manyChanges(2500).edits.filter((one) => !one.outcomes[0]?.units[0]?.includes("@prod.")),
        ...fixtures.large.edits.slice(1),
      ],
    });
    expect(markdownPlan(plan, large)).toContain("`kafka.brokers`");
  });

  it("holds even for keys, values and messages made to be long", () => {
    const long = "|`".repeat(250);
    const plan = planOf({
      edits: Array.from({ length: 300 }, (_, i) =>
        edit({
          path: [`${long}${i}`],
          action: "remove",
          outcomes: [{ before: `${i}${long}`, units: [`${long}@prod.eu-west-1`] }],
        }),
      ),
      refusals: Array.from({ length: 300 }, () => ({
        guard: "delete" as const,
        message: long,
        examples: [long],
        lifted: false,
      })),
      needsValue: Array.from({ length: 300 }, (_, i) => ({
        unit: "a@prod.eu-west-1",
        path: [long],
        secret: `${i}${long}`,
      })),
    });
    const text = markdownPlan(plan, markdownContext());
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000);
    expect(text).toContain("300 deletions");
  });

  it("uses a larger budget for the step summary", () => {
    const text = markdownPlan(manyChanges(3000), { ...large, budget: SUMMARY });
    expect(Buffer.byteLength(text)).toBeGreaterThan(60_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(900_000);
    expect(text).not.toMatch(/more edits/u);
  });
});
