/** Rights on keys that secrets are read from, and to read generated values back: no more than an apply needs. */
import { describe, expect, it } from "vitest";
import { rolesFor } from "../../src/permissions/roles.ts";
import { isAllowed } from "./evaluator.ts";
import { CONFIG, FILES, TRUST, areas } from "./repo.ts";

const FILES_WITH_REF = {
  ...FILES,
  "trueup.yaml": CONFIG.replace("targets:\n", 'secrets: { sources: ["/platform/{{env}}/"] }\ntargets:\n'),
  "apps/orders/base.yaml": 'http: { port: 1 }\npassword: "{{secret.pw}}"\nkey: "{{secret.key}}"\n',
  "apps/orders/secrets.yaml": 'pw: { from: ref, path: "/platform/{{env}}/db" }\nkey: { from: generate }\n',
};

async function may(kind: "plan" | "apply" | "reader", action: string, name: string, context = {}): Promise<boolean> {
  const all = rolesFor(await areas(FILES_WITH_REF), TRUST, "shop");
  const policies = all
    .filter((role) => role.kind === kind && role.environments.includes("prod"))
    .flatMap((role) => role.policies);
  const arn = name.startsWith("arn:") ? name : `arn:aws:ssm:eu-west-1:333333333333:parameter${name}`;
  return isAllowed(policies, { action, resource: arn, context });
}

/** A use of the area's key for one parameter, through SSM. */
const unsealing = (name: string) => ({
  "kms:EncryptionContext:PARAMETER_ARN": `arn:aws:ssm:eu-west-1:333333333333:parameter${name}`,
  "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
  "kms:ResourceAliases": ["alias/trueup-prod"],
});
const KEY = "arn:aws:kms:eu-west-1:333333333333:key/1234";

describe("a source", () => {
  it("may be looked at by plan and apply, and by nobody written", async () => {
    for (const kind of ["plan", "apply"] as const) {
      expect(await may(kind, "ssm:GetParameters", "/platform/prod/db"), kind).toBe(true);
      expect(await may(kind, "ssm:GetParameters", "/platform/prod/other"), kind).toBe(false);
      expect(await may(kind, "ssm:GetParameters", "/platform/dev/db"), kind).toBe(false);
      expect(await may(kind, "ssm:GetParametersByPath", "/platform/prod"), kind).toBe(false);
      for (const action of ["ssm:PutParameter", "ssm:DeleteParameters"])
        expect(await may(kind, action, "/platform/prod/db"), `${kind} ${action}`).toBe(false);
    }
    expect(await may("reader", "ssm:GetParameters", "/platform/prod/db")).toBe(false);
  });

  it("may be opened by apply alone", async () => {
    expect(await may("apply", "kms:Decrypt", KEY, unsealing("/platform/prod/db"))).toBe(true);
    expect(await may("apply", "kms:Decrypt", KEY, unsealing("/platform/prod/other"))).toBe(false);
    expect(await may("apply", "kms:Encrypt", KEY, unsealing("/platform/prod/db"))).toBe(false);
    expect(await may("plan", "kms:Decrypt", KEY, unsealing("/platform/prod/db"))).toBe(false);
    expect(await may("reader", "kms:Decrypt", KEY, unsealing("/platform/prod/db"))).toBe(false);
  });
});

describe("a generated value", () => {
  it("may be read back by apply, and not by plan", async () => {
    expect(await may("apply", "kms:Decrypt", KEY, unsealing("/shop/prod-secret/orders"))).toBe(true);
    expect(await may("apply", "ssm:GetParameters", "/shop/prod-secret/orders")).toBe(true);
    expect(await may("plan", "kms:Decrypt", KEY, unsealing("/shop/prod-secret/orders"))).toBe(false);
  });
});
