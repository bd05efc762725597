/** Writes reports where the flags say: one to standard output, any number to files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Failure } from "../failure.ts";
import type { Io } from "./io.ts";
import { type CommonOptions, reportsOf } from "./options.ts";

export type Renderers = Readonly<Record<string, () => string>>;

/** Prints in the chosen format and writes every `--out FORMAT=FILE`. Files are written whole, before anything is printed. */
export function emit(renderers: Renderers, options: CommonOptions, io: Io): void {
  const { print, files } = reportsOf(options, Object.keys(renderers));
  for (const { format, file } of files) writeReport(file, renderers[format]?.() ?? "", io);
  io.out(renderers[print]?.() ?? "");
}

/**
 * Writes those of `--out FORMAT=FILE` that there is something for, and prints nothing: where a command ends early, a
 * program that reads the file learns why.
 */
export function emitFiles(renderers: Renderers, options: CommonOptions, io: Io): void {
  for (const text of options.out ?? []) {
    const [format, file] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
    const render = Object.hasOwn(renderers, format) ? renderers[format] : undefined;
    if (render !== undefined && file !== "") writeReport(file, render(), io);
  }
}

export function writeReport(file: string, text: string, io: Pick<Io, "cwd">): void {
  const path = resolve(io.cwd, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure("MISSING", `cannot write ${file}`, {
      cause: error,
      fix: "check that the folder exists and may be written",
    });
  }
}
