/** The command in this process: for answers at a prompt, a clock, and servers that live in the test itself. */
import { main } from "../../src/cli/main.ts";
import type { Io } from "../../src/cli/io.ts";
import type { Ran } from "./run.ts";

export interface Inside {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed, or piped in, where a value is asked for. */
  readonly value?: string | (() => Promise<string>);
  /** Answers to questions, in order; without them there is nobody to ask. */
  readonly answers?: readonly string[];
  /** ISO 8601. */
  readonly now?: string;
  readonly signal?: AbortSignal;
}

let ids = 0;

export async function inside(folder: string, args: readonly string[], given: Inside = {}): Promise<Ran> {
  const texts = { out: "", err: "" };
  const answers = [...(given.answers ?? [])];
  const ask = (question: string): Promise<string> => {
    texts.err += question;
    return Promise.resolve(answers.shift() ?? "n");
  };
  const io: Io = {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...given.env },
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 200,
    now: () => given.now ?? "2026-11-21T12:00:00Z",
    clock: () => 0,
    randomId: () => `id-${process.pid}-${++ids}`,
    ask: given.answers === undefined ? undefined : ask,
    askHidden: () => (typeof given.value === "function" ? given.value() : Promise.resolve(given.value ?? "")),
    signal: given.signal ?? new AbortController().signal,
  };
  return { code: await main(args, io), ...texts };
}
