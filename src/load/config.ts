/** `trueup.yaml` as {@link Config}: checked, with every default filled in. */
import trueupSchema from "../../schemas/trueup.schema.json" with { type: "json" };
import type { Config, Environment, Freeze, Guards, Holder, Plain, PlainMap } from "../model.ts";
import { hasErrors } from "../problem.ts";
import type { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { placesOf, readEnvironments } from "./places.ts";
import { asMap, checkSettings, CONFIG_FILE } from "./settings.ts";
import { readTargets } from "./targets.ts";
import type { TargetTypes } from "./targets.ts";
import { unknownName } from "./unknown.ts";

export interface ConfigOptions {
  /** Kinds of stores; without them, types and connections are not checked. */
  readonly targetTypes: TargetTypes | undefined;
  /** Name of the profile whose connections are used. */
  readonly profile: string | undefined;
}
export interface ReadConfig {
  /** Undefined if there is any error. */
  readonly config: Config | undefined;
  /** Also there when only other parts of the file are wrong, so that file names can be checked all the same. */
  readonly environments: readonly Environment[] | undefined;
  readonly problems: readonly Problem[];
}

/** `value`: the content of trueup.yaml. */
export function readConfig(value: Plain, options: ConfigOptions): ReadConfig {
  const shape = checkSettings(value, trueupSchema, CONFIG_FILE);
  const map = asMap(value);
  const isFine = (part: string): boolean =>
    !shape.some(({ at }) => at !== undefined && "path" in at && (at.path.length === 0 || at.path[0] === part));
  const environments =
    isFine("environments") && map.environments !== undefined ? readEnvironments(map.environments) : undefined;
  if (hasErrors(shape) || environments === undefined) return { config: undefined, environments, problems: shape };
  const { targets, problems: targetProblems } = readTargets(map, {
    ...options,
    places: placesOf(environments, regionsOf(map)),
  });
  const problems = [
    ...shape,
    ...targetProblems,
    ...checkRegions(map, environments),
    ...checkFreezes(map, environments),
  ];
  const config = { ...settingsOf(map), environments, regions: regionsOf(map), targets };
  return { config: hasErrors(problems) ? undefined : config, environments, problems };
}

function regionsOf(map: PlainMap): Map<string, PlainMap> {
  return new Map(Object.entries(asMap(map.regions)).map(([name, settings]) => [name, asMap(asMap(settings).vars)]));
}

function settingsOf(map: PlainMap): Omit<Config, "environments" | "regions" | "targets"> {
  const secrets = asMap(map.secrets);
  const drift = asMap(map.drift);
  return {
    system: map.system as string,
    secrets: {
      default: (secrets.default ?? "external") as Holder,
      warnAfterDays: days(secrets.warn_after),
      sources: texts(secrets.sources) ?? [],
    },
    guards: readGuards(asMap(map.guards), map),
    drift: { onApply: drift.on_apply === "overwrite" ? "overwrite" : "report", ignore: texts(drift.ignore) ?? [] },
    yaml: { merge: asMap(map.yaml).merge === true },
    templates: { blocks: asMap(map.templates).blocks === true },
    report: { maxValueWidth: (asMap(map.pull_request).max_value_width ?? 80) as number },
  };
}

function readGuards(guards: PlainMap, map: PlainMap): Guards {
  const everywhere = readEnvironments(map.environments ?? []).map(({ name }) => name);
  return {
    liftBy: (guards.lift_by ?? "maintain") as string,
    maxDelete: share(guards.max_delete ?? 0.3),
    maxDeleteCount: guards.max_delete_count as number | undefined,
    maxApps: (guards.max_apps ?? 25) as number,
    keep: texts(guards.keep) ?? [],
    freeze: listOf(guards.freeze).map((entry): Freeze => {
      const { envs, from, to, reason } = asMap(entry);
      return { envs: texts(envs) ?? everywhere, from: from as string, to: to as string, reason: reason as string };
    }),
  };
}

/** `"30%"` and `0.3` are both 0.3. */
function share(value: Plain): number {
  return typeof value === "string" ? Number(value.slice(0, -1)) / 100 : (value as number);
}

/** `"180d"` → 180, `"26w"` → 182. */
function days(value: Plain | undefined): number | undefined {
  return typeof value === "string" ? Number(value.slice(0, -1)) * (value.endsWith("w") ? 7 : 1) : undefined;
}

function texts(value: Plain | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : (value as readonly string[]);
}

function listOf(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? (value as readonly Plain[]) : [];
}

/** Facts of a region that no environment has: most likely a slip of the pen. */
function checkRegions(map: PlainMap, environments: readonly Environment[]): Problem[] {
  const used = new Set(environments.flatMap(({ regions }) => regions));
  return [...regionsOf(map).keys()]
    .filter((name) => !used.has(name))
    .map((name) => {
      const near = suggest(name, used);
      return {
        code: "TU1017",
        severity: "warning",
        message: `no environment has the region ${name}${near === undefined ? "" : `; did you mean ${near}?`}`,
        at: { file: CONFIG_FILE, path: ["regions", name], part: "key" },
      };
    });
}

function checkFreezes(map: PlainMap, environments: readonly Environment[]): Problem[] {
  const known = environments.map(({ name }) => name);
  return listOf(asMap(map.guards).freeze).flatMap((entry, i): Problem[] => {
    const path = ["guards", "freeze", String(i)];
    const { from, to, envs } = asMap(entry);
    const [start, end] = [Date.parse(from as string), Date.parse(to as string)];
    const strange = (texts(envs) ?? []).flatMap((name, j) =>
      known.includes(name)
        ? []
        : [unknownName("environment", name, known, { file: CONFIG_FILE, path: [...path, "envs", String(j)] })],
    );
    const wrong = (part: string, message: string): Problem => ({
      code: "TU1016",
      severity: "error",
      message,
      at: { file: CONFIG_FILE, path: [...path, part] },
    });
    if (Number.isNaN(start)) strange.push(wrong("from", "the freeze begins on a day or at a time that does not exist"));
    if (Number.isNaN(end)) strange.push(wrong("to", "the freeze ends on a day or at a time that does not exist"));
    if (start >= end) strange.push(wrong("to", "the freeze ends before it begins"));
    return strange;
  });
}
