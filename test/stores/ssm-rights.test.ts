/** What doctor asks SSM: every right by name, with the line that grants it, and nothing changed by asking. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PlainMap } from "../../src/model.ts";
import { partitionOf } from "../../src/stores/ssm/arn.ts";
import type { Options } from "../../src/stores/ssm/options.ts";
import type { Right, RightsQuery } from "../../src/stores/store.ts";
import { failureOf, readAll } from "./contract-moves.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { SsmDouble } from "./ssm-double/double.ts";
import { openOn } from "./ssm-double/open.ts";
import { realClock } from "../../src/stores/ssm/clock.ts";
import { startSts } from "./ssm-double/sts.ts";
import type { Sts } from "./ssm-double/sts.ts";

const [PLAN, APPLY] = ["arn:aws:iam::111122223333:role/trueup-plan", "arn:aws:iam::111122223333:role/trueup-apply"];
const [plain, sealed, lonely] = ["/shop/prod/a", "/shop/prod/s", "/lonely"] as const;
const QUERY: RightsQuery = {
  prefixes: ["/shop/", "/shop/.trueup/"],
  keys: [lonely],
  wanted: [
    { key: plain, secret: false, layout: "keys" },
    { key: sealed, secret: true, layout: "keys" },
    { key: lonely, secret: false, layout: "blob" },
  ],
  present: new Map([
    [sealed, true],
    [plain, false],
    ["/shop/.trueup/head", false],
    [lonely, false],
  ]),
  nobody: "nobody-1",
};

let server: SsmDouble;
let sts: Sts;
beforeEach(async () => {
  server = await startDouble();
  sts = await startSts();
  process.env["AWS_ENDPOINT_URL_STS"] = sts.endpoint;
  for (const key of [plain, "/shop/.trueup/head", lonely]) server.handPut(key, "1");
  server.handPut(sealed, "c4nary", { secret: true });
});
const VARIABLES = ["AWS_ENDPOINT_URL_STS", "AWS_REGION"];
afterEach(async () => {
  for (const name of VARIABLES) delete process.env[name];
  await sts.stop();
  await server.stop();
});

async function ask(
  query: Partial<RightsQuery> = {},
  connection: PlainMap = { tags: { team: "shop" } },
  changes: Partial<Options> = {},
): Promise<readonly Right[]> {
  const store = await openOn(server.endpoint, changes, realClock, connection);
  const before = server.everything("/");
  try {
    return (await store.rights?.({ ...QUERY, ...query })) ?? [];
  } finally {
    expect(server.everything("/")).toEqual(before);
    await store.close();
  }
}
const states = (rights: readonly Right[]): string[] =>
  rights.map(({ action, role, state }) => `${role === undefined ? "" : `${role} `}${action} ${state}`);
const of = (rights: readonly Right[], action: string, role?: string): Right | undefined =>
  rights.find((right) => right.action === action && right.role === role);

describe("rights in SSM", () => {
  it("are granted where nothing is forbidden", async () => {
    expect(states(await ask())).toEqual([
      "ssm:GetParametersByPath granted",
      "ssm:GetParameters granted",
      "ssm:PutParameter granted",
      "ssm:DeleteParameters granted",
      "ssm:GetParameterHistory granted",
      "ssm:AddTagsToResource granted",
      "kms:Decrypt granted",
    ]);
  });

  it("are asked only as far as they are needed", async () => {
    const rights = await ask({ prefixes: [], wanted: [] }, {});
    expect(states(rights)).toEqual([
      "ssm:GetParameters granted",
      "ssm:PutParameter granted",
      "ssm:DeleteParameters unchecked",
      "ssm:GetParameterHistory granted",
    ]);
    // Tags, but nothing that would get one.
    expect(of(await ask({ wanted: [] }), "ssm:AddTagsToResource")).toBeUndefined();
  });

  it("that no call can ask for without writing are named, with the command that tells", async () => {
    const rights = await ask({ present: new Map() }, { kmsKey: "alias/shop" });
    const right = of(rights, "ssm:PutParameter");
    expect(right).toMatchObject({ state: "unchecked", message: expect.stringContaining("without writing") });
    expect(right?.fix).toBe(
      "aws iam simulate-principal-policy --policy-source-arn <role> --action-names ssm:PutParameter --resource-arns arn:aws:ssm:us-east-2:*:parameter/shop/*",
    );
    expect(of(rights, "kms:Decrypt")?.message).toContain("no secret is stored yet");
    expect(of(rights, "kms:Decrypt")?.fix).toContain("--key-id alias/shop");
    expect(of(rights, "kms:GenerateDataKey")?.state).toBe("unchecked");
  });

  it.each([
    ["GetParametersByPath", ["arn:aws:ssm:us-east-2:*:parameter/shop", "arn:aws:ssm:us-east-2:*:parameter/shop/*"]],
    ["GetParameters", "arn:aws:ssm:us-east-2:*:parameter/shop/*"],
    ["PutParameter", "arn:aws:ssm:us-east-2:*:parameter/shop/*"],
    ["DeleteParameters", "arn:aws:ssm:us-east-2:*:parameter/shop/*"],
    ["GetParameterHistory", "arn:aws:ssm:us-east-2:*:parameter/shop/*"],
    ["AddTagsToResource", "arn:aws:ssm:us-east-2:*:parameter/shop/*"],
  ])("that are missing come with the line for the policy: %s", async (operation, Resource) => {
    server.denied = [{ operation, prefix: "/shop" }];
    const right = of(await ask({ prefixes: ["/shop/"] }), `ssm:${operation}`);
    expect(right).toMatchObject({ state: "missing", message: `ssm:${operation} is missing on /shop/` });
    expect(right?.fix).toBe(
      `add to the role's policy: ${JSON.stringify({ Effect: "Allow", Action: `ssm:${operation}`, Resource })}`,
    );
  });

  it("on one exact key are missing on that key", async () => {
    server.denied = [{ operation: "GetParameters", prefix: lonely }];
    process.env["AWS_REGION"] = "us-east-2";
    const right = of(await ask({}, {}, { region: undefined }), "ssm:GetParameters");
    expect(right?.message).toBe("ssm:GetParameters is missing on /lonely");
    expect(right?.fix).toContain('"arn:aws:ssm:*:*:parameter/lonely"');
  });

  it.each([
    ["us-east-2", "aws"],
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
  ])("are written in the partition of %s", async (region, partition) => {
    expect(partitionOf(region)).toBe(partition);
    server.denied = [{ operation: "GetParameters", prefix: lonely }];
    const right = of(await ask({}, { region }), "ssm:GetParameters");
    expect(right?.fix).toContain(`arn:${partition}:ssm:${region}:`);
  });

  it("to decrypt are asked of a secret that is there", async () => {
    server.denied = [{ operation: "kms:Decrypt", prefix: sealed }];
    const missing = of(await ask(), "kms:Decrypt");
    expect(missing).toMatchObject({
      state: "missing",
      message: `kms:Decrypt is missing: ${sealed} cannot be decrypted`,
    });
    expect(missing?.fix).toContain("alias/aws/ssm");
    server.denied = [{ operation: "GetParameters", prefix: sealed }];
    expect(of(await ask({}, { kmsKey: "alias/shop" }), "kms:Decrypt")).toMatchObject({
      state: "unchecked",
      message: expect.stringContaining("could not be read"),
    });
    server.denied = [{ operation: "kms:Decrypt", prefix: sealed }];
    expect(of(await ask({}, { kmsKey: "alias/shop" }), "kms:Decrypt")?.fix).toContain("alias/shop");
    // Only secrets are there: they are asked about.
    const onlySealed = await ask({ present: new Map([[sealed, true]]) });
    expect(of(onlySealed, "ssm:PutParameter")?.state).toBe("granted");
  });

  it("that SSM answers in words nobody knows are not called granted", async () => {
    server.fault = ({ operation }) =>
      operation === "GetParameterHistory" ? { name: "SomethingNewException" } : undefined;
    expect(of(await ask(), "ssm:GetParameterHistory")?.state).toBe("unchecked");
  });

  it.each([
    ["SSM does not answer", () => "500" as const, "UNREACHABLE"],
    ["there is no login", () => ({ name: "CredentialsProviderError" }), "MISSING"],
  ])("cannot be asked where %s", async (_, fault, code) => {
    server.fault = fault;
    expect((await failureOf(ask())).code).toBe(code);
  });
});

describe("rights of two roles", () => {
  const roles = { role: { plan: PLAN, apply: APPLY }, tags: { team: "shop" } };

  it("are asked of each, and the account is known", async () => {
    const rights = await ask({}, roles);
    expect(states(rights)).toEqual([
      "plan ssm:GetParametersByPath granted",
      "plan ssm:GetParameters granted",
      "apply ssm:GetParametersByPath granted",
      "apply ssm:GetParameters granted",
      "apply ssm:PutParameter granted",
      "apply ssm:DeleteParameters granted",
      "apply ssm:GetParameterHistory granted",
      "apply ssm:AddTagsToResource granted",
      "apply kms:Decrypt granted",
    ]);
    server.denied = [{ operation: "GetParameters", prefix: lonely }];
    const denied = await ask({}, roles);
    expect(of(denied, "ssm:GetParameters", "plan")?.message).toContain("for the role of plans on /lonely");
    expect(of(denied, "ssm:GetParameters", "apply")?.message).toContain("for the role of applies on /lonely");
    expect(of(denied, "ssm:GetParameters", "plan")?.fix).toContain(
      "arn:aws:ssm:us-east-2:111122223333:parameter/lonely",
    );
    const unknown = await ask({ present: new Map() }, roles);
    expect(of(unknown, "ssm:PutParameter", "apply")?.fix).toContain(`--policy-source-arn ${APPLY}`);
  });

  it("are one where one role is for everything", async () => {
    const rights = await ask({}, { role: APPLY });
    expect(new Set(rights.map(({ role }) => role))).toEqual(new Set([undefined]));
    expect(new Set(sts.asked.map(({ role }) => role))).toEqual(new Set([APPLY]));
  });

  it("stay unchecked for applies in a job that may not take on that role", async () => {
    sts.refuse = (role) => (role === APPLY ? "AccessDenied" : undefined);
    const rights = await ask({}, roles);
    expect(states(rights).at(-1)).toBe("apply apply unchecked");
    expect(rights.at(-1)?.message).toContain(APPLY);
    expect(rights.filter(({ state }) => state === "missing")).toEqual([]);
  });

  it("are not called unchecked where SSM fails", async () => {
    let calls = 0;
    server.fault = () => (++calls > 4 ? "500" : undefined);
    await failureOf(ask({ prefixes: ["/shop/"], keys: [] }, roles), "UNREACHABLE");
  });
});

describe("a role", () => {
  const read = async (connection: PlainMap, changes: Partial<Options> = {}) => {
    const store = await openOn(server.endpoint, changes, realClock, connection);
    return readAll(store, { prefixes: ["/shop/"], secrets: "versions" }).finally(() => store.close());
  };

  it.each([
    ["AccessDenied", "DENIED", "sts: AccessDenied"],
    ["not one word", "DENIED", "sts: UnknownError"],
  ])("that STS refuses with %s is named, with no more than the error's name", async (error, code, detail) => {
    sts.refuse = () => error;
    const failure = await failureOf(read({ role: PLAN }));
    expect([failure.code, failure.details]).toEqual([code, [detail]]);
    expect(failure.message).toContain(PLAN);
  });

  it("cannot be taken on without any credentials", async () => {
    const store = await openOn(server.endpoint, {}, realClock, { role: PLAN });
    delete process.env["AWS_ACCESS_KEY_ID"];
    const failure = await failureOf(readAll(store, { prefixes: ["/shop/"] }), "MISSING");
    expect(failure.message).toContain(PLAN);
    await store.close();
  });

  it("is taken on from the profile that the connection names, whatever keys are in the environment", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trueup-aws-"));
    await writeFile(
      join(folder, "credentials"),
      "[shop]\naws_access_key_id = AKIASHOP\naws_secret_access_key = example\n",
    );
    const store = await openOn(server.endpoint, { region: undefined }, realClock, { role: PLAN, profile: "shop" });
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = join(folder, "credentials");
    process.env["AWS_REGION"] = "us-east-2";
    try {
      const found = await readAll(store, { prefixes: ["/shop/prod/"], secrets: "versions" });
      expect([...found.keys()].toSorted()).toEqual([plain, sealed]);
      expect(sts.asked).toEqual([{ role: PLAN, key: "AKIASHOP" }]);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});
