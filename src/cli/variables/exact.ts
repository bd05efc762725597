/** Printing what a program is going to read: exact in a pipe, harmless on a screen and in the log of a CI runner. */
import { Failure } from "../../failure.ts";
import { breakCommands, safeText } from "../../report/redact.ts";
import type { Io } from "../io.ts";

/** Throws `REFUSED` where a CI runner would take a line for a command. `instead` says what to type. */
export function printExact(text: string, io: Io, instead: string): void {
  if (io.outIsTerminal) {
    io.out(safeText(text));
    return;
  }
  const inCi = (io.env.CI ?? "") !== "" || io.env.GITHUB_ACTIONS === "true";
  if (inCi && breakCommands(text) !== text)
    throw new Failure("REFUSED", "a value looks like a command to the CI runner, which may be reading this output", {
      fix: instead,
    });
  io.out(text);
}
