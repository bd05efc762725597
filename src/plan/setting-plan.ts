/** What happens to one physical key that holds no secret: three columns for every value inside it. */
import { digest } from "../canonical.ts";
import type {
  Change,
  ChangeKind,
  Conflict,
  Drift,
  Entry,
  KeyPath,
  LedgerEntry,
  Member,
  MemberChange,
  Plain,
  Setting,
  UnitId,
} from "../model.ts";
import { asTyped, decomposeText, encodeValue, memberText, storedValue } from "../setting.ts";
import type { Renewal } from "./renewal.ts";
import { type Verdict, threeWay } from "./three-way.ts";

/** How a plan treats what it finds. */
export interface PlanPolicy {
  /** Write Git's value over a hand change that Git did not touch. */
  readonly overwriteDrift: boolean;
  /** Write Git's value where both sides changed. */
  readonly overwriteConflicts: boolean;
}

/** Outcome for one key. `entry` is its ledger entry afterwards; undefined: no longer ours. */
export interface SettingPlan {
  readonly change?: Change;
  readonly drift: readonly Drift[];
  readonly conflicts: readonly Conflict[];
  readonly entry: LedgerEntry | undefined;
  /** Secrets that somebody still has to fill in. */
  readonly needsValue: readonly Member[];
  /** True: a filled secret that Git no longer names; it stays. */
  readonly kept: boolean;
}

/** A plan for a key with nothing to say yet: spread it, then say it. */
export const NOTHING = { drift: [], conflicts: [], needsValue: [], kept: false } as const;

export interface SettingInput {
  readonly unit: UnitId;
  /** What Git wants; without members if it wants nothing on this key. */
  readonly setting: Setting;
  readonly applied: LedgerEntry | undefined;
  readonly live: Entry | undefined;
  readonly policy: PlanPolicy;
  readonly renewal: Renewal;
  /** Logical path of a value that Git no longer has, from its name in the setting. */
  readonly pathOf: (name: string) => KeyPath;
}

interface Row {
  readonly name: string;
  readonly path: KeyPath;
  /** As stored, and as typed in Git. */
  readonly wanted: Plain | undefined;
  readonly typed: Plain | undefined;
  readonly live: Plain | undefined;
  readonly applied: string | undefined;
  readonly verdict: Verdict;
}

/** By far the most common outcome, found without the machinery below: one value, live as Git wants it and as we left it. */
export function isSettled(setting: Setting, applied: LedgerEntry | undefined, live: Entry | undefined): boolean {
  const [member] = setting.members;
  if (setting.layout !== "keys" || member === undefined || applied === undefined || live?.value === undefined)
    return false;
  if (live.value !== encodeValue(member.value as Plain)) return false;
  // The version that our write got says as much as the digest, and costs nothing to compare.
  return live.version === applied.version || digest(live.value) === applied.digest;
}

export function planPlain(input: SettingInput): SettingPlan {
  const { live, applied, policy } = input;
  if (isSettled(input.setting, applied, live)) return { ...NOTHING, entry: applied };
  const [only] = input.setting.members;
  if (live === undefined && applied === undefined && input.setting.layout === "keys" && only !== undefined)
    return planNew(input, only);
  const found = live === undefined ? new Map<string, Plain>() : decomposeText(input.setting, live.value ?? "");
  if (found === undefined) return planUnreadable(input, live?.value);
  const rows = rowsOf(input, found);
  const written = rows.filter((row) => writes(row, policy));
  const drift = rows
    .filter((row) => isDrift(row) && !written.includes(row))
    .map((row): Drift => ({ ...about(input, row), kind: row.verdict === "drift" ? "changed" : "deleted" }));
  const conflicts = rows
    .filter(isConflict)
    .map((row): Conflict => ({ ...about(input, row), kind: row.verdict as Conflict["kind"] }));
  const outcome = { ...NOTHING, drift, conflicts };
  if (conflicts.length > 0 && !policy.overwriteConflicts) return { ...outcome, entry: applied };
  const entry = entryAfter(input, rows, written);
  return written.length === 0 ? { ...outcome, entry } : { ...outcome, entry, change: changeOf(input, written, found) };
}

/** A new key with one value: what a first apply is made of. */
function planNew({ setting }: SettingInput, member: Member): SettingPlan {
  const value = member.value as Plain;
  const change: Change = {
    kind: "create",
    key: setting.key,
    setting,
    expected: null,
    secret: false,
    placeholder: false,
    members: [{ path: member.path, name: "", action: "add", secret: false, after: value }],
  };
  const entry = { digest: digest(encodeValue(value)), version: undefined, secret: false };
  return { ...NOTHING, entry, change };
}

function rowsOf(input: SettingInput, found: ReadonlyMap<string, Plain>): Row[] {
  const { setting, applied } = input;
  const members = new Map(setting.members.map((member) => [member.name, member]));
  const before = appliedMembers(setting, applied);
  return [...new Set([...members.keys(), ...before.keys()])].map((name) => {
    const member = members.get(name);
    const typed = member?.value as Plain | undefined;
    const wanted = typed === undefined ? undefined : storedValue(setting, typed);
    const live = found.get(name);
    const columns = { wanted: digestOf(setting, wanted), applied: before.get(name), live: digestOf(setting, live) };
    return {
      name,
      path: member?.path ?? input.pathOf(name),
      wanted,
      typed,
      live,
      applied: columns.applied,
      verdict: verdictOf(columns, applied !== undefined),
    };
  });
}

/** In a key that is ours, a value that somebody else put under a name we want is there already, or in conflict: not adopted. */
function verdictOf(columns: Parameters<typeof threeWay>[0], ours: boolean): Verdict {
  const verdict = threeWay(columns);
  if (verdict !== "adopt" || !ours) return verdict;
  return columns.wanted === columns.live ? "settled" : "both-changed";
}

/** What the ledger says about each value of a key; names of secrets have no digest. */
function appliedMembers(setting: Setting, applied: LedgerEntry | undefined): ReadonlyMap<string, string | undefined> {
  if (applied === undefined) return new Map();
  if (setting.layout === "keys") return new Map([["", applied.digest]]);
  return new Map([...(applied.members ?? [])].map(([name, value]) => [name, value ?? undefined]));
}

function digestOf(setting: Setting, value: Plain | undefined): string | undefined {
  return value === undefined ? undefined : digest(memberText(setting, value));
}

function writes(row: Row, policy: PlanPolicy): boolean {
  if (isDrift(row)) return policy.overwriteDrift;
  return row.verdict !== "same" && row.verdict !== "settled";
}

function isDrift(row: Row): boolean {
  return row.verdict === "drift" || row.verdict === "drift-deleted";
}

function isConflict(row: Row): boolean {
  return row.verdict === "both-changed" || row.verdict === "deleted-live" || row.verdict === "changed-live";
}

function changeOf(input: SettingInput, written: readonly Row[], found: ReadonlyMap<string, Plain>): Change {
  const { live, applied } = input;
  const removed = new Set(written.filter((row) => row.wanted === undefined).map((row) => row.name));
  const empty = written.length === removed.size && [...found.keys()].every((name) => removed.has(name));
  const kind = live === undefined ? "create" : empty ? "delete" : applied === undefined ? "adopt" : "update";
  return changeAs(kind, input, written);
}

function changeAs(kind: ChangeKind, { setting, live }: SettingInput, written: readonly Row[]): Change {
  return {
    kind,
    key: setting.key,
    setting: kind === "delete" ? undefined : setting,
    expected: live?.version ?? null,
    secret: false,
    placeholder: false,
    members: written.map(memberChange),
  };
}

function memberChange(row: Row): MemberChange {
  return {
    path: row.path,
    name: row.name,
    action: row.wanted === undefined ? "remove" : row.live === undefined ? "add" : "change",
    secret: false,
    ...(row.live === undefined ? {} : { before: asTyped(row.live, row.typed) }),
    ...(row.typed === undefined ? {} : { after: row.typed }),
  };
}

function about(input: SettingInput, row: Row): Omit<Drift, "kind"> {
  return {
    unit: input.unit,
    key: input.setting.key,
    path: row.path,
    name: row.name,
    secret: false,
    ...(row.typed === undefined ? {} : { git: row.typed }),
    ...(row.live === undefined ? {} : { live: asTyped(row.live, row.typed) }),
  };
}

/** Values left alone drifted from what Git wants and the ledger says: their drift goes on being reported. */
function entryAfter(input: SettingInput, rows: readonly Row[], written: readonly Row[]): LedgerEntry | undefined {
  const { setting, applied } = input;
  const members = new Map<string, string>();
  for (const row of rows) {
    const value = digestOf(setting, row.wanted);
    if (value !== undefined) members.set(row.name, value);
  }
  if (members.size === 0) return undefined;
  // What is taken for ours without a write is the version that was read: a store may have another one by now.
  const isTakenAsIs = rows.some((row) => row.verdict === "settled" && row.live !== undefined);
  const known = isTakenAsIs ? input.live?.version : (applied?.version ?? input.live?.version);
  const version = written.length > 0 ? undefined : known;
  if (setting.layout === "keys") return { digest: members.get(""), version, secret: false };
  return { digest: undefined, version, secret: false, members };
}

/** Somebody replaced a group or blob by something that is not one: it counts as one value, and is changed as a whole. */
function planUnreadable(input: SettingInput, text: string | undefined): SettingPlan {
  const { setting, applied, policy } = input;
  const rows = rowsOf({ ...input, applied: undefined }, new Map());
  const before = appliedMembers(setting, applied);
  const unchanged =
    rows.length === before.size && rows.every((row) => before.get(row.name) === digestOf(setting, row.wanted));
  // The store holds it as a secret: nobody read it.
  const live = text === undefined ? {} : { live: text };
  const row = { unit: input.unit, key: setting.key, path: [], name: "", secret: false, ...live };
  const outcome = { ...NOTHING, entry: applied };
  const wins = applied === undefined || (unchanged ? policy.overwriteDrift : policy.overwriteConflicts);
  if (!wins)
    return unchanged
      ? { ...outcome, drift: [{ ...row, kind: "changed" }] }
      : { ...outcome, conflicts: [{ ...row, kind: "both-changed" }] };
  const entry = entryAfter({ ...input, applied: undefined }, rows, rows);
  const kind = rows.length === 0 ? "delete" : applied === undefined ? "adopt" : "update";
  return { ...outcome, entry, change: changeAs(kind, input, rows) };
}
