/** The command line: parses flags, runs one command, turns failures into words and an exit code. */
import { CommanderError } from "commander";
import { EXIT, type ExitCode, Failure, exitOf, isFailure } from "../failure.ts";
import { humanFailure } from "../report/failure.ts";
import { safeText } from "../report/redact.ts";
import { type Io, wantsColor } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { buildProgram } from "./program.ts";

/** Resolves with the exit code: ours, or that of the program that `exec` started. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.ok;
  const program = buildProgram((code) => (exit = code), io);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
    return explainFailure(error, program.opts(), io);
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
function explainFailure(error: unknown, options: CommonOptions, io: Io): ExitCode {
  const failure = isFailure(error)
    ? error
    : new Failure("INTERNAL", "trueup met something it did not expect", {
        fix: "Please report this, with TRUEUP_DEBUG=1 set for the details.",
      });
  io.err(humanFailure(failure, { color: wantsColor({ env: io.env, outIsTerminal: io.errIsTerminal }, options.color) }));
  if (!isFailure(error) && (io.env.TRUEUP_DEBUG ?? "") !== "" && error instanceof Error) {
    io.err(safeText(framesOf(error)));
  }
  return exitOf(error);
}
