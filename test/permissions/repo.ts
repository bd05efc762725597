/** A repo with aws-ssm targets. */
import { memorySource } from "../../src/load/source.ts";
import { want } from "../../src/pipeline.ts";
import { openProject } from "../../src/project.ts";
import { drivers } from "../../src/stores/registry.ts";
import { type Area, areasOf } from "../../src/permissions/area.ts";
import { type Role, type RoleKind, rolesFor } from "../../src/permissions/roles.ts";
import { GITHUB_ISSUER, type Trust } from "../../src/permissions/trust.ts";

export const CONFIG = `version: 1
system: shop
environments:
  dev: { regions: [eu-west-1], vars: { account: "111111111111" } }
  prod: { protected: true, regions: [eu-west-1, us-east-2], vars: { account: "333333333333" } }
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
    path: "/shop/{{env}}-secret/{{app}}"
    connection: { region: "{{region}}", kmsKey: "alias/trueup-{{env}}" }
`;

export const FILES: Readonly<Record<string, string>> = {
  "trueup.yaml": CONFIG,
  "apps/orders/base.yaml": 'http: { port: 1 }\npassword: "{{secret.pw}}"\n',
  "apps/orders/secrets.yaml": "pw: {}\n",
  "apps/orders-api/base.yaml": "x: 1\n",
};

export async function areas(files: Readonly<Record<string, string>> = FILES): Promise<readonly Area[]> {
  const project = await openProject(memorySource(files), drivers);
  const desired = want(project, {});
  if ("problems" in desired) throw new Error(desired.problems.map((problem) => problem.message).join("\n"));
  return areasOf(desired.wanted.destinations, [...desired.wanted.units.values()]);
}

export const TRUST: Trust = {
  repository: { owner: "acme", name: "shop-config", ownerId: "9918", id: "551207" },
  form: "immutable",
  issuer: GITHUB_ISSUER,
  workflows: {
    plan: undefined,
    apply: ".github/workflows/apply.yml@refs/heads/main",
  },
  branch: "main",
};

export async function role(kind: RoleKind, env: string, trust: Trust = TRUST, app?: string): Promise<Role> {
  const all = rolesFor(await areas(), trust, "shop").filter(
    (each) =>
      each.kind === kind &&
      each.environments.includes(env) &&
      (app === undefined || each.name.includes(`-${app}-${env}-`)),
  );
  const [found] = all;
  if (found === undefined || all.length > 1) throw new Error(`${all.length} roles for ${kind} ${env}`);
  return found;
}
