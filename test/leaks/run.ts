/** One repo through all commands, in process, and everything that came out of them searched for its secrets. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { main } from "../../src/cli/main.ts";
import { buildProgram } from "../../src/cli/program.ts";
import type { Io } from "../../src/cli/io.ts";
import { drivers, folderSource, openProject, want } from "../../src/index.ts";
import { layOut } from "../../src/stores/directory/key-path.ts";
import { writeFiles } from "../project.ts";
import type { Canary } from "./canary.ts";
import { type Detector, type Finding, detectorOf } from "./detector.ts";
import { type CommandLine, LAST, commandLines } from "./lines.ts";
import { type Random, randomOf } from "./random.ts";
import { type LeakRepo, leakRepo, plant } from "./repo.ts";
import { fakeStore, forgetStore, registerFakes } from "./stores.ts";

export interface Leak extends Finding {
  readonly seed: number;
  /** `stdout of diff --format json`, `file out/plan.json`, `store /cfg/.trueup/head`. */
  readonly sink: string;
  readonly mistakes: readonly string[];
}

export interface RepoResult {
  readonly leaks: readonly Leak[];
  readonly commands: number;
  /** Characters searched. */
  readonly searched: number;
  /** How often each command ended how: `diff json 0`. */
  readonly exits: ReadonlyMap<string, number>;
  readonly mistakes: readonly string[];
  /** Secrets that a store holds as they are in the end: proof that there was something to leak. */
  readonly delivered: number;
  /** Secrets that a command whose purpose it is has shown. */
  readonly revealed: number;
}

export interface RunOptions {
  /** Command lines per repo beside those that make it; all of them by default. */
  readonly lines?: number;
}

interface Run {
  readonly repo: LeakRepo;
  readonly random: Random;
  readonly folder: string;
  /** What was said: sink and text. Searched at the end, when all canaries are known. */
  readonly said: [sink: string, text: string][];
  readonly exits: Map<string, number>;
  /** Keys that hold secrets, by the file that holds them in the local store. */
  readonly secretKeys: Set<string>;
  readonly env: Record<string, string>;
  readonly revealed: string[];
  commands: number;
}

/** A folder without a disk behind it, where there is one: thousands of small repos come and go. */
const IN_MEMORY = "/dev/shm";

registerFakes();

/** Makes the repo of a seed, runs it, searches everything, and removes it. */
export async function runRepo(seed: number, options: RunOptions = {}): Promise<RepoResult> {
  const repo = leakRepo(seed);
  const folder = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), "trueup-leak-"));
  const run: Run = {
    repo,
    random: randomOf(seed * 31 + 5),
    folder,
    said: [],
    exits: new Map(),
    secretKeys: new Set(),
    env: environment(repo, folder),
    revealed: [],
    commands: 0,
  };
  try {
    await live(run, options.lines ?? Number.POSITIVE_INFINITY);
    return await searched(run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    forgetStore(String(seed));
  }
}

function environment(repo: LeakRepo, folder: string): Record<string, string> {
  const out = (name: string): string => join(folder, `out/${name}`);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nowhere",
    XDG_CONFIG_HOME: "/nowhere",
    USER: "tester",
    GIT_CONFIG_GLOBAL: devNull,
    GITHUB_STEP_SUMMARY: out("summary.md"),
    GITHUB_OUTPUT: out("output"),
    GITHUB_ENV: out("github-env"),
    ...repo.env,
  };
}

/** What happens in the life of the repo; the lines in between are chosen by chance. */
async function live(run: Run, lines: number): Promise<void> {
  const { repo, random, folder } = run;
  writeFiles(folder, repo.files);
  mkdirSync(join(folder, "out"));
  for (const { app, name, holder, values } of repo.secrets.filter((secret) => secret.holder === "sops"))
    for (const [env, canary] of Object.entries(values)) await fill(run, app, name, env, canary, holder);
  for (const { path, change } of repo.spoil) spoil(folder, path, change);
  if (repo.env["SOPS_AGE_KEY_LATER"] !== undefined) run.env["SOPS_AGE_KEY"] = repo.env["SOPS_AGE_KEY_LATER"];
  delete run.env["SOPS_AGE_KEY_LATER"];

  const chosen = commandLines(repo, random);
  const [before, after] =
    lines >= chosen.length ? [chosen, chosen] : [random.some(chosen, lines / 2), random.some(chosen, lines / 2)];
  for (const line of random.some(before, before.length / 2)) await command(run, line);
  await command(run, {
    args: ["apply", "--yes", ...random.pick([["-v"], ["--format", "json"], ["--format", "markdown"]])],
  });
  for (const { app, name, holder, values } of repo.secrets.filter((secret) => secret.holder === "external"))
    for (const [env, canary] of Object.entries(values)) await fill(run, app, name, env, canary, holder);
  await noteSecretKeys(run);
  await byHand(run);
  if (repo.trouble !== undefined && repo.store === "memory") fakeStore(String(repo.seed)).trouble = repo.trouble;
  for (const line of after) await command(run, line);
  await rotate(run);
  await command(run, {
    args: ["apply", "--yes", "--allow", random.pick(["drift", "conflict", "drift,conflict,replace,adopt"])],
  });
  for (const args of LAST) if (random.chance(0.3)) await command(run, { args });
  await noteSecretKeys(run);
}

function fill(run: Run, app: string, name: string, env: string, canary: Canary, holder: string): Promise<void> {
  const newline = run.random.pick(["\n", "", "\r\n"]);
  return command(
    run,
    { args: ["secrets", "set", app, name, "--env", env] },
    `${canary.text}${newline}`,
    `secrets set (${holder})`,
  );
}

/** A new value for one of the encrypted secrets, so that there is a change to plan. */
async function rotate(run: Run): Promise<void> {
  const { repo, random } = run;
  const [secret] = random.some(repo.secrets, 1);
  if (secret === undefined) return;
  const canary = plant(repo, `new ${secret.holder} ${secret.app}.${secret.name}`, random);
  await fill(run, secret.app, secret.name, "dev", canary, secret.holder);
  await command(run, { args: ["diff", "--format", random.pick(["human", "markdown", "json"])] });
}

/** Somebody writes into the store: another secret, or something that cannot be read. */
async function byHand(run: Run): Promise<void> {
  const { repo, random, folder } = run;
  if (!random.chance(0.3)) return;
  const [key] = random.some([...run.secretKeys], 1);
  if (key === undefined) return;
  const canary = plant(repo, `hand edit of ${key}`, random);
  const text = repo.corruptLive ? `{"A": ${canary.text}` : canary.text;
  if (repo.store === "memory") fakeStore(String(repo.seed)).memory.handPut(key, text);
  else {
    const file = join(folder, ".trueup/live", layOut(run.secretKeys).get(key) ?? "");
    if (existsSync(file)) writeFileSync(file, text);
  }
}

function spoil(folder: string, path: RegExp, change: (text: string) => string): void {
  for (const file of filesBelow(folder).filter((name) => path.test(name)))
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
}

/** Runs one line, the way `bin.ts` does, and keeps what it says. */
async function command(run: Run, line: CommandLine, input?: string, name = nameOf(line.args)): Promise<void> {
  const { random, said } = run;
  const texts = { out: "", err: "" };
  const env = { ...run.env, ...(random.chance(0.5) ? { TRUEUP_DEBUG: "1" } : {}), ...line.env };
  const io = ioOf(run, env, texts, input ?? run.repo.canaries[0]?.text ?? "");
  const args = random.chance(0.1) && !line.args.includes("exec") ? [...line.args, "-v"] : line.args;
  run.commands++;
  // Errors that never reach a screen are for programs that use the library: these are looked into as a whole.
  const exit =
    random.chance(0.15) && run.repo.trouble === undefined ? await parsed(run, args, io, name) : await main(args, io);
  const label = `${name} ${exit}`;
  run.exits.set(label, (run.exits.get(label) ?? 0) + 1);
  said.push([`stderr of ${name}`, texts.err]);
  if (line.reveals === true) run.revealed.push(texts.out);
  else said.push([`stdout of ${name}`, texts.out]);
}

async function parsed(run: Run, args: readonly string[], io: Io, name: string): Promise<number> {
  let code = 0;
  try {
    await buildProgram((exit) => (code = exit), io).parseAsync([...args], { from: "user" });
  } catch (error) {
    run.said.push([`error of ${name}`, inspect(error, { depth: 12, showHidden: true, maxStringLength: null })]);
    return 1;
  }
  return code;
}

function ioOf(run: Run, env: Io["env"], texts: { out: string; err: string }, input: string): Io {
  const { random } = run;
  const terminal = random.chance(0.2);
  let ids = run.commands * 1000;
  return {
    cwd: run.folder,
    env,
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
    outIsTerminal: terminal,
    errIsTerminal: terminal,
    columns: random.pick([60, 80, 120, 200]),
    now: () => "2026-11-21T12:00:00Z",
    clock: () => 0,
    randomId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
    ask: undefined,
    askHidden: (question) => {
      texts.err += question;
      return Promise.resolve(input);
    },
    signal: new AbortController().signal,
  };
}

/** `diff json`, `secrets list`: the words of a line that say what it is. */
function nameOf(args: readonly string[]): string {
  const format = args.indexOf("--format");
  const [first = "", second = ""] = args;
  const verb = ["secrets", "schema"].includes(first) ? `${first} ${second}` : first;
  return format < 0 ? verb : `${verb} ${args[format + 1] ?? ""}`;
}

/** Where secrets belong, as the mapping says. Configuration that is not valid goes nowhere. */
async function noteSecretKeys({ folder, secretKeys }: Run): Promise<void> {
  const desired = want(await openProject(folderSource(folder), drivers), {});
  if ("problems" in desired) return;
  for (const { units } of desired.wanted.destinations)
    for (const { settings } of units) for (const { key, secret } of settings) if (secret) secretKeys.add(key);
}

async function searched(run: Run): Promise<RepoResult> {
  const { repo } = run;
  const detector = detectorOf(repo.canaries);
  const leaks: Leak[] = [];
  let count = 0;
  const note = (sink: string, findings: readonly Finding[]): void => {
    for (const finding of findings) leaks.push({ ...finding, seed: repo.seed, sink, mistakes: repo.mistakes });
  };
  for (const [sink, text] of run.said) {
    count += text.length;
    note(sink, detector.search(text));
  }
  const delivered = new Set<Canary>();
  const seen = (text: string): void => {
    for (const canary of repo.canaries) if (text.includes(canary.text)) delivered.add(canary);
  };
  for (const [key, text] of fakeStore(String(repo.seed)).memory.contents()) {
    count += text.length;
    if (run.secretKeys.has(key)) seen(text);
    else note(`store ${key}`, detector.search(text));
  }
  count += searchFiles(run, detector, note, seen);
  const shown = run.revealed.join("\n");
  return {
    leaks,
    commands: run.commands,
    searched: count,
    exits: run.exits,
    mistakes: repo.mistakes,
    delivered: delivered.size,
    revealed: repo.canaries.filter(({ text }) => shown.includes(text)).length,
  };
}

function searchFiles(
  run: Run,
  detector: Detector,
  note: (sink: string, findings: readonly Finding[]) => void,
  seen: (text: string) => void,
): number {
  const paths = filesBelow(run.folder);
  const own = new Set(layOut(run.secretKeys).values());
  let count = 0;
  note("names of files", detector.search(paths.join("\n")));
  for (const path of paths) {
    const data = readFileSync(join(run.folder, path));
    count += data.length;
    const entry = /^\.trueup\/live\.generations\/\d+\/(.*)$/u.exec(path)?.[1];
    if (entry !== undefined && own.has(entry)) seen(data.toString("utf8"));
    else if (!holdsSecrets(run, path)) note(`file ${path}`, detector.searchBytes(data));
  }
  return count;
}

/** Files in plain text that somebody asked for, or wrote by mistake; a new app is made of its model's files. */
function holdsSecrets({ repo }: Run, path: string): boolean {
  const model = path.replace(/^apps\/fresh\//u, "apps/orders/");
  const asked = ["out/export.env", "out/export.json", "out/github-env", ".env.local"];
  return asked.includes(path) || repo.plaintext.has(model);
}

/** Files, not links, with forward slashes. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
