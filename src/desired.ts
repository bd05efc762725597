/** What Git wants: resolve → render → validate → map, unit by unit, so that ten thousand units never stand in memory at once. */
import { globMatcher, parseAddress, placeMatcher } from "./address.ts";
import { type Frame, framesOf } from "./map/frame.ts";
import { type MappedUnit, collisionFinder, mapUnit } from "./map/map.ts";
import type {
  App,
  KeyPath,
  Origin,
  Place,
  PlaceId,
  Plain,
  RenderedUnit,
  Repo,
  ResolvedUnit,
  SecretDefinition,
  SecretId,
  ValueMap,
} from "./model.ts";
import { type Problem, foldProblems } from "./problem.ts";
import { type PlaceContext, renderShared, renderUnit } from "./render/render.ts";
import { originOf } from "./resolve/origin.ts";
import { checkOverrides } from "./resolve/overrides.ts";
import { merger, resolve } from "./resolve/resolve.ts";
import { secretsIn } from "./secret.ts";
import { rotationProblems } from "./secrets/rotations.ts";
import { type EncryptedSecrets, encryptedPath, readEncrypted } from "./secrets/encrypted.ts";
import { unfitLengths } from "./secrets/lengths.ts";
import { generationDigest, generationFault } from "./secrets/generate.ts";
import { homeFinder } from "./secrets/homes.ts";
import type { Limits } from "./stores/store.ts";
import { type TemplateEngine, templateEngine } from "./template/engine.ts";
import { isTemplate } from "./template/template.ts";
import { isValueMap } from "./tree.ts";
import {
  type Look,
  credentialsInLayers,
  credentialsInRepo,
  credentialsInUnit,
  lookForCredentials,
} from "./validate/credentials.ts";
import { openSchemas } from "./validate/open.ts";
import type { SchemaSet } from "./validate/schemas.ts";
import { typesNamed } from "./validate/types.ts";
import { xEnvOf } from "./validate/explain.ts";
import { validateUnit } from "./validate/validate.ts";

/** Which units (and targets) a command is about. Globs; empty lists mean everything. */
export interface Scope {
  /** `orders`, `orders@prod`, `*@prod.us-east-2`. */
  readonly addresses?: readonly string[];
  readonly apps?: readonly string[];
  readonly envs?: readonly string[];
  readonly regions?: readonly string[];
  readonly targets?: readonly string[];
}

/** Everything that is the same for all units of a repo. */
export interface Workbench {
  readonly repo: Repo;
  readonly engine: TemplateEngine;
  readonly schemas: SchemaSet;
  readonly frames: ReadonlyMap<PlaceId, readonly Frame[]>;
  readonly contexts: ReadonlyMap<PlaceId, { readonly context: PlaceContext; readonly shared: ValueMap }>;
  readonly limits: (type: string) => Limits | undefined;
  readonly encrypted: EncryptedSecrets;
  /** Credentials by their look; `known` are those in shared/ and trueup.yaml. */
  readonly credentials: { readonly look: Look; readonly known: ReadonlySet<string> };
  /** Problems of shared/, targets and definitions: found without looking at any unit. */
  readonly problems: readonly Problem[];
}

export interface UnitResult {
  readonly resolved: ResolvedUnit;
  readonly rendered: RenderedUnit;
  readonly mapped: MappedUnit;
  readonly problems: readonly Problem[];
  readonly originOf: (path: KeyPath) => Origin | undefined;
}

export async function prepare(repo: Repo, limits: Workbench["limits"]): Promise<Workbench> {
  const engine = await templateEngine(
    templatesOf(repo),
    repo.apps.some((app) => app.files.length > 0),
  );
  const { frames, problems } = framesOf(repo.config, repo.places, engine.parse);
  const merged = merger(repo.shared.layers);
  const encrypted = readEncrypted(repo);
  const look = lookForCredentials();
  const open = credentialsInRepo(repo, look);
  const contexts = new Map<PlaceId, { context: PlaceContext; shared: ValueMap }>();
  const found: Problem[] = [
    ...problems,
    ...checkOverrides(repo.shared.layers, () => "warning"),
    ...impossibleSecrets(repo),
    ...rotationProblems(repo),
    ...encrypted.problems,
    ...open.problems,
  ];
  for (const place of repo.places) {
    const { layers, values } = merged(place);
    const input = {
      system: repo.config.system,
      place,
      values,
      secrets: repo.shared.secrets,
      originOf: (path: KeyPath) => originOf(layers, path),
    };
    const rendered = renderShared(input, engine);
    contexts.set(place.id, { context: rendered.context, shared: rendered.values });
    found.push(...rendered.problems);
  }
  const byPlace = new Map(
    repo.places.map((place) => [place.id, frames.filter((frame) => frame.place.id === place.id)]),
  );
  return {
    repo,
    engine,
    schemas: await openSchemas(repo.schemas),
    frames: byPlace,
    contexts,
    limits,
    encrypted,
    credentials: { look, known: open.texts },
    problems: foldProblems(found),
  };
}

/** Every text that is a template, to see which grammar is needed. */
function* templatesOf(repo: Repo): Generator<string> {
  for (const target of repo.config.targets) {
    yield target.path;
    if (target.meta !== undefined) yield target.meta;
    yield* textsIn(target.connection);
  }
  for (const layers of [repo.shared.layers, ...repo.apps.map((app) => app.layers)]) {
    for (const layer of layers.values()) yield* textsIn(layer.values);
  }
}

function* textsIn(node: Plain): Generator<string> {
  if (typeof node === "string") {
    if (isTemplate(node)) yield node;
  } else if (typeof node === "object" && node !== null) {
    for (const child of Object.values<Plain>(node)) yield* textsIn(child);
  }
}

function impossibleSecrets(repo: Repo): Problem[] {
  return [repo.shared.secrets, ...repo.apps.map((app) => app.secrets)]
    .flatMap((secrets) => [...secrets.values()])
    .flatMap((secret) => generationFault(secret) ?? []);
}

/** Finds the definition of a secret that an app may use. */
function definitions({ repo }: Workbench, app: App): (id: SecretId) => SecretDefinition | undefined {
  return (id) => app.secrets.get(id) ?? repo.shared.secrets.get(id);
}

/** Units in scope, rendered one at a time, in order of app and promotion. */
export function* unitsOf(bench: Workbench, scope: Scope = {}): Generator<UnitResult> {
  const matches = scopeMatcher(scope);
  const collisions = collisionFinder();
  for (const app of bench.repo.apps) {
    const run = unitRunner(bench, app);
    for (const resolved of resolve(app, bench.repo.places)) {
      if (!matches(app, resolved.place)) continue;
      const result = run(resolved);
      const clashes = collisions(result.mapped, { originOf: result.originOf, definitionOf: definitions(bench, app) });
      yield clashes.length === 0 ? result : { ...result, problems: [...result.problems, ...clashes] };
    }
  }
}

function unitRunner(bench: Workbench, app: App): (resolved: ResolvedUnit) => UnitResult {
  const validator = app.schema === undefined ? undefined : bench.schemas.validatorOf(app.schema);
  const envName = app.schema === undefined ? () => undefined : xEnvOf(bench.repo.schemas, app.schema);
  const definition = definitions(bench, app);
  const holders = new Set([...app.secrets.values(), ...bench.repo.shared.secrets.values()].map(({ holder }) => holder));
  return (resolved) => {
    const context = bench.contexts.get(resolved.place.id)?.context;
    if (context === undefined) throw new Error(`place ${resolved.place.id} was not prepared`);
    const origin = (path: KeyPath): Origin | undefined => unitOrigin(resolved, path);
    const { unit: rendered, problems } = renderUnit(resolved, context, origin);
    const invalid = validator === undefined ? [] : validateUnit(rendered, validator, origin);
    const mapped = mapUnit(rendered, {
      config: bench.repo.config,
      frames: bench.frames.get(resolved.place.id) ?? [],
      parse: bench.engine.parse,
      limits: bench.limits,
      envName,
      definitionOf: definition,
      digestOf: (secret) =>
        secret.holder === "sops"
          ? bench.encrypted.find(app, resolved.place, secret.id)?.digest
          : generationDigest(secret),
      originOf: origin,
    });
    const open = credentialsInUnit(rendered, {
      look: bench.credentials.look,
      secrecy: (path) => validator?.secrecy(path),
      originOf: origin,
      elsewhere: bench.credentials.known,
    });
    const missing = holders.has("sops") ? missingValues(bench, rendered, definition) : [];
    const unfit = holders.has("generate") ? unfitLengths(rendered, definition, validator) : [];
    const all = [...problems, ...invalid, ...open, ...mapped.problems, ...missing, ...unfit];
    return { resolved, rendered, mapped, problems: all, originOf: origin };
  };
}

/** Secrets that are to come from an encrypted file, and that no file holds for this place. */
function missingValues(
  bench: Workbench,
  { id: unit, app, place, values, files }: RenderedUnit,
  definition: (id: SecretId) => SecretDefinition | undefined,
): Problem[] {
  const used = new Set([...secretsIn(values), ...[...files.values()].flatMap((text) => secretsIn(text))]);
  return [...used].flatMap((id): Problem[] => {
    const secret = definition(id);
    if (secret?.holder !== "sops" || bench.encrypted.find(app, place, id) !== undefined) return [];
    if (bench.encrypted.unsure(app, place, id)) return [];
    const shared = id.startsWith("shared.");
    const [owner, name] = shared ? ["shared", id.slice("shared.".length)] : [app.name, id];
    const file = encryptedPath(shared ? undefined : app, place.env);
    return [
      {
        code: "TU4007",
        severity: "error",
        message: `the secret ${id} has no value for ${place.env}: ${file} does not hold it`,
        at: secret.at,
        fix: `trueup secrets set ${owner} ${name} --env ${place.env}`,
        reach: [unit],
      },
    ];
  });
}

/** The file and line of a value; `files.<name>` is the template itself. */
export function unitOrigin(resolved: ResolvedUnit, path: KeyPath): Origin | undefined {
  if (path[0] === "files" && !Object.hasOwn(resolved.values, "files")) {
    const file = resolved.app.files.find((candidate) => candidate.name === path[1]);
    if (file !== undefined) return { file: file.file, path: [] };
  }
  return originOf(resolved.layers, path);
}

export function scopeMatcher(scope: Scope): (app: Pick<App, "name">, place: Place) => boolean {
  const app = anyOf(scope.apps, globMatcher);
  const env = anyOf(scope.envs, globMatcher);
  const region = anyOf(scope.regions, globMatcher);
  const address = anyOf(scope.addresses, unitMatcher);
  return (item, place) =>
    app(item.name) && env(place.env) && region(place.region ?? "") && address({ app: item.name, place });
}

/** True if one of the globs matches, or if there are none. */
function anyOf<T>(
  globs: readonly string[] | undefined,
  test: (glob: string) => (item: T) => boolean,
): (item: T) => boolean {
  const tests = (globs ?? []).map(test);
  return (item) => tests.length === 0 || tests.some((matches) => matches(item));
}

function unitMatcher(address: string): (unit: { readonly app: string; readonly place: Place }) => boolean {
  const pattern = parseAddress(address);
  const isApp = globMatcher(pattern.app);
  const isPlace = placeMatcher(pattern.place === "*" ? "**" : pattern.place);
  return (unit) => isApp(unit.app) && isPlace(unit.place);
}

export interface Checked {
  readonly problems: readonly Problem[];
  readonly counts: { readonly apps: number; readonly places: number; readonly units: number; readonly keys: number };
}

/** Renders, validates and maps everything in scope and keeps only what is wrong. `known` are problems found while loading. */
export function check(
  bench: Workbench,
  known: readonly Problem[],
  scope: Scope = {},
  visit: (unit: UnitResult) => void = () => undefined,
): Checked {
  const problems: Problem[] = [...known, ...bench.problems];
  const [apps, places] = [new Set<App>(), new Set<PlaceId>()];
  const used = new Set<SecretId>();
  let [units, keys] = [0, 0];
  const broken = brokenFolders(known);
  const homes = homeFinder(bench.repo);
  for (const unit of unitsOf(bench, scope)) {
    // A file that could not be read leaves holes; what the schema says about them is noise.
    const holes = broken.has(unit.resolved.app.folder);
    problems.push(...(holes ? unit.problems.filter((problem) => !problem.code.startsWith("TU3")) : unit.problems));
    apps.add(unit.resolved.app);
    places.add(unit.resolved.place.id);
    units++;
    keys += countLeaves(unit.rendered.values) + unit.rendered.files.size;
    noteSecrets(unit, bench, used);
    homes.note(unit.resolved, unit.mapped);
    visit(unit);
  }
  const whole = Object.values(scope).every((globs: readonly string[] | undefined) => (globs ?? []).length === 0);
  for (const app of apps) problems.push(...problemsOfFiles(bench, app));
  if (whole) problems.push(...unusedSecrets(bench.repo, used));
  problems.push(...homes.problems(hasAllApps(scope)));
  const folded = foldProblems([...problems, ...bench.schemas.problems()]);
  return { problems: folded, counts: { apps: apps.size, places: places.size, units, keys } };
}

/**
 * What is wrong with the files of one app by themselves. A change of type is meant where the schema names both types for
 * the key.
 */
export function problemsOfFiles(bench: Workbench, app: App): readonly Problem[] {
  const { schema } = app;
  const overrides = checkOverrides(app.layers, (path, types) => {
    if (schema === undefined) return "warning";
    const named = typesNamed(bench.repo.schemas, schema, path);
    return types.every((type) => named.has(type)) ? "fine" : "error";
  });
  const validator = schema === undefined ? undefined : bench.schemas.validatorOf(schema);
  const [first = "<env>"] = bench.repo.config.environments.map(({ name }) => name);
  const open = credentialsInLayers(
    app,
    bench.credentials.look,
    (path) => validator?.secrecy(path),
    ({ name }) => (name === "base" ? first : (name.split(".")[0] ?? first)),
  );
  return [...overrides, ...open];
}

/** True if every app of the places in scope is in it. */
export function hasAllApps({ apps = [], addresses = [] }: Scope): boolean {
  return apps.length === 0 && addresses.length === 0;
}

/** App folders with a file that has errors. */
function brokenFolders(known: readonly Problem[]): ReadonlySet<string> {
  return new Set(
    known.flatMap(({ severity, at }) =>
      severity === "error" && at !== undefined ? [at.file.slice(0, Math.max(0, at.file.lastIndexOf("/")))] : [],
    ),
  );
}

function countLeaves(map: ValueMap): number {
  let count = 0;
  for (const value of Object.values(map)) count += isValueMap(value) ? Math.max(1, countLeaves(value)) : 1;
  return count;
}

function noteSecrets(unit: UnitResult, bench: Workbench, used: Set<SecretId>): void {
  const { app } = unit.resolved;
  if (app.secrets.size === 0 && bench.repo.shared.secrets.size === 0) return;
  const names = [
    ...secretsIn(unit.rendered.values),
    ...[...unit.rendered.files.values()].flatMap((text) => secretsIn(text)),
  ];
  for (const name of names) used.add(app.secrets.has(name) ? `${app.name} ${name}` : name);
}

function unusedSecrets(repo: Repo, used: ReadonlySet<string>): Problem[] {
  const all = [
    ...repo.apps.flatMap((app) =>
      [...app.secrets.values()].map((secret) => [secret, `${app.name} ${secret.id}`] as const),
    ),
    ...[...repo.shared.secrets.values()].map((secret) => [secret, secret.id] as const),
  ];
  return all
    .filter(([, id]) => !used.has(id))
    .map(([secret]) => ({
      code: "TU4004",
      severity: "warning",
      message: `nothing uses the secret ${secret.id}`,
      at: secret.at,
      fix: `use it as "{{${secret.id.startsWith("shared.") ? secret.id.replace("shared.", "shared.secret.") : `secret.${secret.id}`}}}", or drop it`,
    }));
}
