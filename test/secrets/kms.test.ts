/** KMS recipients: the real SDK and the real `sops` against moto, and a server that refuses in every way. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../src/failure.ts";
import type { SourceFile } from "../../src/model.ts";
import { Sealed } from "../../src/secret.ts";
import { type KeySource, decryptSops } from "../../src/secrets/sops/decrypt.ts";
import { setSopsValue } from "../../src/secrets/sops/encrypt.ts";
import { awsKms } from "../../src/secrets/sops/kms.ts";
import { creationRule } from "../../src/secrets/sops/rules.ts";
import { tempFolder } from "../project.ts";
import { describeWithMoto, startMoto } from "../stores/moto-server.ts";
import type { MotoServer } from "../stores/moto-server.ts";
import { setTestCredentials } from "../stores/ssm-double/open.ts";
import { HAS_SOPS, IDENTITIES, RECIPIENTS, SET } from "./sops-files.ts";

const ROLE = "arn:aws:iam::123456789012:role/secrets";
const AWS = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS", "AWS_PROFILE"];
beforeEach(() => setTestCredentials());
afterEach(() => {
  for (const name of AWS) delete process.env[name];
});

const keys = (age: readonly string[] = []): KeySource => ({ ageIdentities: age, decryptKms: awsKms(1000).decryptKms });
const opened = async (file: SourceFile, source = keys()): Promise<Record<string, string>> =>
  Object.fromEntries([...(await decryptSops(file, source))].map(([name, value]) => [name, value.reveal()]));
const failed = async (file: SourceFile, source = keys()): Promise<Failure> => {
  const outcome: unknown = await decryptSops(file, source).catch((error: unknown) => error);
  return outcome as Failure;
};

/** A new file as `trueup secrets set` makes it under a `.sops.yaml`. */
async function made(rules: string, values: Readonly<Record<string, string>>): Promise<SourceFile> {
  const found = creationRule({ path: ".sops.yaml", text: rules }, "a.yaml");
  if (!("rule" in found) || found.rule === undefined) throw new Error("no rule");
  const { recipients } = found.rule;
  let file = { path: "a.yaml", text: "" };
  for (const [name, value] of Object.entries(values)) {
    const options = { ...SET, recipients, keys: keys([IDENTITIES.one]), encryptKms: awsKms(1000).encryptKms };
    file = { path: "a.yaml", text: await setSopsValue(file, name, new Sealed(value), options) };
  }
  return file;
}

describeWithMoto("a file for a KMS key", () => {
  let moto: MotoServer;
  let arn: string;
  let other: string;
  const newKey = async (): Promise<string> =>
    (JSON.parse(await moto.aws("kms", "create-key")) as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
  beforeAll(async () => {
    moto = await startMoto();
    [arn, other] = [await newKey(), await newKey()];
  }, 30_000);
  afterAll(() => moto?.stop());
  beforeEach(() => {
    process.env["AWS_ENDPOINT_URL"] = moto.endpoint;
  });

  /** Runs the real `sops` without any age key but those given. */
  function sops(
    args: readonly string[],
    files: Readonly<Record<string, string>>,
    age = "",
  ): { output: string; text: string } {
    const { folder, dispose } = tempFolder(files);
    try {
      const env = { ...process.env, SOPS_AGE_KEY: age, HOME: folder, XDG_CONFIG_HOME: folder };
      const path = join(folder, "a.yaml");
      const output = execFileSync("sops", [...args, path], { cwd: folder, env, stdio: "pipe" }).toString("utf8");
      return { output, text: readFileSync(path, "utf8") };
    } finally {
      dispose();
    }
  }
  const alone = (): string => `creation_rules: [{ kms: "${arn}" }]\n`;
  const both = (): string => `creation_rules: [{ kms: "${arn},${other}", age: ${RECIPIENTS.one} }]\n`;
  const groups = (): string =>
    `creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [${RECIPIENTS.one}]\n      - kms: [{ arn: "${arn}" }]\n      - kms: [{ arn: "${other}" }]\n        age: [${RECIPIENTS.two}]\n`;
  const bound = (): string =>
    `creation_rules: [{ key_groups: [{ kms: [{ arn: "${arn}", role: "${ROLE}", context: { app: orders, env: prod } }] }] }]\n`;

  it("is written and read back, alone, beside age, and in groups of which some are needed", async () => {
    for (const rules of [alone(), both(), groups(), bound()]) {
      const file = await made(rules, { db: "one", api: "two" });
      expect(await opened(file), rules).toEqual({ db: "one", api: "two" });
    }
  }, 30_000);

  it("of several groups needs the threshold: age alone is not enough, age with one KMS key is", async () => {
    const file = await made(groups(), { db: "one" });
    expect(await failed(file, { ageIdentities: [IDENTITIES.one] })).toMatchObject({ code: "DENIED" });
    expect(await opened(file, { ageIdentities: [IDENTITIES.one, IDENTITIES.two] })).toEqual({ db: "one" });
    const asked: string[] = [];
    const decryptKms: KeySource["decryptKms"] = (request) => {
      asked.push(request.arn);
      return awsKms(1000).decryptKms(request);
    };
    expect(await opened(file, { ageIdentities: [IDENTITIES.one], decryptKms })).toEqual({ db: "one" });
    expect(asked).toEqual([arn]);
  });

  it("that age opens does not ask KMS", async () => {
    const file = await made(both(), { db: "one" });
    const decryptKms = (): Promise<Uint8Array> => Promise.reject(new Error("asked"));
    expect(await opened(file, { ageIdentities: [IDENTITIES.one], decryptKms })).toEqual({ db: "one" });
  });

  it.skipIf(!HAS_SOPS)(
    "is read by sops, and those of sops by us",
    async () => {
      for (const rules of [alone(), both(), groups(), bound()]) {
        const ours = await made(rules, { db: "one" });
        expect(sops(["-d"], { "a.yaml": ours.text }, rules === groups() ? IDENTITIES.one : "").output).toBe(
          "db: one\n",
        );
        const { text } = sops(["-e", "-i"], { ".sops.yaml": rules, "a.yaml": "db: theirs\n" });
        expect(await opened({ path: "a.yaml", text }), rules).toEqual({ db: "theirs" });
      }
    },
    60_000,
  );

  it("bound to a context is not opened with another one, and says so", async () => {
    const file = await made(bound(), { db: "canary-7Q" });
    const moved = { ...file, text: file.text.replace('env: "prod"', 'env: "dev"') };
    expect(moved.text).not.toBe(file.text);
    const failure = await failed(moved);
    expect(failure).toMatchObject({ code: "DENIED", message: "No key at hand opens a.yaml." });
    expect(failure.details.join("\n")).toContain("was not encrypted with this key and this encryption context");
  });

  it("says that the key is not there, in another region", async () => {
    const file = await made(alone(), { db: "one" });
    const elsewhere = await failed({ ...file, text: file.text.replace("us-east-2", "eu-west-1") });
    expect(elsewhere.details.join("\n")).toContain("AWS KMS in eu-west-1: there is no such key in this region");
  });
});

describe("KMS that does not help", () => {
  let server: Server;
  let answer: { status: number; type: string } | "hang" | "cut";
  let calls = 0;
  const ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  beforeAll(async () => {
    server = createServer((request, response) => {
      calls++;
      request.resume();
      if (answer === "hang") return;
      if (answer === "cut") request.socket.destroy();
      else {
        response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify({ __type: answer.type, message: "canary-9Z in a message" }));
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
  });
  beforeEach(() => {
    calls = 0;
    process.env["AWS_ENDPOINT_URL_KMS"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  const file = async (): Promise<SourceFile> => {
    const encryptKms = (): Promise<string> => Promise.resolve(Buffer.from("x").toString("base64"));
    const text = await setSopsValue(undefined, "a", new Sealed("x"), { ...SET, recipients: [ARN], encryptKms });
    return { path: "a.yaml", text };
  };

  it.each([
    [{ status: 400, type: "AccessDeniedException" }, "DENIED", "kms:Decrypt is denied", "allow kms:Decrypt on arn:"],
    [{ status: 400, type: "DisabledException" }, "DENIED", "the key is disabled", "enable-key"],
    [{ status: 400, type: "KMSInvalidStateException" }, "DENIED", "waits for its deletion", "enable-key"],
    [
      { status: 400, type: "ExpiredTokenException" },
      "DENIED",
      "does not accept these credentials",
      "get-caller-identity",
    ],
    [{ status: 500, type: "KMSInternalException" }, "UNREACHABLE", "does not answer as it should", "VPC endpoint"],
    ["cut", "UNREACHABLE", "does not answer as it should", "VPC endpoint"],
    ["hang", "TIMEOUT", "does not answer as it should", "VPC endpoint"],
  ] as const)("%j is told as it is", async (given, code, said, fix) => {
    answer = given;
    const failure = await failed(await file(), { ageIdentities: [], decryptKms: awsKms(300).decryptKms });
    expect(failure).toMatchObject({ code, fix: expect.stringContaining(fix) });
    expect(failure.details.join("\n")).toContain(said);
    expect(JSON.stringify([failure.message, failure.details, failure.fix])).not.toContain("canary");
  });

  it("tries twice at most", async () => {
    answer = "cut";
    await failed(await file());
    expect(calls).toBe(2);
  });

  it("needs credentials, and names what is missing", async () => {
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    const failure = await failed(await file());
    expect(failure).toMatchObject({ code: "DENIED", fix: expect.stringContaining("AWS_PROFILE") });
    expect(failure.details.join("\n")).toContain("no AWS credentials were found");
    expect(calls).toBe(0);
  });

  it("is asked as the profile in the file says", async () => {
    const { folder, dispose } = tempFolder({
      credentials: "[team]\naws_access_key_id = A\naws_secret_access_key = B\n",
    });
    answer = { status: 400, type: "AccessDeniedException" };
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = join(folder, "credentials");
    // Or the SDK warns that there are two.
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    const plain = await file();
    const as = (profile: string): SourceFile => ({
      ...plain,
      text: plain.text.replace('aws_profile: ""', `aws_profile: ${profile}`),
    });
    expect((await failed(as("nobody"))).details.join("\n")).toContain("no AWS credentials were found");
    expect((await failed(as("team"))).details.join("\n")).toContain("kms:Decrypt is denied");
    dispose();
  });
});
