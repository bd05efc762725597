/** `apply` and `drift` as steps of a job: what is written, what is told, and a job that is cancelled. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ROOT, type TestRepo, commit, done, git, gitRepo, stored, trueup } from "../cli/run.ts";
import { writeFiles } from "../project.ts";
import { describeWithEtcd, startEtcd, type EtcdServer } from "../stores/etcd-server.ts";
import { complaints } from "../stages/report/schemas.ts";
import { pullRequestPayload } from "./payloads.ts";
import { declaredOutputs, describeAction, step } from "./runner.ts";
import { annotationsOf } from "./runner-rules.ts";
import { startHolder } from "./holder.ts";

const TEMPLATE = join(ROOT, "config-repo-template");
/** Milliseconds that a cancelled step may take, start of Node included. */
const SOON = 5000;

let repo: TestRepo;
let workspace: string;
beforeEach(() => {
  repo = gitRepo(TEMPLATE);
  workspace = repo.folder;
});
afterEach(() => repo.dispose());

function planOf(env: string): string {
  const { out } = trueup(workspace, ["diff", "--env", env, "--format", "json"]);
  return (JSON.parse(out) as { plan: string }).plan;
}

describeAction("apply", () => {
  it("writes one environment and tells how to take it back", async () => {
    const head = git(workspace, "rev-parse", "HEAD");
    const ran = await step("apply", { workspace, with: { env: "dev", expect: planOf("dev") } });
    expect([ran.code, ran.err.includes("dev.eu-west-1")]).toEqual([0, true]);
    expect(Object.keys(ran.outputs).toSorted()).toEqual(declaredOutputs("apply").toSorted());
    expect(ran.outputs).toMatchObject({
      result: "ok",
      "exit-code": "0",
      applied: "31",
      skipped: "0",
      failed: "0",
      "as-reviewed": "true",
      "superseded-by": "",
      "rollback-command": `trueup rollback --commit ${head}`,
    });
    expect(JSON.parse(ran.outputs["revision"] ?? "")).toEqual({ "local@dev.eu-west-1": "generation 1" });
    expect(Object.keys(stored(workspace)).every((key) => key.startsWith("config/dev/"))).toBe(true);
    expect(complaints("receipt", JSON.stringify(ran.report()))).toEqual([]);
    expect(ran.report()).toMatchObject({ result: "applied", as_reviewed: true, commit: head });
    expect(ran.summary).toContain("31 keys");
    const again = await step("apply", { workspace, with: { env: "dev" } });
    expect([
      again.code,
      again.outputs["applied"],
      again.outputs["rollback-command"],
      again.outputs["as-reviewed"],
    ]).toEqual([0, "0", "", ""]);
    const live = await step("diff", { workspace });
    expect(live.outputs["environments"]).toBe('["staging","prod"]');
  });

  it("stops at another plan where it is protected, and goes on with a word elsewhere", async () => {
    const other = "p-0123456789abcdef";
    const prod = await step("apply", { workspace, with: { env: "prod", expect: other } });
    expect([prod.code, prod.outputs["result"], prod.outputs["exit-code"], prod.outputs["as-reviewed"]]).toEqual([
      6,
      "stale",
      "6",
      "false",
    ]);
    expect(annotationsOf(prod.commands)["error"]?.[0]?.properties.get("title")).toBe("trueup apply: stale");
    expect(stored(workspace)).toEqual({});
    const dev = await step("apply", { workspace, with: { env: "dev", expect: other } });
    expect([dev.code, dev.outputs["applied"], dev.outputs["as-reviewed"]]).toEqual([0, "31", "false"]);
    expect(dev.err).toContain("the plan is not the one that was reviewed");
    const stopped = await step("apply", {
      workspace,
      with: { env: "staging", expect: other, "on-mismatch": "stop", "fail-on": "never" },
    });
    expect([stopped.code, stopped.outputs["result"]]).toEqual([0, "stale"]);
  });

  it("with dry-run only plans, on a pull request too; without it not there", async () => {
    const head = git(workspace, "rev-parse", "HEAD");
    const event = { name: "pull_request", payload: pullRequestPayload({ head, base: head }) };
    const dry = await step("apply", { workspace, event, with: { env: "dev", "dry-run": "true" } });
    expect([dry.code, dry.outputs["result"], dry.outputs["applied"]]).toEqual([0, "ok", ""]);
    expect(complaints("plan", JSON.stringify(dry.report()))).toEqual([]);
    const wet = await step("apply", { workspace, event, with: { env: "dev" } });
    expect([wet.code, wet.outputs["result"]]).toEqual([4, "refused"]);
    expect(stored(workspace)).toEqual({});
  });

  it("says which newer commit is live, and what a guard refuses", async () => {
    const old = git(workspace, "rev-parse", "HEAD");
    writeFiles(workspace, { "apps/orders/dev.yaml": "logging: { level: warn }\n" });
    const newer = commit(workspace, "newer");
    done(workspace, ["apply", "--yes"]);
    git(workspace, "checkout", "--quiet", old);
    const late = await step("apply", { workspace, with: { env: "dev" } });
    expect([late.code, late.outputs["result"], late.outputs["superseded-by"], late.outputs["applied"]]).toEqual([
      0,
      "ok",
      newer,
      "0",
    ]);
    git(workspace, "checkout", "--quiet", "main");
    git(workspace, "rm", "-rq", "apps/orders");
    commit(workspace, "orders goes");
    const refused = await step("apply", { workspace, with: { env: "dev" } });
    expect([refused.code, refused.outputs["result"]]).toEqual([4, "refused"]);
    expect(annotationsOf(refused.commands)["error"]?.[0]?.data).not.toBe("");
    const lifted = await step("apply", { workspace, with: { env: "dev", allow: "delete,empty" } });
    expect([lifted.code, lifted.outputs["result"]]).toEqual([0, "ok"]);
  });
});

describeAction("drift", () => {
  const level = "config/dev/eu-west-1/orders/logging/level";
  const edit = (text: string): void => writeFileSync(join(workspace, ".trueup/live", level), text);

  it("counts, and says how old it can be at most", async () => {
    done(workspace, ["apply", "--yes"]);
    const clean = await step("drift", { workspace });
    expect(Object.keys(clean.outputs).toSorted()).toEqual(declaredOutputs("drift").toSorted());
    expect([clean.code, clean.outputs["result"], clean.outputs["drifted"], clean.outputs["oldest"]]).toEqual([
      0,
      "ok",
      "0",
      "",
    ]);
    edit("trace");
    writeFiles(workspace, { ".trueup/live/config/dev/eu-west-1/orders/mine": "x" });
    const found = await step("drift", { workspace, with: { unmanaged: "list" } });
    expect([
      found.code,
      found.outputs["result"],
      found.outputs["exit-code"],
      found.outputs["drifted"],
      found.outputs["unmanaged"],
    ]).toEqual([0, "changes", "2", "1", "1"]);
    expect(Date.parse(found.outputs["oldest"] ?? "")).toBeLessThanOrEqual(Date.now());
    expect(found.summary).toContain("trueup drift: changes");
    const red = await step("drift", { workspace, with: { "fail-on": "drift", unmanaged: "ignore" } });
    expect([red.code, red.outputs["unmanaged"]]).toEqual([2, ""]);
    expect(annotationsOf(red.commands)["error"]?.[0]?.data).toBe("1 value is not what was applied");
  });

  it("puts back what may be put back, and nothing of what is not applied yet", async () => {
    done(workspace, ["apply", "--yes"]);
    edit("trace");
    const other = await step("drift", { workspace, with: { restore: "gateway@dev" } });
    expect([other.outputs["drifted"], stored(workspace)[level]]).toEqual(["1", "trace"]);
    writeFiles(workspace, {
      "apps/orders/dev.yaml": "features: { express_checkout: true }\nlogging: { level: warn }\n",
    });
    commit(workspace, "not approved yet");
    const ahead = await step("drift", { workspace, with: { restore: "*@dev" } });
    expect(ahead.out).toContain("Nothing is put back: Git is ahead");
    expect(stored(workspace)[level]).toBe("trace");
    git(workspace, "reset", "--quiet", "--hard", "HEAD~1");
    const back = await step("drift", { workspace, with: { restore: "*@dev", "fail-on": "drift" } });
    expect([back.code, back.outputs["result"], back.outputs["drifted"], stored(workspace)[level]]).toEqual([
      0,
      "ok",
      "0",
      "debug",
    ]);
    expect(back.out).toContain("$ trueup apply --yes --allow=drift -- '*@dev'\n");
  });
});

describeAction("a cancelled job", () => {
  let server: ReturnType<typeof createServer>;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    server = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "by %s ends in time while a store does not answer, with outputs",
    async (signal) => {
      const { port } = server.address() as AddressInfo;
      useEtcd(`http://127.0.0.1:${port}`);
      let asked = 0;
      const before = sockets.length;
      const running = step("apply", {
        workspace,
        with: { env: "dev" },
        onStart: (child) => {
          server.once("connection", () => {
            asked = performance.now();
            child.kill(signal);
          });
        },
      });
      const ran = await running;
      expect(sockets.length).toBeGreaterThan(before);
      expect(performance.now() - asked).toBeLessThan(SOON);
      expect([ran.code, ran.outputs["result"], ran.outputs["exit-code"], ran.outputs["applied"]]).toEqual([
        130,
        "error",
        "130",
        "",
      ]);
    },
  );
});

function portOf(endpoint: string): string {
  return new URL(endpoint).port;
}

function useEtcd(endpoints: string): void {
  const config = git(workspace, "show", "HEAD:trueup.yaml")
    .replace("type: directory", "type: etcd")
    .replace(/connection: .*/u, `connection: { endpoints: ["${endpoints}"] }`);
  writeFiles(workspace, { "trueup.yaml": `${config}\n` });
  commit(workspace, "etcd");
}

describeWithEtcd("on a real etcd", () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());

  describeAction("a whole line", () => {
    it("plans, applies and finds nothing left", async () => {
      useEtcd(etcd.endpoints[0] ?? "");
      const plan = await step("diff", { workspace, with: { env: "dev" } });
      expect([plan.code, plan.outputs["add"]]).toEqual([0, "31"]);
      const ran = await step("apply", { workspace, with: { env: "dev", expect: plan.outputs["plan"] ?? "" } });
      expect([ran.code, ran.outputs["applied"], ran.outputs["as-reviewed"]]).toEqual([0, "31", "true"]);
      expect(JSON.parse(ran.outputs["revision"] ?? "{}")).toEqual({
        "local@dev.eu-west-1": expect.stringMatching(/^revision \d+$/u),
      });
      expect(await etcd.ctl("get", "--print-value-only", "/config/dev/eu-west-1/orders/http/port")).toBe("8080\n");
      expect((await step("drift", { workspace, with: { env: "dev" } })).outputs["drifted"]).toBe("0");
    });

    it("cancelled between two regions: one is whole, the receipt names the other, and a second run finishes", async () => {
      const holder = await startHolder(etcd.endpoints[0] ?? "", "orders.us-east-2.db.example.com");
      try {
        useEtcd(etcd.endpoints[0] ?? "");
        const config = git(workspace, "show", "HEAD:trueup.yaml")
          .replace(
            "eu-west-1: { vars: { geo: eu } }",
            `eu-west-1: { vars: { geo: eu, etcd: "${portOf(etcd.endpoints[0] ?? "")}" } }`,
          )
          .replace(
            "us-east-2: { vars: { geo: us } }",
            `us-east-2: { vars: { geo: us, etcd: "${portOf(holder.endpoint)}" } }`,
          )
          .replace(/endpoints: \[.*\] /u, 'endpoints: ["http://127.0.0.1:{{vars.etcd}}"] ');
        writeFiles(workspace, { "trueup.yaml": `${config}\n` });
        commit(workspace, "one etcd a region");
        let asked = 0;
        const ran = await step("apply", {
          workspace,
          with: { env: "prod" },
          onStart: (child) => {
            void holder.held.then(() => {
              asked = performance.now();
              child.kill("SIGINT");
            });
          },
        });
        expect(asked, ran.out + ran.err).toBeGreaterThan(0);
        expect(performance.now() - asked).toBeLessThan(SOON);
        expect([ran.code, ran.outputs["result"], ran.outputs["exit-code"], ran.outputs["applied"]]).toEqual([
          130,
          "partial",
          "130",
          "30",
        ]);
        expect(ran.report()).toMatchObject({
          result: "interrupted",
          destinations: [
            { place: "prod.eu-west-1", result: "applied", applied: 30 },
            { place: "prod.us-east-2", result: "partial" },
          ],
        });
        holder.release();
        const again = await step("apply", { workspace, with: { env: "prod" } });
        expect([again.code, again.outputs["result"], again.outputs["failed"]]).toEqual([0, "ok", "0"]);
        expect((await step("diff", { workspace, with: { env: "prod" } })).outputs["has-changes"]).toBe("false");
      } finally {
        await holder.close();
      }
    });
  });
});
