/** A moto_server of our own on loopback, and two ways to look into it past trueup: plain HTTP and the `aws` program. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe } from "vitest";
import type { Key } from "../../src/model.ts";
import { freePort } from "./etcd-server.ts";

const run = promisify(execFile);

export interface MotoServer {
  readonly endpoint: string;
  /** One call of SSM, unsigned: moto does not look at signatures. Throws for every answer but 200. */
  call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** Runs `aws` against this server and gives its standard output. */
  aws(...args: readonly string[]): Promise<string>;
  /** The same as somebody else, or elsewhere: `changes` are variables of the environment. */
  awsAs(changes: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string>;
  /** Everything below a slash-ended prefix, decrypted. */
  everything(prefix: Key): Promise<Map<Key, string>>;
  stop(): Promise<void>;
}

const isThere = ["moto_server", "aws"].every(
  (program) => spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined,
);

/** Like `describe`; skipped with a plain message where moto or aws is not installed, unless REQUIRE_SERVERS=1 asks for them. */
export function describeWithMoto(name: string, tests: () => void): void {
  if (isThere || process.env["REQUIRE_SERVERS"] === "1") describe(name, tests);
  else describe.skip(`${name} (skipped: moto_server or aws is not on the PATH)`, tests);
}

export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    log.push(line);
    if (line.includes("Running on")) break;
  }
  if (child.exitCode !== null) throw new Error(`moto_server did not start:\n${log.slice(-10).join("\n")}`);
  child.stderr.resume();

  const call: MotoServer["call"] = async (operation, input) => {
    const response = await fetch(endpoint, {
      method: "POST",
      body: JSON.stringify(input),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AmazonSSM.${operation}`,
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-2/ssm/aws4_request, SignedHeaders=host, Signature=0",
      },
    });
    if (!response.ok) throw new Error(`moto: ${operation}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const awsAs: MotoServer["awsAs"] = async (changes, ...args) => {
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      AWS_DEFAULT_REGION: "us-east-2",
      AWS_EC2_METADATA_DISABLED: "true",
      ...changes,
    };
    const { stdout } = await run("aws", ["--endpoint-url", endpoint, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  };
  return {
    endpoint,
    call,
    awsAs,
    aws: (...args) => awsAs({}, ...args),
    async everything(prefix) {
      const found = new Map<Key, string>();
      let token: unknown;
      do {
        const page = await call("GetParametersByPath", {
          Path: prefix.slice(0, -1),
          Recursive: true,
          WithDecryption: true,
          ...(typeof token === "string" ? { NextToken: token } : {}),
        });
        for (const { Name, Value } of page["Parameters"] as { Name: string; Value: string }[]) found.set(Name, Value);
        token = page["NextToken"];
      } while (typeof token === "string" && token !== "");
      return found;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
