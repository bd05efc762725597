/** Roles, taken on by the identity of a CI job or with base credentials: moto plays STS, a tiny server plays GitHub. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openSsm } from "../../src/stores/ssm/open.ts";
import { ssm } from "../../src/stores/ssm/ssm.ts";
import { optionsOf } from "../../src/stores/ssm/options.ts";
import { apply, failureOf, look, put } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { describeWithMoto, startMoto } from "./moto-server.ts";
import type { MotoServer } from "./moto-server.ts";
import { setTestCredentials, UNHURRIED } from "./ssm-double/open.ts";

const [PLAN, APPLY] = ["arn:aws:iam::111122223333:role/trueup-plan", "arn:aws:iam::111122223333:role/trueup-apply"];
let moto: MotoServer;
let front: Server;
let github: Server;
/** What went past on the way to moto: action and role of STS, operation and access key of SSM. */
const seen: { sts: URLSearchParams[]; ssm: { operation: string; key: string }[] } = { sts: [], ssm: [] };
let asked: { url: string; token: string | undefined } | undefined;

const listen = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
let endpoint: string;
let issuer: string;
beforeAll(async () => {
  moto = await startMoto();
  front = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const target = request.headers["x-amz-target"];
    if (target === undefined) seen.sts.push(new URLSearchParams(body));
    else
      seen.ssm.push({
        operation: String(target),
        key: /Credential=(\w+)/u.exec(request.headers.authorization ?? "")?.[1] ?? "",
      });
    const headers = new Headers();
    for (const name of ["content-type", "x-amz-target", "authorization"])
      if (request.headers[name] !== undefined) headers.set(name, String(request.headers[name]));
    const answer = await fetch(moto.endpoint, { method: "POST", body, headers });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  });
  github = createServer((request, response) => {
    if (request.url?.startsWith("/denied") === true) response.writeHead(403);
    asked = { url: request.url ?? "", token: request.headers.authorization };
    response.end(response.statusCode === 200 ? JSON.stringify({ value: "a.web.token" }) : "no");
  });
  endpoint = await listen(front);
  issuer = await listen(github);
});
afterAll(async () => {
  front?.close();
  github?.close();
  await moto?.stop();
});
const VARIABLES = [
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "AWS_ENDPOINT_URL_STS",
  "GITHUB_RUN_ID",
];
afterEach(() => {
  for (const name of VARIABLES) delete process.env[name];
  seen.sts.splice(0);
  seen.ssm.splice(0);
});

async function harness(prefix: string): Promise<Harness> {
  setTestCredentials();
  process.env["AWS_ENDPOINT_URL_STS"] = endpoint;
  const options = {
    ...optionsOf({ region: "us-east-2", endpoint, role: { plan: PLAN, apply: APPLY } }),
    rates: UNHURRIED,
  };
  const store = await openSsm(options);
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    store,
    limits: ssm.limits,
    prefix,
    handPut: nothing,
    handDelete: nothing,
    readRaw: () => Promise.resolve(new Map()),
    failReads: nothing,
    dispose: () => store.close(),
  };
}

describeWithMoto("a role for plans and one for applies", () => {
  it("are taken on by the job's own identity in CI", async () => {
    process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = `${issuer}/token?job=1`;
    process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-token";
    process.env["GITHUB_RUN_ID"] = "4711";
    const h = await harness("/roles/a/");
    await apply(h, { app: [put("/roles/a/app/x", "1")] });
    expect(asked).toEqual({ url: "/token?job=1&audience=sts.amazonaws.com", token: "bearer request-token" });
    expect(new Set(seen.sts.map((body) => body.get("Action")))).toEqual(new Set(["AssumeRoleWithWebIdentity"]));
    expect(seen.sts.map((body) => body.get("RoleSessionName"))).toContain("trueup-4711");
    expect(seen.sts[0]?.get("WebIdentityToken")).toBe("a.web.token");
    await h.dispose();
  });

  it("are taken on with the credentials at hand elsewhere; only the second one writes", async () => {
    const h = await harness("/roles/b/");
    const query = { prefixes: ["/roles/b/"], keys: [], secrets: "versions" as const, secretKeys: new Set<string>() };
    for await (const page of h.store.read(query)) expect(page).toEqual([]);
    expect(seen.sts.map((body) => [body.get("Action"), body.get("RoleArn")])).toEqual([["AssumeRole", PLAN]]);
    const reader = seen.ssm.at(-1)?.key;
    await apply(h, { app: [put("/roles/b/app/x", "1")] });
    expect(seen.sts.map((body) => body.get("RoleArn"))).toEqual([PLAN, APPLY]);
    const writers = seen.ssm.filter(({ operation }) => operation === "AmazonSSM.PutParameter").map(({ key }) => key);
    expect(new Set(writers).size).toBe(1);
    expect(writers).not.toContain(reader);
    expect(writers).not.toContain("AKIAEXAMPLE");
    await h.dispose();
  });

  it("that cannot be taken on are named, and the token is not", async () => {
    process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = `${issuer}/denied`;
    process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-token";
    const h = await harness("/roles/c/");
    const failure = await failureOf(look(h).then(), "DENIED");
    expect(`${failure.message} ${failure.fix}`).toContain("id-token: write");
    expect(JSON.stringify([failure.message, failure.details, String(failure.cause)])).not.toContain("request-token");
    await h.dispose();
  });
});
