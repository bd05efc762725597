import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentsOf, POLICY_LIMIT, type Policy } from "../../src/permissions/policy.ts";
import { ROLE_FORMATS } from "../../src/permissions/print.ts";
import { type Role, planPolicies, rolesFor } from "../../src/permissions/roles.ts";
import { isAllowed } from "./evaluator.ts";
import { CONFIG, FILES, TRUST, areas } from "./repo.ts";

const print = (format: string, roles: readonly Role[]): string => ROLE_FORMATS[format]?.(roles) ?? "";
const size = (policy: Policy): number => JSON.stringify(policy).length;

describe("the roles of a repo", () => {
  it("are one to plan, one to apply and one reader an app, for each environment and account", async () => {
    const roles = rolesFor(await areas(), TRUST, "shop");
    expect(roles.map(({ name, account }) => `${name} ${account}`)).toEqual([
      "shop-trueup-plan-dev 111111111111",
      "shop-trueup-plan-prod 333333333333",
      "shop-trueup-apply-dev 111111111111",
      "shop-trueup-apply-prod 333333333333",
      "shop-orders-dev-read 111111111111",
      "shop-orders-api-dev-read 111111111111",
      "shop-orders-prod-read 333333333333",
      "shop-orders-api-prod-read 333333333333",
    ]);
  });

  it("have the names that the connection asks for, and say what is risky", async () => {
    const given = CONFIG.replaceAll(
      'region: "{{region}}"',
      'region: "{{region}}", role: "arn:aws:iam::444444444444:role/ci/deploy"',
    ).replace(', kmsKey: "alias/trueup-{{env}}"', "");
    const roles = rolesFor(await areas({ ...FILES, "trueup.yaml": given }), TRUST, "shop");
    const apply = roles.find((role) => role.kind === "apply");
    expect(apply).toMatchObject({ name: "deploy", account: "444444444444", environments: ["dev", "prod"] });
    expect(apply?.notes.join("\n")).toMatch(
      /alias\/aws\/ssm[\s\S]*one role for dev, prod[\s\S]*pull request could write/u,
    );
    expect(JSON.stringify(apply?.policies)).not.toContain("kms:");
  });

  it("need account, region and a path with a fixed beginning", async () => {
    const attempt = (config: string) => areas({ ...FILES, "trueup.yaml": config });
    await expect(attempt(CONFIG.replaceAll(/account: "\d+"/gu, 'x: "1"'))).rejects.toThrow("account");
    await expect(attempt(CONFIG.replaceAll('region: "{{region}}"', 'region: "x{{region}}"'))).rejects.toThrow("region");
    await expect(attempt(CONFIG.replace("/shop/{{env}}/{{app}}/{{key}}", "/{{app}}.{{env}}.{{key}}"))).rejects.toThrow(
      "no role can be limited",
    );
  });
});

describe("long policies", () => {
  it("are cut into documents that IAM takes, which allow the same together", async () => {
    const [area] = await areas();
    if (area === undefined) throw new Error("no area");
    const keys = Array.from({ length: 500 }, (_, index) => `/shop/app-${index}/prod/app`);
    const documents = planPolicies([{ ...area, prefixes: [], keys }]);
    expect(documents.length).toBeGreaterThan(3);
    expect(Math.max(...documents.map(size))).toBeLessThanOrEqual(POLICY_LIMIT);
    const may = (name: string): boolean =>
      isAllowed(documents, {
        action: "ssm:GetParameters",
        resource: `arn:aws:ssm:eu-west-1:111111111111:parameter${name}`,
      });
    expect(keys.every(may)).toBe(true);
    expect(may("/shop/app-500/prod/app")).toBe(false);
    for (const { Statement: statements } of documents)
      expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
  });

  it("cut long conditions too", () => {
    const arns = Array.from({ length: 300 }, (_, index) => `arn:aws:ssm:eu-west-1:111111111111:parameter/${index}`);
    const documents = documentsOf([
      { Sid: "Decrypt", Effect: "Allow", Action: ["kms:Decrypt"], Resource: ["k"], Condition: { StringLike: { a: arns }, StringEquals: { b: ["c"] } } },
    ]); // prettier-ignore
    expect(Math.max(...documents.map(size))).toBeLessThanOrEqual(POLICY_LIMIT);
    const may = (a: string, b: string): boolean =>
      isAllowed(documents, { action: "kms:Decrypt", resource: "k", context: { a, b } });
    expect(arns.every((arn) => may(arn, "c"))).toBe(true);
    expect([may("arn:other", "c"), may(arns[7] ?? "", "x")]).toEqual([false, false]);
  });
});

describe("formats", () => {
  it("json is the roles themselves", async () => {
    const roles = rolesFor(await areas(), TRUST, "shop");
    const read = JSON.parse(print("json", roles)) as { version: number; roles: Role[] };
    expect(read.version).toBe(1);
    expect(read.roles.map(({ policies }) => policies)).toEqual(roles.map(({ policies }) => policies));
  });

  it("the aws program gets every document unharmed from a shell", async () => {
    const roles = rolesFor(await areas(), TRUST, "shop");
    const folder = mkdtempSync(join(tmpdir(), "trueup-aws-"));
    const log = join(folder, "log");
    const fake = `aws() { for word in "$@"; do printf '%s\\0' "$word"; done >> "$LOG"; printf '\\n' >> "$LOG"; }\n`;
    const { status } = spawnSync("bash", ["-euc", fake + print("aws", roles)], { env: { ...process.env, LOG: log } });
    expect(status).toBe(0);
    const calls = readFileSync(log, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split("\0")); // prettier-ignore
    rmSync(folder, { recursive: true });
    const after = (flag: string) =>
      calls.flatMap((call) => (call.includes(flag) ? [JSON.parse(call[call.indexOf(flag) + 1] ?? "") as unknown] : []));
    expect(after("--policy-document")).toEqual(roles.flatMap(({ policies }) => policies));
    expect(after("--assume-role-policy-document")).toEqual(roles.flatMap(({ trust }) => trust ?? []));
    expect(calls.filter((call) => call[1] === "attach-role-policy")).toHaveLength(4);
  });

  it("terraform holds the same documents, with nothing that it takes for a template", async () => {
    const roles = rolesFor(await areas(), TRUST, "shop");
    const text = print("terraform", roles);
    const documents = [...text.matchAll(/jsonencode\((\{[\s\S]*?\n {2}\})\)/gu)].map(
      (match) => JSON.parse(match[1] ?? "") as unknown,
    );
    expect(documents).toEqual(
      roles.flatMap(({ trust, policies }) => [...(trust === undefined ? [] : [trust]), ...policies]),
    );
    const labels = [...text.matchAll(/^resource "(\w+)" "([\w-]+)"/gmu)].map((match) => `${match[1]}.${match[2]}`);
    expect(new Set(labels).size).toBe(labels.length);
    const [role] = roles;
    if (role === undefined) throw new Error("no role");
    const odd: Role = {
      ...role,
      policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["${x} %{y}"] }] }],
    };
    expect(print("terraform", [odd])).toContain('"$${x} %%{y}"');
  });
});
