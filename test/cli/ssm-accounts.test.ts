/** Two accounts and two regions with the same names: who writes where, as `aws` sees it in each account. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { type MotoServer, describeWithMoto, startMoto } from "../stores/moto-server.ts";
import { running } from "./run.ts";

/** Every test has two accounts of its own. */
let tests = 0;
let [DEV, PROD] = ["", ""];
const BASE_KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
const FILES = {
  "apps/orders/base.yaml": 'where: "{{env}} {{region}}"\npassword: "{{secret.pw}}"\n',
  "apps/orders/secrets.yaml": "pw: {}\n",
};
/** No place in the path: account and region keep them apart. */
const config = (endpoint: string, as: string): string => `version: 1
system: shop
environments:
  dev: { regions: [us-east-2, eu-west-1], vars: { account: "${DEV}" } }
  prod: { regions: [us-east-2], vars: { account: "${PROD}" } }
targets:
  config:
    type: aws-ssm
    path: "/{{system}}/{{app}}/{{key}}"
    connection: { region: "{{region}}", endpoint: "${endpoint}", rates: { read: 1000, write: 1000 }, ${as} }
`;
const ROLES =
  'role: { plan: "arn:aws:iam::{{vars.account}}:role/plan", apply: "arn:aws:iam::{{vars.account}}:role/apply" }';

let moto: MotoServer;
/** Before moto's STS: keeps what was asked. */
let sts: Server;
/** Plays GitHub's issuer of tokens. */
let issuer: Server;
const asked: { action: string | null; role: string | null; session: string | null }[] = [];

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};
const listen = async (server: Server): Promise<void> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
};
const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What `aws` finds in an account, region by region, with a role of that account. */
async function held(account: string, regions: readonly string[]): Promise<unknown> {
  const role = ["--role-arn", `arn:aws:iam::${account}:role/look`, "--role-session-name", "look"];
  const assumed = JSON.parse(await moto.aws("sts", "assume-role", ...role)) as { Credentials: Record<string, string> };
  const { AccessKeyId: id = "", SecretAccessKey: key = "", SessionToken: token = "" } = assumed.Credentials;
  const env = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token };
  const get = ["ssm", "get-parameters-by-path", "--path", "/shop/orders", "--recursive", "--with-decryption"];
  const found = await Promise.all(
    regions.map(async (region) => {
      const { Parameters } = JSON.parse(await moto.awsAs(env, "--region", region, ...get)) as {
        Parameters: { Name: string; Type: string; Value: string; ARN: string }[];
      };
      return Parameters.map(({ Type, Value, ARN }) => [ARN, `${Type} ${Value}`] as const);
    }),
  );
  return Object.fromEntries(found.flat());
}

const PLACEHOLDER = "TRUEUP_PLACEHOLDER: this secret has no value yet";
const expected = (account: string, region: string, env: string): object => ({
  [`arn:aws:ssm:${region}:${account}:parameter/shop/orders/where`]: `String ${env} ${region}`,
  [`arn:aws:ssm:${region}:${account}:parameter/shop/orders/password`]: `SecureString ${PLACEHOLDER}`,
});

// Each test runs the command and `aws` several times.
vi.setConfig({ testTimeout: 60_000 });

describeWithMoto("two accounts and two regions", () => {
  beforeAll(async () => {
    moto = await startMoto();
    sts = createServer(async (request, response) => {
      const body = await textOf(request);
      const form = new URLSearchParams(body);
      asked.push({ action: form.get("Action"), role: form.get("RoleArn"), session: form.get("RoleSessionName") });
      const headers = new Headers({ "content-type": request.headers["content-type"] ?? "" });
      if (request.headers.authorization !== undefined) headers.set("authorization", request.headers.authorization);
      const answer = await fetch(moto.endpoint, { method: "POST", body, headers });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(await answer.text());
    });
    issuer = createServer((_, response) => response.end(JSON.stringify({ value: "a.web.token" })));
    await Promise.all([listen(sts), listen(issuer)]);
  });
  afterAll(async () => {
    sts?.close();
    issuer?.close();
    await moto?.stop();
  });
  beforeEach(() => {
    tests++;
    [DEV, PROD] = [`11111111111${tests}`, `22222222222${tests}`];
    asked.splice(0);
  });
  const disposals: (() => void)[] = [];
  afterEach(() => {
    for (const dispose of disposals.splice(0)) dispose();
  });

  const repo = (as: string): string => {
    const { folder, dispose } = tempFolder({ ...FILES, "trueup.yaml": config(moto.endpoint, as) });
    disposals.push(dispose);
    return folder;
  };
  const env = (more: Readonly<Record<string, string>>): Record<string, string> => ({
    AWS_ENDPOINT_URL_STS: addressOf(sts),
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    ...more,
  });
  const run = async (
    folder: string,
    args: readonly string[],
    given: Record<string, string>,
    code = 0,
  ): Promise<void> => {
    const ran = await running(folder, args, given);
    expect([ran.code, ran.code === code ? "" : ran.out + ran.err]).toEqual([code, ""]);
  };
  const PLAN = ["diff", "--against", "live", "--detailed-exitcode"];
  const APPLY = ["apply", "--yes"];
  const everywhere = async (): Promise<void> => {
    const [dev, prod] = await Promise.all([DEV, PROD].map((account) => held(account, ["us-east-2", "eu-west-1"])));
    expect(dev).toEqual({ ...expected(DEV, "us-east-2", "dev"), ...expected(DEV, "eu-west-1", "dev") });
    expect(prod).toEqual(expected(PROD, "us-east-2", "prod"));
  };
  const rolesAsked = (): unknown =>
    [...new Set(asked.map(({ action, role }) => `${action} ${role?.split(":iam::")[1]}`))].toSorted();

  it.each([
    ["AssumeRole", () => BASE_KEYS, "trueup"],
    [
      "AssumeRoleWithWebIdentity",
      () => ({
        ACTIONS_ID_TOKEN_REQUEST_URL: `${addressOf(issuer)}/token?x=1`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
        GITHUB_RUN_ID: "4711",
        GITHUB_RUN_ATTEMPT: "2",
      }),
      "trueup-4711-2",
    ],
  ])("are reached by %s: plans in one role, applies in another and in no other", async (action, identity, session) => {
    const folder = repo(ROLES);
    await run(folder, PLAN, env(identity()), 2);
    expect(rolesAsked()).toEqual([`${action} ${DEV}:role/plan`, `${action} ${PROD}:role/plan`]);
    asked.splice(0);
    await run(folder, APPLY, env(identity()));
    expect(rolesAsked()).toEqual([`${action} ${DEV}:role/apply`, `${action} ${PROD}:role/apply`]);
    expect(new Set(asked.map((each) => each.session))).toEqual(new Set([session]));
    await everywhere();
    await run(folder, PLAN, env(identity()));
  });

  it("are reached by profiles", async () => {
    const folder = repo('profile: "shop-{{env}}"');
    const file = join(folder, ".aws-config");
    const profile = (name: string, account: string): string =>
      `[profile shop-${name}]\nrole_arn = arn:aws:iam::${account}:role/people\nsource_profile = base\nregion = us-east-2\n`;
    const base = `[profile base]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\nregion = us-east-2\n`;
    writeFileSync(file, profile("dev", DEV) + profile("prod", PROD) + base);
    await run(folder, APPLY, env({ AWS_CONFIG_FILE: file }));
    expect(rolesAsked()).toEqual([`AssumeRole ${DEV}:role/people`, `AssumeRole ${PROD}:role/people`]);
    await everywhere();
  });

  it("are one account for plain credentials: the same name twice is refused before anything is written", async () => {
    const folder = repo("tier: auto");
    await run(folder, APPLY, env(BASE_KEYS), 3);
    writeFiles(folder, { "apps/orders/app.yaml": "places: [dev]\n" });
    await run(folder, APPLY, env(BASE_KEYS));
    const here = JSON.parse(await moto.aws("ssm", "get-parameter", "--name", "/shop/orders/where")) as {
      Parameter: { Value: string };
    };
    expect(here.Parameter.Value).toBe("dev us-east-2");
  });

  it("are not reached without credentials, in words", async () => {
    const ran = await running(repo("tier: auto"), [...PLAN, "--env", "dev"], env({}));
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("no AWS credentials were found");
  });
});
