/** The first stage: from files to a {@link Repo}, and everything that is wrong with them, at once. */
import type { App, Config, FileTemplate, Layer, Place, Plain, Repo, SecretDefinition, SourceFile } from "../model.ts";
import { hasErrors } from "../problem.ts";
import { secretNames } from "../secret-names.ts";
import type { Problem } from "../problem.ts";
import { NO_SETTINGS, readAppSettings, readLayer, readSecrets } from "./app-files.ts";
import type { Read } from "./app-files.ts";
import { describeHidden, findHidden, isOrdinary } from "./characters.ts";
import { readConfig } from "./config.ts";
import { arrange } from "./layout.ts";
import type { AppFiles, RepoFiles, SharedFiles } from "./layout.ts";
import { LIMITS } from "./limits.ts";
import { placesOf } from "./places.ts";
import { CONFIG_FILE } from "./settings.ts";
import type { Source, TreeEntry } from "./source.ts";
import { survey } from "./survey.ts";
import type { TargetTypes } from "./targets.ts";
import { decodeText } from "./text.ts";
import { unknownName } from "./unknown.ts";
import { readYaml } from "./yaml.ts";

export interface Loaded {
  /**
   * Undefined if trueup.yaml cannot be used, or the tree is over its budget. Files with errors are left out of it: as
   * long as {@link problems} holds an error, nothing may be planned or applied from it.
   */
  readonly repo: Repo | undefined;
  readonly problems: readonly Problem[];
  /** Keys that a schema says are secret: their lines are shown masked, also in files that cannot be used. */
  readonly secretNames: ReadonlySet<string>;
  /** Every file that was read, for code frames: also those that cannot be used. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

export interface LoadOptions {
  /** Kinds of stores by the name that `type:` gives; without them, types and connections are not checked. */
  readonly targetTypes?: TargetTypes | undefined;
  /** A profile of trueup.yaml, whose connections replace those of the targets. */
  readonly profile?: string | undefined;
}

interface Loading {
  readonly source: Source;
  readonly sources: Map<string, SourceFile>;
  readonly problems: Problem[];
  readonly known: { readonly config: Config; readonly places: readonly Place[] } | undefined;
  readonly merge: boolean;
  readonly secretNames: ReadonlySet<string>;
}

/**
 * Reads a config repo. Never throws for what is in the files; throws a failure if the source cannot be read (`MISSING`,
 * `DENIED`).
 */
export function load(source: Source, options: LoadOptions = {}): Loaded {
  const entries = source.list();
  const { files, problems, stop } = survey(entries);
  if (stop) return { repo: undefined, problems, secretNames: new Set(), sources: new Map() };
  const base: Loading = {
    source,
    sources: new Map(),
    problems: [...problems],
    known: undefined,
    merge: true,
    secretNames: new Set(),
  };
  const { config, environments } = loadConfig(base, files, entries, options);
  const known = config === undefined ? undefined : { config, places: placesOf(config.environments, config.regions) };
  // Where trueup.yaml cannot be used, merge keys may well be allowed: no problem is made of them.
  const merge = config?.yaml.merge ?? true;
  const layout = arrange(files, environments);
  base.problems.push(...layout.problems);
  // Read first, because they say what is secret; their problems come last, where the files stand.
  const problemsOfSchemas: Problem[] = [];
  const paths = [...layout.schemas, ...layout.apps.flatMap(({ schema }) => schema ?? [])];
  const schemas = new Map(paths.flatMap((path) => loadSchema({ ...base, merge, problems: problemsOfSchemas }, path)));
  const loading: Loading = { ...base, known, merge, secretNames: secretNames(schemas) };
  const repo = loadFiles(loading, layout, schemas);
  loading.problems.push(...problemsOfSchemas);
  if (config !== undefined && !hasErrors(layout.problems)) loading.problems.push(...checkTargetApps(config, layout));
  return { repo, problems: loading.problems, secretNames: loading.secretNames, sources: loading.sources };
}

function loadConfig(
  loading: Loading,
  files: readonly TreeEntry[],
  entries: readonly TreeEntry[],
  { targetTypes, profile }: LoadOptions,
): Pick<ReturnType<typeof readConfig>, "config" | "environments"> {
  const nothing = { config: undefined, environments: undefined };
  if (!files.some(({ path }) => path === CONFIG_FILE)) {
    const reported = loading.problems.some(({ at }) => at?.file === CONFIG_FILE);
    if (!reported) loading.problems.push(missingConfig(entries));
    return nothing;
  }
  const file = readText(loading, CONFIG_FILE);
  if (file === undefined) return nothing;
  const { value, problems, empty } = readYaml(file, { merge: false });
  loading.problems.push(...problems);
  if (value === undefined) return nothing;
  const read = readConfig(empty ? {} : value, { targetTypes, profile });
  loading.problems.push(...read.problems);
  return read;
}

function missingConfig(entries: readonly TreeEntry[]): Problem {
  const near = entries.find(({ path }) => path === "trueup.yml" || path === "trueup.json")?.path;
  return {
    code: near === undefined ? "TU1016" : "TU1007",
    severity: "error",
    message: near === undefined ? "there is no trueup.yaml here" : `${near} must be called trueup.yaml`,
    at: { file: near ?? CONFIG_FILE },
    fix: near === undefined ? "trueup init writes one; -C names another folder" : "rename it to trueup.yaml",
  };
}

/** Reads every file even where trueup.yaml is broken, so that all problems come to light in one run. */
function loadFiles(loading: Loading, layout: RepoFiles, schemas: Repo["schemas"]): Repo | undefined {
  const shared = {
    layers: loadLayers(loading, layout.shared),
    secrets: loadSecrets(loading, layout.shared.secrets, "shared."),
    sops: loadEncrypted(loading, layout.shared),
  };
  const apps = layout.apps.map((app) => loadApp(loading, app)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return loading.known === undefined
    ? undefined
    : { ...loading.known, apps, shared, schemas, sources: loading.sources };
}

function loadApp(loading: Loading, files: AppFiles): App {
  const { name, folder, schema } = files;
  const layers = loadLayers(loading, files);
  const secrets = loadSecrets(loading, files.secrets, "");
  const settings =
    loadWith(loading, files.settings, (file) => readAppSettings(file, loading.merge, loading.known)) ?? NO_SETTINGS;
  const templates = [...files.templates].flatMap(([template, path]) => loadTemplate(loading, template, path));
  return { name, folder, layers, secrets, sops: loadEncrypted(loading, files), files: templates, schema, ...settings };
}

function loadLayers(loading: Loading, { layers }: SharedFiles): Map<string, Layer> {
  const loaded = new Map<string, Layer>();
  for (const [name, path] of layers) {
    const layer = loadWith(loading, path, (file) => readLayer(file, name, loading));
    if (layer !== undefined) loaded.set(name, layer);
  }
  return loaded;
}

function loadSecrets(
  loading: Loading,
  path: string | undefined,
  prefix: "" | "shared.",
): ReadonlyMap<string, SecretDefinition> {
  const holder = loading.known?.config.secrets.default ?? "external";
  return loadWith(loading, path, (file) => readSecrets(file, { merge: loading.merge, prefix, holder })) ?? new Map();
}

/** Encrypted files are only taken along here: what is in them is read where the secrets are needed. */
function loadEncrypted(loading: Loading, { sops }: SharedFiles): ReadonlyMap<string, string> {
  return new Map([...sops].filter(([, path]) => readText(loading, path) !== undefined));
}

function loadTemplate(loading: Loading, name: string, path: string): FileTemplate[] {
  const file = readText(loading, path);
  if (file === undefined) return [];
  if (!isOrdinary(file.text))
    loading.problems.push(...findHidden(file.text, 20).map((hidden) => hiddenIn(path, hidden)));
  return [{ name, file: path, text: file.text }];
}

/** Only a warning: such a file has no other way to say what it means. */
function hiddenIn(path: string, { offset, length, code }: { offset: number; length: number; code: number }): Problem {
  return {
    code: "TU1010",
    severity: "warning",
    message: `the template holds ${describeHidden(code)}`,
    at: { file: path, offset, length },
    fix: "remove it, unless it is meant",
  };
}

function loadSchema(loading: Loading, path: string): [string, Plain][] {
  const file = readText(loading, path);
  if (file === undefined) return [];
  const isJson = path.endsWith(".json");
  const { value, problems, empty } = readYaml(file, { merge: loading.merge, keys: "any", spelling: !isJson });
  loading.problems.push(...problems);
  return value === undefined ? [] : [[path, empty ? {} : value]];
}

function loadWith<T>(loading: Loading, path: string | undefined, read: (file: SourceFile) => Read<T>): T | undefined {
  const file = path === undefined ? undefined : readText(loading, path);
  if (file === undefined) return undefined;
  const { value, problems } = read(file);
  loading.problems.push(...problems);
  return value;
}

/** Text of a file; undefined if it is none. Either way it is remembered, to show where problems are. */
function readText(loading: Loading, path: string): SourceFile | undefined {
  const { file, problems } = decodeText(path, loading.source.read(path, LIMITS.fileBytes));
  loading.sources.set(path, file);
  loading.problems.push(...problems);
  return problems.length === 0 ? file : undefined;
}

/** Targets that name apps nobody knows. Globs may be there for apps to come. */
function checkTargetApps({ targets }: Config, { apps }: RepoFiles): Problem[] {
  const known = apps.map(({ name }) => name);
  return targets.flatMap(({ name, apps: wanted }) =>
    [...(wanted ?? []).entries()]
      .filter(([, app]) => !/[*?]/u.test(app) && !known.includes(app))
      .map(([i, app]) =>
        unknownName("app", app, known, { file: CONFIG_FILE, path: ["targets", name, "apps", String(i)] }),
      ),
  );
}
