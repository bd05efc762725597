/** The plan of one destination: every key that Git wants or that the ledger names, and nothing else. */
import { parsePath } from "../address.ts";
import { canonicalJson, sha256 } from "../canonical.ts";
import type {
  Change,
  Conflict,
  Destination,
  DestinationPlan,
  Drift,
  Key,
  KeyPath,
  LedgerEntry,
  LedgerRecord,
  Live,
  Plain,
  SecretId,
  Setting,
  Target,
  UnitId,
  UnitPlan,
  UnitSettings,
  Unsourced,
} from "../model.ts";
import { secretsIn } from "../secret.ts";
import { appliedEntries } from "./applied.ts";
import { renewalOf } from "./renewal.ts";
import { unsourcedIn } from "./unsourced.ts";
import { planSecret } from "./secret-plan.ts";
import { type PlanPolicy, type SettingInput, type SettingPlan, isSettled, planPlain } from "./setting-plan.ts";

export interface PlanInput {
  readonly destination: Destination;
  readonly live: Live;
  readonly policy: PlanPolicy;
  /** Units of this destination that exist in Git but are not part of this run (`--app`): left alone entirely. */
  readonly inScope: (unit: UnitId) => boolean;
  /** Logical path of a physical key that Git no longer has. */
  readonly pathOfKey: (unit: UnitId, key: Key) => KeyPath;
  /** Keys of other destinations in the same store: not foreign. Asked only where something is unaccounted for. */
  readonly others: () => ReadonlySet<Key>;
  /** Secrets of a unit for which the apply makes up a new value. */
  readonly isMade: (unit: UnitId, secret: SecretId) => boolean;
  /** What the store has that is called nearly like a source that it has not. */
  readonly near: (source: Key) => readonly Key[];
  /** Below this prefix trueup keeps its own records. */
  readonly reserved: Key;
  readonly commit: string | null;
  readonly applyId: string;
}

const NO_SOURCES: ReadonlyMap<SecretId, Key> = new Map();

type Parts = {
  drift: Drift[];
  conflicts: Conflict[];
  needsValue: DestinationPlan["needsValue"][number][];
  kept: DestinationPlan["kept"][number][];
  unsourced: Unsourced[];
};

export function planDestination(input: PlanInput): DestinationPlan {
  const { destination, live } = input;
  const wanted = new Map(destination.units.map((unit) => [unit.unit, unit]));
  const known = [...live.ledger.keys()].filter((unit) => !wanted.has(unit));
  const parts: Parts = { drift: [], conflicts: [], needsValue: [], kept: [], unsourced: [] };
  const units = [...wanted.keys(), ...known]
    .filter(input.inScope)
    .toSorted()
    .flatMap((unit) => planUnit(unit, wanted.get(unit), input, parts) ?? []);
  const foreign = foreignKeys(input);
  const plan = { units, ...parts };
  return {
    destination: destination.id,
    target: destination.target.name,
    type: destination.target.type,
    place: destination.place,
    head: live.head,
    ...plan,
    foreign,
    untouched: managedUnits(destination, live) - units.length,
    digest: digestOf(destination.id, units, parts.conflicts),
  };
}

/** Keys under our prefixes that neither Git nor a ledger names. */
function foreignKeys({ destination, live, others, reserved }: PlanInput): readonly Key[] {
  const { entries, ledger } = live;
  // Usually the ledger accounts for everything there is, and counting is cheaper than collecting.
  let known = 0;
  for (const { record } of ledger.values()) for (const key of record.settings.keys()) if (entries.has(key)) known++;
  if (known === entries.size) return [];
  const claimed = new Set(others());
  for (const unit of destination.units) for (const setting of unit.settings) claimed.add(setting.key);
  for (const { record } of ledger.values()) {
    for (const key of record.settings.keys()) claimed.add(key);
    for (const key of record.pending?.keys() ?? []) claimed.add(key);
  }
  return [...entries.keys()].filter((key) => !claimed.has(key) && !key.startsWith(reserved)).toSorted();
}

/** Units that have, or are to have, something here. */
function managedUnits(destination: Destination, live: Live): number {
  const filled = destination.units.filter((unit) => unit.settings.length > 0).map((unit) => unit.unit);
  return new Set([...filled, ...live.ledger.keys()]).size;
}

function planUnit(
  unit: UnitId,
  wanted: UnitSettings | undefined,
  input: PlanInput,
  parts: Parts,
): UnitPlan | undefined {
  const stored = input.live.ledger.get(unit);
  if (isUntouched(wanted, stored?.record, input.live)) return undefined;
  const applied = appliedEntries(stored?.record, input.live.entries, input.destination.target, wanted?.settings);
  const settings = new Map((wanted?.settings ?? []).map((setting) => [setting.key, setting]));
  for (const [key, entry] of applied)
    if (!settings.has(key)) settings.set(key, unwanted(key, entry, input.destination.target));
  const changes: Change[] = [];
  const entries = new Map<Key, LedgerEntry>();
  const sources = wanted?.sources ?? NO_SOURCES;
  for (const setting of [...settings.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const plan = planKey(unit, setting, applied.get(setting.key), sources, input);
    if (plan.change !== undefined) changes.push(plan.change);
    if (plan.entry !== undefined) entries.set(setting.key, plan.entry);
    collect(parts, unit, setting.key, plan, input);
    parts.unsourced.push(...unsourcedIn(unit, setting, plan.change, sources, input));
  }
  const record: LedgerRecord = { unit, commit: input.commit, applyId: input.applyId, settings: entries };
  const upkeep =
    changes.length === 0 &&
    (stored?.record.pending !== undefined || !sameEntries(entries, stored?.record.settings ?? new Map()));
  if (changes.length === 0 && !upkeep) return undefined;
  return {
    unit,
    app: unit.slice(0, unit.indexOf("@")),
    changes: inOrder(changes),
    upkeep,
    ledger: {
      expected: stored?.version ?? null,
      record,
      ...(stored?.record.pending === undefined ? {} : { applied }),
    },
    managed: countManaged(applied),
  };
}

/** Most units of most plans: every key is there, plain, as Git wants it and as we left it. */
function isUntouched(wanted: UnitSettings | undefined, record: LedgerRecord | undefined, { entries }: Live): boolean {
  if (wanted === undefined || record === undefined || record.pending !== undefined) return false;
  return (
    wanted.settings.length === record.settings.size &&
    wanted.settings.every((setting) => {
      const applied = record.settings.get(setting.key);
      return !setting.secret && isSettled(setting, applied, entries.get(setting.key));
    })
  );
}

/** A key that Git no longer wants, in the form it was written in. */
function unwanted(key: Key, { members, secret }: LedgerEntry, { layout, shape }: Target): Setting {
  return { key, layout: members === undefined ? "keys" : layout, shape, secret, members: [] };
}

function planKey(
  unit: UnitId,
  setting: Setting,
  applied: LedgerEntry | undefined,
  sources: ReadonlyMap<SecretId, Key>,
  input: PlanInput,
): SettingPlan {
  const { key } = setting;
  const { layout, shape } = input.destination.target;
  const pathOf = (name: string): KeyPath => {
    const base = input.pathOfKey(unit, key);
    if (name === "") return base;
    return [...(layout === "groups" ? base : []), ...(shape === "env" ? [name] : (parsePath(name) ?? [name]))];
  };
  const settingInput: SettingInput = {
    unit,
    setting,
    applied,
    live: input.live.entries.get(key),
    policy: input.policy,
    renewal: renewalOf(sources, input.live.sources, applied, (secret) => input.isMade(unit, secret)),
    pathOf,
  };
  return setting.secret || applied?.secret === true ? planSecret(settingInput) : planPlain(settingInput);
}

function collect(parts: Parts, unit: UnitId, key: Key, plan: SettingPlan, input: PlanInput): void {
  parts.drift.push(...plan.drift);
  parts.conflicts.push(...plan.conflicts);
  if (plan.kept) parts.kept.push({ unit, path: input.pathOfKey(unit, key) });
  for (const { path, value } of plan.needsValue)
    for (const secret of secretsIn(value).slice(0, 1)) parts.needsValue.push({ unit, path, secret });
}

function sameEntries(a: ReadonlyMap<Key, LedgerEntry>, b: ReadonlyMap<Key, LedgerEntry>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, entry] of a) {
    const other = b.get(key);
    if (other === undefined || (entry !== other && entryText(entry) !== entryText(other))) return false;
  }
  return true;
}

/** Everything but the version: a rewrite of the same value by somebody else is no reason to touch the ledger. */
function entryText({ digest, secret, members }: LedgerEntry): string {
  return canonicalJson([digest ?? null, secret, members === undefined ? null : Object.fromEntries(members)]);
}

const ORDER = { create: 0, adopt: 1, update: 2, replace: 3, delete: 4 } as const;

/** Adds, then changes, then deletes; each as they were. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
}

function countManaged(applied: ReadonlyMap<Key, LedgerEntry>): number {
  let count = 0;
  for (const entry of applied.values()) count += entry.members?.size ?? 1;
  return count;
}

/**
 * What a reviewer approves: keys, kinds, and what each value was and becomes; of secrets the recipe, and the
 * versions of their sources. No other versions of a store, not the commit.
 */
function digestOf(destination: string, units: readonly UnitPlan[], conflicts: readonly Conflict[]): string {
  const rows = units.flatMap(({ unit, changes }) =>
    changes.map((change) => [
      unit,
      change.key,
      change.kind,
      change.secret,
      change.members.map((member) => [
        member.name,
        member.action,
        member.secret,
        side(member.before),
        side(member.after),
        ...(member.recipe === undefined ? [] : [member.recipe.digest]),
        ...(member.made === true ? ["made"] : []),
        ...(member.sources ?? []).map(({ key, to }) => [key, to ?? null]),
      ]),
    ]),
  );
  const clashes = conflicts.map((conflict) => [
    conflict.unit,
    conflict.key,
    conflict.name,
    conflict.kind,
    side(conflict.live),
    side(conflict.git),
  ]);
  return sha256(JSON.stringify([destination, rows, clashes]));
}

/** Null stands for "no value"; a value is its canonical JSON, so null itself is the text `null`. */
function side(value: Plain | undefined): string | null {
  return value === undefined ? null : canonicalJson(value);
}
