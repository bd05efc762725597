/** The process and its terminal as an {@link Io}. */
import { EXIT, Failure } from "../failure.ts";
import { keepMemoryOutOfDumps } from "./core-dumps.ts";
import type { Io } from "./io.ts";

/** The process as an {@link Io}. The first SIGINT or SIGTERM asks to stop safely; the second one stops. */
export function processIo(): Io {
  keepMemoryOutOfDumps();
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const interactive = process.stdin.isTTY && process.stderr.isTTY && (process.env.CI ?? "") === "";
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    columns: process.stdout.columns ?? process.stderr.columns ?? 120,
    now: () => new Date().toISOString(),
    clock: () => Number(process.hrtime.bigint()) / 1e6,
    randomId: () => crypto.randomUUID(),
    ask: interactive ? ask : undefined,
    askHidden: process.stdin.isTTY ? askHidden : readAll,
    signal: controller.signal,
  };
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}

/** Reads a line with the terminal's echo off. */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const { stdin } = process;
  stdin.setRawMode(true);
  let text = "";
  try {
    for await (const chunk of stdin) {
      for (const char of String(chunk)) {
        if (char === "\u0003") throw new Failure("INTERRUPTED", "stopped; nothing was written");
        if (char === "\r" || char === "\n" || char === "\u0004") return text;
        text = char === "\u007f" ? text.slice(0, -1) : text + char;
      }
    }
    return text;
  } finally {
    stdin.setRawMode(false);
    process.stderr.write("\n");
  }
}

async function readAll(): Promise<string> {
  const { debuglog } = await import("node:util");
  // Node itself would print what comes in.
  if (debuglog("stream").enabled)
    throw new Failure("REFUSED", "NODE_DEBUG=stream makes Node print the value", { fix: "run it without NODE_DEBUG" });
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
