/** The printed policies against real runs: SSM's double asks our small IAM for every right that a request needs. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Scope, Sealed, drivers, folderSource, isFailure, openProject, want } from "../../src/index.ts";
import { areasOf } from "../../src/permissions/area.ts";
import type { Policy, Statement } from "../../src/permissions/policy.ts";
import { type RoleKind, rolesFor } from "../../src/permissions/roles.ts";
import { setSopsValue } from "../../src/secrets/sops/encrypt.ts";
import { run, tempFolder, writeFiles } from "../project.ts";
import { KEYS_ONE, SET } from "../secrets/sops-files.ts";
import type { Access } from "../stores/ssm-double/access.ts";
import { type SsmDouble, startDouble } from "../stores/ssm-double/double.ts";
import { driversTo } from "../stores/ssm-double/repo.ts";
import { isAllowed } from "./evaluator.ts";
import { TRUST } from "./repo.ts";

const SYSTEM = "shop";
/** Their ledger record cannot be compressed into one parameter, so that it goes on in others. */
const LONG_NAMES = Array.from({ length: 60 }, (_, n) => {
  const name = createHash("sha512").update(String(n)).digest("hex");
  return `k${name}: ${n}\n`;
}).join("");
/** One target by prefix, one by exact names, one under a key of its own with secrets of both tiers. */
const FILES = {
  "trueup.yaml": `version: 1
system: ${SYSTEM}
environments:
  prod: { regions: [us-east-2], vars: { account: "111122223333" } }
  other: { regions: [us-east-2], vars: { account: "111122223333" } }
targets:
  config:
    type: aws-ssm
    select: plain
    path: "/shop/{{env}}/{{app}}/{{key}}"
    connection: { region: "{{region}}", tags: { team: shop } }
  secrets:
    type: aws-ssm
    select: secrets
    layout: blob
    shape: env
    path: "/shop/{{app}}/{{env}}-secrets"
    meta: "/shop/{{env}}/.trueup"
    connection: { region: "{{region}}", kmsKey: "alias/trueup-{{env}}" }
`,
  "apps/orders/base.yaml": `a: 1\nb: 2\npassword: "{{secret.pw}}"\n${LONG_NAMES}`,
  "apps/orders/secrets.yaml": "pw: {}\nmore: {}\n",
  "apps/orders/app.yaml": "places: [prod]\n",
  "apps/large/base.yaml": 'x: 1\ncertificate: "{{secret.certificate}}"\n',
  "apps/large/secrets.yaml": "certificate: { from: sops }\n",
  "apps/large/app.yaml": "places: [prod]\n",
};

interface Rights {
  readonly plan: readonly Policy[];
  readonly apply: readonly Policy[];
}
interface Story {
  /** Which step failed first, and with what. */
  readonly failed: string | undefined;
  readonly denied: readonly string[];
}

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function repo(): Promise<string> {
  const { folder, dispose } = tempFolder(FILES);
  disposals.push(dispose);
  const path = "apps/large/prod.sops.yaml";
  const text = await setSopsValue({ path, text: "" }, "certificate", new Sealed("x".repeat(5000)), SET);
  writeFileSync(join(folder, path), text);
  return folder;
}

/** What `trueup permissions` prints for the repo, with the drivers that users have. */
async function printed(folder: string, env?: string): Promise<Rights> {
  const desired = want(await openProject(folderSource(folder), drivers), {});
  if ("problems" in desired) throw new Error(desired.problems.map(({ message }) => message).join("\n"));
  const areas = areasOf(desired.wanted.destinations, [...desired.wanted.units.values()]);
  const roles = rolesFor(areas, TRUST, SYSTEM);
  const policiesOf = (kind: RoleKind): readonly Policy[] =>
    roles
      .filter((role) => role.kind === kind && (env === undefined || role.environments.includes(env)))
      .flatMap(({ policies }) => policies);
  return { plan: policiesOf("plan"), apply: policiesOf("apply") };
}

/** Plan, first apply, plan, changes of every kind, a lost race: each run with the rights of its role. */
async function story(folder: string, rights: Rights, scope: Scope): Promise<Story> {
  const double = await startDouble({ oddPages: false });
  disposals.push(() => double.stop());
  const denied: string[] = [];
  let policies = rights.plan;
  double.allow = (access: Access) => {
    const isOk = isAllowed(policies, access);
    if (!isOk) denied.push(`${access.action} ${access.resource}`);
    return isOk;
  };
  const step = async (mode: "plan" | "apply", expected = "applied"): Promise<string | undefined> => {
    policies = rights[mode];
    try {
      const options = {
        drivers: driversTo(double.endpoint),
        allow: ["delete"],
        keys: () => Promise.resolve(KEYS_ONE),
        scope,
      };
      const { receipts } = await run(folder, mode, options);
      const wrong = receipts.find(({ result }) => result !== expected && result !== "applied");
      return wrong === undefined ? undefined : `${mode}: ${wrong.failure?.code} ${wrong.failure?.details.join(" ")}`;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return `${mode}: ${error.code} ${error.details.join(" ")}`;
    }
  };
  const base = readFileSync(join(folder, "apps/orders/base.yaml"), "utf8");
  const edits: readonly (readonly [string, () => void])[] = [
    ["first", () => undefined],
    [
      "changed",
      () => writeFiles(folder, { "apps/orders/base.yaml": base.replace("a: 1\nb: 2", 'a: 2\nnew: "{{secret.more}}"') }),
    ],
    ["raced", () => race(folder, double)],
  ];
  let failed: string | undefined;
  for (const [name, edit] of edits) {
    edit();
    for (const mode of ["plan", "apply", "plan"] as const)
      if (failed === undefined && denied.length === 0)
        failed = await step(mode, name === "raced" ? "partial" : "applied");
  }
  writeFiles(folder, { "apps/orders/base.yaml": base });
  return { failed, denied };
}

/** Somebody writes the same key in the moment of the apply: whose version was lost is asked for. */
function race(folder: string, double: SsmDouble): void {
  const path = join(folder, "apps/orders/base.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace("a: 2", "a: 3"));
  double.fault = ({ operation, names }) => {
    if (operation !== "PutParameter" || names[0] !== "/shop/prod/orders/a") return;
    double.fault = () => undefined;
    double.handPut("/shop/prod/orders/a", "theirs");
  };
}

type Pick = (statement: Statement) => readonly (readonly [name: string, Statement | undefined])[];

const statementOf: Pick = () => [["", undefined]];
const actionsOf: Pick = (statement) =>
  statement.Action.map((action) => [
    action,
    { ...statement, Action: statement.Action.filter((each) => each !== action) },
  ]);
/** Reading by path is asked for the path alone, so the resources of reads are left out. */
const resourcesOf: Pick = ({ Resource: all = [], ...rest }) =>
  (rest.Sid?.startsWith("Read") === true ? [] : all).map((one) => [
    one,
    { ...rest, Resource: all.filter((each) => each !== one) },
  ]);

/** The rights with one thing less, for every such thing. */
function* lessOne(rights: Rights, pick: Pick): Generator<readonly [string, Rights]> {
  for (const role of ["plan", "apply"] as const) {
    for (const [at, { Statement: statements }] of rights[role].entries()) {
      for (const [index, statement] of statements.entries()) {
        for (const [name, less] of pick(statement)) {
          const left = [
            ...statements.slice(0, index),
            ...(less === undefined ? [] : [less]),
            ...statements.slice(index + 1),
          ];
          const policies = rights[role].with(at, { Version: "2012-10-17", Statement: left });
          yield [[`${role}:`, statement.Sid, name].join(" ").trim(), { ...rights, [role]: policies }];
        }
      }
    }
  }
}

const PROD: Scope = { envs: ["prod"] };

describe("the printed policies", () => {
  it("suffice for plans, applies, changes of every kind and a lost race", async () => {
    const folder = await repo();
    expect(await story(folder, await printed(folder), {})).toEqual({ failed: undefined, denied: [] });
    expect(await story(folder, await printed(folder, "prod"), PROD)).toEqual({ failed: undefined, denied: [] });
  });

  it("have no statement that a run could do without", { timeout: 60_000 }, async () => {
    const folder = await repo();
    const failures: string[] = [];
    for (const [name, rights] of lessOne(await printed(folder, "prod"), statementOf))
      failures.push(`without ${name}: ${(await story(folder, rights, PROD)).failed}`.replace(/: AccessDenied.*/u, ""));
    expect(failures).toEqual([
      "without plan: Read: plan: DENIED GetParametersByPath",
      "without plan: ReadByName: plan: DENIED GetParameters",
      "without apply: Read: apply: DENIED GetParametersByPath",
      "without apply: ReadByName: apply: DENIED GetParameters",
      "without apply: Write: apply: DENIED PutParameter",
      "without apply: Tag: apply: DENIED PutParameter",
      "without apply: Encrypt: apply: DENIED PutParameter",
    ]);
  });

  it(
    "have no action that nothing asks for, and let nothing be changed that need not be",
    { timeout: 60_000 },
    async () => {
      const folder = await repo();
      const useless: string[] = [];
      const all = await printed(folder, "prod");
      for (const [name, rights] of [...lessOne(all, actionsOf), ...lessOne(all, resourcesOf)])
        if ((await story(folder, rights, PROD)).denied.length === 0) useless.push(name);
      expect(useless).toEqual([]);
    },
  );
});
