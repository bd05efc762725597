/** The first five minutes on GitHub: the template as it is, without a store that outlives a job. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ROOT, type TestRepo, commit, git, gitRepo } from "../cli/run.ts";
import type { Item } from "../forge/state.ts";
import { writeFiles } from "../project.ts";
import { describeAction } from "./runner.ts";
import { type Hub, type HubEvent, startHub } from "./workflow/hub.ts";
import { type JobRun, onEvent } from "./workflow/run.ts";

vi.setConfig({ testTimeout: 60_000 });

describeAction("a copy of the template", () => {
  let hub: Hub;
  let clone: TestRepo;
  let pull: Item;
  const on = (event: HubEvent) =>
    onEvent(hub, event, {
      vars: {},
      secrets: {},
      machine: { RUNNER_ENVIRONMENT: "github-hosted" },
      identity: {},
      approvers: {},
    });
  const failed = (jobs: readonly JobRun[]) => jobs.filter(({ result }) => result === "failure");
  const comments = (): readonly string[] => hub.forge.state.comments.map(({ body }) => body);

  beforeAll(async () => {
    hub = await startHub({ dora: "write" });
    clone = gitRepo(join(ROOT, "config-repo-template"));
  });
  afterAll(async () => {
    clone?.dispose();
    await hub?.stop();
  });

  it("has nothing red after its first push", async () => {
    const jobs = await on(hub.pushMain(clone.folder));
    expect([jobs.length, failed(jobs)]).toEqual([4, []]);
  });

  it("shows one edit as one edit, compared with main", async () => {
    const base = readFileSync(join(clone.folder, "apps/orders/base.yaml"), "utf8");
    git(clone.folder, "checkout", "--quiet", "-b", "larger-pool");
    writeFiles(clone.folder, { "apps/orders/base.yaml": base.replace("max: 10", "max: 20") });
    commit(clone.folder, "larger pool");
    pull = hub.openPull(clone.folder, { author: "dora", title: "Larger pool", branch: "larger-pool" });
    const jobs = await on(hub.pull(pull, "opened"));
    expect(failed(jobs)).toEqual([]);
    const [body = "", ...others] = comments();
    expect(others).toEqual([]);
    expect(body.split("\n")[1]).toBe(`### 🟠 1 edit → 2 keys · against \`${hub.main().slice(0, 7)}\` only`);
    expect(body).toContain("No store was read");
    expect(jobs[0]?.steps[0]?.err).toContain("nothing was applied yet to the folder on this machine");
    expect(hub.forge.state.checks).toMatchObject([{ externalId: expect.stringMatching(/^ref-/u) }]);
  });

  it("does not say that something is live when the only store was a folder of the job", async () => {
    const jobs = await on(hub.merge(pull, "dora"));
    expect(failed(jobs)).toEqual([]);
    const receipt = comments().find((body) => body.startsWith("<!-- trueup:receipt")) ?? "";
    expect(receipt.split("\n")[1]).toBe("### ✅ Would be live everywhere · no store is connected yet");
    expect(receipt).toContain("gone with this job");
  });
});
