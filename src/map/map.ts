/** From the values of a unit to settings: physical keys with their text, per destination. */
import { formatAddress, formatPath } from "../address.ts";
import type {
  Config,
  Plain,
  SecretDefinition,
  SecretId,
  Key,
  KeyPath,
  Member,
  Origin,
  RenderedUnit,
  Setting,
  Target,
  UnitSettings,
  Value,
} from "../model.ts";
import type { Problem } from "../problem.ts";
import { holdsSecret, onlySecret, secretsIn } from "../secret.ts";
import { composeText, memberName } from "../setting.ts";
import type { Limits } from "../stores/store.ts";
import { leavesOf } from "../tree.ts";
import { recipeOf } from "./recipe.ts";
import { type Frame, targetsOf } from "./frame.ts";
import { encodePath, encodeSegment, keyFault } from "./keys.ts";
import { type KeyOf, type ParseTemplate, pathFor, pathOrigin, unitPrefix } from "./path.ts";
import { checkSources, sourceDigest, sourceIsOurs, sourcesIn, sourcesOf } from "./source.ts";
import { sharedNames } from "./tiers.ts";

export interface MapContext {
  readonly config: Config;
  /** Frames of the unit's place. */
  readonly frames: readonly Frame[];
  readonly parse: ParseTemplate;
  readonly limits: (type: string) => Limits | undefined;
  /** `x-env` of the app's schema. */
  readonly envName: (path: KeyPath) => string | undefined;
  readonly definitionOf: (secret: SecretId) => SecretDefinition | undefined;
  /** Digest of what Git says of a secret that is encrypted in it or made up. */
  readonly digestOf: (secret: SecretDefinition) => string | undefined;
  readonly originOf: (path: KeyPath) => Origin | undefined;
}

export interface MappedUnit {
  /** Per frame, in the order of the targets. */
  readonly settings: readonly {
    readonly frame: Frame;
    readonly unit: UnitSettings;
    readonly reads: { readonly prefix: Key | undefined; readonly keys: readonly Key[] };
  }[];
  readonly problems: readonly Problem[];
}

type Leaf = Omit<Member, "name">;

export function mapUnit(unit: RenderedUnit, context: MapContext): MappedUnit {
  const problems: Problem[] = [];
  const bare: Leaf[] = [...leavesOf(unit.values)];
  for (const [name, value] of unit.files) bare.push({ path: ["files", name], value });
  const sources = sourcesOf(
    bare.map(({ value }) => value),
    unit,
    context,
    problems,
  );
  const leaves = bare.map((leaf) => withRecipe(leaf, sources, context));
  const targets = targetsOf(unit.app, context.config.targets);
  const frames = context.frames.filter((frame) => targets.includes(frame.target));
  const settings = frames.flatMap((frame) => {
    const keyOf = pathFor(frame.target, context.config, unit.place, unit.app.name, context.parse);
    if (typeof keyOf !== "function") {
      problems.push({ ...keyOf, reach: [unit.id] });
      return [];
    }
    const chosen = leaves.filter((leaf) => selects(frame.target, leaf.value));
    const list = settingsOf(chosen, frame.target, keyOf, context);
    for (const setting of list) check(setting, unit, frame, context, problems);
    const own = sourcesIn(list, sources);
    checkSources(own, unit, frame, context, problems);
    const mapped = { unit: unit.id, app: unit.app.name, settings: list, ...(own.size === 0 ? {} : { sources: own }) };
    return [{ frame, unit: mapped, reads: readsOf(frame.target, keyOf) }];
  });
  problems.push(...homeless(unit, leaves, frames, context), ...sharedNames(unit.id, settings, context));
  return { settings, problems };
}

function withRecipe(leaf: Leaf, sources: ReadonlyMap<SecretId, Key>, context: MapContext): Leaf {
  if (!holdsSecret(leaf.value)) return leaf;
  const recipe = recipeOf(leaf.value, (id) => {
    const secret = context.definitionOf(id);
    if (secret === undefined) return undefined;
    const source = sources.get(id);
    const digest = source === undefined ? context.digestOf(secret) : sourceDigest(source);
    return digest === undefined ? undefined : { digest, holder: secret.holder };
  });
  return recipe === undefined ? leaf : { ...leaf, recipe };
}

function selects(target: Target, value: Value): boolean {
  return target.select === "all" || (target.select === "secrets") === holdsSecret(value);
}

function settingsOf(leaves: readonly Leaf[], target: Target, keyOf: KeyOf, context: MapContext): Setting[] {
  const { layout, shape } = target;
  if (layout === "keys") return leaves.map((leaf) => single(keyOf(encodePath(leaf.path)), leaf));
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const name = layout === "blob" ? "" : (leaf.path[0] ?? "");
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [leaf]);
    else group.push(leaf);
  }
  return [...groups].map(([name, group]) => {
    const key = keyOf(encodeSegment(name));
    const [first] = group;
    // A value directly at the top has no group around it: it is stored bare.
    if (layout === "groups" && first !== undefined && first.path.length === 1) return single(key, first);
    const members = group.map((leaf): Member => ({
      ...leaf,
      name: memberName(leaf.path, { layout, shape }, context.envName(leaf.path)),
    }));
    return { key, layout, shape, secret: group.some((leaf) => holdsSecret(leaf.value)), members };
  });
}

function single(key: Key, leaf: Leaf): Setting {
  const secret = holdsSecret(leaf.value);
  return { key, layout: "keys", shape: "nested", secret, members: [{ ...leaf, name: "" }] };
}

function readsOf(target: Target, keyOf: KeyOf): { prefix: Key | undefined; keys: readonly Key[] } {
  return { prefix: unitPrefix(keyOf, target.layout), keys: target.layout === "blob" ? [keyOf("")] : [] };
}

function check(setting: Setting, unit: RenderedUnit, frame: Frame, context: MapContext, problems: Problem[]): void {
  const [member] = setting.members;
  const at = member === undefined ? pathOrigin(frame.target) : context.originOf(member.path);
  const fault = keyFault(setting.key);
  if (fault !== undefined) {
    problems.push({
      code: "TU5002",
      severity: "error",
      message: `the physical key ${setting.key} ${fault}`,
      at,
      reach: [unit.id],
      fix: `change the key, or the path of target ${frame.target.name}`,
    });
    return;
  }
  if (setting.key.startsWith(frame.reserved)) {
    problems.push({
      code: "TU5005",
      severity: "error",
      message: `${setting.key} lies where trueup keeps its own records`,
      at,
      reach: [unit.id],
    });
    return;
  }
  const refusal = context.limits(frame.target.type)?.refuses(setting, textOf(setting));
  if (refusal !== undefined)
    problems.push({
      code: "TU5002",
      severity: "error",
      message: refusal.message,
      fix: refusal.fix,
      at,
      reach: [unit.id],
    });
  problems.push(...twinNames(setting, unit, context), ...mixedSecrets(setting, unit, context));
}

/** Text of a setting that holds no secret; undefined if it does. */
export function textOf(setting: Setting): string | undefined {
  if (setting.secret) return undefined;
  return composeText(setting, new Map(setting.members.map((member) => [member.name, member.value as Plain])));
}

/** Two values of a blob under one name: `a.b` and `a_b` are both `A_B`. */
function twinNames(setting: Setting, unit: RenderedUnit, context: MapContext): Problem[] {
  if (setting.members.length < 2) return [];
  const seen = new Map<string, Member>();
  return setting.members.flatMap((member): Problem[] => {
    const twin = seen.get(member.name);
    seen.set(member.name, member);
    if (twin === undefined) return [];
    return [
      collision(
        `${setting.key}#${member.name}`,
        formatPath(member.path),
        context.originOf(member.path),
        formatPath(twin.path),
        context.originOf(twin.path),
        unit.id,
      ),
    ];
  });
}

/** Two settings on one physical key: the second one, with the first as a note. */
export function collision(
  key: string,
  path: string,
  at: Origin | undefined,
  otherAddress: string,
  otherAt: Origin | undefined,
  unit: string,
): Problem {
  return {
    code: "TU5001",
    severity: "error",
    message: `${path} lands on ${key}, where ${otherAddress} already is`,
    at: at === undefined ? undefined : { ...at, part: "key" },
    ...(otherAt === undefined ? {} : { notes: [{ name: "first", text: otherAt.file, at: otherAt }] }),
    fix: "rename one of them, or add what tells them apart to the path of the target",
    reach: [unit],
  };
}

/** A secret that only the store knows cannot be put into longer text: trueup never sees it. */
function mixedSecrets(setting: Setting, unit: RenderedUnit, context: MapContext): Problem[] {
  return setting.members.flatMap((member): Problem[] => {
    const { value } = member;
    if (!secretsIn(value).some((id) => context.definitionOf(id)?.holder === "external")) return [];
    if (onlySecret(value) !== undefined) return [];
    const name = member.path[0] === "files" ? `the file ${member.path[1] ?? ""}` : formatPath(member.path);
    return [
      {
        code: "TU4003",
        severity: "error",
        message: `${name} mixes a secret with other text, but the secret's value is held outside Git, so trueup cannot build the text`,
        at: context.originOf(member.path),
        fix: "store the whole text as the secret, or let another holder keep it (from: sops)",
        reach: [unit.id],
      },
    ];
  });
}

/** Values that no target takes: a warning, once for plain values and once for secrets of an app. */
function homeless(
  unit: RenderedUnit,
  leaves: readonly Leaf[],
  frames: readonly Frame[],
  context: MapContext,
): Problem[] {
  const left = leaves.filter((leaf) => !frames.some((frame) => selects(frame.target, leaf.value)));
  const problems = [false, true].map((secrets): Problem | undefined => {
    const first = left.find((leaf) => holdsSecret(leaf.value) === secrets);
    if (first === undefined) return undefined;
    return {
      code: "TU5004",
      severity: "warning",
      message: `no target takes the ${secrets ? "secrets" : "plain values"} of ${unit.app.name}`,
      at: context.originOf(first.path),
      fix: `add a target with select: ${secrets ? "secrets" : "plain"} (or all)`,
      reach: [unit.id],
    };
  });
  return problems.filter((problem) => problem !== undefined);
}

/** Finds settings of different units (or targets) on one physical key of one store, and sources that are such keys. */
export function collisionFinder(): (
  mapped: MappedUnit,
  context: Pick<MapContext, "originOf" | "definitionOf">,
) => Problem[] {
  const taken = new Map<string, Map<Key, { readonly unit: string; readonly path: KeyPath }>>();
  const sources = new Map<string, Map<Key, SecretDefinition>>();
  return (mapped, { originOf, definitionOf }) => {
    const problems: Problem[] = [];
    for (const { frame, unit } of mapped.settings) {
      const keys = taken.get(frame.storeId) ?? new Map<Key, { readonly unit: string; readonly path: KeyPath }>();
      taken.set(frame.storeId, keys);
      const read = sources.get(frame.storeId) ?? new Map<Key, SecretDefinition>();
      sources.set(frame.storeId, read);
      for (const [id, key] of unit.sources ?? []) {
        const secret = definitionOf(id);
        if (secret !== undefined) read.set(key, secret);
        const other = keys.get(key);
        if (secret !== undefined && other !== undefined)
          problems.push(sourceIsOurs(secret, key, formatAddress(other.unit, other.path)));
      }
      for (const setting of unit.settings) {
        const path = setting.members[0]?.path ?? [];
        const reader = read.get(setting.key);
        if (reader !== undefined) problems.push(sourceIsOurs(reader, setting.key, formatAddress(unit.unit, path)));
        const other = keys.get(setting.key);
        if (other === undefined) keys.set(setting.key, { unit: unit.unit, path });
        else
          problems.push(
            collision(
              setting.key,
              formatPath(path),
              originOf(path),
              formatAddress(other.unit, other.path),
              undefined,
              unit.unit,
            ),
          );
      }
    }
    return problems;
  };
}
