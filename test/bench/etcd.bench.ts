/**
 * 10,000 keys in a real etcd: a plan without changes next to a bare paged read of the same keys, a first apply next to
 * writing the same keys by the cheapest bare transactions. Requests are counted by the server itself (/metrics).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Etcd3 } from "etcd3";
import { folderSource } from "../../src/load/source.ts";
import { type Planned, applyPlan, planLive, storePool, want } from "../../src/pipeline.ts";
import { openProject } from "../../src/project.ts";
import { textOf } from "../../src/map/map.ts";
import { drivers } from "../../src/stores/registry.ts";
import { type Size, generateRepo, writeRepo } from "./generate.ts";
import { measure, row } from "./measure.ts";

const SIZE: Size = { apps: 400, environments: ["dev", "prod"], regions: ["eu"], keys: 25 };
const PAGE = 5000;
const ROUNDS = 7;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startEtcd(): Promise<{ endpoint: string; process: ChildProcess; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "trueup-bench-etcd-"));
  const [client, peer] = [await freePort(), await freePort()];
  const [endpoint, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const process = spawn(
    "etcd",
    [
      "--data-dir",
      folder,
      "--listen-client-urls",
      endpoint,
      "--advertise-client-urls",
      endpoint,
      "--listen-peer-urls",
      peers,
      "--initial-advertise-peer-urls",
      peers,
      "--initial-cluster",
      `default=${peers}`,
      "--log-level",
      "error",
    ],
    { stdio: "ignore" },
  );
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const healthy = await fetch(`${endpoint}/health`)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (healthy) return { endpoint, process, folder };
  }
  throw new Error("etcd did not start");
}

/** Calls the server has answered so far, by method. */
async function requests(endpoint: string): Promise<number> {
  const text = await (await fetch(`${endpoint}/metrics`)).text();
  return [
    ...text.matchAll(/^grpc_server_started_total\{grpc_method="(?:Range|Txn|Put|DeleteRange)".*\} (\d+)$/gmu),
  ].reduce((sum, match) => sum + Number(match[1]), 0);
}

const noop = {
  execute: (run: (context: { signal: AbortSignal }) => unknown) => run({ signal: new AbortController().signal }),
} as never;

async function main(): Promise<void> {
  const etcd = await startEtcd();
  const repo = mkdtempSync(join(tmpdir(), "trueup-bench-"));
  const bare = new Etcd3({
    hosts: etcd.endpoint,
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: { "grpc.max_receive_message_length": -1 },
  });
  try {
    const target = `  config: { type: etcd, path: "/cfg/{{env}}/{{region}}/{{app}}/{{key}}", connection: { endpoints: ["${etcd.endpoint}"] } }\n`;
    writeRepo(generateRepo(SIZE, target), repo);
    const project = await openProject(folderSource(repo), drivers);
    const desired = want(project, { envs: ["prod"] });
    if ("problems" in desired) throw new Error(desired.problems[0]?.message);
    const texts = desired.wanted.destinations.flatMap((destination) =>
      destination.units.flatMap((unit) =>
        unit.settings.map((setting) => [setting.key, textOf(setting) ?? ""] as const),
      ),
    );
    const options = {
      scope: {},
      allow: new Set<string>(),
      commit: null,
      dirty: false,
      now: "2026-11-21T12:00:00Z",
      applyId: "bench",
      tool: "bench",
      applying: true,
    };

    const wipe = async (): Promise<void> =>
      void (await bare.kv.deleteRange({ key: Buffer.from("/"), range_end: Buffer.from("0") }));
    const pool = storePool(drivers, repo, {});
    const plan = () => planLive(desired.bench, desired.wanted, pool, options);
    const write = async (planned: Planned, readBack: boolean): Promise<void> => {
      const how = { by: "bench", readBack, keepGoing: false, progress: () => undefined };
      const receipts = await applyPlan(planned, pool, { ...options, applyId: `bench-${Math.random()}` }, how);
      if (receipts.some((receipt) => receipt.result !== "applied")) throw new Error(JSON.stringify(receipts));
    };
    const apply = async (): Promise<void> => write(await plan(), true);
    const flat = async (): Promise<void> => {
      for (let at = 0; at < texts.length; at += 128) {
        await bare.kv.txn({
          compare: [],
          failure: [],
          success: texts
            .slice(at, at + 128)
            .map(([key, text]) => ({ request_put: { key: Buffer.from(key), value: Buffer.from(text) } })),
        });
      }
    };
    const nested = async (): Promise<void> => {
      const puts = texts.map(([key, text]) => ({ request_put: { key: Buffer.from(key), value: Buffer.from(text) } }));
      const level = (ops: readonly object[], size: number): object[] =>
        Array.from({ length: Math.ceil(ops.length / size) }, (_, i) => ({
          request_txn: { compare: [], failure: [], success: ops.slice(i * size, (i + 1) * size) },
        }));
      await bare.kv.txn({ compare: [], failure: [], success: level(level(puts, 60), 40) });
    };
    const read = async (): Promise<void> => {
      let [start, revision, seen] = [Buffer.from("/cfg/prod/"), "0", 0];
      for (;;) {
        const page = await bare.kv.range({ key: start, range_end: Buffer.from("/cfg/prod0"), limit: PAGE, revision });
        seen += page.kvs.length;
        revision = page.header.revision;
        const last = page.kvs.at(-1);
        if (!page.more || last === undefined) break;
        start = Buffer.concat([last.key, Buffer.from([0])]);
      }
      if (seen !== texts.length) throw new Error(`read ${seen}`);
    };
    const count = async (run: () => Promise<unknown>): Promise<number> => {
      const before = await requests(etcd.endpoint);
      await run();
      return (await requests(etcd.endpoint)) - before;
    };

    process.stdout.write(`${texts.length} keys in ${desired.wanted.units.size} units; node ${process.version}\n`);
    await wipe();
    const firstApply = await count(apply);
    const noChange = await count(plan);
    const reads = await measure({ "bare paged read": read, "plan without changes": plan }, ROUNDS);
    for (const [name, measured] of Object.entries(reads))
      process.stdout.write(row(name, measured, reads["bare paged read"]));
    const cases: Record<
      string,
      { readonly before?: () => Promise<Planned>; readonly run: (planned: Planned | undefined) => Promise<unknown> }
    > = {
      "bare flat transactions of 128": { run: flat },
      "bare nested transaction": { run: nested },
      "plan of a first apply": { run: plan },
      "its writes": { before: plan, run: (planned) => write(planned as Planned, false) },
      "its writes, read back": { before: plan, run: (planned) => write(planned as Planned, true) },
      "first apply, all of it": { run: apply },
    };
    const writes: Record<string, number[]> = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, { before, run }] of Object.entries(cases)) {
        await wipe();
        const planned = await before?.();
        globalThis.gc?.();
        const start = performance.now();
        await run(planned);
        writes[name]?.push(performance.now() - start);
      }
    }
    const medians = Object.entries(writes).map(([name, list]) => {
      const sorted = list.toSorted((a, b) => a - b);
      return [
        name,
        { median: sorted[Math.floor(sorted.length / 2)] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 },
      ] as const;
    });
    const cheapest = medians.slice(0, 2).toSorted(([, a], [, b]) => a.median - b.median)[0]?.[1];
    for (const [name, measured] of medians) process.stdout.write(row(name, measured, cheapest));
    process.stdout.write(`requests: first apply ${firstApply}, plan without changes ${noChange}\n`);
    await pool.close();
  } finally {
    bare.close();
    etcd.process.kill("SIGKILL");
    rmSync(repo, { recursive: true, force: true });
    rmSync(etcd.folder, { recursive: true, force: true });
  }
}

await main();
