/** Keeps what is in memory, secrets among it, out of core dumps. */
import { readFileSync, writeFileSync } from "node:fs";

/** Which parts of memory a dump of this process takes; a program that it starts begins with the same (Linux, core(5)). */
const FILTER = "/proc/self/coredump_filter";
let before: string | undefined;

/** On Linux a crash then leaves a dump without memory, whatever limits the machine has. Elsewhere nothing happens. */
export function keepMemoryOutOfDumps(): void {
  try {
    before ??= readFileSync(FILTER, "latin1").trim();
    writeFileSync(FILTER, "0");
  } catch {
    // Not Linux, or a sandbox without /proc: the machine's own limit is all there is.
  }
}

/** For a program of the user's that is about to be started: its dumps are its own affair. */
export function restoreDumps(): void {
  try {
    if (before !== undefined) writeFileSync(FILTER, `0x${before}`);
  } catch {
    // As above.
  }
}
