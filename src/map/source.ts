/** Where the values of secrets held by `ref` live: other keys of the store they are written to. */
import { canonicalJson, digest } from "../canonical.ts";
import type { Config, Key, Place, RenderedUnit, SecretDefinition, SecretId, Setting, Value } from "../model.ts";
import type { Problem } from "../problem.ts";
import { secretsIn } from "../secret.ts";
import type { Limits } from "../stores/store.ts";
import type { Frame } from "./frame.ts";
import { keyFault } from "./keys.ts";
import { type ParseTemplate, renderFact } from "./path.ts";

/** By secret. */
type Sources = ReadonlyMap<SecretId, Key>;

export interface SourceContext {
  readonly config: Config;
  /** Frames of the unit's place. */
  readonly frames: readonly Frame[];
  readonly parse: ParseTemplate;
  readonly limits: (type: string) => Limits | undefined;
  readonly definitionOf: (secret: SecretId) => SecretDefinition | undefined;
}

type Fault = Pick<Problem, "message" | "fix">;

/** Sources of all secrets held by `ref` in the values of a unit. */
export function sourcesOf(
  values: readonly Value[],
  unit: Pick<RenderedUnit, "id" | "app" | "place">,
  context: SourceContext,
  problems: Problem[],
): Sources {
  const sources = new Map<SecretId, Key>();
  for (const id of new Set(values.flatMap(secretsIn))) {
    const secret = context.definitionOf(id);
    if (secret?.holder !== "ref") continue;
    const key = sourceKey(secret, context.config, unit.place, unit.app.name, context.parse);
    if (typeof key === "string") sources.set(id, key);
    else problems.push({ ...key, reach: [unit.id] });
  }
  return sources;
}

/** Those that the settings use. */
export function sourcesIn(settings: readonly Setting[], sources: Sources): Sources {
  if (sources.size === 0) return sources;
  const used = new Set(settings.flatMap(({ members }) => members.flatMap((member) => secretsIn(member.value))));
  return new Map([...sources].filter(([id]) => used.has(id)));
}

/** Says which sources the store of a frame cannot be asked for, or must not be. */
export function checkSources(
  sources: Sources,
  unit: Pick<RenderedUnit, "id" | "place">,
  frame: Frame,
  context: SourceContext,
  problems: Problem[],
): void {
  if (sources.size === 0) return;
  const { config, frames, parse } = context;
  const allowed: Key[] = [];
  for (const [index, template] of config.secrets.sources.entries()) {
    const prefix = renderFact(template, config, unit.place, parse);
    if (typeof prefix === "string") allowed.push(prefix);
    else problems.push({ ...prefix, at: { file: "trueup.yaml", path: ["secrets", "sources", String(index)] } });
  }
  for (const [id, key] of sources) {
    const secret = context.definitionOf(id);
    const fault = secret && sourceFault(secret, key, frame, frames, allowed, context.limits(frame.target.type));
    if (fault !== undefined) problems.push({ ...fault, reach: [unit.id] });
  }
}

/** The key of a source, or why it has none. Secrets of `shared/` are the same for every app, so there is no `{{app}}`. */
function sourceKey(
  secret: SecretDefinition,
  config: Config,
  place: Place,
  app: string,
  parse: ParseTemplate,
): Key | Problem {
  const shared = secret.id.startsWith("shared.");
  const key = renderFact(secret.path ?? "", config, place, parse, shared ? undefined : app);
  if (typeof key === "string") return key;
  return { ...key, at: { file: secret.at.file, path: [...secret.at.path, "path"] } };
}

/** What Git says of the secret. */
export function sourceDigest(key: Key): string {
  return digest(canonicalJson(["ref", key]));
}

/** Why a frame cannot read a value from the key; undefined if it can. */
function sourceFault(
  secret: SecretDefinition,
  key: Key,
  frame: Frame,
  frames: readonly Frame[],
  allowed: readonly Key[],
  limits: Limits | undefined,
): Problem | undefined {
  const reserved = frames.find((other) => other.storeId === frame.storeId && key.startsWith(other.reserved));
  const fault =
    nameFault(key, limits) ??
    (reserved === undefined
      ? undefined
      : { message: "is where trueup keeps its own records", fix: "read the value from a key that holds one" }) ??
    (allowed.some((prefix) => key.startsWith(prefix))
      ? undefined
      : {
          message: "is below no prefix that trueup.yaml allows secrets to be read from",
          fix: `secrets: { sources: [${key.slice(0, key.lastIndexOf("/") + 1)}] } in trueup.yaml, if it should be`,
        });
  return fault === undefined ? undefined : sourceProblem(secret, key, fault);
}

/** The source is a key that trueup writes itself: then its value is already known by another name, or by this one. */
export function sourceIsOurs(secret: SecretDefinition, key: Key, address: string): Problem {
  return sourceProblem(secret, key, {
    message: `is a key that trueup writes itself (${address})`,
    fix: "let both use one secret of shared/, or name the key that the value really comes from",
  });
}

function nameFault(key: Key, limits: Limits | undefined): Fault | undefined {
  const fault = keyFault(key);
  if (fault !== undefined) return { message: fault, fix: "change the path of the secret" };
  const refusal = limits?.refuses({ key, secret: true }, undefined);
  return refusal === undefined
    ? undefined
    : { message: `cannot exist in its store: ${refusal.message}`, fix: refusal.fix };
}

function sourceProblem({ id, at }: SecretDefinition, key: Key, { message, ...rest }: Fault): Problem {
  return {
    code: "TU4013",
    severity: "error",
    message: `the source of the secret ${id}, ${key}, ${message}`,
    at: { file: at.file, path: [...at.path, "path"] },
    ...rest,
  };
}
