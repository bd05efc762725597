/**
 * What happens to one physical key that holds a secret, or did. A plan never sees its value: names come from the
 * ledger, change is proven by the store's version. People own the values of external secrets, and trueup makes
 * placeholders for them; of all others it knows the recipe, and Git owns the value.
 */
import type { Change, Conflict, Entry, KeyPath, LedgerEntry, Member, MemberChange, Plain, Setting } from "../model.ts";
import { holdsSecret } from "../secret.ts";
import { isRecipeMark, ledgerMark, ledgerMarks, marksOf } from "../setting.ts";
import { NOTHING, type SettingInput, type SettingPlan } from "./setting-plan.ts";

export function planSecret(input: SettingInput): SettingPlan {
  const { setting, applied, live } = input;
  if (applied === undefined) return live === undefined ? planNew(input) : planFound(input, live);
  if (setting.members.length === 0) return planUnwanted(input, applied);
  if (live === undefined) return planAbsent(input, applied);
  if (applied.secret !== setting.secret) return planSwitch(input, applied);
  return planUpdate(input, applied, live);
}

function planNew(input: SettingInput): SettingPlan {
  const members = membersOf(input, () => "add");
  return written(input, "create", members, true);
}

/** Somebody deleted it. */
function planAbsent(input: SettingInput, applied: LedgerEntry): SettingPlan {
  const { setting, policy } = input;
  const changed = [...changesOf(input, applied), ...removedFrom(input, applied)];
  const clash = applied.secret !== setting.secret || isGitChange(input, applied, changed);
  const conflicts = clash ? [conflict(input, "deleted-live")] : [];
  if (clash && !policy.overwriteConflicts) return { ...NOTHING, entry: applied, conflicts };
  if (!clash && !policy.overwriteDrift)
    return { ...NOTHING, entry: applied, drift: [{ ...about(input), kind: "deleted" }] };
  return { ...planNew(input), conflicts };
}

/** Nobody wrote it down as ours. An external secret alone is simply filled in already; everything else is adopted, since it is written. */
function planFound(input: SettingInput, live: Entry): SettingPlan {
  const { setting } = input;
  if (setting.layout !== "keys" || externalOf(setting).length === 0)
    return written(
      input,
      "adopt",
      membersOf(input, () => "add"),
      false,
    );
  return { ...NOTHING, entry: { digest: undefined, version: live.version, secret: true } };
}

/**
 * Plain before and secret now, or the other way round. From a secret group or blob that becomes plain nothing is kept:
 * its text is not read, and nobody knows what in it is secret. So all that Git wants is written.
 */
function planSwitch(input: SettingInput, applied: LedgerEntry): SettingPlan {
  const marks = marksOf(applied);
  const switched = membersOf(input, (member) => {
    const before = marks.get(member.name);
    if (before === undefined) return "add";
    return input.setting.secret && ledgerMark(input.setting, member) === before ? undefined : "change";
  });
  return written(input, "replace", [...switched, ...removedFrom(input, applied)], false);
}

function planUpdate(input: SettingInput, applied: LedgerEntry, live: Entry): SettingPlan {
  const { setting, policy } = input;
  const empty = applied.placeholder === live.version;
  const changed = [...changesOf(input, applied), ...removedFrom(input, applied)];
  const moved = isOursAlone(input, applied) && applied.version !== live.version;
  if (moved && changed.length === 0 && !policy.overwriteDrift)
    return { ...NOTHING, entry: applied, drift: [{ ...about(input), kind: "changed" }] };
  const clash = moved && isGitChange(input, applied, changed);
  const conflicts = clash ? [conflict(input, "both-changed")] : [];
  if (conflicts.length > 0 && !policy.overwriteConflicts) return { ...NOTHING, entry: applied, conflicts };
  // Nobody knows what was done to it, so all of it is written.
  const members = moved ? [...membersOf(input, () => "change"), ...removedFrom(input, applied)] : changed;
  if (members.length > 0) return { ...written(input, "update", members, empty), conflicts };
  const needsValue = empty ? externalOf(setting) : [];
  return { ...NOTHING, entry: handedOver(input, applied), needsValue };
}

function isDue({ renewal }: SettingInput, member: Member): boolean {
  return renewal.isMoved(member) || renewal.isMade(member);
}

/** Members whose mark in the ledger is not that of what Git wants. What people fill in is never one of them. */
function changesOf(input: SettingInput, applied: LedgerEntry): MemberChange[] {
  const marks = marksOf(applied);
  return membersOf(input, (member) => {
    const before = marks.get(member.name);
    if (before === undefined) return "add";
    const wanted = ledgerMark(input.setting, member);
    if (wanted === null) return undefined;
    return wanted === before && !isDue(input, member) ? undefined : "change";
  });
}

/** True if nobody but trueup has a reason to write the key: it can get at all its secrets, then and now. */
function isOursAlone({ setting }: SettingInput, applied: LedgerEntry): boolean {
  const marks = [...marksOf(applied).values(), ...setting.members.map((member) => ledgerMark(setting, member))];
  return !marks.includes(null);
}

/** A secret that Git gave up for people to hold keeps its value; the ledger says from now on that it is theirs. */
function handedOver(input: SettingInput, applied: LedgerEntry): LedgerEntry {
  const { setting } = input;
  const given = setting.members.filter(
    (member) => ledgerMark(setting, member) === null && isRecipeMark(marksOf(applied).get(member.name)),
  );
  if (given.length === 0) return applied;
  const { sources: _sources, ...rest } = applied;
  const sources = input.renewal.versions(setting.members);
  const entry = sources.size === 0 ? rest : { ...rest, sources };
  if (applied.members === undefined) return { ...entry, digest: undefined };
  const members = new Map(applied.members);
  for (const member of given) members.set(member.name, null);
  return { ...entry, members };
}

/** Git no longer names it. What people filled in stays; a placeholder goes, and so does what came from Git. */
function planUnwanted(input: SettingInput, applied: LedgerEntry): SettingPlan {
  const { live, policy } = input;
  if (live === undefined) return { ...NOTHING, entry: undefined };
  if (live.version === applied.placeholder) return planDelete(input, applied, live);
  if (!isOursAlone(input, applied)) return { ...NOTHING, entry: applied, kept: true };
  if (live.version === applied.version) return planDelete(input, applied, live);
  const conflicts = [conflict(input, "changed-live")];
  if (!policy.overwriteConflicts) return { ...NOTHING, entry: applied, conflicts };
  return { ...planDelete(input, applied, live), conflicts };
}

function planDelete(input: SettingInput, applied: LedgerEntry, live: Entry): SettingPlan {
  const members: MemberChange[] = [...marksOf(applied).keys()].map((name) => ({
    path: input.pathOf(name),
    name,
    action: "remove",
    secret: true,
  }));
  const change: Change = {
    kind: "delete",
    key: input.setting.key,
    setting: undefined,
    expected: live.version,
    secret: true,
    placeholder: false,
    members,
  };
  return { ...NOTHING, entry: undefined, change };
}

function written(
  input: SettingInput,
  kind: Change["kind"],
  members: readonly MemberChange[],
  empty: boolean,
): SettingPlan {
  const { setting, live } = input;
  const fresh = new Set(members.filter(isToFill).map((member) => member.name));
  const external = externalOf(setting);
  const bare = setting.layout === "keys";
  const marks = ledgerMarks(setting);
  const sources = input.renewal.versions(setting.members);
  const entry: LedgerEntry = {
    digest: bare ? (marks.get("") ?? undefined) : undefined,
    version: undefined,
    secret: setting.secret,
    ...(empty && external.length > 0 ? { placeholder: true as const } : {}),
    ...rotationsOf(input, marks),
    ...(bare ? {} : { members: marks }),
    ...(sources.size === 0 ? {} : { sources }),
  };
  const change: Change = {
    kind,
    key: setting.key,
    setting,
    expected: live?.version ?? null,
    secret: setting.secret,
    placeholder: fresh.size > 0,
    members,
  };
  const needsValue = kind === "adopt" ? [] : empty ? external : external.filter((member) => fresh.has(member.name));
  return { ...NOTHING, change, entry, needsValue };
}

/** A rotation goes on whatever else is written to the key, as long as the secret stays. */
function rotationsOf(
  { applied }: SettingInput,
  marks: ReadonlyMap<string, string | null>,
): Pick<LedgerEntry, "rotations"> {
  const open = [...(applied?.rotations ?? [])].filter(([name]) => marks.get(name) === null);
  return open.length === 0 ? {} : { rotations: new Map(open) };
}

/** A secret that gets a placeholder. */
function isToFill(member: MemberChange): boolean {
  return member.secret && member.action !== "remove" && member.recipe === undefined;
}

function membersOf(input: SettingInput, decide: (member: Member) => "add" | "change" | undefined): MemberChange[] {
  return input.setting.members.flatMap((member): MemberChange[] => {
    const { name, path, value, recipe } = member;
    const action = decide(member);
    if (action === undefined) return [];
    if (!holdsSecret(value)) return [{ path, name, action, secret: false, after: value as Plain }];
    if (recipe === undefined) return [{ path, name, action, secret: true }];
    return [{ path, name, action, secret: true, recipe, ...input.renewal.facts(member) }];
  });
}

/** What Git dropped from a blob. Secrets that somebody filled in stay, as long as the key is secret. */
function removedFrom(input: SettingInput, applied: LedgerEntry): MemberChange[] {
  const wanted = new Set(input.setting.members.map((member) => member.name));
  return [...(applied.members ?? [])]
    .filter(([name, mark]) => !wanted.has(name) && (mark !== null || !input.setting.secret))
    .map(([name, mark]) => ({ path: input.pathOf(name), name, action: "remove", secret: isSecretMark(mark) }));
}

function isSecretMark(mark: string | null): boolean {
  return mark === null || isRecipeMark(mark);
}

/** True if Git has a reason of its own to write a key that somebody else changed or deleted. */
function isGitChange(input: SettingInput, applied: LedgerEntry, changed: readonly MemberChange[]): boolean {
  return recipeChanged(input, applied) || changed.some((member) => member.recipe === undefined);
}

/** True if what trueup would write is not what it wrote. A value made up again in place of a change by hand is drift. */
function recipeChanged({ setting, renewal, policy }: SettingInput, applied: LedgerEntry): boolean {
  return setting.members.some(
    (member) =>
      member.recipe !== undefined &&
      (ledgerMark(setting, member) !== marksOf(applied).get(member.name) ||
        renewal.isMoved(member) ||
        (renewal.isMade(member) && !policy.overwriteDrift)),
  );
}

/** Secrets that people fill in. */
function externalOf({ members }: Setting): Member[] {
  return members.filter((member) => holdsSecret(member.value) && member.recipe === undefined);
}

function about(input: SettingInput): Omit<Conflict, "kind"> {
  return { unit: input.unit, key: input.setting.key, path: pathOf(input), name: "", secret: true };
}

function conflict(input: SettingInput, kind: Conflict["kind"]): Conflict {
  return { ...about(input), kind };
}

function pathOf(input: SettingInput): KeyPath {
  return input.setting.members[0]?.path ?? input.pathOf("");
}
