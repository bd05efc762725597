/** Plain values and secrets are two tiers that may go to two stores; an app sees both under the names of variables. */
import { formatPath } from "../address.ts";
import type { Key, KeyPath, Member, Setting, UnitId } from "../model.ts";
import type { Problem } from "../problem.ts";
import { holdsSecret } from "../secret.ts";
import { memberName, toEnvName } from "../setting.ts";
import type { MapContext, MappedUnit } from "./map.ts";
import { encodePath, encodeSegment } from "./keys.ts";
import { pathFor } from "./path.ts";

type Names = Pick<MapContext, "envName" | "originOf">;
interface Named {
  readonly member: Member;
  readonly setting: Setting;
  readonly target: string;
}

/**
 * Values of one unit that reach the app under one name from two settings. An error where somebody reads variables
 * (shape `env`, or `x-env` in the schema); a warning where only `export` and `exec` would make them one.
 */
export function sharedNames(unit: UnitId, mapped: MappedUnit["settings"], names: Names): Problem[] {
  const all = mapped.flatMap(({ frame, unit: { settings } }) =>
    settings.flatMap((setting) => setting.members.map((member) => ({ member, setting, target: frame.target.name }))),
  );
  const isMixed = all.some(({ member }) => holdsSecret(member.value));
  if (!isMixed && !all.some(({ setting }) => isRead(setting))) return [];
  const nameOf = namesBy(names.envName);
  const seen = new Map<string, Named>();
  const told = new Set<string>();
  return all.flatMap((named): Problem[] => {
    const { path } = named.member;
    if (path[0] === "files") return [];
    const name = nameOf(path);
    const twin = seen.get(name);
    if (twin === undefined) {
      seen.set(name, named);
      return [];
    }
    const text = formatPath(path);
    if (formatPath(twin.member.path) === text || told.has(text)) return [];
    told.add(text);
    const problem = shared(name, twin, named, unit, names);
    return problem === undefined ? [] : [problem];
  });
}

const known = new WeakMap<MapContext["envName"], Map<string, string>>();

/** Names of variables. An app has the same paths in every place, so answers are remembered. */
function namesBy(envName: MapContext["envName"]): (path: KeyPath) => string {
  const answers = known.get(envName) ?? new Map<string, string>();
  known.set(envName, answers);
  return (path) => {
    const id = path.join("\0");
    const name = answers.get(id) ?? envName(path) ?? toEnvName(path);
    answers.set(id, name);
    return name;
  };
}

/** True if readers of the setting see variables. */
function isRead({ layout, shape }: Setting): boolean {
  return layout !== "keys" && shape === "env";
}

function shared(name: string, one: Named, other: Named, unit: UnitId, names: Names): Problem | undefined {
  // Within one text it is TU5001.
  if (one.setting === other.setting) return undefined;
  const tiers = holdsSecret(one.member.value) !== holdsSecret(other.member.value);
  const bothRead = isRead(one.setting) && isRead(other.setting);
  if (!tiers && !bothRead) return undefined;
  const isMeant =
    isRead(one.setting) ||
    isRead(other.setting) ||
    [one, other].some(({ member }) => names.envName(member.path) !== undefined);
  const [first, second] = tiers && holdsSecret(other.member.value) ? [other, one] : [one, other];
  const at = names.originOf(second.member.path);
  const firstAt = names.originOf(first.member.path);
  return {
    code: "TU5006",
    severity: isMeant ? "error" : "warning",
    message: tiers
      ? `${name} is a secret (${whatText(first)}) and a plain value (${whatText(second)}); the secret wins`
      : `${name} is two values: ${whatText(first)} and ${whatText(second)}`,
    at: at === undefined ? undefined : { ...at, part: "key" },
    ...(firstAt === undefined
      ? {}
      : { notes: [{ name: tiers ? "secret" : "first", text: firstAt.file, at: firstAt }] }),
    fix: `drop ${formatPath(second.member.path)}, or give one of them another name in the schema (x-env: NAME)`,
    reach: [unit],
  };
}

function whatText({ member, target }: Named): string {
  return `${formatPath(member.path)}, target ${target}`;
}

/** Where a target for secrets would keep a value, if somebody had put it there. */
export interface Seat {
  readonly frame: MappedUnit["settings"][number]["frame"];
  readonly key: Key;
  /** {@link Member.name} inside of it. */
  readonly name: string;
}

/** Seats of a plain value among the secrets of its unit; only in targets where the unit keeps secrets. */
export function secretSeats(
  path: KeyPath,
  unit: Pick<MappedUnit, "settings"> & { readonly app: string },
  context: Pick<MapContext, "config" | "parse" | "envName">,
): Seat[] {
  return unit.settings.flatMap(({ frame, unit: { settings } }): Seat[] => {
    const { target, place } = frame;
    if (target.select !== "secrets" || settings.length === 0) return [];
    const keyOf = pathFor(target, context.config, place, unit.app, context.parse);
    if (typeof keyOf !== "function") return [];
    const { layout, shape } = target;
    const bare = layout === "groups" && path.length === 1;
    const encoded = layout === "keys" ? encodePath(path) : encodeSegment(layout === "blob" ? "" : (path[0] ?? ""));
    return [
      { frame, key: keyOf(encoded), name: bare ? "" : memberName(path, { layout, shape }, context.envName(path)) },
    ];
  });
}
