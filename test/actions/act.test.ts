/** The template's four workflows as another runner understands them, on this build. The story itself is in `story.test.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { ROOT, type TestRepo, commit, git, gitRepo, stored } from "../cli/run.ts";
import { GRANTS } from "../forge/open.ts";
import { tempFolder, writeFiles } from "../project.ts";
import { act, describeAct } from "./act.ts";
import { describeAction } from "./runner.ts";
import { type Hub, OWN, startHub } from "./workflow/hub.ts";

vi.setConfig({ testTimeout: 60_000 });
const TOKEN = "ghs_tokenUnderAct0000000";

describeAct("under act", () => {
  describeAction("the template", () => {
    let hub: Hub;
    let clone: TestRepo;
    let store: TestRepo;
    const orders = (): string => readFileSync(join(clone.folder, "apps/orders/base.yaml"), "utf8");
    const level = "config/prod/us-east-2/orders/database/pool/max";

    beforeAll(async () => {
      hub = await startHub({ dora: "write", mia: "maintain" });
      hub.forge.state.callers.set(TOKEN, { login: OWN, grants: GRANTS, hides: false });
      clone = gitRepo(join(ROOT, "config-repo-template"));
      store = tempFolder();
      const config = readFileSync(join(clone.folder, "trueup.yaml"), "utf8");
      // Jobs have folders of their own, so the store has one outside of them.
      const shared = config.replace("directory: .trueup/live", `directory: ${join(store.folder, ".trueup/live")}`);
      writeFiles(clone.folder, { "trueup.yaml": shared });
      commit(clone.folder, "one store for all jobs");
    });
    afterAll(async () => {
      await hub?.stop();
      clone?.dispose();
      store?.dispose();
    });

    afterEach(() => expect(hub.forge.undescribed).toEqual([]));

    it("applies a push, one environment after the other", async () => {
      const ran = await act(hub, hub.pushMain(clone.folder), { token: TOKEN });
      expect(ran.jobs, ran.log).toEqual([
        "apply/changes: success",
        "apply/apply dev-1: success",
        "apply/apply staging-2: success",
        "apply/apply prod-3: success",
      ]);
      expect(stored(store.folder)[level]).toBe("60");
    });

    it("validates and plans a pull request, with its comment, and is red for a mistake", async () => {
      git(clone.folder, "checkout", "--quiet", "-b", "smaller-pool");
      writeFiles(clone.folder, { "apps/orders/base.yaml": orders().replace("max: 10", "max: 5") });
      commit(clone.folder, "smaller pool");
      const pull = hub.openPull(clone.folder, { author: "dora", title: "Smaller pool", branch: "smaller-pool" });
      const ran = await act(hub, hub.pull(pull, "opened"), { token: TOKEN });
      expect(ran.jobs.toSorted(), ran.log).toEqual(["plan/plan: success", "validate/validate: success"]);
      expect([ran.outputs["plan/plan"]?.["change"], ran.outputs["validate/validate"]?.["errors"]]).toEqual(["2", "0"]);
      expect(hub.forge.state.comments.map(({ item, body }) => [item, body.split("\n")[1]])).toEqual([
        [pull.number, "### 🟡 1 edit → 2 keys · 🔑 needs a value in 4 places"],
      ]);
      writeFiles(clone.folder, { "apps/orders/base.yaml": orders().replace("max: 5", "max: many") });
      commit(clone.folder, "a mistake");
      const red = await act(hub, hub.pull(pull, "synchronize", clone.folder), { token: TOKEN });
      expect(red.jobs.toSorted(), red.log).toEqual(["plan/plan: failure", "validate/validate: failure"]);
      expect(hub.forge.state.comments.map(({ body }) => body.split("\n")[1])).toEqual([
        `### ❌ No plan for \`${git(clone.folder, "rev-parse", "--short=7", "HEAD")}\`: the configuration is not valid`,
      ]);
    });

    it("looks for drift when asked, and by the clock only where that is turned on", async () => {
      writeFiles(store.folder, { [`.trueup/live/${level}`]: "61" });
      const off = await act(hub, hub.onMain("schedule"), { token: TOKEN });
      expect(off.jobs, off.log).toEqual([]);
      const on = await act(hub, hub.onMain("schedule"), { token: TOKEN, vars: { TRUEUP_LIVE: "true" } });
      expect([on.jobs, on.outputs["drift/drift"]?.["drifted"]], on.log).toEqual([["drift/drift: success"], "1"]);
      const issues = [...hub.forge.state.items.values()].filter(({ pull }) => pull === undefined);
      expect(issues.map(({ title }) => title)).toEqual(["Config drift: 1 key (1 in PROD)"]);
      // Applying by hand finds that nothing of Git is missing, so nobody is asked to approve anything.
      const asked = await act(hub, hub.onMain("workflow_dispatch"), { token: TOKEN });
      expect(asked.jobs.toSorted(), asked.log).toEqual(["apply/changes: success", "drift/drift: success"]);
    });
  });
});
