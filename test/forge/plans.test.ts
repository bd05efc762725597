/** The reviewed plan: recorded as check run or status, and believed only from our own app or account. */
import { describe, expect, it } from "vitest";
import type { PlanRecord } from "../../src/forge/forge.ts";
import { HEAD, scene } from "./open.ts";
import type { Scene } from "./open.ts";
import type { Mode } from "./server.ts";

const NAME = "trueup / plan";
const PLAN: PlanRecord = {
  name: NAME,
  id: "p-3f9a1c0011223344",
  title: "+4 ~4 -0 · reaches PROD",
  summary: "all",
  conclusion: "success",
};

function forgeCheck({ state }: Scene, app: string, externalId: string, name = NAME): void {
  const output = { title: "", summary: "" };
  state.checks.push({ id: state.next(), sha: HEAD, name, externalId, conclusion: "success", output, app });
}

function forgeStatus({ state }: Scene, creator: string, id: string): void {
  const description = `x (plan ${id})`;
  state.statuses.push({ id: state.next(), sha: HEAD, context: NAME, state: "success", description, creator });
}

describe.each<Mode>(["github", "ghes"])("plan on %s", (mode) => {
  it("is recorded as a check run and read again from it, the latest", async () => {
    const s = await scene(mode);
    const forge = await s.open();
    expect(await forge.recordedPlan(HEAD, NAME)).toBeUndefined();
    await forge.recordPlan(HEAD, { ...PLAN, id: "p-older" });
    expect(await forge.recordPlan(HEAD, PLAN)).toMatchObject({ kind: "done", value: { id: PLAN.id, kind: "check" } });
    expect(await forge.recordedPlan(HEAD, NAME)).toMatchObject({ id: PLAN.id, kind: "check" });
    expect(s.state.checks.at(-1)).toMatchObject({ sha: HEAD, output: { title: PLAN.title } });
    expect(await forge.recordedPlan(HEAD, "trueup / plan shop")).toBeUndefined();
  });

  it("of another app, of another account, or in a comment is not seen", async () => {
    const s = await scene(mode);
    const forge = await s.open();
    await forge.recordPlan(HEAD, PLAN);
    forgeCheck(s, "other-app", "p-forged");
    forgeCheck(s, "github-actions-2", "p-forged");
    forgeCheck(s, "github-actions", "not an id!");
    forgeStatus(s, "mallory", "p-forged");
    s.comment(s.own, "<!-- trueup:plan root=. plan=p-forged -->");
    expect((await forge.recordedPlan(HEAD, NAME))?.id).toBe(PLAN.id);
  });
});

describe.each<Mode>(["gitea", "forgejo"])("plan on %s", (mode) => {
  it("is recorded as a commit status, for there are no check runs", async () => {
    const s = await scene(mode);
    const forge = await s.open();
    const long = "+4 ~4 -0 · reaches PROD ".repeat(20);
    const recorded = await forge.recordPlan(HEAD, { ...PLAN, title: long, conclusion: "action_required" });
    expect(recorded).toMatchObject({ kind: "done", value: { kind: "status" } });
    expect(s.state.statuses).toMatchObject([{ context: NAME, state: "failure" }]);
    forgeStatus(s, "mallory", "p-forged");
    for (let n = 0; n < 60; n += 1)
      s.state.statuses.push({
        id: s.state.next(),
        sha: HEAD,
        context: `ci ${n}`,
        state: "success",
        description: "",
        creator: s.own,
      });
    expect(await forge.recordedPlan(HEAD, NAME)).toMatchObject({ id: PLAN.id, kind: "status" });
  });
});

describe("plan", () => {
  it("longer than a check run holds is cut", async () => {
    const s = await scene();
    await (await s.open()).recordPlan(HEAD, { ...PLAN, summary: "😀".repeat(40_000), title: "t".repeat(999) });
    const { output } = s.state.checks[0] ?? { output: { summary: "", title: "" } };
    expect(output.summary.length).toBeGreaterThan(65_000);
    expect(output.summary.length).toBeLessThanOrEqual(65_535);
    expect(output.summary).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/u);
  });

  it("is a status where a person's token may not make check runs", async () => {
    const s = await scene();
    s.grant("bobs", { statuses: "write", checks: "read" }, { login: "bob" });
    const forge = await s.open("bobs");
    expect(await forge.recordPlan(HEAD, PLAN)).toMatchObject({ kind: "done", value: { kind: "status" } });
    expect(await forge.recordedPlan(HEAD, NAME)).toMatchObject({ id: PLAN.id, kind: "status" });
  });

  it("without any permission is an answer that names the line", async () => {
    const s = await scene();
    s.grant("reads", { checks: "read", statuses: "read" });
    const recorded = await (await s.open("reads")).recordPlan(HEAD, PLAN);
    expect(recorded.kind === "denied" ? recorded.failure.fix : "").toContain("`checks: write`");
  });

  it("is not said to be missing by a token that may not look", async () => {
    const s = await scene();
    s.grant("blind", { statuses: "read" });
    await expect((await s.open("blind")).recordedPlan(HEAD, NAME)).rejects.toMatchObject({ code: "DENIED" });
  });

  it("is recorded once though the answer was lost", async () => {
    const s = await scene();
    s.server.fault = ({ route }) =>
      route.endsWith("/check-runs") && route.startsWith("POST") ? "lose-reply" : undefined;
    expect((await (await s.open()).recordPlan(HEAD, PLAN)).kind).toBe("done");
    expect(s.state.checks).toHaveLength(1);
  });

  it("with an id that a check cannot hold is our mistake", async () => {
    const forge = await (await scene()).open();
    await expect(forge.recordPlan(HEAD, { ...PLAN, id: "a b" })).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
