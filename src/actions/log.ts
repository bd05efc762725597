/**
 * The way from this process to the runner's log. The runner obeys lines, on standard output and on standard error alike
 * (actions/runner, OutputManager.cs), so text that is not ours leaves only by whole lines, each made harmless. Lines meant
 * as commands have an entrance of their own.
 */
import { StringDecoder } from "node:string_decoder";
import { safeText } from "../report/redact.ts";

export interface Stream {
  write(chunk: string | Uint8Array, ...rest: unknown[]): boolean;
}

export interface Log {
  /** Any text, in any pieces. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Commands for the runner, whole lines of our own making. */
  readonly obey: (commands: string) => void;
  /** Lets what `work` writes to standard output through as it is. Only for `@actions/core`, with words of ours. */
  readonly asOurs: (work: () => void) => void;
  /** Ends lines that are not complete. */
  readonly flush: () => void;
}

/** A line that is not ended yet is held back, up to this many characters. */
const LONGEST_HELD = 65_536;

/** Collects pieces into lines and passes them on harmless, each ended by a line feed. */
export function lineGuard(write: (text: string) => void): {
  readonly add: (text: string) => void;
  readonly flush: () => void;
} {
  let held = "";
  const flush = (): void => {
    if (held === "") return;
    const line = held;
    held = "";
    write(`${safeText(line)}\n`);
  };
  const add = (text: string): void => {
    held += text;
    const end = held.lastIndexOf("\n");
    if (end >= 0) {
      const lines = held.slice(0, end + 1);
      held = held.slice(end + 1);
      // Line ends of other systems are line ends; any other carriage return is shown.
      write(safeText(lines.replaceAll("\r\n", "\n")));
    }
    if (held.length > LONGEST_HELD) flush();
  };
  return { add, flush };
}

/**
 * Takes over both streams: whatever any library writes goes through the same lines. What Node itself would print about
 * warnings and errors that nobody catches, past these streams, is for the caller to take over.
 */
export function guardStreams(stdout: Stream, stderr: Stream): Log {
  const [writeOut, writeErr] = [stdout.write.bind(stdout), stderr.write.bind(stderr)];
  const out = lineGuard((text) => void writeOut(text));
  const err = lineGuard((text) => void writeErr(text));
  let ours = false;
  stdout.write = guarded((text) => (ours ? void writeOut(text) : out.add(text)));
  stderr.write = guarded(err.add);
  const flush = (): void => {
    out.flush();
    err.flush();
  };
  return {
    out: out.add,
    err: err.add,
    flush,
    obey: (commands) => {
      flush();
      writeOut(commands);
    },
    asOurs: (work) => {
      flush();
      ours = true;
      try {
        work();
      } finally {
        ours = false;
      }
    },
  };
}

function guarded(add: (text: string) => void): Stream["write"] {
  // A character may come in two chunks.
  const decoder = new StringDecoder("utf8");
  return (chunk, ...rest) => {
    add(typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
    const done = rest.find((one) => typeof one === "function") as ((error?: Error) => void) | undefined;
    if (done !== undefined) queueMicrotask(done);
    return true;
  };
}
