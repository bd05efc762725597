/** Three real etcd members on loopback whose talk among each other goes through proxies, so that it can be cut. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type Server, type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../stores/etcd-server.ts";

const run = promisify(execFile);

export interface Cluster {
  readonly endpoints: readonly string[];
  /** Number of the leader, as long as somebody knows it. */
  leader(): Promise<number | undefined>;
  kill(member: number): Promise<void>;
  start(member: number): Promise<void>;
  stop(member: number): void;
  resume(member: number): void;
  /** Nothing passes between these members and the others any more, in the given directions. */
  cut(member: number, way: "both" | "to" | "from"): void;
  heal(): void;
  ctl(...args: readonly string[]): Promise<string>;
  /** Waits until a write is taken. */
  healthy(): Promise<void>;
  end(): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly args: readonly string[];
  process: ChildProcess | undefined;
  id: string;
}

const COUNT = 3;

export async function startCluster(flags: readonly string[] = []): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "trueup-chaos-"));
  const ports = await Promise.all(Array.from({ length: COUNT * 3 }, freePort));
  const port = (n: number): number => ports[n] ?? 0;
  const cuts = new Set<string>();
  const cluster = Array.from({ length: COUNT }, (_, n) => `m${n}=http://127.0.0.1:${port(COUNT * 2 + n)}`).join(",");
  const members = Array.from({ length: COUNT }, (_, n): Member => {
    const client = `http://127.0.0.1:${port(n)}`;
    const args = [
      `--name=m${n}`,
      `--data-dir=${join(folder, `m${n}`)}`,
      `--initial-cluster=${cluster}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=http://127.0.0.1:${port(COUNT + n)}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${port(COUNT * 2 + n)}`,
      "--heartbeat-interval=50",
      "--election-timeout=400",
      "--logger=zap",
      ...flags,
    ];
    return { name: `m${n}`, client, args, process: undefined, id: "" };
  });
  const sockets = new Map<Socket, { from: string; readonly to: number }>();
  const proxies = await Promise.all(
    members.map((_, n) => peerProxy(port(COUNT * 2 + n), port(COUNT + n), n, cuts, sockets)),
  );
  const of = (member: number): Member => {
    const found = members[member];
    if (found === undefined) throw new Error(`no member ${member}`);
    return found;
  };
  const spawnMember = (member: Member): void => {
    member.process = spawn("etcd", member.args, { stdio: "ignore" });
  };
  const endpoints = members.map(({ client }) => client);
  const ctl = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, ETCDCTL_API: "3" };
    return (await run("etcdctl", ["--endpoints", endpoints.join(","), ...args], { env })).stdout;
  };
  const healthy = async (): Promise<void> => {
    const until = performance.now() + 60_000;
    for (;;) {
      try {
        await post(
          endpoints[Math.floor(performance.now()) % COUNT] ?? "",
          "kv/put",
          { key: "aGVhbHRo", value: "eA==" },
          2000,
        );
        return;
      } catch (error) {
        if (performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  for (const member of members) spawnMember(member);
  await healthy();
  const listed = (await post(endpoints[0] ?? "", "cluster/member/list", {}, 5000)) as {
    readonly members: readonly { readonly ID: string; readonly name: string }[];
  };
  for (const { ID, name } of listed.members) of(Number(name.slice(1))).id = BigInt(ID).toString(16);

  return {
    endpoints,
    ctl,
    healthy,
    async leader() {
      for (const { client } of members) {
        const status = (await post(client, "maintenance/status", {}, 500).catch(() => undefined)) as
          | { readonly leader?: string }
          | undefined;
        const id = BigInt(status?.leader ?? "0").toString(16);
        const found = members.findIndex((member) => member.id === id);
        if (found !== -1) return found;
      }
      return undefined;
    },
    async kill(member) {
      const { process: child } = of(member);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    start(member) {
      spawnMember(of(member));
      return Promise.resolve();
    },
    stop: (member) => void of(member).process?.kill("SIGSTOP"),
    resume: (member) => void of(member).process?.kill("SIGCONT"),
    cut(member, way) {
      const { id } = of(member);
      if (way !== "to") cuts.add(`from ${id}`);
      if (way !== "from") cuts.add(`to ${member}`);
      for (const [socket, { from, to }] of sockets)
        if (cuts.has(`from ${from}`) || cuts.has(`to ${to}`)) socket.destroy();
    },
    heal: () => cuts.clear(),
    async end() {
      for (const { process: child } of members) {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }
      for (const socket of sockets.keys()) socket.destroy();
      for (const proxy of proxies) proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Stands before one member's peer port. Who speaks is in the first request of a connection (`X-Server-From`). */
async function peerProxy(
  port: number,
  target: number,
  member: number,
  cuts: ReadonlySet<string>,
  sockets: Map<Socket, { from: string; readonly to: number }>,
): Promise<Server> {
  const server = createServer((socket) => {
    const upstream = connect(target, "127.0.0.1");
    const facts = { from: "", to: member };
    for (const one of [socket, upstream]) {
      sockets.set(one, facts);
      one.on("error", () => undefined);
      one.once("close", () => {
        sockets.delete(one);
        socket.destroy();
        upstream.destroy();
      });
    }
    const isCut = (): boolean => cuts.has(`from ${facts.from}`) || cuts.has(`to ${member}`);
    socket.on("data", (bytes: Buffer) => {
      if (facts.from === "") facts.from = /x-server-from: (\w+)/iu.exec(bytes.toString("latin1"))?.[1] ?? "";
      if (isCut()) socket.destroy();
      else upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      if (isCut()) socket.destroy();
      else socket.write(bytes);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** One request to etcd's JSON gateway; throws what it refuses. */
export async function post(endpoint: string, path: string, body: object, ms: number): Promise<unknown> {
  const answer = await fetch(`${endpoint}/v3/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ms),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text);
}
