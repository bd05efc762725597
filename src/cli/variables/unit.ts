/** One app in one place: what commands that hand out values work on. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAddress } from "../../address.ts";
import type { UnitResult, Workbench } from "../../desired.ts";
import { type EnvFile, readEnvFile } from "../../export/env-file.ts";
import { Failure } from "../../failure.ts";
import type { ExitCode } from "../../failure.ts";
import { storePool } from "../../pipeline.ts";
import { drivers } from "../../stores/registry.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { open } from "../project.ts";
import { lookAt } from "../units.ts";
import { type Gathered, gather } from "./gather.ts";
import { type LiveValues, liveValues } from "./live.ts";
import { envNamesOf } from "./names.ts";

export interface SourceOptions extends CommonOptions {
  readonly from?: string;
}

export interface OpenedUnits {
  readonly units: readonly UnitResult[];
  readonly bench: Workbench;
  readonly live: LiveValues;
  readonly fromLive: boolean;
}

/**
 * Opens the repo and hands the units of an address to `work`; stores it opens are closed afterwards. With `--from live`,
 * `fromLiveOnly` says whether values of secrets may be read too.
 */
export async function withUnits<T>(
  address: string | undefined,
  options: SourceOptions,
  io: Io,
  work: (opened: OpenedUnits) => Promise<T>,
  fromLiveOnly: "plain" | "all" = "all",
): Promise<T | { readonly invalid: ExitCode }> {
  const from = options.from ?? "git";
  if (from !== "git" && from !== "live") throw new Failure("USAGE", `--from ${from} is not git or live`);
  const project = await open(options, io, false);
  const scope = scopeOf(options, address === undefined ? [] : [address]);
  const found = lookAt(project, scope);
  if ("problems" in found || project.bench === undefined)
    return { invalid: printInvalid("problems" in found ? found.problems : project.problems, project, options, io) };
  const stores = storePool(drivers, project.folder, io.env);
  const live = liveValues(project.bench, stores, {
    which: from === "live" ? fromLiveOnly : "secrets",
    signal: io.signal,
  });
  try {
    return await work({ units: found.units, bench: project.bench, live, fromLive: from === "live" });
  } finally {
    await stores.close();
  }
}

/** The one unit that an address means. Throws `USAGE` if it means several. */
export function onlyUnit(address: string, units: readonly UnitResult[]): UnitResult {
  const [unit, ...others] = units;
  if (parseAddress(address).key !== "**")
    throw new Failure("USAGE", `${address} names a key, and all variables of an app are wanted here`, {
      fix: address.slice(0, address.indexOf(":")),
    });
  if (unit === undefined || others.length > 0) {
    const ids = units.map((each) => each.resolved.id);
    throw new Failure("USAGE", `${address} means ${ids.length} apps and places, and one is wanted here`, {
      fix: `name one of: ${ids.slice(0, 12).join(", ")}${ids.length > 12 ? ", …" : ""}`,
    });
  }
  return unit;
}

/** `.env.local` of a folder; as if empty where there is none. */
export function envFileAt(path: string): EnvFile {
  return readEnvFile(existsSync(path) ? readFileSync(path, "utf8") : "");
}

export function localEnvFile(io: Io): EnvFile {
  return envFileAt(join(io.cwd, ".env.local"));
}

/** Variables of one unit, by the precedence shell > `.env.local` > secret in the store > plain value. */
export async function variablesOf(
  unit: UnitResult,
  opened: OpenedUnits,
  around: { readonly file: EnvFile; readonly shell: Readonly<Record<string, string | undefined>> },
): Promise<Gathered> {
  const gathered = await gather({
    unit,
    envName: envNamesOf(opened.bench, unit),
    secrets: opened.live.textOf,
    plain: opened.fromLive ? opened.live.textOf : undefined,
    overriding: opened.fromLive ? opened.live.overriding : undefined,
    local: around.file.own,
    earlier: around.file.made,
    shell: around.shell,
  });
  if (opened.fromLive && gathered.trouble !== undefined) throw gathered.trouble;
  return gathered;
}

/** Refuses to go on with values that nobody has given, unless told that they may be missing. */
export function requireComplete(unit: UnitResult, { missing, trouble }: Gathered, allowed: boolean, io: Io): void {
  if (missing.length === 0) return;
  const names = missing.map(({ name, path }) => `${name} (${path})`);
  const why = trouble === undefined ? [] : [`the store could not be asked: ${trouble.message}`];
  if (!allowed) {
    throw new Failure(
      "MISSING",
      `${missing.length} ${missing.length === 1 ? "variable" : "variables"} of ${unit.resolved.id} without a value`,
      {
        details: [...names, ...why],
        fix: "fill them in with trueup secrets set, write them into .env.local, or pass --allow-missing to go on without them",
      },
    );
  }
  io.err(`trueup: without ${names.join(", ")}\n`);
}

/** One line a variable: its name and the layer it comes from, for `-v`. */
export function sourcesText({ variables, shadowed }: Gathered): string {
  const width = Math.max(0, ...variables.map(({ name }) => name.length));
  const rows = variables.map(({ name, source }) => `  ${name.padEnd(width)}  ${source}\n`);
  const shadows = shadowed
    .map(({ name, path }) => `  ${name}: the plain value ${path} is shadowed by a secret\n`)
    .join("");
  return `precedence: shell > .env.local > secrets > values\n${rows.join("")}${shadows}`;
}
