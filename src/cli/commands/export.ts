/** `trueup export`: an app's values as variables, in a file or for another program to read. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { looksLikeMark } from "../../export/env-file.ts";
import { FORMATS, type Format, type Named, unspeakable } from "../../export/format.ts";
import { expandedByPython } from "../../export/dotenv.ts";
import { nameFault } from "../../export/names.ts";
import { type Variable, revealed } from "../../export/variables.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { Io } from "../io.ts";
import { printExact } from "../variables/exact.ts";
import { exportToGithub } from "../variables/github.ts";
import { type Ignored, ignoredByGit, requireIgnored } from "../variables/ignored.ts";
import { mergeInto } from "../variables/merged.ts";
import {
  type SourceOptions,
  envFileAt,
  localEnvFile,
  onlyUnit,
  requireComplete,
  sourcesText,
  variablesOf,
  withUnits,
} from "../variables/unit.ts";

export interface ExportOptions extends SourceOptions {
  readonly allowMissing?: boolean;
  /** True: secrets may go to standard output. */
  readonly reveal?: boolean;
}

export async function exportCommand(address: string, options: ExportOptions, io: Io): Promise<ExitCode> {
  const name = options.format ?? "dotenv";
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  const out = options.out?.at(-1);
  if (format === undefined && name !== "github")
    throw new Failure("USAGE", `there is no format ${name} here`, {
      fix: `one of: ${[...Object.keys(FORMATS), "github"].join(", ")}`,
    });
  const done = await withUnits(address, options, io, async (opened) => {
    const unit = onlyUnit(address, opened.units);
    const path = out === undefined ? undefined : resolve(io.cwd, out);
    // The lines of the file to be written, or of the usual one, say what its owner wants otherwise.
    const file = path !== undefined && name === "dotenv" ? envFileAt(path) : localEnvFile(io);
    const gathered = await variablesOf(unit, opened, { file, shell: {} });
    requireComplete(unit, gathered, options.allowMissing ?? false, io);
    if (options.verbose === true) io.err(sourcesText(gathered));
    if (format === undefined) return exportToGithub(gathered.variables, io);
    if (path === undefined) return printVariables(gathered.variables, format, name, options.reveal ?? false, io);
    const ignored = await ignoredByGit(path);
    requireIgnored(
      out ?? "",
      ignored,
      gathered.variables.some((variable) => variable.secret),
    );
    const named = speakable(gathered.variables, format, name);
    const target = { path, shown: out ?? "", ignored };
    if (name === "dotenv") mergeInto(target, file, named, unit.resolved.id, options.verbose ?? false, io);
    else writeWhole(target, format.write(named), named.length, io);
    if (name === "dotenv") warnOfPython(named, io);
    return EXIT.ok;
  });
  return typeof done === "object" ? done.invalid : done;
}

/** Variables with their text, all of which the format can carry. Throws `LIMIT` with the names of those it cannot. */
function speakable(variables: readonly Variable[], format: Format, formatName: string): readonly Named[] {
  const named = variables.map((variable) => ({ name: variable.name, text: revealed(variable) }));
  const names = named.flatMap(({ name }) => {
    const why = nameFault(name, format.names);
    return why === undefined ? [] : [{ name, why }];
  });
  const marks = named.filter(({ text }) => formatName === "dotenv" && looksLikeMark(text));
  const faults = [
    ...names,
    ...unspeakable(named, format),
    ...marks.map(({ name }) => ({
      name,
      why: "holds one of the lines that trueup marks its own part of the file with",
    })),
  ];
  if (faults.length === 0) return named;
  throw new Failure("LIMIT", `${faults.length} of the variables cannot be written as ${formatName}`, {
    details: faults.map(({ name, why }) => `${name} ${why}`),
    fix: names.length > 0 ? "rename with x-env: NAME in the schema" : "use --format json, or trueup exec",
  });
}

function printVariables(
  variables: readonly Variable[],
  format: Format,
  name: string,
  reveal: boolean,
  io: Io,
): ExitCode {
  const secrets = variables.filter((variable) => variable.secret);
  if (secrets.length > 0 && !reveal)
    throw new Failure("REFUSED", "standard output may end up in a log, and some of the variables are secret", {
      details: secrets.map((variable) => variable.name),
      fix: "write a file with --out FILE, start the program with trueup exec, or pass --reveal",
    });
  const named = speakable(variables, format, name);
  if (name === "dotenv") warnOfPython(named, io);
  printExact(format.write(named), io, "use --format json or --out FILE");
  return EXIT.ok;
}

function warnOfPython(named: readonly Named[], io: Io): void {
  const names = expandedByPython(named);
  if (names.length > 0) io.err(`trueup: python-dotenv replaces \${…} in ${names.join(", ")}; other readers do not\n`);
}

function writeWhole(
  target: { readonly path: string; readonly shown: string; readonly ignored: Ignored },
  text: string,
  count: number,
  io: Io,
): void {
  const fresh = !existsSync(target.path);
  mkdirSync(dirname(target.path), { recursive: true });
  if (!fresh) chmodSync(target.path, 0o600);
  writeFileSync(target.path, text, { mode: 0o600 });
  io.out(`  ${count} variables in ${target.shown}${target.ignored === "ignored" ? " (git-ignored ✔)" : ""}\n`);
}
