/** One repo at work: the folder it is in, what it has said so far, and how one command line is run there. */
import { devNull } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { buildProgram } from "../../src/cli/program.ts";
import type { CommandLine } from "./lines.ts";
import type { LiveStore } from "./live-store.ts";
import type { Random } from "./random.ts";
import type { LeakRepo } from "./repo.ts";

export interface Run {
  readonly repo: LeakRepo;
  readonly random: Random;
  readonly folder: string;
  /** What was said: sink and text. Searched at the end, when all canaries are known. */
  readonly said: [sink: string, text: string][];
  /** How often each command ended how: `diff json 0`. */
  readonly exits: Map<string, number>;
  readonly store: LiveStore;
  readonly env: Record<string, string>;
  readonly revealed: string[];
  commands: number;
}

/** What the editor copies over the file that it is to edit. */
export const EDITED = "out/edited.yaml";

/** What a job sees, apart from what the repo itself brings. Files of the runner are below `out/`. */
export function environment(repo: LeakRepo, folder: string): Record<string, string> {
  const out = (name: string): string => join(folder, `out/${name}`);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nowhere",
    XDG_CONFIG_HOME: "/nowhere",
    XDG_RUNTIME_DIR: join(folder, "tmp"),
    USER: "tester",
    EDITOR: `cp ${join(folder, EDITED)}`,
    GIT_CONFIG_GLOBAL: devNull,
    GITHUB_STEP_SUMMARY: out("summary.md"),
    GITHUB_OUTPUT: out("output"),
    GITHUB_ENV: out("github-env"),
    ...repo.env,
  };
}

/** Runs one line, the way `bin.ts` does, and keeps what it says. */
export async function command(run: Run, line: CommandLine, input?: string, name = nameOf(line.args)): Promise<void> {
  const { random, said } = run;
  const texts = { out: "", err: "" };
  const env = { ...run.env, ...(random.chance(0.5) ? { TRUEUP_DEBUG: "1" } : {}), ...line.env };
  const io = ioOf(run, env, texts, input ?? run.repo.canaries[0]?.text ?? "");
  const args = random.chance(0.1) && !line.args.includes("exec") ? [...line.args, "-v"] : line.args;
  // Errors that never reach a screen are for programs that use the library: these are looked into as a whole.
  const isParsed = random.chance(0.15) && run.repo.trouble === undefined;
  const exit = await overheard(run, name, () => (isParsed ? parsed(run, args, io, name) : main(args, io)));
  ended(run, `${name} ${exit}`);
  said.push([`stderr of ${name}`, texts.err]);
  if (line.reveals === true) run.revealed.push(texts.out);
  else said.push([`stdout of ${name}`, texts.out]);
}

export function ended(run: Run, label: string): void {
  run.commands++;
  run.exits.set(label, (run.exits.get(label) ?? 0) + 1);
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

/** What is written past everything that trueup means to say: by a library, or by Node. */
export async function overheard<T>(run: Run, name: string, work: () => Promise<T>): Promise<T> {
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));
  for (const { stream } of streams)
    stream.write = (chunk: string | Uint8Array) => {
      run.said.push([`streams of the process during ${name}`, Buffer.from(chunk as string).toString("utf8")]);
      return true;
    };
  try {
    return await work();
  } finally {
    for (const { stream, write } of streams) stream.write = write;
  }
}

export function ioOf(run: Run, env: Io["env"], texts: { out: string; err: string }, input: string): Io {
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
export function nameOf(args: readonly string[]): string {
  const format = args.indexOf("--format");
  const [first = "", second = ""] = args;
  const verb = ["secrets", "schema"].includes(first) ? `${first} ${second}` : first;
  return format < 0 ? verb : `${verb} ${args[format + 1] ?? ""}`;
}
