/** The issue about what is live and not what Git says: one, edited in place, closed and opened again. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { Mode } from "../forge/server.ts";
import type { Item } from "../forge/state.ts";
import { type OnForge, onForge, warnings } from "./on-forge.ts";
import { describeAction } from "./runner.ts";

/** A story has a dozen steps, each a process of its own. */
vi.setConfig({ testTimeout: 120_000 });

function edit(on: OnForge, key: string, text: string): void {
  writeFileSync(join(on.folder, ".trueup/live", key), text);
}

function issues(on: OnForge): readonly Item[] {
  return [...on.state.items.values()].filter(({ pull }) => pull === undefined);
}

const look = (on: OnForge, inputs: Readonly<Record<string, string>> = {}) =>
  on.run("drift", { name: "schedule", payload: {} }, { with: inputs, ref: "refs/heads/main" });

describeAction("drift", () => {
  it.each<Mode>(["github", "gitea"])("on %s is one issue from the first edit by hand to the last", async (mode) => {
    const on = await onForge(mode);
    const clean = await look(on);
    expect([clean.code, clean.outputs["issue-number"], issues(on)]).toEqual([0, "", []]);
    edit(on, "prod/a/pool", "99");
    const found = await look(on);
    const [issue] = issues(on);
    if (issue === undefined) throw new Error("no issue");
    expect([found.outputs["issue-number"], found.outputs["drifted"]]).toEqual([String(issue.number), "1"]);
    expect(found.outputs["html-url"]).toContain(String(issue.number));
    expect(issue.title).toBe("Config drift: 1 key (1 in PROD)");
    expect(issue.body).toContain("| `a@prod:pool` | `10` | `99` | changed live |");
    const same = await look(on);
    expect([same.outputs["issue-number"], issues(on).length, on.state.comments]).toEqual([String(issue.number), 1, []]);
    edit(on, "dev/a/level", "debug");
    await look(on);
    expect(issue.title).toBe("Config drift: 2 keys (1 in PROD)");
    expect(on.state.comments.map(({ body }) => body.split("\n")[0])).toEqual(["New drift: `a@dev:level`."]);
    edit(on, "dev/a/level", "info");
    edit(on, "prod/a/pool", "10");
    await look(on);
    expect([issue.state, on.state.comments.at(-1)?.body.split("\n")[0]]).toEqual([
      "closed",
      "Live is what Git says again.",
    ]);
    edit(on, "prod/a/pool", "98");
    await look(on);
    expect([issue.state, issues(on).length, on.state.comments.at(-1)?.body.split("\n")[0]]).toEqual([
      "open",
      1,
      "New drift: `a@prod:pool`.",
    ]);
  });

  it("in a part of the repo, of what is not merged, or without permission leaves issues alone", async () => {
    const on = await onForge();
    edit(on, "prod/a/pool", "99");
    await look(on, { env: "prod" });
    await look(on, { issue: "false" });
    on.push({ "apps/a/dev.yaml": "pool: 2\n" });
    await on.onPull("drift");
    expect(issues(on)).toEqual([]);
    on.grant("reads", { issues: "read" });
    const ran = await look(on, { token: "reads" });
    expect([ran.code, ran.outputs["result"], issues(on)]).toEqual([0, "changes", []]);
    expect(warnings(ran)).toHaveLength(1);
    expect(warnings(ran)[0]).toContain("`issues: write`");
  });
});
