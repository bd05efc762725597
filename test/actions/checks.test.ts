/** `validate`, `render` and `diff` as steps of a job: on the template, on broken files, on pull requests. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../attacks/hostile.ts";
import { ROOT, type TestRepo, commit, done, git, gitRepo } from "../cli/run.ts";
import { tempFolder, writeFiles } from "../project.ts";
import { freePort } from "../stores/etcd-server.ts";
import { complaints } from "../stages/report/schemas.ts";
import { pullRequestPayload } from "./payloads.ts";
import { declaredOutputs, describeAction, step } from "./runner.ts";
import { annotationsOf } from "./runner-rules.ts";

const TEMPLATE = join(ROOT, "config-repo-template");
const SMALL = {
  "trueup.yaml":
    "version: 1\nsystem: s\nenvironments:\n  dev: {}\n  prod: { protected: true }\ntargets: { local: { type: directory } }\n",
  "apps/a/base.yaml": "x: 1\n",
  "apps/b/base.yaml": "n1: 2\n",
};
const repos: { dispose: () => void }[] = [];
afterAll(() => repos.forEach((repo) => repo.dispose()));
function repoOf(content: string | Readonly<Record<string, string>>): string {
  const repo = gitRepo(content);
  repos.push(repo);
  return repo.folder;
}

/** A pull request as actions/checkout gives it: the merge commit, in a clone of this depth. */
function pullRequest(
  change: Readonly<Record<string, string>>,
  depth = 2,
  content: Readonly<Record<string, string>> = SMALL,
) {
  const origin = repoOf(content);
  const base = git(origin, "rev-parse", "HEAD");
  git(origin, "checkout", "--quiet", "-b", "branch");
  writeFiles(origin, change);
  const head = commit(origin, "change");
  git(origin, "checkout", "--quiet", "main");
  writeFiles(origin, { "README.md": "main moved on\n" });
  const moved = commit(origin, "meanwhile");
  git(origin, "merge", "--quiet", "--no-ff", "-m", "merge", "branch");
  const clone = tempFolder();
  repos.push(clone);
  git(clone.folder, "clone", "--quiet", `--depth=${depth}`, `file://${origin}`, ".");
  return {
    folder: clone.folder,
    base,
    head,
    moved,
    event: { name: "pull_request", payload: pullRequestPayload({ head, base }) },
  };
}

describeAction("validate", () => {
  it("counts what is in order", async () => {
    const { code, out, err, outputs, summary, commands } = await step("validate", { workspace: repoOf(TEMPLATE) });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(
      /^::add-mask::ghs_\w+\n\$ trueup validate\n✔ 2 apps in 4 places \(8 units\), 122 keys .*\nresult: ok \(exit code 0\)\n$/u,
    );
    expect(Object.keys(outputs).toSorted()).toEqual(declaredOutputs("validate").toSorted());
    expect(outputs).toMatchObject({
      result: "ok",
      "exit-code": "0",
      errors: "0",
      warnings: "0",
      apps: "2",
      units: "8",
      keys: "122",
      sarif: "",
    });
    expect(summary).toContain("trueup validate: ok");
    expect(commands.map((command) => command.name)).toEqual(["add-mask"]);
  });

  it("marks lines, nine and one of a level, and is red", async () => {
    const values = Array.from({ length: 12 }, (_, i) => `k${i}: "{{vars.nope${i}}}"\n`).join("");
    const folder = repoOf({ ...SMALL, "apps/a/base.yaml": values });
    const ran = await step("validate", { workspace: folder, with: { sarif: "out/trueup.sarif" } });
    expect(ran.code).toBe(3);
    expect(ran.outputs).toMatchObject({ result: "invalid", "exit-code": "3", errors: "12", sarif: "out/trueup.sarif" });
    const { error = [] } = annotationsOf(ran.commands);
    expect(error).toHaveLength(10);
    expect(error[0]?.properties.get("file")).toBe("apps/a/base.yaml");
    expect(error[9]?.data).toBe("and 3 more, see the summary");
    expect(ran.report()).toMatchObject({ version: 1, summary: { errors: 12 } });
    expect(complaints("problems", JSON.stringify(ran.report()))).toEqual([]);
    expect(JSON.parse(readFileSync(join(folder, "out/trueup.sarif"), "utf8"))).toMatchObject({ version: "2.1.0" });
    const quiet = await step("validate", {
      workspace: folder,
      with: { annotations: "false", "fail-on": "never", summary: "false" },
    });
    expect([quiet.code, quiet.outputs["result"], quiet.summary]).toEqual([0, "invalid", ""]);
    expect(annotationsOf(quiet.commands)["error"]).toEqual([]);
  });

  it("looks only at what the branch touches", async () => {
    const broken = { ...SMALL, "apps/b/base.yaml": 'n1: "{{vars.nope}}"\n' };
    const pull = pullRequest({ "apps/a/base.yaml": "x: 2\n" }, 2, broken);
    const only = { "changed-only": "true" };
    const ran = await step("validate", { workspace: pull.folder, event: pull.event, with: only });
    expect(ran.out).toContain(`$ trueup validate --changed-since=${pull.moved}\n`);
    expect([ran.code, ran.outputs["apps"], ran.outputs["units"]]).toEqual([0, "1", "2"]);
    const all = await step("validate", { workspace: pull.folder, event: pull.event });
    expect([all.code, all.outputs["errors"]]).toEqual([3, "1"]);
    const shallow = pullRequest({ "apps/a/base.yaml": "x: 2\n" }, 1, broken);
    const blind = await step("validate", { workspace: shallow.folder, event: shallow.event, with: only });
    expect([blind.code, blind.outputs["apps"]]).toEqual([3, "2"]);
    expect(blind.err).toContain("everything is checked");
    const shared = pullRequest({ "apps/a/base.yaml": "x: 2\n", "shared/base.yaml": "z: 1\n" }, 2, broken);
    const wide = await step("validate", { workspace: shared.folder, event: shared.event, with: only });
    expect([wide.code, wide.outputs["apps"]]).toEqual([3, "2"]);
  });

  it("CMD-01..08: whatever stands in the files forges nothing", async () => {
    const lines = COMMANDS.filter((text) => !/\p{Cs}/u.test(text)).map(
      (text, i) => `k${i}: ${JSON.stringify(`{{vars.x}} ${text}`)}\n`,
    );
    const schema = {
      type: "object",
      additionalProperties: false,
      description: COMMANDS.join("\n"),
      properties: { ok: { enum: COMMANDS } },
    };
    const folder = repoOf({
      ...SMALL,
      "apps/a/base.yaml": `ok: "::error::x"\n${lines.join("")}`,
      "apps/a/schema.yaml": JSON.stringify(schema),
    });
    const { code, commands } = await step("validate", { workspace: folder });
    expect(code).toBe(3);
    expect(commands.filter((command) => command.name !== "add-mask")).toHaveLength(
      annotationsOf(commands)["error"]?.length ?? 0,
    );
  });

  it("names the input that is wrong", async () => {
    const { code, outputs, commands, err } = await step("validate", {
      workspace: repoOf(SMALL),
      with: { strict: "maybe" },
    });
    expect([code, outputs["result"], outputs["exit-code"]]).toEqual([1, "error", "1"]);
    expect(err).toContain("error[USAGE]: the input strict must be true or false");
    expect(annotationsOf(commands)["error"]?.[0]?.data).toContain("the input strict must be true or false");
  });

  it("says what a folder without configuration lacks", async () => {
    const empty = tempFolder({ "README.md": "x" });
    repos.push(empty);
    const { code, outputs, report } = await step("validate", { workspace: empty.folder });
    expect([code, outputs["result"], outputs["errors"]]).toEqual([1, "error", ""]);
    expect(report()).toMatchObject({ error: { code: "USAGE" }, exit: 1 });
  });
});

describeAction("render", () => {
  it("writes a file for every unit, and one digest for all formats", async () => {
    const workspace = repoOf(TEMPLATE);
    const digests = new Set<string>();
    for (const [format, ending] of [
      ["yaml", "yaml"],
      ["json", "json"],
      ["dotenv", "env"],
      ["k8s", "yaml"],
    ] as const) {
      const { code, outputs } = await step("render", {
        workspace,
        with: { format, out: `out/${format}`, physical: "true" },
      });
      expect([code, outputs["result"], outputs["units"], outputs["path"]]).toEqual([0, "ok", "8", `out/${format}`]);
      const text = readFileSync(join(workspace, `out/${format}/prod.us-east-2/orders.${ending}`), "utf8");
      expect(text).toContain("orders.us-east-2.db.example.com");
      expect(existsSync(join(workspace, `out/${format}/keys.json`))).toBe(true);
      digests.add(outputs["digest"] ?? "");
    }
    expect([...digests][0]).toMatch(/^[0-9a-f]{64}$/u);
    expect(digests.size).toBe(1);
    const omitted = await step("render", { workspace, with: { secrets: "omit", out: "out/omit" } });
    expect(digests.has(omitted.outputs["digest"] ?? "")).toBe(false);
    expect(readFileSync(join(workspace, "out/omit/dev.eu-west-1/orders.yaml"), "utf8")).not.toContain("password");
    expect(readFileSync(join(workspace, "out/yaml/dev.eu-west-1/orders.yaml"), "utf8")).toContain("db_password");
  });

  it("writes nothing of a configuration that is not valid", async () => {
    const workspace = repoOf({ ...SMALL, "apps/a/base.yaml": 'x: "{{vars.nope}}"\n' });
    const { code, outputs, commands } = await step("render", { workspace });
    expect([code, outputs["result"], outputs["digest"], outputs["path"]]).toEqual([3, "invalid", "", ""]);
    expect(existsSync(join(workspace, "rendered"))).toBe(false);
    expect(annotationsOf(commands)["error"]?.map((command) => command.data)).toEqual([
      "the configuration is not valid: 1 error\nthe log lists them, as trueup validate does",
    ]);
  });
});

describeAction("diff", () => {
  let template: TestRepo;
  beforeAll(() => {
    template = gitRepo(TEMPLATE);
    repos.push(template);
  });

  it("counts a first plan, and names the environments in promotion order", async () => {
    const { code, out, outputs, report, summary } = await step("diff", { workspace: template.folder });
    expect(code).toBe(0);
    expect(out).toContain("$ trueup diff --against=auto --detailed-exitcode\n");
    expect(Object.keys(outputs).toSorted()).toEqual(declaredOutputs("diff").toSorted());
    expect(outputs).toMatchObject({
      result: "changes",
      "exit-code": "2",
      "has-changes": "true",
      add: "122",
      change: "0",
      replace: "0",
      delete: "0",
      conflict: "0",
      "needs-value": "4",
      environments: '["dev","staging","prod"]',
      protected: "true",
    });
    expect(outputs["plan"]).toMatch(/^p-[0-9a-f]{16}$/u);
    expect(complaints("plan", JSON.stringify(report()))).toEqual([]);
    expect(summary).toContain("reaches **PROD**");
  });

  it("is red where fail-on says so", async () => {
    const { code, outputs, commands } = await step("diff", {
      workspace: template.folder,
      with: { "fail-on": "changes", env: "dev" },
    });
    expect([code, outputs["result"], outputs["environments"], outputs["protected"]]).toEqual([
      2,
      "changes",
      '["dev"]',
      "false",
    ]);
    expect(annotationsOf(commands)["error"]?.[0]?.properties.get("title")).toBe("trueup diff: changes");
  });

  it("says what a guard refuses, and that nothing is left to do", async () => {
    const folder = repoOf(TEMPLATE);
    done(folder, ["apply", "--yes"]);
    const nothing = await step("diff", { workspace: folder });
    expect([
      nothing.code,
      nothing.outputs["result"],
      nothing.outputs["has-changes"],
      nothing.outputs["environments"],
    ]).toEqual([0, "ok", "false", "[]"]);
    git(folder, "rm", "-rq", "apps/orders");
    commit(folder, "orders goes");
    const refused = await step("diff", { workspace: folder });
    expect([refused.code, refused.outputs["result"], refused.outputs["exit-code"]]).toEqual([4, "refused", "4"]);
    expect(annotationsOf(refused.commands)["error"]?.[0]?.properties.get("title")).toBe("trueup diff: refused");
    const allowed = await step("diff", { workspace: folder, with: { "fail-on": "delete" } });
    expect([allowed.code, allowed.outputs["result"]]).toEqual([4, "refused"]);
    const never = await step("diff", { workspace: folder, with: { "fail-on": "never" } });
    expect([never.code, never.outputs["result"]]).toEqual([0, "refused"]);
  });

  it("compares a fork with its base, also in a shallow clone where the base has moved", async () => {
    const pull = pullRequest({ "apps/a/base.yaml": "x: 5\n" });
    const event = {
      name: "pull_request",
      payload: pullRequestPayload({ head: pull.head, base: pull.base, repository: "stranger/fork" }),
    };
    const { code, out, outputs } = await step("diff", { workspace: pull.folder, event, with: { token: "" } });
    expect(out).toContain(`--against=${pull.moved}`);
    expect([code, outputs["add"], outputs["change"], outputs["environments"]]).toEqual([0, "0", "2", '["dev","prod"]']);
  });

  it("falls back to the base where the stores cannot be reached", async () => {
    const away = {
      ...SMALL,
      "trueup.yaml": SMALL["trueup.yaml"].replace(
        /targets: .*/u,
        `targets: { config: { type: etcd, path: "/c/{{env}}/{{app}}/{{key}}", connection: { endpoints: ["http://127.0.0.1:${await freePort()}"] } } }`,
      ),
    };
    const pull = pullRequest({ "apps/b/base.yaml": "n1: 3\n" }, 2, away);
    const { code, err, outputs } = await step("diff", { workspace: pull.folder, event: pull.event });
    expect(err).toContain(`so this compares with ${pull.moved} in Git`);
    expect([code, outputs["result"], outputs["change"]]).toEqual([0, "changes", "2"]);
    const live = await step("diff", { workspace: pull.folder, event: pull.event, with: { against: "live" } });
    expect([live.code, live.outputs["result"], live.outputs["environments"]]).toEqual([1, "error", ""]);
    expect(live.report()).toMatchObject({ error: { code: "UNREACHABLE" } });
  });

  it("does not run on pull_request_target", async () => {
    const pull = pullRequest({ "apps/a/base.yaml": "x: 5\n" });
    const { code, outputs, err } = await step("diff", {
      workspace: pull.folder,
      event: { ...pull.event, name: "pull_request_target" },
    });
    expect([code, outputs["result"]]).toEqual([4, "refused"]);
    expect(err).toContain("trueup does not run on pull_request_target");
  });
});

describe("a repo in a folder below the top", () => {
  describeAction("validate", () => {
    it("names files from the top", async () => {
      const folder = repoOf(
        Object.fromEntries(
          Object.entries({ ...SMALL, "apps/a/base.yaml": 'x: "{{vars.nope}}"\n' }).map(([path, text]) => [
            `my config/${path}`,
            text,
          ]),
        ),
      );
      const { code, out, commands } = await step("validate", {
        workspace: folder,
        with: { "working-directory": "my config" },
      });
      expect(code).toBe(3);
      expect(out).toContain("$ trueup '--dir=my config' validate\n");
      expect(annotationsOf(commands)["error"]?.[0]?.properties.get("file")).toBe("my config/apps/a/base.yaml");
    });
  });
});
