/** The IAM cases of the threat model: generated policies against requests of attackers and of ourselves. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { judgeTrustPolicy } from "../../src/permissions/judge.ts";
import type { Role } from "../../src/permissions/roles.ts";
import { type Trust, applySubject } from "../../src/permissions/trust.ts";
import { isAllowed } from "./evaluator.ts";
import { TRUST, role } from "./repo.ts";

const HOST = "token.actions.githubusercontent.com";
const LEGACY: Trust = { ...TRUST, form: "legacy" };
const APPLY_REF = "acme/shop-config/.github/workflows/apply.yml@refs/heads/main";

/** Claims of our own apply job in prod, with changes. */
function claims(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const all: Record<string, string | undefined> = {
    aud: "sts.amazonaws.com",
    sub: "repo:acme@9918/shop-config@551207:environment:prod",
    repository_id: "551207",
    job_workflow_ref: APPLY_REF,
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[`${HOST}:${name}`, value]])),
  );
}

function assumes(policy: unknown, changes: Readonly<Record<string, string | undefined>> = {}): boolean {
  return isAllowed([policy], {
    action: "sts:AssumeRoleWithWebIdentity",
    principal: `arn:aws:iam::333333333333:oidc-provider/${HOST}`,
    context: claims(changes),
  });
}

const may = (one: Role, action: string, resource: string, context = {}): boolean =>
  isAllowed(one.policies, { action, resource, context });
const parameter = (name: string, region = "eu-west-1", account = "333333333333"): string =>
  `arn:aws:ssm:${region}:${account}:parameter${name}`;

describe("trust of the apply role", () => {
  it("lets our own job in", async () => {
    const { trust } = await role("apply", "prod");
    expect(assumes(trust)).toBe(true);
    expect(judgeTrustPolicy(trust)).toEqual([]);
  });

  it("IAM-01 denies a repository of the same name made after the first was deleted", async () => {
    const { trust } = await role("apply", "prod");
    expect(assumes(trust, { sub: "repo:acme@9918/shop-config@777777:environment:prod", repository_id: "777777" })).toBe(
      false,
    );
    expect(assumes(trust, { sub: "repo:acme@1/shop-config@551207:environment:prod" })).toBe(false);
    const legacy = (await role("apply", "prod", LEGACY)).trust;
    expect(assumes(legacy, { sub: "repo:acme/shop-config:environment:prod", repository_id: "777777" })).toBe(false);
    expect(assumes(legacy, { sub: "repo:acme/shop-config:environment:prod" })).toBe(true);
  });

  it("IAM-02 denies pull requests", async () => {
    for (const form of [TRUST, LEGACY]) {
      const { trust } = await role("apply", "prod", form);
      expect(assumes(trust, { sub: "repo:acme/shop-config:pull_request" })).toBe(false);
      expect(assumes(trust, { sub: "repo:acme@9918/shop-config@551207:pull_request" })).toBe(false);
    }
  });

  it("IAM-03 denies main without the environment", async () => {
    const { trust } = await role("apply", "prod");
    expect(assumes(trust, { sub: "repo:acme@9918/shop-config@551207:ref:refs/heads/main" })).toBe(false);
  });

  it("IAM-04 denies environments with a name like ours, and makes no policy for odd ones", async () => {
    const { trust } = await role("apply", "prod");
    for (const env of ["prod-x", "production", "pro", "prod:x", "prod%3Ax", "PROD", "*", "dev"])
      expect(assumes(trust, { sub: `repo:acme@9918/shop-config@551207:environment:${env}` }), env).toBe(false);
    for (const env of ["prod*", "prod:x", "a?", "${x}", ""])
      expect(() => applySubject(TRUST, env), env).toThrow(Failure);
  });

  it("IAM-05 denies another workflow, and ours from another branch", async () => {
    const { trust } = await role("apply", "prod");
    for (const ref of [
      APPLY_REF.replace("main", "evil"),
      APPLY_REF.replace("apply.yml", "other.yml"),
      APPLY_REF.replace("acme/", "evil/"),
      undefined,
    ])
      expect(assumes(trust, { job_workflow_ref: ref }), ref).toBe(false);
  });

  it("IAM-06 takes exactly the form of subject it was made for", async () => {
    const immutable = (await role("apply", "prod", TRUST)).trust;
    const legacy = (await role("apply", "prod", LEGACY)).trust;
    const [withIds, byName] = [
      "repo:acme@9918/shop-config@551207:environment:prod",
      "repo:acme/shop-config:environment:prod",
    ];
    expect([assumes(immutable, { sub: withIds }), assumes(immutable, { sub: byName })]).toEqual([true, false]);
    expect([assumes(legacy, { sub: withIds }), assumes(legacy, { sub: byName })]).toEqual([false, true]);
  });

  it("denies a token for another audience, without claims, or of another provider", async () => {
    const { trust } = await role("apply", "prod");
    expect(assumes(trust, { aud: "https://github.com/acme" })).toBe(false);
    for (const claim of ["aud", "sub", "repository_id"])
      expect(assumes(trust, { [claim]: undefined }), claim).toBe(false);
    const request = { action: "sts:AssumeRoleWithWebIdentity", context: claims() };
    expect(isAllowed([trust], { ...request, principal: "arn:aws:iam::333333333333:oidc-provider/evil.example" })).toBe(
      false,
    );
  });

  it("the plan role takes pull requests and main, whatever workflow the pull request brings", async () => {
    const { trust } = await role("plan", "prod");
    const subject = "repo:acme@9918/shop-config@551207";
    const from = (file: string, ref: string) => ({
      job_workflow_ref: `acme/shop-config/.github/workflows/${file}@refs/${ref}`,
    });
    expect(assumes(trust, { ...from("plan.yml", "pull/7/merge"), sub: `${subject}:pull_request` })).toBe(true);
    expect(assumes(trust, { ...from("apply.yml", "heads/main"), sub: `${subject}:ref:refs/heads/main` })).toBe(true);
    expect(assumes(trust, { ...from("drift.yml", "heads/main"), sub: `${subject}:ref:refs/heads/main` })).toBe(true);
    expect(assumes(trust, { ...from("plan.yml", "heads/evil"), sub: `${subject}:ref:refs/heads/evil` })).toBe(false);
    expect(assumes(trust, { ...from("plan.yml", "pull/7/merge"), sub: `${subject}:environment:prod` })).toBe(false);
  });

  it("the plan role takes nothing but a reusable workflow of main where one is named", async () => {
    const plan = ".github/workflows/reusable-plan.yml@refs/heads/main";
    const { trust } = await role("plan", "prod", { ...TRUST, workflows: { ...TRUST.workflows, plan } });
    const sub = "repo:acme@9918/shop-config@551207:pull_request";
    expect(assumes(trust, { job_workflow_ref: `acme/shop-config/${plan}`, sub })).toBe(true);
    expect(
      assumes(trust, { job_workflow_ref: `acme/shop-config/${plan.replace("heads/main", "pull/7/merge")}`, sub }),
    ).toBe(false);
  });

  it("trusts an Enterprise Server's own issuer", async () => {
    const { trust } = await role("apply", "prod", { ...TRUST, issuer: "https://git.example.com/_services/token" });
    expect(JSON.stringify(trust)).toContain('"git.example.com/_services/token:sub"');
    expect(assumes(trust)).toBe(false);
  });
});

describe("IAM-07 trust policies that let others in", () => {
  const base = { [`${HOST}:aud`]: "sts.amazonaws.com", [`${HOST}:sub`]: "repo:acme/shop:environment:prod" };
  const policy = (condition: unknown, more = {}): unknown => ({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { Federated: "arn" },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: condition,
      ...more,
    },
  });
  const ids = (judged: unknown): string[] => judgeTrustPolicy(judged).map(({ id }) => id);
  const { [`${HOST}:aud`]: aud, [`${HOST}:sub`]: sub } = base;
  const like = (value: string): unknown => ({
    StringEquals: { [`${HOST}:aud`]: aud },
    StringLike: { [`${HOST}:sub`]: value },
  });

  it("finds nothing in a good one", () => {
    expect(ids(policy({ StringEquals: base }))).toEqual([]);
    expect(ids(policy(like(sub)))).toEqual([]);
  });

  it.each([
    ["no condition", undefined, ["no-condition-on-aud", "no-condition-on-sub"]],
    ["no sub", { StringEquals: { [`${HOST}:aud`]: aud } }, ["no-condition-on-sub"]],
    ["no aud", { StringEquals: { [`${HOST}:sub`]: sub } }, ["no-condition-on-aud"]],
    [
      "only a negative sub",
      { StringEquals: { [`${HOST}:aud`]: aud }, StringNotEquals: { [`${HOST}:sub`]: "x" } },
      ["no-condition-on-sub"],
    ],
    [
      "ForAllValues",
      { "ForAllValues:StringEquals": base },
      ["for-all-values", "for-all-values", "no-condition-on-aud", "no-condition-on-sub"],
    ],
    [
      "IfExists",
      { StringEqualsIfExists: base },
      ["if-exists", "if-exists", "no-condition-on-aud", "no-condition-on-sub"],
    ],
    ["a whole organisation", like("repo:acme/*"), ["wide-sub"]],
    ["every repository", like("repo:*"), ["wide-sub"]],
    ["every job of a repository", like("repo:acme/shop:*"), ["wide-sub"]],
    ["names that begin alike", like("repo:acme/shop:environment:prod*"), ["wide-sub"]],
    ["any audience", { StringLike: { [`${HOST}:aud`]: "*" }, StringEquals: { [`${HOST}:sub`]: sub } }, ["wide-aud"]],
  ])("finds %s", (_, condition, expected) => {
    expect(ids(policy(condition))).toEqual(expected);
  });

  it("finds a trap in a list, a second statement, and anybody as principal", () => {
    expect(
      ids(policy({ StringEquals: { [`${HOST}:aud`]: aud }, StringLike: { [`${HOST}:sub`]: [sub, "repo:acme/*"] } })),
    ).toEqual(["wide-sub"]);
    const { Statement: good } = policy({ StringEquals: base }) as { Statement: unknown };
    const { Statement: bad } = policy({}, { Action: "sts:*" }) as { Statement: unknown };
    expect(judgeTrustPolicy({ Statement: [good, bad] }).map(({ statement }) => statement)).toEqual([1, 1]);
    expect(ids(policy({ StringEquals: base }, { Principal: "*" }))).toEqual(["anybody"]);
    expect(ids("no policy")).toEqual(["unreadable"]);
    expect(ids(policy({}, { Effect: "Deny" }))).toEqual([]);
  });

  it("and what it finds really lets a stranger in", () => {
    const stranger = { aud: "sts.amazonaws.com", sub: "repo:acme/evil:ref:refs/heads/x" };
    const enter = (condition: unknown, token: Record<string, string>): boolean =>
      isAllowed([policy(condition)], {
        action: "sts:AssumeRoleWithWebIdentity",
        context: Object.fromEntries(Object.entries(token).map(([name, value]) => [`${HOST}:${name}`, value])),
      });
    expect(enter(like("repo:acme/*"), stranger)).toBe(true);
    expect(enter({ "ForAllValues:StringEquals": base }, {})).toBe(true);
    expect(enter({ StringEqualsIfExists: base }, {})).toBe(true);
    expect(enter({ StringEquals: base }, stranger)).toBe(false);
    expect(enter({ StringEquals: base }, {})).toBe(false);
    expect(enter({ "ForAnyValue:StringEquals": base }, {})).toBe(false);
  });
});

describe("rights of the plan role", () => {
  const CONTEXT = { "kms:EncryptionContext:PARAMETER_ARN": parameter("/shop/prod-secret/orders"), "kms:ViaService": "ssm.eu-west-1.amazonaws.com", "kms:ResourceAliases": ["alias/trueup-prod"] }; // prettier-ignore

  it("reads its prefix by path and by name, and trueup's records", async () => {
    const plan = await role("plan", "prod");
    expect(may(plan, "ssm:GetParametersByPath", parameter("/shop/prod"))).toBe(true);
    expect(may(plan, "ssm:GetParameters", parameter("/shop/prod/orders/http/port"))).toBe(true);
    expect(may(plan, "ssm:GetParametersByPath", parameter("/shop/.trueup/shop/config/prod.eu-west-1"))).toBe(true);
    expect(may(plan, "ssm:GetParameters", parameter("/shop/prod-secret/orders"))).toBe(true);
  });

  it("IAM-08 can neither write, decrypt, nor read history", async () => {
    const plan = await role("plan", "prod");
    const own = parameter("/shop/prod/orders/http/port");
    for (const action of [
      "ssm:PutParameter", "ssm:DeleteParameter", "ssm:DeleteParameters", "ssm:GetParameterHistory", "ssm:AddTagsToResource",
      "ssm:LabelParameterVersion", "ssm:DescribeParameters", "ssm:PutResourcePolicy",
    ]) expect(may(plan, action, own), action).toBe(false); // prettier-ignore
    expect(may(plan, "kms:Decrypt", "arn:aws:kms:eu-west-1:333333333333:key/1", CONTEXT)).toBe(false);
    expect(may(plan, "ssm:DescribeParameters", "*")).toBe(false);
  });

  it("reads nothing of other environments, accounts, regions or names that begin alike", async () => {
    const plan = await role("plan", "prod");
    for (const foreign of [
      parameter("/shop/dev/orders/http/port"), parameter("/shop"), parameter("/"), parameter("/shop/production/x"), parameter("/other/prod/x"),
      parameter("/shop/prod/orders/http/port", "ap-south-1"), parameter("/shop/prod/orders/http/port", "eu-west-1", "111111111111"),
    ]) expect(may(plan, "ssm:GetParametersByPath", foreign) || may(plan, "ssm:GetParameters", foreign), foreign).toBe(false); // prettier-ignore
  });
});

describe("rights of the apply role", () => {
  const KEY = "arn:aws:kms:eu-west-1:333333333333:key/1";
  const sealed = (name: string, changes = {}): Record<string, string | readonly string[]> => ({
    "kms:EncryptionContext:PARAMETER_ARN": parameter(name),
    "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
    "kms:ResourceAliases": ["alias/trueup-prod"],
    ...changes,
  });

  it("writes, tags and deletes its own parameters and trueup's records", async () => {
    const apply = await role("apply", "prod");
    for (const name of [
      "/shop/prod/orders/http/port",
      "/shop/prod-secret/orders",
      "/shop/.trueup/shop/config/prod.eu-west-1/head",
    ])
      for (const action of ["ssm:PutParameter", "ssm:DeleteParameters"])
        expect(may(apply, action, parameter(name)), `${action} ${name}`).toBe(true);
    const tagged = (name: string): boolean => may(apply, "ssm:AddTagsToResource", parameter(name));
    // Where the connection has tags, and nowhere else.
    expect(["/shop/prod/orders/http/port", "/shop/prod-secret/orders"].map(tagged)).toEqual([true, false]);
    for (const action of ["kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"])
      expect(may(apply, action, KEY, sealed("/shop/prod-secret/orders")), action).toBe(true);
  });

  it("IAM-09 does nothing outside its own prefix, and sets no labels or policies anywhere", async () => {
    const apply = await role("apply", "prod");
    for (const name of [
      "/shop/dev/orders/http/port",
      "/shop/prod",
      "/other/prod/x",
      "/shop/prod-secrets/orders",
      "/shop/.trueup/shop/config/dev.eu-west-1/head",
    ])
      for (const action of [
        "ssm:PutParameter",
        "ssm:DeleteParameter",
        "ssm:DeleteParameters",
        "ssm:AddTagsToResource",
        "ssm:LabelParameterVersion",
      ])
        expect(may(apply, action, parameter(name)), `${action} ${name}`).toBe(false);
    for (const action of [
      "ssm:LabelParameterVersion",
      "ssm:UnlabelParameterVersion",
      "ssm:RemoveTagsFromResource",
      "ssm:PutResourcePolicy",
      "iam:PassRole",
    ])
      expect(may(apply, action, parameter("/shop/prod/orders/http/port")), action).toBe(false);
  });

  it("IAM-09 uses the key for its own parameters only, only through SSM, and only that key", async () => {
    const apply = await role("apply", "prod");
    const own = "/shop/prod-secret/orders";
    for (const context of [
      sealed("/shop/dev-secret/orders"),
      sealed(own, { "kms:ViaService": "s3.eu-west-1.amazonaws.com" }),
      sealed(own, { "kms:ResourceAliases": ["alias/other"] }),
      sealed(own, { "kms:ResourceAliases": [] }),
      {},
    ])
      expect(may(apply, "kms:Decrypt", KEY, context)).toBe(false);
    expect(may(apply, "kms:Decrypt", KEY.replace("333333333333", "111111111111"), sealed(own))).toBe(false);
    expect(may(apply, "kms:CreateGrant", KEY, sealed(own))).toBe(false);
  });
});

describe("rights of a reading app", () => {
  it("reads its own parameters and its own secrets, not those of an app with a longer name", async () => {
    const orders = await role("reader", "prod", TRUST, "orders");
    const context = (name: string) => ({ "kms:EncryptionContext:PARAMETER_ARN": parameter(name), "kms:ViaService": "ssm.eu-west-1.amazonaws.com", "kms:ResourceAliases": ["alias/trueup-prod"] }); // prettier-ignore
    expect(may(orders, "ssm:GetParametersByPath", parameter("/shop/prod/orders"))).toBe(true);
    expect(may(orders, "ssm:GetParameter", parameter("/shop/prod-secret/orders"))).toBe(true);
    expect(
      may(orders, "kms:Decrypt", "arn:aws:kms:eu-west-1:333333333333:key/1", context("/shop/prod-secret/orders")),
    ).toBe(true);
    for (const name of [
      "/shop/prod/orders-api/x",
      "/shop/prod",
      "/shop/prod-secret/orders-api",
      "/shop/.trueup/shop/config/prod.eu-west-1/head",
    ])
      expect(
        may(orders, "ssm:GetParameter", parameter(name)) || may(orders, "ssm:GetParametersByPath", parameter(name)),
        name,
      ).toBe(false);
    expect(may(orders, "ssm:PutParameter", parameter("/shop/prod/orders/http/port"))).toBe(false);
    expect(
      may(orders, "kms:Decrypt", "arn:aws:kms:eu-west-1:333333333333:key/1", context("/shop/prod-secret/orders-api")),
    ).toBe(false);
    expect(orders.trust).toBeUndefined();
  });
});
