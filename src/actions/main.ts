/** The five actions as the runner starts them: the process, its files and its streams as a {@link Runner}. */
import { randomUUID } from "node:crypto";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getInput, setOutput, setSecret } from "@actions/core";
import { keepMemoryOutOfDumps } from "../cli/core-dumps.ts";
import type { Io } from "../cli/io.ts";
import { masksOf } from "../export/github.ts";
import { EXIT, Failure } from "../failure.ts";
import { LARGEST_PAYLOAD } from "./event.ts";
import { type ActionName } from "./inputs.ts";
import { type Log, guardStreams } from "./log.ts";
import { forgeSteps } from "./pull-request/steps.ts";
import { runAction } from "./run.ts";

/** A cancelled job is killed 10 s after the first signal (actions/runner, ProcessInvoker.cs: 7.5 s and 2.5 s). */
const TIME_TO_STOP = 4_000;

/** Runs one action and ends the process with its status. */
export async function act(action: ActionName): Promise<void> {
  keepMemoryOutOfDumps();
  const log = guardStreams(process.stdout, process.stderr);
  takeOverWarnings(log);
  const { signal, deadline } = stopping();
  const io = processIo(log, signal);
  const status = await runAction(action, {
    log,
    getInput: (name) => getInput(name),
    setOutput: (name, value) => addOutput(name, value, log),
    addSummary: (markdown) => addSummary(markdown, log),
    mask: (secret) => log.asOurs(() => masksOf(secret).forEach((piece) => setSecret(piece))),
    payload,
    folder: folderOnce(),
    io,
    deadline,
    steps: forgeSteps(io, log),
  });
  // Connections that are still being closed, or a request that takes no signal, must not hold up a cancelled job. And
  // where all is written, Node would only tidy up memory that is about to go.
  if (signal.aborted || (process.stdout.writableLength === 0 && process.stderr.writableLength === 0))
    process.exit(status);
  process.exitCode = status;
}

function takeOverWarnings(log: Log): void {
  // grpc-js sets a server name for addresses, which Node warns about (DEP0123): nothing a user could do about it.
  process.noDeprecation = true;
  // Node prints both past the streams, with texts that may come from anywhere.
  process.removeAllListeners("warning");
  process.on("warning", (warning) => log.err(`${warning.name}: ${warning.message}\n`));
  const bug = (error: unknown): void => {
    log.err("error[INTERNAL]: trueup met something it did not expect\n");
    if ((process.env["TRUEUP_DEBUG"] ?? "") !== "" && error instanceof Error) log.err(`${error.stack ?? ""}\n`);
    log.flush();
    process.exit(EXIT.failed);
  };
  process.on("uncaughtException", bug);
  process.on("unhandledRejection", bug);
}

/** The first signal asks to stop safely; those after it change nothing, because the time is limited already. */
function stopping(): { readonly signal: AbortSignal; readonly deadline: Promise<void> } {
  const controller = new AbortController();
  const deadline = new Promise<void>((resolve) => {
    const stop = (): void => {
      if (controller.signal.aborted) return;
      controller.abort();
      setTimeout(resolve, TIME_TO_STOP);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  return { signal: controller.signal, deadline };
}

function processIo(log: Log, signal: AbortSignal): Io {
  return {
    cwd: process.cwd(),
    // Files are read from Git at the exact commit, whatever the runner is; and nothing is coloured.
    env: { ...process.env, CI: "true", FORCE_COLOR: undefined },
    out: log.out,
    err: log.err,
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 120,
    now: () => new Date().toISOString(),
    // `performance` would load all of Node that measures.
    clock: () => Number(process.hrtime.bigint()) / 1e6,
    randomId: randomUUID,
    ask: undefined,
    askHidden: () => Promise.reject(new Failure("USAGE", "nobody can answer a question here")),
    signal,
  };
}

/** Values of one line need no delimiter that nobody can guess, and `node:crypto` for it. */
function addOutput(name: string, value: string, log: Log): void {
  const file = process.env["GITHUB_OUTPUT"] ?? "";
  if (file === "" || /[\r\n]/u.test(value)) log.asOurs(() => setOutput(name, value));
  else writeOn(file, `${name}=${value}\n`);
}

function payload(): string | undefined {
  const path = process.env["GITHUB_EVENT_PATH"] ?? "";
  if (path === "") return undefined;
  try {
    if (statSync(path).size > LARGEST_PAYLOAD) throw new Error("too large");
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure("USAGE", "the file that GITHUB_EVENT_PATH names cannot be read", {
      fix: "leave GITHUB_EVENT_PATH as the runner sets it",
      cause: error,
    });
  }
}

/** Below RUNNER_TEMP, which the runner empties before and after the job. */
function folderOnce(): () => string {
  let made: string | undefined;
  return () => (made ??= mkdtempSync(join(process.env["RUNNER_TEMP"] ?? tmpdir(), "trueup-")));
}

/** Runners of other forges have no summaries. The file is there, or this is no step of a job. */
function addSummary(markdown: string, log: Log): void {
  const path = process.env["GITHUB_STEP_SUMMARY"] ?? "";
  if (path === "") return;
  try {
    writeOn(path, markdown);
  } catch {
    log.err("Note  the step summary could not be written\n");
  }
}

/** To the end of a file that is there. */
function writeOn(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
