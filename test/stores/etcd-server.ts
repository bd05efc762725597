/** Real etcd servers for tests: loopback, fresh data, ports of their own. Needs `etcd` and `etcdctl` on the PATH. */
import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe } from "vitest";
import type { Key } from "../../src/model.ts";

const run = promisify(execFile);

export interface EtcdOptions {
  /** Servers of one cluster; 1 if not given. */
  readonly members?: number;
  /** Serve https with a certificate for 127.0.0.1, signed by an authority made for this server. */
  readonly tls?: boolean;
  /** Ask for a client certificate too. */
  readonly mutual?: boolean;
  /** Authentication on: user `root`, password `root`, and `users` with read-write prefixes. */
  readonly users?: Readonly<Record<string, { readonly password: string; readonly prefixes: readonly Key[] }>>;
  readonly flags?: readonly string[];
}

export interface EtcdServer {
  readonly endpoints: readonly string[];
  /** One child process a member, for stopping it with a signal. */
  readonly processes: readonly ChildProcess[];
  /** Files made for this server: `ca.pem`, `client.pem`, `client-key.pem`, `other-ca.pem` with TLS. */
  readonly folder: string;
  /** Runs etcdctl against the whole cluster (as root, with authentication on) and gives its standard output. */
  ctl(...args: readonly string[]): Promise<string>;
  /** Writes below `/fill/` until the server refuses for want of space; give it a small --quota-backend-bytes first. */
  fill(): Promise<void>;
  /** Everything below a prefix, read by etcdctl. */
  everything(prefix: Key): Promise<Map<Key, string>>;
  stop(): Promise<void>;
}

const isThere = ["etcd", "etcdctl", "openssl"].every(
  (program) => spawnSync(program, ["version"], { stdio: "ignore" }).error === undefined,
);

/** Like `describe`; skipped with a plain message where etcd is not installed, unless REQUIRE_SERVERS=1 asks for it. */
export function describeWithEtcd(name: string, tests: () => void): void {
  if (isThere || process.env["REQUIRE_SERVERS"] === "1") describe(name, tests);
  else describe.skip(`${name} (skipped: etcd, etcdctl or openssl is not on the PATH)`, tests);
}

export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdServer> {
  const folder = await mkdtemp(join(tmpdir(), "trueup-etcd-"));
  const scheme = options.tls === true ? "https" : "http";
  const members = await Promise.all(
    Array.from({ length: options.members ?? 1 }, async (_, n) => ({
      name: `m${n}`,
      client: `${scheme}://127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
    })),
  );
  if (options.tls === true) await makeCertificates(folder);
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const processes = await Promise.all(
    members.map(({ name, client, peer }) =>
      startMember([
        `--name=${name}`,
        `--data-dir=${join(folder, name)}`,
        `--initial-cluster=${cluster}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        "--logger=zap",
        ...(options.tls === true ? [`--cert-file=${folder}/server.pem`, `--key-file=${folder}/server-key.pem`] : []),
        ...(options.mutual === true ? ["--client-cert-auth", `--trusted-ca-file=${folder}/ca.pem`] : []),
        ...(options.flags ?? []),
      ]),
    ),
  );
  const endpoints = members.map(({ client }) => client);
  const certificates = ["--cacert", "ca.pem", "--cert", "client.pem", "--key", "client-key.pem"];
  const always = ["--endpoints", endpoints.join(","), ...(options.tls === true ? certificates : [])];
  let login: string[] = [];
  const ctl = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, ETCDCTL_API: "3" };
    const { stdout } = await run("etcdctl", [...always, ...login, ...args], {
      cwd: folder,
      env,
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  };
  if (options.users !== undefined) {
    await addUsers(ctl, options.users);
    login = ["--user", "root:root"];
  }
  return {
    endpoints,
    processes,
    folder,
    ctl,
    async fill() {
      for (let n = 0; ; n++) {
        const refusal = await ctl("put", `/fill/${n}`, "x".repeat(100_000)).catch((error: Error) => error.message);
        if (refusal.includes("space exceeded")) return;
      }
    },
    everything: async (prefix) => entriesOf(await ctl("get", "--prefix", "-w", "json", prefix)),
    async stop() {
      await Promise.all(processes.map(kill));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function entriesOf(json: string): Map<Key, string> {
  const { kvs } = JSON.parse(json) as { kvs?: readonly { key: string; value?: string }[] };
  const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
  return new Map((kvs ?? []).map(({ key, value }) => [text(key), text(value ?? "")]));
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function startMember(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn("etcd", args, { stdio: ["ignore", "ignore", "pipe"] });
  const lines = createInterface({ input: child.stderr });
  const log: string[] = [];
  for await (const line of lines) {
    log.push(line);
    if (line.includes("serving client") || line.includes("serving insecure client")) break;
  }
  if (child.exitCode !== null) throw new Error(`etcd did not start:\n${log.slice(-10).join("\n")}`);
  child.stderr.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function addUsers(ctl: EtcdServer["ctl"], users: NonNullable<EtcdOptions["users"]>): Promise<void> {
  await ctl("user", "add", "root:root");
  for (const [name, { password, prefixes }] of Object.entries(users)) {
    await ctl("role", "add", name);
    for (const prefix of prefixes) await ctl("role", "grant-permission", name, "--prefix=true", "readwrite", prefix);
    await ctl("user", "add", `${name}:${password}`);
    await ctl("user", "grant-role", name, name);
  }
  await ctl("user", "grant-role", "root", "root");
  await ctl("auth", "enable");
}

/** An authority, a server certificate for 127.0.0.1, a client certificate, and an authority that signed neither. */
async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: readonly string[]) => run("openssl", args, { cwd: folder });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = (name: string) =>
    openssl("req", "-x509", ...key, "-keyout", `${name}-key.pem`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
  await writeFile(join(folder, "server.ext"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
  await writeFile(join(folder, "client.ext"), "extendedKeyUsage=clientAuth\n");
  await authority("ca");
  await authority("other-ca");
  for (const name of ["server", "client"]) {
    const request = ["-keyout", `${name}-key.pem`, "-out", `${name}.csr`, "-subj", `/CN=${name}`];
    await openssl("req", ...key, ...request);
    const sign = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`];
    await openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...sign);
  }
}
