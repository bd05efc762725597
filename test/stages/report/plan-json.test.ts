import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/model.ts";
import { jsonPlan } from "../../../src/report/plan/json.ts";
import * as fixtures from "./fixtures.ts";
import { edit, planOf, PROD_EU } from "./build.ts";
import { planContext } from "./fixtures.ts";
import { complaints } from "./schemas.ts";

const ALL: [string, Plan][] = [
  ["small", fixtures.small],
  ["secrets", fixtures.secrets],
  ["destructive", fixtures.destructive],
  ["large", fixtures.large],
  ["conflict", fixtures.conflict],
  ["drift", fixtures.driftOnly],
  ["nothing", fixtures.nothing],
];

describe("jsonPlan", () => {
  it("small, golden", async () => {
    await expect(jsonPlan(fixtures.small, planContext())).toMatchFileSnapshot("./golden/plan-small.json.txt");
  });

  it.each(ALL)("%s fits schemas/plan.schema.json", (_, plan) => {
    expect(complaints("plan", jsonPlan(plan, planContext()))).toEqual([]);
  });

  it("is refused by the schema if a secret has a value", () => {
    const document = JSON.parse(jsonPlan(fixtures.secrets, planContext())) as { edits: object[] };
    const edits = document.edits.map((one) => ({ ...one, before: 1 }));
    expect(complaints("plan", JSON.stringify({ ...document, edits }))).not.toEqual([]);
  });

  it("leaves out values of secrets, even if they stray into the plan", () => {
    const plan = planOf({
      edits: [
        edit({
          path: ["password"],
          action: "change",
          secret: true,
          outcomes: [
            { before: "hunter2", after: "hunter2-a", units: [`orders@${PROD_EU}`] },
            { before: "hunter2", after: "hunter2-b", units: [`cart@${PROD_EU}`] },
          ],
        }),
      ],
    });
    expect(jsonPlan(plan, planContext())).not.toContain("hunter2");
  });

  it("links every write to its edits and counts as the summary does", () => {
    const document = JSON.parse(jsonPlan(fixtures.secrets, planContext())) as {
      edits: { id: string; reaches: string[] }[];
      writes: { edits: string[] }[];
    };
    const ids = new Set(document.edits.map((one) => one.id));
    expect(document.writes).toHaveLength(15);
    for (const write of document.writes) expect(write.edits.every((id) => ids.has(id))).toBe(true);
    expect(document.writes.flatMap((write) => write.edits)).toHaveLength(15);
  });

  it("gives null and false as values and nothing for nothing", () => {
    const plan = planOf({
      edits: [
        edit({ path: ["a"], action: "change", outcomes: [{ before: null, after: false, units: ["a@dev.eu-west-1"] }] }),
      ],
    });
    const [one] = (JSON.parse(jsonPlan(plan, planContext())) as { edits: object[] }).edits;
    expect(one).toMatchObject({ before: null, after: false });
    const [added] = (JSON.parse(jsonPlan(fixtures.small, planContext())) as { edits: object[] }).edits.slice(2);
    expect(added).not.toHaveProperty("before");
  });
});
