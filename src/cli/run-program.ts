/** Starts a program in our place: our terminal, our folder, no shell in between. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { debuglog } from "node:util";
import { Failure } from "../failure.ts";
import { keepMemoryOutOfDumps, restoreDumps } from "./core-dumps.ts";

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/**
 * Exit code of the program, or 128 and the number of the signal that ended it, as shells count. From here on signals
 * are the program's: ours are passed on, and we end when it does.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<number> {
  // Node itself would print the program's environment.
  if (debuglog("child_process").enabled)
    throw new Failure("REFUSED", "NODE_DEBUG=child_process makes Node print the values that the program gets", {
      fix: "run it without NODE_DEBUG",
    });
  const before = FORWARDED.map((signal) => [signal, process.listeners(signal)] as const);
  restoreDumps();
  const child = spawn(program, [...args], { ...options, env: { ...options.env }, stdio: "inherit", shell: false });
  keepMemoryOutOfDumps();
  const forward = (signal: NodeJS.Signals): void => {
    // Ctrl-C reaches everything in the terminal's foreground by itself.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of FORWARDED) {
    process.removeAllListeners(signal);
    process.on(signal, forward);
  }
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(program, error)));
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const [signal, listeners] of before) {
      process.removeListener(signal, forward);
      for (const listener of listeners) process.on(signal, listener);
    }
  }
}

function notStarted(program: string, error: NodeJS.ErrnoException): Failure {
  const denied = error.code === "EACCES";
  return new Failure(denied ? "DENIED" : "MISSING", `${program} could not be started (${error.code ?? "unknown"})`, {
    fix: denied ? "make the file executable" : "check the name; trueup starts programs itself, without a shell",
    cause: error,
  });
}
