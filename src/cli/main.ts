/** The command line: parses flags, runs one command, turns failures into words and an exit code. */
import { CommanderError } from "commander";
import { EXIT, Failure, exitOf, isFailure } from "../failure.ts";
import { humanFailure, jsonFailure } from "../report/failure.ts";
import { safeText } from "../report/redact.ts";
import { type Io, wantsColor } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { emitFiles } from "./output.ts";
import { buildProgram } from "./program.ts";

export interface Ended {
  /** Ours, or that of the program that `exec` started. */
  readonly exit: number;
  /** Why nothing came of it, where that is known in words. */
  readonly failure: Failure | undefined;
}

/** Resolves with the exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  return (await runCommand(argv, io)).exit;
}

/** Runs one command line. Never throws. `whole`: see {@link buildProgram}. */
export async function runCommand(argv: readonly string[], io: Io, whole = true): Promise<Ended> {
  let exit: number = EXIT.ok;
  const program = buildProgram((code) => (exit = code), io, whole);
  let options: CommonOptions = {};
  program.hook("preAction", (_, command) => {
    options = command.optsWithGlobals();
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return { exit, failure: undefined };
  } catch (error) {
    if (error instanceof CommanderError)
      return { exit: error.exitCode === 0 ? EXIT.ok : EXIT.failed, failure: undefined };
    return { exit: exitOf(error), failure: explainFailure(error, { ...program.opts(), ...options }, io) };
  }
}

/** Where an error came from, without its message: nobody knows what a library writes into that. */
function framesOf(error: Error): string {
  const stack = error.stack ?? "";
  const head = `${error.name}: ${error.message}`;
  const frames = (stack.startsWith(head) ? stack.slice(head.length) : stack).match(/^ {4}at .*$/gmu) ?? [];
  return `${error.name}\n${frames.map((frame) => `${frame}\n`).join("")}`;
}

/** The one place where a failure becomes words. What is no failure is our bug: said so, without a stack trace. */
function explainFailure(error: unknown, options: CommonOptions, io: Io): Failure {
  const failure = isFailure(error)
    ? error
    : new Failure("INTERNAL", "trueup met something it did not expect", {
        fix: "Please report this, with TRUEUP_DEBUG=1 set for the details.",
      });
  tellPrograms(failure, options, io);
  io.err(humanFailure(failure, { color: wantsColor({ env: io.env, outIsTerminal: io.errIsTerminal }, options.color) }));
  if (!isFailure(error) && (io.env.TRUEUP_DEBUG ?? "") !== "" && error instanceof Error) {
    io.err(safeText(framesOf(error)));
  }
  return failure;
}

/** `--out json=FILE` holds the failure. If that file is what cannot be written, the words on standard error have to do. */
function tellPrograms(failure: Failure, options: CommonOptions, io: Io): void {
  try {
    emitFiles({ json: () => jsonFailure(failure) }, options, io);
  } catch (error) {
    if (!isFailure(error)) throw error;
  }
}
