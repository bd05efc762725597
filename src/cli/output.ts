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
  for (const { format, file } of files) {
    const path = resolve(io.cwd, file);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, renderers[format]?.() ?? "");
    } catch (error) {
      throw new Failure("MISSING", `cannot write ${file}`, {
        cause: error,
        fix: "check that the folder exists and may be written",
      });
    }
  }
  io.out(renderers[print]?.() ?? "");
}
