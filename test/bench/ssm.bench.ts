/**
 * The command itself (`node dist/cli.cjs`, so `npm run build` first) against an SSM in another process: requests of every
 * step on moto and on the strict double, time under the usual quotas of an account, a storm of throttling, peak memory.
 * Parts: `counts`, `quota`, `storm`, `memory`; without any, all of them, which takes about ten minutes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { USUAL } from "../stores/ssm-double/quotas.ts";
import { type Size, generateRepo, writeRepo } from "./generate.ts";
import { type Counts, type Kind, serve, startServer } from "./ssm-server.ts";
import type { Server } from "./ssm-server.ts";

const CLI = join(process.cwd(), "dist/cli.cjs");
const PLACE = ["--env", "prod"];
const FAST = "rates: { read: 100000, write: 100000, describe: 100000, delete: 100000 }";
/** Said by the process itself when it ends: nobody else can tell its peak. */
const TELL_PEAK = `import{writeFileSync as w}from"node:fs";process.on("exit",()=>w(process.env.BENCH_PEAK,String(process.resourceUsage().maxRSS)));`;

interface Ran {
  readonly seconds: number;
  /** Megabytes. */
  readonly peak: number;
  readonly counts: Counts;
}

interface Bench {
  readonly server: Server;
  readonly folder: string;
  readonly run: (args: readonly string[]) => Promise<Ran>;
}

const sized = (apps: number, keys: number): Size => ({
  apps,
  keys,
  environments: ["dev", "prod"],
  regions: ["us-east-2"],
});

/** A server and a repo that leads to it. `rates` empty: those that users get. */
async function withBench(kind: Kind, size: Size, rates: string, use: (bench: Bench) => Promise<void>): Promise<void> {
  const server = await startServer(process.argv[1] ?? "", kind);
  const folder = mkdtempSync(join(tmpdir(), "trueup-bench-ssm-"));
  try {
    const connection = ['region: "{{region}}"', `endpoint: "${server.endpoint}"`, ...(rates === "" ? [] : [rates])];
    writeRepo(generateRepo(size, `  config: { type: aws-ssm, connection: { ${connection.join(", ")} } }\n`), folder);
    await use({ server, folder, run: (args) => command(server, folder, args) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  }
}

async function command(server: Server, folder: string, args: readonly string[]): Promise<Ran> {
  const peak = join(folder, ".peak");
  const begin = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_PEAK)}`,
      BENCH_PEAK: peak,
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(`trueup ${args.join(" ")} exited ${code}:\n${said.slice(-4000)}`);
  return { seconds, peak: Number(readFileSync(peak, "utf8")) / 1024, counts: await server.counts() };
}

const PLAN = ["diff", "--against", "live", ...PLACE];
const APPLY = ["apply", "--yes", ...PLACE];
const total = ({ calls }: Counts): number => Object.values(calls).reduce((sum, count) => sum + count, 0);

function show(name: string, { seconds, peak, counts }: Ran, limit = ""): void {
  const { GetParametersByPath: byPath = 0, GetParameters: get = 0, PutParameter: put = 0 } = counts.calls;
  const cells = [byPath, get, put, total(counts) - byPath - get - put, total(counts)].map((cell) =>
    String(cell).padStart(6),
  );
  say(
    `${name.padEnd(28)}${cells.join("")}  ${seconds.toFixed(1).padStart(6)} s ${peak.toFixed(0).padStart(4)} MB  ${limit}`,
  );
}
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const header = (title: string): void => say(`\n${title}\n${"".padEnd(28)}byPath   get   put other   all`);

async function steps(kind: Kind, apps: number, keys: number): Promise<void> {
  await withBench(kind, sized(apps, keys), FAST, async ({ run, folder }) => {
    const values = apps * keys;
    header(`${values} parameters in ${apps} units, on ${kind}`);
    show("plan of a first apply", await run(PLAN));
    const first = await run(APPLY);
    const puts = first.counts.calls["PutParameter"] ?? 0;
    show(
      "first apply",
      first,
      `puts at most ${values + 2 * apps + 5}: ${puts <= values + 2 * apps + 5 ? "kept" : "MISSED"}`,
    );
    const again = await run(PLAN);
    const most = values / 10 + apps + 5;
    show("plan without changes", again, `at most ${most}: ${total(again.counts) <= most ? "kept" : "MISSED"}`);
    show("apply without changes", await run(APPLY));
    const base = "apps/app-0007/base.yaml";
    const text = readFileSync(join(folder, base), "utf8");
    writeRepo(new Map([[base, text.replace("text of app 7 number 8", "another text")]]), folder);
    show("apply of one change", await run(APPLY));
  });
}

async function quota(): Promise<void> {
  await withBench("double with quotas", sized(40, 25), "", async ({ run }) => {
    header(
      `1000 parameters, quotas ${USUAL.read}/${USUAL.write}/${USUAL.delete} a second, rates as they come, real time`,
    );
    const first = await run(APPLY);
    const least = (first.counts.calls["PutParameter"] ?? 0) / USUAL.write;
    show("first apply", first);
    const share = (100 * first.counts.throttled) / total(first.counts);
    say(`its puts at the quota: ${least.toFixed(0)} s; ${(first.seconds / least).toFixed(3)} of that (at most 1.1)`);
    say(`throttled: ${first.counts.throttled} calls, ${share.toFixed(2)}% (at most 1%)`);
    show("plan without changes", await run(PLAN));
  });
}

async function storm(): Promise<void> {
  await withBench("double with quotas", sized(8, 25), "", async ({ run, server }) => {
    header("200 parameters, every call throttled for the first 60 seconds, real time");
    await server.storm(60_000);
    const first = await run(APPLY);
    show("first apply", first);
    const again = await run([...PLAN, "--format", "json", "--detailed-exitcode"]);
    say(
      `throttled: ${first.counts.throttled} calls; a plan afterwards finds nothing to do (${total(again.counts)} calls)`,
    );
  });
}

const [task, kind] = process.argv.slice(2);
if (task === "serve") await serve(kind as Kind);
else {
  const wants = (part: string): boolean => task === undefined || task === part;
  say(`node ${process.version}`);
  if (wants("counts")) for (const each of ["moto", "double"] as const) await steps(each, 40, 25);
  if (wants("memory")) await steps("double", 400, 25);
  if (wants("quota")) await quota();
  if (wants("storm")) await storm();
}
