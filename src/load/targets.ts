/** The targets of `trueup.yaml`: defaults of their type, connections taken over from another target, profiles. */
import { placeMatcher } from "../address.ts";
import { canonicalJson } from "../canonical.ts";
import type { Layout, Place, Plain, PlainMap, Shape, Target } from "../model.ts";
import type { Problem } from "../problem.ts";
import { asMap, checkSettings, CONFIG_FILE } from "./settings.ts";
import { unknownName } from "./unknown.ts";

/** What loading needs to know about one kind of store; a `StoreDriver` fits. */
export interface TargetType {
  /** JSON Schema (draft-07) of `connection`. */
  readonly connectionSchema: PlainMap;
  readonly defaults: {
    readonly path?: string;
    readonly layout: Layout;
    /** Merged under what the user wrote. */
    readonly connection: PlainMap;
  };
}
export type TargetTypes = Readonly<Record<string, TargetType>>;

export interface TargetOptions {
  /** Without them, types and connections are not checked. */
  readonly targetTypes: TargetTypes | undefined;
  readonly profile: string | undefined;
  readonly places: readonly Place[];
}

interface Context extends TargetOptions {
  readonly written: PlainMap;
  /** Connections of the chosen profile, by target. */
  readonly overrides: PlainMap;
  readonly problems: Problem[];
}

/** `map`: all of trueup.yaml, whose shape is checked already. */
export function readTargets(
  map: PlainMap,
  options: TargetOptions,
): { readonly targets: readonly Target[]; readonly problems: readonly Problem[] } {
  const context: Context = { ...options, written: asMap(map.targets), overrides: {}, problems: checkProfiles(map) };
  const chosen = { ...context, overrides: chooseProfile(map, context) };
  const targets = Object.keys(chosen.written).map((name) => readTarget(name, chosen));
  return { targets, problems: context.problems };
}

function readTarget(name: string, context: Context): Target {
  const settings = asMap(context.written[name]);
  const type = settings.type as string;
  const known = typeOf(context, type);
  const at = { file: CONFIG_FILE, path: ["targets", name] };
  if (context.targetTypes !== undefined && known === undefined) {
    const path = [...at.path, "type"];
    const types = Object.keys(context.targetTypes);
    context.problems.push({ ...unknownName("kind of store called", type, types, { ...at, path }), code: "TU1016" });
  }
  const layout = (settings.layout ?? known?.defaults.layout ?? "keys") as Layout;
  const path = (settings.path as string | undefined) ?? defaultPath(known, layout);
  if (path === undefined)
    context.problems.push({
      code: "TU1016",
      severity: "error",
      message: `targets.${name}.path is missing: ${type} has no default for it`,
      at: { ...at, part: "key" },
      fix: `path: "/{{env}}/{{app}}${TAILS[layout]}"`,
    });
  const connection = connectionOf(name, context, []);
  // A default that is there is right by definition; checking it would cost more than all else that happens here.
  const isDefault =
    Object.keys(connection).length > 0 && canonicalJson(connection) === canonicalJson(known?.defaults.connection ?? {});
  if (known !== undefined && !isDefault) {
    const under = [...at.path, "connection"];
    context.problems.push(...checkSettings(connection, known.connectionSchema, CONFIG_FILE, under));
  }
  checkPlaces(name, settings, context);
  return {
    name,
    type,
    select: (settings.select ?? "all") as Target["select"],
    layout,
    shape: (settings.shape ?? "nested") as Shape,
    path: path ?? "",
    meta: settings.meta as string | undefined,
    apps: settings.apps as readonly string[] | undefined,
    places: settings.places as readonly string[] | undefined,
    connection,
  };
}

function typeOf(context: Context, type: string): TargetType | undefined {
  return context.targetTypes !== undefined && Object.hasOwn(context.targetTypes, type)
    ? context.targetTypes[type]
    : undefined;
}

/** How the path of each layout ends. */
const TAILS: Readonly<Record<Layout, string>> = { keys: "/{{key}}", groups: "/{{group}}", blob: "" };

/** The default of the type, with the ending that the layout needs. Unknown types get a plausible one. */
function defaultPath(type: TargetType | undefined, layout: Layout): string | undefined {
  if (type === undefined) return `/{{env}}/{{app}}${TAILS[layout]}`;
  return type.defaults.path?.replace(/\/\{\{(?:key|group)\}\}$/u, TAILS[layout]);
}

/** Default of the type (or the connection that `use` names), then what is written, then the profile. */
function connectionOf(name: string, context: Context, users: readonly string[]): PlainMap {
  const settings = asMap(context.written[name]);
  const { use, ...own } = asMap(settings.connection);
  const below =
    use === undefined
      ? (typeOf(context, settings.type as string)?.defaults.connection ?? {})
      : usedConnection(use, name, context, [...users, name]);
  const merged: Record<string, Plain> = { ...below, ...own };
  for (const [key, value] of Object.entries(asMap(context.overrides[name]))) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

function usedConnection(use: Plain, name: string, context: Context, users: readonly string[]): PlainMap {
  const at = { file: CONFIG_FILE, path: ["targets", name, "connection", "use"] };
  const others = Object.keys(context.written).filter((other) => other !== name);
  const wrong = (message: string): PlainMap => {
    // Reported for the target that says it, not again for those that use that one.
    if (users.length === 1) context.problems.push({ code: "TU1016", severity: "error", message, at });
    return {};
  };
  if (typeof use !== "string") return wrong("connection.use must be the name of another target");
  if (!others.includes(use)) {
    if (users.length === 1) context.problems.push(unknownName("other target", use, others, at));
    return {};
  }
  if (users.includes(use)) {
    // Told once for each target of the circle, where its walk comes back to itself.
    const path = ["targets", use, "connection", "use"];
    const message = "targets take over each other's connection in a circle";
    if (use === users[0]) context.problems.push({ code: "TU1016", severity: "error", message, at: { ...at, path } });
    return {};
  }
  if (asMap(context.written[use]).type !== asMap(context.written[name]).type)
    return wrong(`the target ${use} is another kind of store: its connection does not fit`);
  return connectionOf(use, context, users);
}

/** Globs may be there for places to come; a plain name must be one of those that exist. */
function checkPlaces(name: string, settings: PlainMap, { places, problems }: Context): void {
  const known = [...new Set(places.flatMap(({ env, id }) => [env, id]))];
  for (const [i, glob] of ((settings.places ?? []) as readonly string[]).entries()) {
    if (/[*?]/u.test(glob) || places.some(placeMatcher(glob))) continue;
    problems.push(
      unknownName("place", glob, known, { file: CONFIG_FILE, path: ["targets", name, "places", String(i)] }),
    );
  }
}

/** Every profile names targets that exist, whether it is in use or not. */
function checkProfiles(map: PlainMap): Problem[] {
  const targets = Object.keys(asMap(map.targets));
  return Object.entries(asMap(map.profiles)).flatMap(([profile, connections]) =>
    Object.keys(asMap(connections))
      .filter((target) => !targets.includes(target))
      .map((target) =>
        unknownName("target", target, targets, {
          file: CONFIG_FILE,
          path: ["profiles", profile, target],
          part: "key",
        }),
      ),
  );
}

function chooseProfile(map: PlainMap, { profile, problems }: Context): PlainMap {
  if (profile === undefined) return {};
  const profiles = asMap(map.profiles);
  if (Object.hasOwn(profiles, profile)) return asMap(profiles[profile]);
  problems.push(unknownName("profile", profile, Object.keys(profiles), { file: CONFIG_FILE, path: ["profiles"] }));
  return {};
}
