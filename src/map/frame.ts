/** A frame is a destination without its units: where a target's values go in one place. */
import { globMatcher, placeMatcher } from "../address.ts";
import { canonicalJson } from "../canonical.ts";
import type { App, Config, Destination, Key, Place, Plain, PlainMap, Target } from "../model.ts";
import type { Problem } from "../problem.ts";
import { isPlainMap } from "../tree.ts";
import { type ParseTemplate, defaultMeta, placePrefix, renderFact } from "./path.ts";

export interface Frame extends Omit<Destination, "units" | "reads"> {
  /** Common prefix of all its settings, if no other place of the same store lies under it; else undefined. */
  readonly prefix: Key | undefined;
  /** Below this prefix trueup keeps its own records. */
  readonly reserved: Key;
}

/** Names inside `connection` that say how, or as whom, to connect, not where to. */
const NOT_WHERE = new Set([
  "username",
  "password",
  "token",
  "tls",
  "role",
  "timeout",
  "patience",
  "takeover",
  "rates",
  "maxRequestBytes",
  "maxTxnOps",
  "nested",
  "kmsKey",
  "tier",
  "description",
  "tags",
]);

/** Every target in every place it covers. Problems are those of connection and meta templates. */
export function framesOf(
  config: Config,
  places: readonly Place[],
  parse: ParseTemplate,
): { readonly frames: readonly Frame[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const drafts = config.targets.flatMap((target) =>
    places
      .filter((place) => covers(target, place))
      .map((place) => ({
        ...draft(target, place, config, parse, problems),
        prefix: placePrefix(target, config, place, parse),
      })),
  );
  return {
    frames: drafts.map((frame) => ({ ...frame, prefix: isApart(frame, drafts) ? frame.prefix : undefined })),
    problems,
  };
}

function draft(
  target: Target,
  place: Place,
  config: Config,
  parse: ParseTemplate,
  problems: Problem[],
): Omit<Frame, "prefix"> {
  const text = (template: string, path: readonly string[]): string => {
    const result = renderFact(template, config, place, parse);
    if (typeof result === "string") return result;
    problems.push({ ...result, at: { file: "trueup.yaml", path: ["targets", target.name, ...path] }, reach: [] });
    return "";
  };
  const fill = (value: Plain, path: readonly string[]): Plain => {
    if (typeof value === "string") return text(value, path);
    if (Array.isArray(value)) return value.map((item: Plain, index) => fill(item, [...path, String(index)]));
    return isPlainMap(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
      : value;
  };
  const connection = fill(target.connection, ["connection"]) as PlainMap;
  const base = text(target.meta ?? defaultMeta(target), ["meta"]).replace(/\/$/u, "");
  return {
    id: `${target.name}@${place.id}`,
    target,
    place,
    connection,
    storeId: storeIdOf(target.type, connection),
    reserved: `${base}/`,
    meta: `${base}/${config.system}/${target.name}/${place.id}/`,
  };
}

function storeIdOf(type: string, connection: PlainMap): string {
  const where = Object.entries(connection).filter(([name]) => !NOT_WHERE.has(name));
  const sorted = where.map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((item) => canonicalJson(item as Plain)).toSorted() : value,
  ]);
  const accounts = accountsOf(connection["role"]);
  const roles = accounts.length === 0 ? {} : { accounts };
  return `${type} ${canonicalJson({ ...Object.fromEntries(sorted), ...roles } as PlainMap)}`;
}

/** The same names in two AWS accounts are two stores; two roles of one account lead to one. */
function accountsOf(role: Plain | undefined): readonly string[] {
  const arns = isPlainMap(role) ? Object.values(role) : [role];
  const found = arns.flatMap((arn) =>
    typeof arn === "string" ? (/^arn:[^:]+:iam::(\d{12}):/u.exec(arn)?.[1] ?? []) : [],
  );
  return [...new Set(found)].toSorted();
}

function covers(target: Target, place: Place): boolean {
  return target.places === undefined || target.places.some((glob) => placeMatcher(glob)(place));
}

/** True if reading the whole prefix cannot bring in keys of another place: then one range serves all units. */
function isApart(frame: Frame, all: readonly Frame[]): boolean {
  const { prefix } = frame;
  if (prefix === undefined || prefix === "/" || prefix === "") return false;
  return all.every(
    (other) =>
      other.storeId !== frame.storeId ||
      other.place.id === frame.place.id ||
      other.prefix === undefined ||
      (!other.prefix.startsWith(prefix) && !prefix.startsWith(other.prefix)),
  );
}

/** Targets of an app: those it names; else those that name it; else those that name nobody. */
export function targetsOf(app: App, targets: readonly Target[]): readonly Target[] {
  if (app.targets !== undefined) return targets.filter((target) => app.targets?.includes(target.name));
  const named = targets.filter((target) => target.apps?.some((glob) => globMatcher(glob)(app.name)));
  return named.length > 0 ? named : targets.filter((target) => target.apps === undefined);
}
