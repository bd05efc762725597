/** The command line's edge to the world: everything that is not data comes through here. */
import type { Result } from "./result.ts";

export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: results. */
  readonly out: (text: string) => void;
  /** Standard error: progress and notes. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly columns: number;
  /** ISO 8601. */
  readonly now: () => string;
  /** Milliseconds, for durations only. */
  readonly clock: () => number;
  readonly randomId: () => string;
  /** Asks a person; undefined where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** One value that must not be shown: typed without echo, or all of standard input where that is a pipe. */
  readonly askHidden: (question: string) => Promise<string>;
  /** Hears what a command found out, before it is printed. */
  readonly tell?: (result: Result) => void;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** True if output should carry colour: NO_COLOR wins, then FORCE_COLOR, then the terminal. */
export function wantsColor(io: Pick<Io, "env" | "outIsTerminal">, flag: boolean | undefined): boolean {
  if (flag === false || (io.env.NO_COLOR ?? "") !== "") return false;
  if ((io.env.FORCE_COLOR ?? "") !== "") return io.env.FORCE_COLOR !== "0";
  return io.outIsTerminal;
}
