/**
 * The whole story, unattended: the template's own workflow files on a forge, with a real Git remote, etcd and SSM. Every
 * chapter goes on where the one before it ended, and says what people see and what `etcdctl` and `aws` read.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { git, trueup } from "../cli/run.ts";
import type { Item } from "../forge/state.ts";
import { describeWithEtcd } from "../stores/etcd-server.ts";
import { describeWithMoto } from "../stores/moto-server.ts";
import { describeAction } from "./runner.ts";
import { READER, type Stage, WRITER, setStage } from "./story.ts";
import type { HubEvent } from "./workflow/hub.ts";
import { type JobRun, onEvent } from "./workflow/run.ts";

const PLACEHOLDER = "TRUEUP_PLACEHOLDER: this secret has no value yet";
const [DEV_SECRET, STAGING_SECRET, PROD_SECRET] = ["canary-dev-51", "canary-staging-52", "canary-prod-53"];
const SECRETS = [DEV_SECRET, STAGING_SECRET, PROD_SECRET, WRITER.password, READER.password];
const ALL_APPLIED = ["changes", "apply dev", "apply staging", "apply prod"].map((job) => `apply / ${job}: success`);

/** A chapter is up to eight jobs and as many calls of `aws`. */
vi.setConfig({ testTimeout: 120_000 });

let stage: Stage;
let change: Item;
let undo: Item;
let log = "";

/** Runs what an event starts; `live`: with the repository variable that turns the drift workflow on. */
async function on(event: HubEvent, live = false): Promise<readonly JobRun[]> {
  const { hub, settings } = stage;
  const vars = live ? { ...settings.vars, TRUEUP_LIVE: "true" } : settings.vars;
  const jobs = await onEvent(hub, event, { ...settings, vars });
  for (const { steps } of jobs)
    log += steps.map(({ out, err, summary, outputs }) => out + err + summary + JSON.stringify(outputs)).join("");
  return jobs;
}
const results = (jobs: readonly JobRun[]): string[] => jobs.map(({ name, result }) => `${name}: ${result}`);
const warnings = (jobs: readonly JobRun[]) =>
  jobs.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands.filter(({ name }) => name === "warning")));
const bodies = (item: Item): string[] =>
  stage.hub.forge.state.comments.filter((one) => one.item === item.number).map(({ body }) => body);
/** Without the hidden first line. */
const title = (body = ""): string => body.split("\n").find((line) => !line.startsWith("<!--")) ?? "";
const etcd = async (key: string): Promise<string> => (await stage.etcd.ctl("get", "--print-value-only", key)).trimEnd();
async function ssm(region: string): Promise<Readonly<Record<string, string>>> {
  const args = ["ssm", "get-parameters-by-path", "--path", "/", "--recursive", "--with-decryption"];
  const { Parameters } = JSON.parse(await stage.moto.awsAs({ AWS_DEFAULT_REGION: region }, ...args)) as {
    readonly Parameters: readonly { readonly Name: string; readonly Value: string }[];
  };
  return Object.fromEntries(
    Parameters.filter(({ Name }) => !Name.includes("/.trueup/")).map(({ Name, Value }) => [Name, Value]),
  );
}
/** As somebody at a desk, with their own credentials. */
function person(args: readonly string[], input?: string): string {
  const env = {
    ...stage.settings.machine,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example",
    ETCD_USERNAME: WRITER.name,
    ETCD_PASSWORD: WRITER.password,
  };
  const ran = trueup(stage.clone.folder, args, env, input);
  expect([ran.code, ran.err]).toEqual([0, expect.any(String)]);
  return ran.out + ran.err;
}
const now = (path: string): string => readFileSync(join(stage.clone.folder, path), "utf8");

describeWithEtcd("the whole story", () => {
  describeWithMoto("on etcd and SSM", () => {
    describeAction("by the template's own workflows", () => {
      beforeAll(async () => {
        stage = await setStage();
      });
      afterAll(() => stage?.stop());
      afterEach(() => {
        expect(stage.hub.forge.undescribed).toEqual([]);
        const said = log + JSON.stringify([...stage.hub.forge.state.items.values(), stage.hub.forge.state.comments]);
        for (const secret of SECRETS) expect(said).not.toContain(secret);
      });

      it("the first push makes it live: dev, staging, prod, and placeholders for secrets", async () => {
        const jobs = await on(stage.hub.pushMain(stage.clone.folder));
        expect(results(jobs)).toEqual(ALL_APPLIED);
        expect(jobs.map(({ environment }) => environment)).toEqual([undefined, "dev", "staging", "prod"]);
        expect(warnings(jobs)).toEqual([]);
        expect(jobs[0]?.steps[0]?.out).toContain("? Needs a value  orders.db_password: everywhere");
        expect(await etcd("/config/dev/eu-west-1/orders/database/pool/max")).toBe("10");
        expect(await etcd("/config/prod/us-east-2/orders/database/pool/max")).toBe("60");
        expect(await etcd("/config/dev/eu-west-1/orders/database/password")).toBe("");
        const europe = await ssm("eu-west-1");
        expect(Object.keys(europe).toSorted()).toEqual(
          ["dev", "prod", "staging"]
            .map((env) => `/edge/${env}/gateway`)
            .concat(["dev", "prod", "staging"].map((env) => `/shop/${env}/orders/database/password`)),
        );
        expect(europe["/shop/prod/orders/database/password"]).toBe(PLACEHOLDER);
        expect(JSON.parse(europe["/edge/prod/gateway"] ?? "")).toMatchObject({ nginx: { workers: 8 } });
        expect(Object.keys(await ssm("us-east-2"))).toHaveLength(2);
      });

      it("people fill the placeholders in, and nothing of theirs is printed", async () => {
        const values = { dev: DEV_SECRET, staging: STAGING_SECRET, prod: PROD_SECRET };
        for (const [env, value] of Object.entries(values))
          log += person(["secrets", "set", "orders", "db_password", "--env", env], value);
        const europe = await ssm("eu-west-1");
        expect(europe["/shop/dev/orders/database/password"]).toBe(DEV_SECRET);
        expect(europe["/shop/prod/orders/database/password"]).toBe(PROD_SECRET);
        expect((await ssm("us-east-2"))["/shop/prod/orders/database/password"]).toBe(PROD_SECRET);
      });

      it("a pull request shows its plan in one comment, a check and labels", async () => {
        stage.branch(stage.clone, "larger-pool", {
          "apps/orders/base.yaml": now("apps/orders/base.yaml").replace("max: 10", "max: 20"),
        });
        change = stage.hub.openPull(stage.clone.folder, {
          author: "dora",
          title: "Larger pool",
          branch: "larger-pool",
        });
        const jobs = await on(stage.hub.pull(change, "opened"));
        expect(results(jobs)).toEqual(["plan / plan: success", "validate / validate: success"]);
        expect(warnings(jobs)).toEqual([]);
        const [body = "", ...others] = bodies(change);
        expect(others).toEqual([]);
        expect(title(body)).toBe("### 🟡 1 edit → 2 keys");
        expect(body).toContain("**`database.pool.max`** `10` → `20` · dev, staging");
        expect(body).toContain("**`prod.eu-west-1`** keeps `40`");
        expect(body).toContain("compared with **live**");
        expect(change.labels).toEqual([]);
        expect(stage.hub.forge.state.checks).toMatchObject([
          {
            sha: change.pull?.head,
            name: "trueup / plan",
            conclusion: "success",
            externalId: expect.stringContaining(jobs[0]?.steps[0]?.outputs["plan"] ?? "no plan"),
            output: { title: "+0 ~2 -0" },
          },
        ]);
      });

      it("a mistake is red on its line, and takes the old plan away", async () => {
        const mended = now("apps/orders/prod.yaml");
        stage.commit({ "apps/orders/prod.yaml": mended.replace("timeout_ms: 1500", "timeout_ms: {{region}}") });
        const jobs = await on(stage.hub.pull(change, "synchronize", stage.clone.folder));
        expect(results(jobs)).toEqual(["plan / plan: failure", "validate / validate: failure"]);
        const marks = jobs[1]?.steps[0]?.commands.filter(({ name }) => name === "error") ?? [];
        expect(marks[0]?.properties.get("file")).toBe("apps/orders/prod.yaml");
        const head = change.pull?.head.slice(0, 7) ?? "";
        expect(bodies(change).map(title)).toEqual([`### ❌ No plan for \`${head}\`: the configuration is not valid`]);
        expect(bodies(change)[0]).not.toContain("compared with **live**");

        stage.commit({
          "apps/orders/prod.yaml": mended.replace("timeout_ms: 1500", "timeout_ms: 1200"),
          "apps/orders/base.yaml": `${now("apps/orders/base.yaml")}payments: { token: "{{secret.payments_token}}" }\n`,
          "apps/orders/secrets.yaml": `${now("apps/orders/secrets.yaml")}payments_token: { from: external }\n`,
          "apps/orders/schema.yaml": `${now("apps/orders/schema.yaml")}  payments: { type: object, properties: { token: { type: string, x-secret: true } } }\n`,
        });
        const again = await on(stage.hub.pull(change, "synchronize", stage.clone.folder));
        expect(results(again)).toEqual(["plan / plan: success", "validate / validate: success"]);
        const [body = "", ...others] = bodies(change);
        expect(others).toEqual([]);
        expect(title(body)).toBe("### 🟡 3 edits → 8 keys · reaches **PROD** · 🔑 needs a value in 4 places");
        expect(body).toContain("trueup secrets set orders payments_token --env dev");
        expect(change.labels).toEqual(["trueup:prod"]);
      });

      it("a merge applies the reviewed plan, place by place, and leaves one receipt", async () => {
        const push = stage.hub.merge(change, "mia");
        const closed = await on(stage.hub.pull(change, "closed"));
        expect(results(closed)).toEqual(["plan / plan: success"]);
        expect(bodies(change)).toHaveLength(1);
        const jobs = await on(push);
        expect(results(jobs)).toEqual(ALL_APPLIED);
        expect(warnings(jobs)).toEqual([]);
        expect(jobs.slice(1).map(({ steps }) => steps[0]?.outputs["as-reviewed"])).toEqual(["true", "true", "true"]);
        expect(await etcd("/config/staging/eu-west-1/orders/database/pool/max")).toBe("20");
        expect(await etcd("/config/prod/eu-west-1/orders/database/pool/max")).toBe("40");
        expect(await etcd("/config/prod/us-east-2/orders/http/timeout_ms")).toBe("1200");
        expect((await ssm("us-east-2"))["/shop/prod/orders/payments/token"]).toBe(PLACEHOLDER);
        const [, receipt = "", ...others] = bodies(change);
        expect(others).toEqual([]);
        expect(title(receipt)).toBe("### ✅ Live everywhere · 8 keys in 4 places");
        expect(receipt).toContain("approved by [mia]");
        expect(receipt).toMatch(/✔ exactly the reviewed plan `p-[0-9a-f]{16}` · ✔ read back/u);
      });

      it("a revert is the way back", async () => {
        stage.branch(stage.clone, "revert-larger-pool", {});
        git(stage.clone.folder, "revert", "--no-edit", "-m", "1", "HEAD~1");
        undo = stage.hub.openPull(stage.clone.folder, {
          author: "dora",
          title: "Revert",
          branch: "revert-larger-pool",
        });
        const planned = await on(stage.hub.pull(undo, "opened"));
        expect(results(planned)).toEqual(["plan / plan: success", "validate / validate: success"]);
        expect(title(bodies(undo)[0])).toBe("### 🔴 4 deletions, 2 of them in **PROD** · 4 other changes");
        expect(bodies(undo)[0]).toContain("**`database.pool.max`** `20` → `10` · dev, staging");
        expect(undo.labels).toEqual(["trueup:prod", "trueup:delete"]);
        const jobs = await on(stage.hub.merge(undo, "mia"));
        expect(results(jobs)).toEqual(ALL_APPLIED);
        expect(warnings(jobs)).toEqual([]);
        expect(title(bodies(undo)[1])).toBe("### ✅ Live everywhere · 8 keys in 4 places");
        expect(await etcd("/config/staging/eu-west-1/orders/database/pool/max")).toBe("10");
        expect(await etcd("/config/prod/us-east-2/orders/http/timeout_ms")).toBe("1500");
        const america = await ssm("us-east-2");
        expect(Object.keys(america).toSorted()).toEqual(["/edge/prod/gateway", "/shop/prod/orders/database/password"]);
        expect(america["/shop/prod/orders/database/password"]).toBe(PROD_SECRET);
      });

      it("a hand edit becomes an issue, once, and closes it when it is over", async () => {
        const key = "/config/prod/eu-west-1/orders/logging/level";
        const issues = () => [...stage.hub.forge.state.items.values()].filter(({ pull }) => pull === undefined);
        await stage.etcd.ctl("put", key, "trace");
        expect(results(await on(stage.hub.onMain("schedule")))).toEqual(["drift / drift: skipped"]);
        const found = await on(stage.hub.onMain("schedule"), true);
        expect([results(found), warnings(found)]).toEqual([["drift / drift: success"], []]);
        expect(issues()).toMatchObject([{ title: "Config drift: 1 key (1 in PROD)", state: "open" }]);
        const [issue] = issues() as [Item];
        expect(issue.body).toContain("orders@prod.eu-west-1:logging.level");
        await on(stage.hub.onMain("schedule"), true);
        expect([issues().length, bodies(issue)]).toEqual([1, []]);

        await stage.moto.awsAs(
          { AWS_DEFAULT_REGION: "eu-west-1" },
          "ssm",
          "delete-parameter",
          "--name",
          "/edge/dev/gateway",
        );
        await on(stage.hub.onMain("workflow_dispatch"));
        expect(issue.title).toBe("Config drift: 15 keys (1 in PROD)");
        expect(bodies(issue)).toHaveLength(1);

        await stage.etcd.ctl("put", key, "info");
        git(stage.clone.folder, "fetch", "--quiet", "origin", "main");
        git(stage.clone.folder, "checkout", "--quiet", "--detach", "FETCH_HEAD");
        person(["apply", "--env", "dev", "--yes", "--allow", "drift"]);
        expect(JSON.parse((await ssm("eu-west-1"))["/edge/dev/gateway"] ?? "")).toMatchObject({
          nginx: { workers: 2 },
        });
        await on(stage.hub.onMain("schedule"), true);
        expect([issues().length, issue.state, bodies(issue).length]).toEqual([1, "closed", 2]);
      });

      it("a stranger's fork gets a plan against the base, without secrets, stores or a comment", async () => {
        stage.branch(stage.fork, "mine", {
          "apps/orders/dev.yaml": now("apps/orders/dev.yaml").replace("level: debug", "level: warn"),
        });
        const theirs = stage.hub.openPull(stage.fork.folder, {
          author: "mallory",
          title: "Hi",
          branch: "mine",
          fork: true,
        });
        const before = stage.hub.forge.calls.length;
        const jobs = await on(stage.hub.pull(theirs, "opened"));
        expect(results(jobs)).toEqual(["plan / plan: success", "validate / validate: success"]);
        const [plan] = jobs[0]?.steps ?? [];
        expect(plan?.out).toContain(`$ trueup diff --against=${stage.hub.main()}`);
        expect(plan?.summary).toContain('**`logging.level`** `"debug"` → `"warn"` · dev');
        expect(warnings(jobs).map(({ data }) => data)).toEqual([expect.stringContaining("comes from a fork")]);
        expect([bodies(theirs), theirs.labels]).toEqual([[], []]);
        expect(stage.hub.forge.calls.slice(before)).toEqual([]);
      });
    });
  });
});
