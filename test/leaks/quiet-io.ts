/** A world for the command line in which nobody answers and nothing is by chance. */
import type { Io } from "../../src/cli/io.ts";

export function quietIo(cwd: string, env: Io["env"], hear: (text: string) => void): Io {
  return {
    cwd,
    env: { HOME: "/nowhere", XDG_CONFIG_HOME: "/nowhere", ...env },
    out: hear,
    err: hear,
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 120,
    now: () => "2026-11-21T12:00:00Z",
    clock: () => 0,
    randomId: () => "00000000-0000-4000-8000-000000000001",
    ask: undefined,
    askHidden: () => Promise.resolve(""),
    signal: new AbortController().signal,
  };
}
