/** What a pull request shows, step by step: the built `diff` and `validate` on a test forge that holds every request to its description. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { git } from "../cli/run.ts";
import { TOKEN } from "../forge/open.ts";
import type { Mode } from "../forge/server.ts";
import { CONFIG, onForge, warnings } from "./on-forge.ts";
import { describeAction } from "./runner.ts";
import { annotationsOf } from "./runner-rules.ts";

/** A story has a dozen steps, each a process of its own. */
vi.setConfig({ testTimeout: 120_000 });

describeAction("a plan on a pull request", () => {
  it.each<Mode>(["github", "ghes", "gitea", "forgejo"])(
    "on %s is one comment, labels and a record, edited in place",
    async (mode) => {
      const on = await onForge(mode);
      const first = on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
      const opened = await on.onPull("diff");
      expect([opened.code, warnings(opened)]).toEqual([0, []]);
      const said = opened.out.replace(
        `::add-mask::${TOKEN}
`,
        "",
      );
      expect(said + opened.err + JSON.stringify(opened.outputs) + opened.summary).not.toContain(TOKEN.slice(4));
      const [body = ""] = on.ours("plan");
      expect(body).toContain(
        `<!-- trueup:plan root=. head=${first.slice(0, 7)} plan=${opened.outputs["plan"] ?? ""} -->`,
      );
      expect(body).toContain("### 🟡 1 edit → 1 key · reaches **PROD**");
      expect(body).toContain(`merged into \`${git(on.folder, "rev-parse", "--short=7", "main")}\``);
      expect(body).toContain("**`pool`** `10` → `20`");
      expect(opened.outputs["comment-id"]).toBe(String(on.state.comments[0]?.id));
      expect(on.item.labels).toEqual(["trueup:prod"]);
      const isGithub = mode === "github" || mode === "ghes";
      if (isGithub) {
        expect(on.state.checks).toMatchObject([{ sha: first, name: "trueup / plan", conclusion: "success" }]);
        expect(on.state.checks[0]?.output.title).toBe("+0 ~1 -0 · reaches PROD");
        expect(on.state.checks[0]?.externalId).toMatch(
          new RegExp(`^${opened.outputs["plan"] ?? ""}:[0-9a-f]{16}$`, "u"),
        );
      } else {
        expect(on.state.statuses).toMatchObject([{ sha: first, context: "trueup / plan", state: "success" }]);
        expect(on.state.statuses[0]?.description).toContain(`(plan ${opened.outputs["plan"] ?? ""}:`);
        expect(body).toContain("/src/commit/");
      }
      const second = on.push({ "apps/a/base.yaml": "pool: 30\nlevel: info\n" });
      const again = await on.onPull("diff");
      expect(again.outputs["comment-id"]).toBe(opened.outputs["comment-id"]);
      expect(on.ours("plan")).toHaveLength(1);
      expect(on.ours("plan")[0]).toContain(`head=${second.slice(0, 7)}`);
      expect(on.ours("plan")[0]).toContain("`10` → `30`");
      expect(on.ours("plan")[0]).toContain(
        `<details><summary>Earlier: 1 plan</summary>\n\n- \`${first.slice(0, 7)}\` · +0 ~1 -0 · \`${opened.outputs["plan"] ?? ""}\``,
      );
      expect(on.others()).toEqual([]);
    },
  );

  it("becomes invalid, valid, nothing, and is folded when it is closed", async () => {
    const on = await onForge();
    on.push({ "apps/a/dev.yaml": "pool: 2\n" });
    await on.onPull("diff");
    expect(on.item.labels).toEqual([]);
    const bad = on.push({ "apps/a/dev.yaml": 'pool: "{{vars.nope}}"\n' });
    const broken = await on.onPull("diff");
    expect([broken.code, broken.outputs["result"], broken.outputs["html-url"]]).toEqual([3, "invalid", ""]);
    expect(on.ours("plan")[0]).toContain(`### ❌ No plan for \`${bad.slice(0, 7)}\`: the configuration is not valid`);
    expect(on.ours("plan")[0]).toContain("1. [`apps/a/dev.yaml:1`](");
    expect(on.ours("plan")[0]).toContain("TU2001");
    expect(on.state.checks.at(-1)).toMatchObject({
      conclusion: "failure",
      externalId: "none",
      output: { title: "not valid: 1 error in 1 file" },
    });
    on.push({ "apps/a/dev.yaml": "pool: 3\n" });
    await on.onPull("diff");
    expect(on.ours("plan")[0]).toContain("### 🟡 1 edit → 1 key");
    expect(on.ours("plan")[0]).toContain("Earlier: 2 plans");
    on.push({ "apps/a/dev.yaml": "pool: 1 # as before\n" });
    const same = await on.onPull("diff");
    expect(same.outputs["has-changes"]).toBe("false");
    expect(on.ours("plan")[0]).toContain("### ⚪ No effect on any store");
    expect(on.state.checks.at(-1)?.output.title).toBe("no changes");
    const calls = on.server.calls.length;
    const merged = await on.onPull("diff", { closed: "merged" });
    expect([merged.code, on.server.calls.length]).toEqual([0, calls]);
    const closed = await on.onPull("diff", { closed: "unmerged" });
    expect([closed.code, closed.outputs["result"], closed.summary]).toEqual([0, "ok", ""]);
    expect(on.ours("plan")).toHaveLength(1);
    expect(on.ours("plan")[0]?.split("\n")[1]).toMatch(
      /^### ⚪ Closed without merging: plan `p-[0-9a-f]{16}` at `[0-9a-f]{7}` was not applied$/u,
    );
  });

  it("that changes nothing has no comment, unless one is wanted always; and none is never written", async () => {
    const on = await onForge();
    on.push({ "README.md": "more words\n" });
    const quiet = await on.onPull("diff");
    expect([on.state.comments, quiet.outputs["comment-id"]]).toEqual([[], ""]);
    expect(on.state.checks).toHaveLength(1);
    await on.onPull("diff", { with: { comment: "always" } });
    expect(on.ours("plan")).toHaveLength(1);
    on.state.comments = [];
    on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
    await on.onPull("diff", { with: { comment: "never", labels: "false" } });
    expect([on.state.comments, on.item.labels, on.state.checks.length]).toEqual([[], [], 3]);
  });

  it("keeps to its own comment: somebody else's with our marker is left alone", async () => {
    const on = await onForge();
    on.comment("mallory", "<!-- trueup:plan root=. plan=p-0000000000000000 -->\nall is well");
    on.push({ "apps/a/dev.yaml": "pool: 2\n" });
    await on.onPull("diff");
    expect(on.state.comments.map(({ author }) => author)).toEqual(["mallory", on.own]);
    expect(on.state.comments[0]?.body).toContain("all is well");
  });

  it("that reaches prod after somebody approved calls them once, and not for each push", async () => {
    const on = await onForge();
    const seen = on.push({ "apps/a/dev.yaml": "pool: 2\n" });
    await on.onPull("diff");
    on.approve("alice", seen);
    on.approve("other-app[bot]", seen);
    const next = on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
    await on.onPull("diff");
    expect(on.others()).toHaveLength(1);
    expect(on.others()[0]).toContain(
      `@alice since your review at \`${seen.slice(0, 7)}\` this plan also reaches PROD.`,
    );
    await on.onPull("diff");
    on.push({ "apps/a/base.yaml": "pool: 21\nlevel: info\n" });
    await on.onPull("diff");
    expect(on.others()).toHaveLength(1);
    on.approve("alice", next);
    on.push({ "apps/a/base.yaml": "pool: 21\n" });
    await on.onPull("diff");
    expect(on.others()).toHaveLength(2);
    expect(on.others()[1]).toContain("this plan also deletes 1 key in PROD.");
    expect(on.item.labels.toSorted()).toEqual(["trueup:delete", "trueup:prod"]);
  });

  it("is lifted by a label of a maintainer, not by that of others, of a bot, or of a rule it changes itself", async () => {
    const on = await onForge();
    const wide = { "apps/a/dev.yaml": "pool: 2\n", "apps/b/dev.yaml": "pool: 2\n" };
    on.push(wide);
    const refused = await on.onPull("diff");
    expect([refused.code, refused.outputs["result"]]).toEqual([4, "refused"]);
    expect(on.ours("plan")[0]).toContain("needs label `trueup:allow-wide`");
    expect(on.ours("plan")[0]).toContain("with **maintain** permission");
    expect(on.state.checks.at(-1)).toMatchObject({ conclusion: "failure" });
    for (const who of ["bob", "mallory", "other-app[bot]", on.own]) {
      on.label("trueup:allow-wide", who);
      expect((await on.onPull("diff")).code, who).toBe(4);
    }
    on.label("trueup:allow-wide", "mia");
    const lifted = await on.onPull("diff");
    expect([lifted.code, lifted.outputs["result"]]).toEqual([0, "changes"]);
    expect(lifted.out).toContain("--allow=wide");
    expect(on.ours("plan")[0]).toContain("⚠ guard lifted: wide");
    on.label("trueup:allow-wide", "bob");
    on.push({ ...wide, "trueup.yaml": CONFIG.replace("max_apps: 1", "max_apps: 1, lift_by: write") });
    expect((await on.onPull("diff")).code).toBe(4);
  });

  it("of a fork is in the summary, with one warning and without a single request", async () => {
    const on = await onForge();
    on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
    const ran = await on.onPull("diff", { fork: true });
    expect([ran.code, ran.outputs["result"], on.server.calls]).toEqual([0, "changes", []]);
    expect(ran.summary).toContain("`10` → `20`");
    expect(warnings(ran)).toHaveLength(1);
    expect(warnings(ran)[0]).toContain("comes from a fork");
    expect(annotationsOf(ran.commands)["notice"]).toHaveLength(1);
  });

  it("without permissions is in the summary, with one warning that names their lines", async () => {
    const on = await onForge();
    on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
    on.grant("reads", { "pull-requests": "read", issues: "read" });
    const ran = await on.onPull("diff", { with: { token: "reads" } });
    expect([ran.code, ran.outputs["result"], on.state.comments, on.state.checks]).toEqual([0, "changes", [], []]);
    expect(warnings(ran)).toHaveLength(1);
    expect(warnings(ran)[0]).toMatch(/`checks: write`[\s\S]*`pull-requests: write`/u);
  });

  it("in a merge queue is recorded without a comment, with the labels of its pull request", async () => {
    const on = await onForge();
    on.push({ "apps/a/dev.yaml": "pool: 2\n", "apps/b/dev.yaml": "pool: 2\n" });
    const sha = git(on.folder, "rev-parse", "HEAD");
    const ref = `refs/heads/gh-readonly-queue/main/pr-7-${"a".repeat(40)}`;
    const payload = { merge_group: { base_sha: git(on.folder, "rev-parse", "main"), head_sha: sha, head_ref: ref } };
    const event = { name: "merge_group", payload };
    expect((await on.run("diff", event, { ref })).code).toBe(4);
    on.label("trueup:allow-wide", "mia");
    const ran = await on.run("diff", event, { ref });
    expect([ran.code, ran.outputs["environments"], warnings(ran)]).toEqual([0, '["dev"]', []]);
    const valid = await on.run("validate", event, { ref });
    expect(valid.code).toBe(0);
    expect(on.state.checks.map(({ sha: of, name }) => [of, name])).toEqual([
      [sha, "trueup / plan"],
      [sha, "trueup / plan"],
      [sha, "trueup / validate"],
    ]);
    expect(on.state.comments).toEqual([]);
  });

  it("is one HTML file, a summary with every row, and notices on the lines that were edited", async () => {
    const on = await onForge();
    on.push({ "apps/a/base.yaml": "pool: 20\nlevel: info\n" });
    const ran = await on.onPull("diff");
    expect(readFileSync(ran.outputs["html-url"] ?? "", "utf8")).toContain("<!doctype html>");
    expect(ran.summary).toContain("### 🟡 1 edit → 1 key · reaches **PROD**");
    expect(ran.summary).toContain(`blob/${git(on.folder, "rev-parse", "HEAD")}/apps/a/base.yaml#L1`);
    const { notice = [] } = annotationsOf(ran.commands);
    expect(notice.map(({ properties, data }) => [properties.get("file"), properties.get("line"), data])).toEqual([
      ["apps/a/base.yaml", "1", "reaches PROD; dev keeps 1"],
    ]);
    const bare = await on.onPull("diff", { with: { html: "false", annotations: "none" } });
    expect([bare.outputs["html-url"], annotationsOf(bare.commands)["notice"]]).toEqual(["", []]);
    expect(existsSync(ran.outputs["report"] ?? "")).toBe(true);
  });

  it("of a root below the top has a comment and a check of its own", async () => {
    const on = await onForge("github", {
      "trueup.yaml": CONFIG,
      "apps/a/base.yaml": "pool: 1\n",
      "more/trueup.yaml": CONFIG.replace("shop", "more"),
      "more/apps/z/base.yaml": "pool: 1\n",
    });
    on.push({ "apps/a/base.yaml": "pool: 2\n", "more/apps/z/base.yaml": "pool: 2\n" });
    await on.onPull("diff");
    await on.onPull("diff", { with: { "working-directory": "more" } });
    expect(on.ours("plan").map((body) => body.split(" ")[2])).toEqual(["root=.", "root=more"]);
    expect(on.ours("plan")[1]).toContain("/more/apps/z/base.yaml#L1");
    expect(on.state.checks.map(({ name }) => name)).toEqual(["trueup / plan", "trueup / plan more"]);
  });
});

describeAction("a validation on a pull request", () => {
  it("is a check that says how many errors there are, and no trouble where it may not be one", async () => {
    const on = await onForge();
    on.push({ "apps/a/base.yaml": 'pool: "{{vars.nope}}"\n' });
    expect((await on.onPull("validate")).code).toBe(3);
    expect(on.state.checks).toMatchObject([
      { sha: on.head(), name: "trueup / validate", conclusion: "failure", output: { title: "1 error in 1 file" } },
    ]);
    on.grant("reads", { "pull-requests": "read" });
    const ran = await on.onPull("validate", { with: { token: "reads" } });
    expect([ran.code, warnings(ran)]).toEqual([3, []]);
  });
});

describeAction("a forge that fails", () => {
  const change = { "apps/a/base.yaml": "pool: 20\nlevel: info\n" };
  it.each([["primary"], ["secondary"]] as const)(
    "by its rate (%s) leaves the result as it is, with one warning",
    async (fault) => {
      const on = await onForge();
      on.push(change);
      on.server.reset = 3000;
      on.server.fault = () => fault;
      const ran = await on.onPull("diff");
      expect([ran.code, ran.outputs["result"], ran.outputs["environments"]]).toEqual([0, "changes", '["prod"]']);
      expect(warnings(ran)).toHaveLength(1);
      expect(warnings(ran)[0]).toContain("takes no more requests");
      expect(on.server.calls).toHaveLength(1);
    },
  );

  it("to answer at all leaves results as they are: of a plan, of an apply, of a look at drift", async () => {
    const on = await onForge();
    on.push(change);
    const env = { GITHUB_API_URL: "http://127.0.0.1:9" };
    const plan = await on.onPull("diff", { env });
    expect([plan.code, plan.outputs["result"], warnings(plan).length]).toEqual([0, "changes", 1]);
    on.merge();
    const stop = await on.onMain("apply", { env: "prod", "on-mismatch": "stop" }, env);
    expect([stop.code, stop.outputs["result"], stop.outputs["applied"]]).toEqual([6, "stale", undefined]);
    const apply = await on.onMain("apply", { env: "prod" }, env);
    expect([apply.code, apply.outputs["applied"], apply.outputs["as-reviewed"]]).toEqual([0, "1", ""]);
    expect(warnings(apply)).toHaveLength(2);
  });
});
