/** What a merge does: the reviewed plan is found again, each environment is applied by a job, one receipt says it all. */
import { expect, it, vi } from "vitest";
import { commit, git, stored } from "../cli/run.ts";
import { PULL } from "../forge/open.ts";
import type { Mode } from "../forge/server.ts";
import { writeFiles } from "../project.ts";
import { CONFIG, type OnForge, onForge, warnings } from "./on-forge.ts";
import { describeAction } from "./runner.ts";

/** A story has a dozen steps, each a process of its own. */
vi.setConfig({ testTimeout: 120_000 });

const BOTH = { "apps/a/base.yaml": "pool: 20\nlevel: warn\n" };
const ALL = { environments: '["dev","prod"]' };
const PROD = "prod/a/pool";

/** Planned on the pull request, reviewed, merged. */
async function merged(mode: Mode = "github"): Promise<OnForge> {
  const on = await onForge(mode);
  on.push(BOTH);
  await on.onPull("diff");
  on.merge();
  return on;
}

describeAction("an apply after the merge", () => {
  it.each<Mode>(["github", "ghes", "gitea"])(
    "on %s: two jobs, one receipt on the pull request, exactly the reviewed plan",
    async (mode) => {
      const on = await merged(mode);
      const changes = await on.onMain("diff", { against: "live" });
      expect([changes.outputs["environments"], warnings(changes), on.ours("plan").length]).toEqual([
        '["dev","prod"]',
        [],
        1,
      ]);
      const dev = await on.onMain("apply", { env: "dev", ...ALL });
      expect([dev.code, dev.outputs["as-reviewed"], warnings(dev)]).toEqual([0, "true", []]);
      const waiting = mode === "gitea" ? "is next" : "waits for approval";
      expect(on.ours("receipt")).toHaveLength(1);
      expect(on.ours("receipt")[0]).toContain(`### ⏳ Live in dev · **prod** ${waiting}`);
      on.state.approvals.push({ run: 4711, user: "alice", environment: "prod" });
      const prod = await on.onMain("apply", { env: "prod", ...ALL });
      expect([prod.code, prod.outputs["as-reviewed"], prod.outputs["applied"]]).toEqual([0, "true", "2"]);
      const [receipt = "", ...others] = on.ours("receipt");
      expect(others).toEqual([]);
      expect(receipt).toContain("### ✅ Live everywhere · 3 keys in 2 places");
      expect(receipt).toMatch(/✔ exactly the reviewed plan `p-[0-9a-f]{16}` · ✔ read back/u);
      expect(receipt).toMatch(/\| dev \| ✅ \| \d\d:\d\d UTC \| 1 \| generation 3 \|/u);
      const alice = `✅ · approved by [alice](${on.server.env["GITHUB_SERVER_URL"] ?? ""}/alice)`;
      expect(receipt).toContain(mode === "gitea" ? "| **prod** | ✅ |" : `| **prod** | ${alice} |`);
      expect(on.state.comments.filter(({ item }) => item !== PULL)).toEqual([]);
      const again = await on.onMain("apply", { env: "prod", ...ALL });
      expect([again.code, on.ours("receipt").length]).toEqual([0, 1]);
      expect(on.ours("receipt")[0]).toContain("### ✅ Live everywhere · 3 keys in 2 places");
    },
  );

  it.each<readonly [what: string, approved: readonly (readonly [login: string, late: boolean])[], says: string | undefined]>([
    ["nobody", [], "- ⚠ nobody approved this pull request"],
    ["its author", [["bob", true]], "- ⚠ nobody but its author approved this pull request"],
    ["its author and a bot", [["bob", true], ["other-app[bot]", true]], "- ⚠ nobody but bots approved this pull request"],
    ["a person, before the last push", [["alice", false]], "- ⚠ approved at `"],
    ["a person, and a bot before", [["other-app[bot]", false], ["alice", true]], undefined],
  ])("PLN-12: approved by %s, and the receipt of a protected environment says so", async (_, approved, says) => {
    const on = await onForge();
    const early = on.push({ "apps/a/base.yaml": "pool: 15\n" });
    const last = on.push(BOTH);
    for (const [login, late] of approved) on.approve(login, late ? last : early);
    on.merge();
    const prod = await on.onMain("apply", { env: "prod" });
    expect([prod.code, warnings(prod), on.ours("receipt").length]).toEqual([0, [], 1]);
    const [receipt = ""] = on.ours("receipt");
    const words = receipt.split("\n").filter((line) => /approved/u.test(line));
    expect(words).toHaveLength(says === undefined ? 0 : 1);
    expect(words[0] ?? "").toContain(says ?? "");
    if (says?.endsWith("`") === true) expect(words[0]).toContain(early.slice(0, 7));
  }); // prettier-ignore

  it("PLN-12: approvals that may not be read are no reason to leave out the receipt", async () => {
    const on = await merged();
    on.server.fault = ({ route }) => (route.endsWith("/reviews") ? "page" : undefined);
    const dev = await on.onMain("apply", { env: "dev" });
    expect([dev.code, on.ours("receipt").length]).toEqual([0, 1]);
    // Not protected: that nobody approved is nothing to tell.
    expect(on.ours("receipt")[0]).not.toContain("approved this");
  });

  it("of two environments at the same moment is one receipt with both", async () => {
    const on = await merged();
    const ran = await Promise.all(["dev", "prod"].map((env) => on.onMain("apply", { env })));
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect(on.ours("receipt")).toHaveLength(1);
    expect(on.ours("receipt")[0]).toContain("### ✅ Live everywhere · 3 keys in 2 places");
  });

  it("is not led astray: checks of other apps and people, other pull requests, and comments do not count", async () => {
    const on = await merged();
    const [recorded] = on.state.checks;
    if (recorded === undefined) throw new Error("no check");
    const forged = "p-0000000000000000:0000000000000000";
    on.state.checks.push({ ...recorded, id: on.state.next(), externalId: forged, app: "other-app" });
    const description = `x (plan ${forged})`;
    on.state.statuses.push({
      id: on.state.next(),
      sha: on.head(),
      context: "trueup / plan",
      state: "success",
      description,
      creator: "mallory",
    });
    on.comment("mallory", "<!-- trueup:plan root=. plan=p-0000000000000000 -->");
    on.comment("mallory", "<!-- trueup:receipt root=. -->\n### ✅ Live everywhere");
    const elsewhere = { with: { env: "dev" }, ref: "refs/heads/release" };
    const other = await on.run("apply", { name: "push", payload: {} }, elsewhere);
    expect([other.outputs["as-reviewed"], on.ours("receipt")]).toEqual(["", []]);
    const prod = await on.onMain("apply", { env: "prod" });
    expect([prod.code, prod.outputs["as-reviewed"]]).toEqual([0, "true"]);
    expect(on.ours("receipt")).toHaveLength(1);
  });

  it("PLN-03: of another plan than the reviewed one stops in prod, goes on in dev, and says so on the pull request", async () => {
    const on = await onForge();
    on.push(BOTH);
    await on.onPull("diff");
    git(on.folder, "checkout", "--quiet", "main");
    writeFiles(on.folder, { "apps/a/dev.yaml": "pool: 5\n", "apps/a/prod.yaml": "pool: 50\n" });
    const other = commit(on.folder, "meanwhile");
    on.issue({ number: 479, pull: { head: "e".repeat(40), base: other, merged: other }, state: "closed" });
    git(on.folder, "checkout", "--quiet", "--detach", "main");
    git(on.folder, "merge", "--quiet", "--no-ff", "-m", "merge", "change");
    on.merge();
    const before = stored(on.folder)[PROD];
    const prod = await on.onMain("apply", { env: "prod" });
    expect([prod.code, prod.outputs["result"], prod.outputs["as-reviewed"]]).toEqual([6, "stale", "false"]);
    expect(stored(on.folder)[PROD]).toBe(before);
    expect(on.ours("receipt")[0]).toContain("### ❌ Stopped in **prod** · 0 of 2 keys are live");
    expect(on.ours("receipt")[0]).toContain("`STALE` in prod: the plan is not the one that was reviewed");
    expect(prod.summary).toContain("the plan is not the one that was reviewed");
    const dev = await on.onMain("apply", { env: "dev" });
    expect([dev.code, dev.outputs["as-reviewed"]]).toEqual([0, "false"]);
    expect(on.ours("receipt")).toHaveLength(1);
    expect(on.ours("receipt")[0]).toContain("⚠ also contains [pull request 479](");
    const told = await on.onMain("apply", { env: "prod", "on-mismatch": "continue" });
    expect([told.code, stored(on.folder)[PROD]]).toEqual([0, "50"]);
    expect(on.ours("receipt")[0]).toContain("### ✅ Live everywhere");
    expect(on.ours("receipt")[0]).not.toContain("STALE");
  });

  it("that could not start says why", async () => {
    const on = await merged();
    writeFiles(on.folder, { "trueup.yaml": CONFIG.replace("type: directory", "type: nothing") });
    const sha = commit(on.folder, "broken");
    on.item.pull = { head: on.head(), base: sha, merged: sha };
    const broken = await on.onMain("apply", { env: "prod" });
    expect([broken.code, broken.outputs["result"]]).toEqual([3, "invalid"]);
    expect(on.ours("receipt")[0]).toContain("nothing was written");
    expect(on.ours("receipt")[0]).toContain("the configuration is not valid");
  });

  it("that a guard refuses is lifted by a maintainer's label on the merged pull request", async () => {
    const on = await onForge();
    on.push({ "apps/a/dev.yaml": "pool: 2\n", "apps/b/dev.yaml": "pool: 2\n" });
    await on.onPull("diff");
    on.merge();
    const refused = await on.onMain("apply", { env: "dev" });
    expect([refused.code, refused.outputs["result"]]).toEqual([4, "refused"]);
    expect(on.ours("receipt")[0]).toContain("### ❌ Refused by a guard · nothing was written");
    on.label("trueup:allow-wide", "bob");
    expect((await on.onMain("diff", { against: "live" })).code).toBe(4);
    expect((await on.onMain("apply", { env: "dev" })).code).toBe(4);
    on.label("trueup:allow-wide", "mia");
    expect((await on.onMain("diff", { against: "live" })).outputs["environments"]).toBe('["dev"]');
    const lifted = await on.onMain("apply", { env: "dev" });
    expect([lifted.code, lifted.outputs["as-reviewed"], lifted.outputs["applied"]]).toEqual([0, "true", "2"]);
    expect(on.ours("receipt")).toHaveLength(1);
    expect(on.ours("receipt")[0]).toContain("### ✅ Live · 2 keys in 1 place");
  });

  it("is as reviewed also where the token may not ask who may lift guards: then nobody does", async () => {
    const on = await merged("gitea");
    on.label("trueup:allow-wide", "mia");
    on.grant("modest", { "pull-requests": "write", statuses: "write" });
    const ran = await on.onMain("apply", { env: "prod", token: "modest" });
    expect([ran.code, ran.outputs["as-reviewed"], ran.out.includes("--allow")]).toEqual([0, "true", false]);
    expect(warnings(ran)).toHaveLength(1);
    expect(warnings(ran)[0]).toContain("labels or the reviewed plan could not be read");
  });

  it("that a newer merge overtook says with which pull request it went live", async () => {
    const on = await merged();
    const old = git(on.folder, "rev-parse", "HEAD");
    writeFiles(on.folder, { "apps/b/base.yaml": "pool: 11\n" });
    const newer = commit(on.folder, "newer");
    on.state.items.set(484, on.issue({ number: 484, pull: { head: "d".repeat(40), base: old, merged: newer } }));
    await on.onMain("apply", { env: "dev", allow: "wide" });
    git(on.folder, "checkout", "--quiet", "--detach", old);
    const late = await on.onMain("apply", { env: "dev" });
    expect([late.code, late.outputs["superseded-by"]]).toEqual([0, newer]);
    const [on484, on7] = [484, PULL].map((item) => on.state.comments.findLast((each) => each.item === item)?.body);
    expect(on484).toContain("also contains [pull request 7](");
    expect(on7).toContain(`### ⏩ Applied together with [pull request 484](`);
  });

  it("that nobody planned, or that no pull request brought, is applied without a word", async () => {
    const on = await onForge();
    on.push(BOTH);
    on.merge();
    const unplanned = await on.onMain("apply", { env: "dev" });
    expect([unplanned.code, unplanned.outputs["as-reviewed"], warnings(unplanned)]).toEqual([0, "", []]);
    expect(on.ours("receipt")[0]).not.toContain("reviewed");
    writeFiles(on.folder, { "apps/a/prod.yaml": "pool: 7\n" });
    commit(on.folder, "straight to main");
    const direct = await on.onMain("apply", { env: "prod" });
    expect([direct.code, warnings(direct), on.state.comments.length]).toEqual([0, [], 1]);
    writeFiles(on.folder, { "README.md": "words\n" });
    const sha = commit(on.folder, "words");
    on.item.pull = { head: on.head(), base: sha, merged: sha };
    on.state.comments = [];
    await on.onMain("apply", { env: "prod" });
    expect(on.state.comments).toEqual([]);
  });

  it("of more environments than one record holds is as reviewed in each", async () => {
    const names = ["e1", "e2", "e3", "e4", "e5", "e6", "e7"];
    const environments = names.map((name) => `  ${name}: { protected: true }\n`).join("");
    const on = await onForge("github", {
      "trueup.yaml": CONFIG.replace("  dev: {}\n  prod: { protected: true }\n", environments),
      "apps/a/base.yaml": "pool: 1\n",
    });
    on.push({ "apps/a/base.yaml": "pool: 2\n" });
    await on.onPull("diff");
    expect(on.state.checks.map(({ name }) => name)).toEqual([
      "trueup / plan (2)",
      "trueup / plan (3)",
      "trueup / plan",
    ]);
    on.merge();
    for (const env of ["e1", "e4", "e7"])
      expect((await on.onMain("apply", { env })).outputs["as-reviewed"], env).toBe("true");
    on.state.checks.pop();
    expect((await on.onMain("apply", { env: "e2" })).outputs["as-reviewed"]).toBe("");
  });
});
