/** From merged layers to values: templates replaced, secrets as names. */
import { formatPath } from "../address.ts";
import type {
  App,
  KeyPath,
  Origin,
  Place,
  PlainMap,
  RenderedUnit,
  ResolvedUnit,
  SecretDefinition,
  SecretId,
  ValueMap,
} from "../model.ts";
import type { Problem } from "../problem.ts";
import { secret } from "../secret.ts";
import type { Lookup, Looked, Trouble } from "../template/evaluate.ts";
import { renderFile } from "./files.ts";
import type { TemplateEngine } from "../template/engine.ts";
import { lookIn, unknownName, unknownWord } from "../template/names.ts";
import { type TreeRenderer, treeRenderer } from "./tree.ts";

export type OriginOf = (path: KeyPath) => Origin | undefined;
type Secrets = ReadonlyMap<SecretId, SecretDefinition>;

/** What all units of one place share. */
export interface PlaceContext {
  readonly system: string;
  readonly place: Place;
  readonly shared: TreeRenderer;
  readonly sharedSecrets: Secrets;
  readonly engine: TemplateEngine;
}

/** Renders `shared/` for one place. Its problems are reported once, not for every unit that uses it. */
export function renderShared(
  input: {
    readonly system: string;
    readonly place: Place;
    readonly values: PlainMap;
    readonly secrets: Secrets;
    readonly originOf: OriginOf;
  },
  engine: TemplateEngine,
): { readonly context: PlaceContext; readonly values: ValueMap; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const lookup: Lookup = (parts) => {
    const [root = "", ...path] = parts;
    if ((root === "self" || root === "shared") && path.length === 0)
      return { missing: { code: "TU2004", message: `${root} alone is all of shared/, this value included` } };
    if (root === "self" || root === "shared")
      return path[0] === "secret" ? lookSecret(path.slice(1), input.secrets, "shared.secret") : shared.at(path, root);
    if (root === "secret") return lookSecret(path, input.secrets, root);
    if (root === "app")
      return {
        missing: { code: "TU2001", message: "shared/ values are the same for every app, so there is no {{app}}" },
      };
    return lookFact(parts, input.system, input.place) ?? unknownWord(parts.join("."), roots(input.place));
  };
  const shared = treeRenderer(input.values, engine.parse, lookup, (path, trouble) =>
    problems.push(toProblem(trouble, path, input.originOf, [])),
  );
  const values = shared.render();
  return {
    context: { system: input.system, place: input.place, shared, sharedSecrets: input.secrets, engine },
    values,
    problems,
  };
}

/** Renders one unit. A text that fails is reported and left unknown; everything else is still there. */
export function renderUnit(
  unit: ResolvedUnit,
  context: PlaceContext,
  originOf: OriginOf,
): { readonly unit: RenderedUnit; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const lookup = unitLookup(unit.app, context, (path) => tree.at(path, "self"));
  const tree = treeRenderer(unit.values, context.engine.parse, lookup, (path, trouble) =>
    problems.push(toProblem(trouble, path, originOf, [unit.id])),
  );
  const values = tree.render();
  const files = new Map<string, RenderedUnit["files"] extends ReadonlyMap<string, infer T> ? T : never>();
  for (const file of unit.app.files) {
    const result = renderFile(file, values, lookup, { handlebars: context.engine.handlebars, unit: unit.id });
    if ("problem" in result) problems.push(result.problem);
    else files.set(file.name, result.text);
  }
  return { unit: { id: unit.id, app: unit.app, place: unit.place, values, files }, problems };
}

function unitLookup(app: App, context: PlaceContext, self: (path: KeyPath) => Looked): Lookup {
  return (parts) => {
    const [root = "", ...path] = parts;
    if (root === "self")
      return path.length === 0
        ? { missing: { code: "TU2004", message: "self alone is the whole app, this value included" } }
        : self(path);
    if (root === "secret") return lookSecret(path, app.secrets, root);
    if (root === "shared")
      return path[0] === "secret"
        ? lookSecret(path.slice(1), context.sharedSecrets, "shared.secret")
        : context.shared.at(path, root);
    if (root === "app" && path.length === 0) return { value: app.name };
    return (
      lookFact(parts, context.system, context.place) ??
      unknownWord(parts.join("."), [...roots(context.place), "app", "self", "shared", "secret"])
    );
  };
}

/** `env`, `region`, `system` and `vars.*`; undefined if the name starts with none of them. */
export function lookFact(parts: readonly string[], system: string, place: Place): Looked | undefined {
  const [root = "", ...path] = parts;
  if (root === "vars") return lookIn(place.vars, path, root);
  const facts: Record<string, string | undefined> = { env: place.env, region: place.region, system };
  if (!Object.hasOwn(facts, root)) return undefined;
  const value = facts[root];
  if (value === undefined)
    return { missing: { code: "TU2001", message: `${place.env} has no regions, so there is no {{region}}` } };
  return path.length === 0 ? { value } : unknownName(parts.join("."), [root]);
}

function roots(place: Place): string[] {
  return [
    "env",
    "system",
    ...(place.region === undefined ? [] : ["region"]),
    ...Object.keys(place.vars).map((name) => `vars.${formatPath([name])}`),
  ];
}

function lookSecret(path: KeyPath, secrets: Secrets, root: string): Looked {
  const [name, ...more] = path;
  const id = root === "shared.secret" ? `shared.${name ?? ""}` : (name ?? "");
  const found = name !== undefined && more.length === 0 && (secrets.get(id) ?? secrets.get(name));
  if (found) return { value: secret([{ secret: found.id, through: [] }]) };
  const names = [...secrets.keys()].map((known) => `${root}.${known.replace(/^shared\./u, "")}`);
  const result = unknownName(`${root}.${path.join(".")}`, names);
  if (!("missing" in result)) return result;
  const file = root === "shared.secret" ? "shared/secrets.yaml" : "the app's secrets.yaml";
  return {
    missing: {
      ...result.missing,
      code: "TU4002",
      message: `no secret is called ${root}.${path.join(".")}`,
      fix: `name it in ${file}`,
    },
  };
}

function toProblem(trouble: Trouble, path: KeyPath, originOf: OriginOf, reach: readonly string[]): Problem {
  const { start, end, ...rest } = trouble;
  const origin = originOf(path);
  return {
    ...rest,
    severity: "error",
    at: origin === undefined ? undefined : { ...origin, within: { start, end } },
    reach,
  };
}
