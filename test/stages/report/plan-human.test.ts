import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/model.ts";
import { humanPlan } from "../../../src/report/plan/human.ts";
import * as fixtures from "./fixtures.ts";
import { edit, origin, planOf, PROD_EU } from "./build.ts";
import { LARGE_WORLD, manyChanges, planContext } from "./fixtures.ts";

const large = planContext({ world: LARGE_WORLD });

describe("humanPlan, golden", () => {
  const cases: [name: string, plan: Plan, ctx: Parameters<typeof humanPlan>[1]][] = [
    ["small", fixtures.small, planContext()],
    ["small-narrow", fixtures.small, planContext({ width: 70 })],
    ["small-verbose", fixtures.small, planContext({ verbose: true })],
    ["small-color", fixtures.small, planContext({ color: true })],
    ["secrets", fixtures.secrets, planContext()],
    ["destructive", fixtures.destructive, planContext()],
    ["large", fixtures.large, large],
    ["conflict", fixtures.conflict, planContext()],
    ["drift", fixtures.driftOnly, planContext()],
    ["drift-verbose", fixtures.driftOnly, planContext({ verbose: true })],
    ["nothing", fixtures.nothing, planContext()],
  ];
  it.each(cases)("%s", async (name, plan, ctx) => {
    await expect(humanPlan(plan, ctx)).toMatchFileSnapshot(`./golden/plan-${name}.txt`);
  });
});

describe("humanPlan", () => {
  it("says everything without colour that it says with colour", () => {
    const colored = humanPlan(fixtures.small, planContext({ color: true }));
    expect(colored).toContain("\u001b[");
    // oxlint-disable-next-line no-control-regex
    expect(colored.replace(/\u001b\[\d+m/gu, "")).toBe(humanPlan(fixtures.small, planContext()));
  });

  it("never prints a value of a secret, even if one strays into the plan", () => {
    const plan = planOf({
      edits: [
        edit({
          path: ["password"],
          action: "change",
          secret: true,
          outcomes: [{ before: "hunter2-old", after: "hunter2-new", units: [`orders@${PROD_EU}`] }],
          shadowed: [{ unit: `orders@${PROD_EU}`, value: "hunter2-kept", by: origin("apps/orders/prod.yaml", []) }],
        }),
      ],
      drift: [
        {
          unit: `orders@${PROD_EU}`,
          key: "/k",
          path: ["k"],
          name: "",
          secret: true,
          kind: "changed",
          git: "hunter2",
          live: "hunter2",
        },
      ],
    });
    for (const verbose of [false, true]) {
      const text = humanPlan(plan, planContext({ verbose }));
      expect(text).not.toContain("hunter2");
      expect(text).toContain("(secret)");
    }
  });

  it("says everywhere only if it is every place of the repo", () => {
    const inProd = planOf({
      edits: [edit({ path: ["a"], action: "add", outcomes: [{ after: 1, units: [`orders@${PROD_EU}`] }] })],
    });
    expect(humanPlan(inProd, planContext())).toContain("PROD eu-west-1");
    expect(humanPlan(inProd, planContext())).not.toContain("everywhere");
  });

  it("shows where two long values differ", () => {
    const text = humanPlan(fixtures.large, large);
    expect(text).toContain("kafka-4.example.com");
    expect(text).toContain("kafka-5.example.com");
  });

  it("folds the same edit in many apps into one row, and lists them all with --verbose", () => {
    const plan = planOf({
      places: fixtures.LARGE_PLACES,
      edits: Array.from({ length: 40 }, (_, i) =>
        edit({
          path: ["logging", "level"],
          action: "change",
          origin: origin(`apps/app-${i}/base.yaml`, []),
          outcomes: [{ before: "info", after: "warn", units: [`app-${i}@dev.eu-1`, `app-${i}@dev.eu-2`] }],
        }),
      ),
    });
    const text = humanPlan(plan, large);
    expect(text.match(/logging\.level/gu)).toHaveLength(1);
    expect(text).toContain("40 apps × 2 places");
    expect(text).toContain("and 39 more files");
    expect(humanPlan(plan, { ...large, verbose: true }).match(/logging\.level/gu)).toHaveLength(40);
  });

  it("keeps null and absent apart when it folds", () => {
    const units = ["a", "b", "c", "d", "e", "f", "g", "h"].map((app) => `${app}@dev.eu-1`);
    const plan = planOf({
      places: fixtures.LARGE_PLACES,
      edits: units.map((unit, i) =>
        edit({
          path: ["k"],
          action: "change",
          outcomes: [{ ...(i % 2 === 0 ? { before: null } : {}), after: 1, units: [unit] }],
        }),
      ),
    });
    const text = humanPlan(plan, large);
    expect(text.match(/null → 1/gu)).toHaveLength(1);
    expect(text.match(/\(none\) → 1/gu)).toHaveLength(1);
  });

  it("never cuts a deletion in a protected environment", () => {
    const plan = manyChanges(3000, "remove");
    const text = humanPlan(plan, large);
    const inProd = plan.edits.filter((one) => one.outcomes[0]?.units[0]?.includes("@prod."));
    expect(inProd.length).toBeGreaterThan(500);
    for (const one of inProd) expect(text).toContain(` group.${one.path[1]} `);
    expect(text).toContain("more edits in");
  });

  it("prints 10,000 changes in less than 200 ms of processor time", () => {
    const plan = manyChanges(10_000);
    humanPlan(plan, large);
    const times = Array.from({ length: 3 }, () => {
      const start = process.cpuUsage();
      humanPlan(plan, large);
      return process.cpuUsage(start).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});
