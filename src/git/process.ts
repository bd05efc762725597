/** Starting `git`: an array of arguments, never a shell. For bulk reading and for what needs input or an exit code. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { Failure } from "../failure.ts";
import { SETTINGS, gitEnvironment } from "./environment.ts";

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** More output than this is not collected: a listing of about a million files. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * Runs `git` in a folder. Resolves with whatever exit code it had; throws `MISSING` if there is no git or no folder.
 * `settings` are further `-c name=value`, `variables` are added to the environment.
 */
export function runGit(
  folder: string,
  args: readonly string[],
  options: {
    readonly input?: string | Uint8Array;
    readonly settings?: readonly string[];
    readonly variables?: { readonly [name: string]: string };
  } = {},
): Promise<GitResult> {
  const settings = [...SETTINGS, ...(options.settings ?? [])].flatMap((setting) => ["-c", setting]);
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...settings, ...args], {
      cwd: folder,
      env: { ...gitEnvironment(process.env), ...options.variables },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) out.push(chunk);
      else child.kill();
    });
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    // Git may stop reading early (a bad argument); its exit code says why.
    child.stdin?.on("error", () => undefined);
    child.on("error", (error) => reject(notStarted(folder, error)));
    child.on("close", (code) => {
      if (size > MAX_OUTPUT) reject(new Failure("INCOMPLETE", `git ${args[0] ?? ""} printed more than 256 MiB.`));
      else resolve({ code: code ?? 1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf8") });
    });
    child.stdin?.end(options.input);
  });
}

/** Like {@link runGit}, for commands that are expected to work: throws if they do not. Gives their output. */
export async function mustRunGit(
  folder: string,
  args: readonly string[],
  options: Parameters<typeof runGit>[2] = {},
): Promise<Buffer> {
  const result = await runGit(folder, args, options);
  if (result.code !== 0) throw gitFailure(args, result.stderr);
  return result.stdout;
}

/** A failure with what Git said. */
export function gitFailure(args: readonly string[], stderr: string): Failure {
  const said = stderr.trim().split("\n");
  if (/unable to auto-detect email address|Author identity unknown|empty ident name/u.test(stderr))
    return new Failure("MISSING", "Git does not know who you are, and a commit needs an author.", {
      fix: 'git config user.name "…" && git config user.email "…"',
    });
  if (/would be overwritten/u.test(stderr))
    return new Failure("USAGE", "Files in the work tree are in the way: Git would have to overwrite them.", {
      fix: "move them away, or commit them",
      details: said.slice(0, 10),
    });
  const missing = /missing (?:blob|object)|unable to read|could not get object info|promisor|bad object/iu.test(stderr);
  return new Failure(missing ? "HISTORY" : "INTERNAL", `git ${args[0] ?? ""} failed: ${said.at(-1) ?? ""}`, {
    details: said.slice(0, 5),
    ...(missing ? { fix: "check out with full history: fetch-depth: 0 in actions/checkout" } : {}),
  });
}

function notStarted(folder: string, error: Error): Failure {
  if (!existsSync(folder)) return new Failure("MISSING", `The folder ${folder} does not exist.`, { cause: error });
  return new Failure("MISSING", "The program git could not be started.", {
    fix: "install Git, or add it to PATH",
    details: [error.message],
    cause: error,
  });
}
