/** The files of an app (and of `shared/`): layers, names of secrets, what is special about the app. */
import appSchema from "../../schemas/app.schema.json" with { type: "json" };
import secretsSchema from "../../schemas/secrets.schema.json" with { type: "json" };
import { parsePath } from "../address.ts";
import type {
  Config,
  Generation,
  Holder,
  KeyPath,
  Layer,
  Place,
  Plain,
  PlainMap,
  SecretDefinition,
  SecretId,
  SourceFile,
} from "../model.ts";
import type { Problem } from "../problem.ts";
import { asMap, checkSettings } from "./settings.ts";
import { unknownName } from "./unknown.ts";
import { readYaml } from "./yaml.ts";

export interface Read<T> {
  /** Undefined if the file has an error. */
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}

/** A file of values. An empty one is an empty map: it overrides nothing. `secretNames`: see `YamlOptions`. */
export function readLayer(
  file: SourceFile,
  name: string,
  options: { readonly merge: boolean; readonly secretNames?: ReadonlySet<string> },
): Read<Layer> {
  const { value, problems } = readYaml(file, { ...options, remove: true });
  if (value === undefined) return { value, problems };
  const wrong = notAMap(file, value);
  if (wrong !== undefined) return { value: undefined, problems: [...problems, wrong] };
  const map = asMap(value);
  if (map.$remove === undefined) return { value: { name, file: file.path, values: map, remove: [] }, problems };
  const removal = readRemoval(file, map.$remove);
  const values: { [key: string]: Plain } = Object.assign(Object.create(null), map);
  delete values.$remove;
  const layer = { name, file: file.path, values, remove: removal.value ?? [] };
  return { value: removal.value === undefined ? undefined : layer, problems: [...problems, ...removal.problems] };
}

function notAMap(file: SourceFile, value: Plain): Problem | undefined {
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
  return {
    code: "TU1015",
    severity: "error",
    message: `the file holds ${Array.isArray(value) ? "a list" : "a single value"}, not a map of keys`,
    at: { file: file.path, path: [] },
    fix: "write it as `key: value` lines",
  };
}

function readRemoval(file: SourceFile, value: Plain): Read<readonly KeyPath[]> {
  const wrong = (path: KeyPath, message: string): Problem => ({
    code: "TU1016",
    severity: "error",
    message,
    at: { file: file.path, path: ["$remove", ...path] },
    fix: "$remove: [features.express_checkout]",
  });
  if (!Array.isArray(value)) return { value: undefined, problems: [wrong([], "$remove must be a list of key paths")] };
  const problems: Problem[] = [];
  const paths: KeyPath[] = [];
  for (const [i, item] of (value as readonly Plain[]).entries()) {
    const path = typeof item === "string" ? parsePath(item) : undefined;
    if (path === undefined)
      problems.push(wrong([String(i)], "an entry of $remove is not a path of keys with dots between them"));
    else paths.push(path);
  }
  return { value: problems.length > 0 ? undefined : paths, problems };
}

/** `secrets.yaml`. `prefix` is `shared.` for the secrets that all apps may use, otherwise empty. */
export function readSecrets(
  file: SourceFile,
  options: { readonly merge: boolean; readonly prefix: "" | "shared."; readonly holder: Holder },
): Read<ReadonlyMap<SecretId, SecretDefinition>> {
  const { value, problems } = readChecked(file, options.merge, secretsSchema);
  if (value === undefined) return { value, problems };
  const definitions = Object.entries(value).map(([name, settings]): [SecretId, SecretDefinition] => {
    const { from, description, owner, length, alphabet, version, path, rotate } = asMap(settings);
    const holder = (from ?? options.holder) as Holder;
    const id = `${options.prefix}${name}`;
    return [
      id,
      {
        id,
        holder,
        description: description as string | undefined,
        owner: owner as string | undefined,
        ...(rotate === undefined ? {} : { rotate: rotationOf(asMap(rotate), options.prefix) }),
        at: { file: file.path, path: [name], part: "key" },
        ...(holder === "generate" ? { generate: generationOf({ length, alphabet, version }) } : {}),
        ...(holder === "ref" ? { path: path as string } : {}),
      },
    ];
  });
  return { value: new Map(definitions), problems };
}

function rotationOf({ previous, grace }: PlainMap, prefix: string): NonNullable<SecretDefinition["rotate"]> {
  const name = previous as string;
  return {
    previous: name.startsWith("shared.") ? name : `${prefix}${name}`,
    graceMs: milliseconds((grace ?? DEFAULT_GRACE) as string),
  };
}

const DEFAULT_GRACE = "24h";
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90m`, `24h`, `7d`, `2w`: the schema of secrets.yaml lets nothing else through. */
function milliseconds(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0);
}

/** Defaults as `schemas/secrets.schema.json` names them. */
function generationOf({ length, alphabet, version }: Readonly<Record<string, Plain | undefined>>): Generation {
  return {
    length: (length ?? 32) as number,
    alphabet: (alphabet ?? "alphanumeric") as string,
    version: (version ?? 1) as number,
  };
}

export interface AppSettings {
  readonly owner: string | undefined;
  readonly description: string | undefined;
  readonly places: readonly string[] | undefined;
  readonly targets: readonly string[] | undefined;
}
export const NO_SETTINGS: AppSettings = {
  owner: undefined,
  description: undefined,
  places: undefined,
  targets: undefined,
};

/** `app.yaml`. Without `config` (trueup.yaml cannot be used) names of places and targets are not checked. */
export function readAppSettings(
  file: SourceFile,
  merge: boolean,
  known: { readonly config: Config; readonly places: readonly Place[] } | undefined,
): Read<AppSettings> {
  const { value, problems } = readChecked(file, merge, appSchema);
  if (value === undefined) return { value, problems };
  const settings = { ...NO_SETTINGS, ...value } as AppSettings;
  if (known === undefined) return { value: settings, problems };
  const { config, places } = known;
  const strange = [
    ...checkNames(file, "place", "places", settings.places, [...new Set(places.flatMap(({ env, id }) => [env, id]))]),
    ...checkNames(
      file,
      "target",
      "targets",
      settings.targets,
      config.targets.map(({ name }) => name),
    ),
  ];
  return { value: strange.length > 0 ? undefined : settings, problems: [...problems, ...strange] };
}

function checkNames(
  file: SourceFile,
  what: string,
  setting: string,
  names: readonly string[] | undefined,
  known: readonly string[],
): Problem[] {
  return [...(names ?? []).entries()]
    .filter(([, name]) => !known.includes(name))
    .map(([i, name]) => unknownName(what, name, known, { file: file.path, path: [setting, String(i)] }));
}

/** A file of the tool's own whose content has the shape of its schema. Empty is an empty map. */
function readChecked(file: SourceFile, merge: boolean, schema: Parameters<typeof checkSettings>[1]): Read<PlainMap> {
  const { value, problems } = readYaml(file, { merge });
  if (value === undefined) return { value, problems };
  const faults = checkSettings(value, schema, file.path);
  return { value: faults.length > 0 ? undefined : asMap(value), problems: [...problems, ...faults] };
}
