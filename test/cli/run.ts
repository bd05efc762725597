/** The command as users run it: `node dist/cli.cjs` in temporary repositories, with nothing of the caller's Git or CI. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { tempFolder, writeFiles } from "../project.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
/** Another build can be put to the same tests: an installed package, for example. */
const CLI = resolve(process.env["TRUEUP_CLI"] ?? join(ROOT, "dist/cli.cjs"));
if (!existsSync(CLI)) throw new Error("dist/cli.cjs is not there: run `node scripts/build.mjs` first (npm test does)");

type Env = Readonly<Record<string, string>>;

/** What the command may see: a clean environment, so that tests mean the same on a laptop and in CI. */
function environment(extra: Env): NodeJS.ProcessEnv {
  const hidden = /^(?:GIT_|GITHUB_|RUNNER_|TRUEUP_|NODE_OPTIONS$|VITEST|CI$|FORCE_COLOR$|NO_COLOR$)/u;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name))),
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...extra,
  };
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `trueup` in a folder and waits for it. There is no terminal, so nothing is asked; `input` comes in by a pipe. */
export function trueup(folder: string, args: readonly string[], env: Env = {}, input?: string): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: environment(env),
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  return { code: status, out: stdout, err: stderr };
}

/** Like {@link trueup}, while servers of the test itself go on answering. */
export async function trueupAside(folder: string, args: readonly string[], env: Env = {}): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment(env) });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString("utf8")));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

/** Like {@link trueup}, for steps that must work: throws with everything it said if it does not exit 0. */
export function done(folder: string, args: readonly string[], env: Env = {}): Ran {
  const ran = trueup(folder, args, env);
  if (ran.code !== 0) throw new Error(`trueup ${args.join(" ")} exited ${ran.code}:\n${ran.out}${ran.err}`);
  return ran;
}

/** Like {@link trueup}, while this process goes on: for tests that serve what the command talks to. */
export async function running(folder: string, args: readonly string[], env: Env = {}): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment(env) });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString("utf8")));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

/** Runs `trueup` and sends a signal as soon as `when` is true of the files; gives the exit code. */
export async function interrupted(
  folder: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  when: (text: string) => boolean,
  env: Env = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment(env) });
  const texts = { out: "", err: "" };
  let sent = false;
  const hear = (name: "out" | "err", chunk: Buffer): void => {
    texts[name] += chunk.toString("utf8");
    if (sent || !when(texts.err)) return;
    sent = true;
    child.kill(signal);
  };
  child.stdout.on("data", (chunk: Buffer) => hear("out", chunk));
  child.stderr.on("data", (chunk: Buffer) => hear("err", chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

/** Runs Git in a folder; throws with its words if it fails. */
export function git(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: folder, env: environment({}), encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** Commits everything in the work tree and gives the commit's full id. */
export function commit(folder: string, message = "change"): string {
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--allow-empty", "--message", message);
  return git(folder, "rev-parse", "HEAD");
}

export interface TestRepo {
  readonly folder: string;
  readonly dispose: () => void;
}

/** A temporary Git repository with one commit on `main`; the local store is ignored. */
export function gitRepo(content: string | Readonly<Record<string, string>>): TestRepo {
  const made = tempFolder(content);
  writeFiles(made.folder, { ".gitignore": ".trueup/\n" });
  git(made.folder, "init", "--quiet", "--initial-branch=main");
  appendFileSync(join(made.folder, ".git/config"), "[user]\n\tname = Test\n\temail = test@example.com\n");
  commit(made.folder, "first");
  return made;
}

/** Every file below a folder: text and time of writing, by path with forward slashes. Links are followed at the top. */
export function filesBelow(folder: string): Map<string, { readonly text: string; readonly written: bigint }> {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths
      .toSorted()
      .map((path) => [
        relative(folder, path).split(sep).join("/"),
        { text: readFileSync(path, "utf8"), written: statSync(path, { bigint: true }).mtimeNs },
      ]),
  );
}

/** Texts of the local store by path, without trueup's own records. */
export function stored(folder: string): Record<string, string> {
  const own = /(?:^|\/)\.trueup\//u;
  return Object.fromEntries(
    [...filesBelow(join(folder, ".trueup/live"))].flatMap(([path, { text }]) => (own.test(path) ? [] : [[path, text]])),
  );
}
