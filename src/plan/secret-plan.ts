/**
 * What happens to one physical key that holds a secret, or did. A plan never sees its value: names come from the
 * ledger, change is proven by the store's version. People own the values; trueup makes placeholders.
 */
import { digest } from "../canonical.ts";
import type { Change, KeyPath, LedgerEntry, MemberChange, Plain } from "../model.ts";
import { holdsSecret } from "../secret.ts";
import { memberText, storedValue } from "../setting.ts";
import type { SettingInput, SettingPlan } from "./setting-plan.ts";

const NOTHING = { drift: [], conflicts: [], needsValue: [], kept: false } as const;

export function planSecret(input: SettingInput): SettingPlan {
  const { setting, applied, live, policy } = input;
  if (setting.members.length === 0) return planUnwanted(input);
  if (live === undefined) {
    const lost = applied !== undefined && !policy.overwriteDrift;
    if (lost)
      return {
        ...NOTHING,
        entry: applied,
        drift: [{ unit: input.unit, key: setting.key, path: pathOf(input), name: "", secret: true, kind: "deleted" }],
      };
    return written(
      input,
      "create",
      membersOf(input, () => "add"),
      true,
    );
  }
  if (applied === undefined) return planFound(input);
  if (applied.secret !== setting.secret) return planSwitch(input, applied);
  return planUpdate(input, applied);
}

/** Nobody wrote it down as ours. One secret alone is simply filled in already; a blob is adopted, since names are added to it. */
function planFound(input: SettingInput): SettingPlan {
  const { setting, live } = input;
  if (setting.layout !== "keys")
    return written(
      input,
      "adopt",
      membersOf(input, () => "add"),
      false,
    );
  return { ...NOTHING, entry: { digest: undefined, version: live?.version, secret: true } };
}

/** Plain before and secret now, or the other way round. */
function planSwitch(input: SettingInput, applied: LedgerEntry): SettingPlan {
  const switched = membersOf(input, (name, secret) => {
    const before = applied.members?.get(name);
    const wasSecret = applied.members === undefined ? applied.secret : before === null;
    if (applied.members !== undefined && before === undefined) return "add";
    return wasSecret === secret ? undefined : "change";
  });
  return written(input, "replace", [...switched, ...removedFrom(input, applied)], false);
}

function planUpdate(input: SettingInput, applied: LedgerEntry): SettingPlan {
  const { setting, live } = input;
  const empty = applied.placeholder !== undefined && applied.placeholder === live?.version;
  if (setting.layout === "keys") return { ...NOTHING, entry: applied, needsValue: empty ? [pathOf(input)] : [] };
  const changed = membersOf(input, (name, secret, value) => {
    const before = applied.members?.get(name);
    if (before === undefined) return "add";
    return secret || before === digest(memberText(setting, storedValue(setting, value as Plain)))
      ? undefined
      : "change";
  });
  const members = [...changed, ...removedFrom(input, applied)];
  if (members.length > 0) return written(input, "update", members, empty);
  return { ...NOTHING, entry: applied, needsValue: empty ? secretPaths(input) : [] };
}

/** Git no longer names it: a placeholder nobody filled goes, a filled secret stays. */
function planUnwanted(input: SettingInput): SettingPlan {
  const { applied, live, setting } = input;
  if (live === undefined || applied === undefined) return { ...NOTHING, entry: undefined };
  if (live.version !== applied.placeholder) return { ...NOTHING, entry: applied, kept: true };
  const members: MemberChange[] = [...(applied.members?.keys() ?? [""])].map((name) => ({
    path: input.pathOf(name),
    name,
    action: "remove",
    secret: true,
  }));
  const change: Change = {
    kind: "delete",
    key: setting.key,
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
  const fresh = members.filter((member) => member.secret && member.action !== "remove").map((member) => member.path);
  const bare = setting.layout === "keys";
  const text =
    bare && !setting.secret ? memberText(setting, storedValue(setting, setting.members[0]?.value as Plain)) : undefined;
  const entry: LedgerEntry = {
    digest: text === undefined ? undefined : digest(text),
    version: undefined,
    secret: setting.secret,
    ...(empty && setting.secret ? { placeholder: true as const } : {}),
    ...(bare ? {} : { members: ledgerMembers(input) }),
  };
  const change: Change = {
    kind,
    key: setting.key,
    setting,
    expected: live?.version ?? null,
    secret: setting.secret,
    placeholder: fresh.length > 0,
    members,
  };
  return { ...NOTHING, change, entry, needsValue: kind === "adopt" ? [] : empty ? secretPaths(input) : fresh };
}

function ledgerMembers({ setting }: SettingInput): ReadonlyMap<string, string | null> {
  return new Map(
    setting.members.map(({ name, value }) => [
      name,
      holdsSecret(value) ? null : digest(memberText(setting, storedValue(setting, value as Plain))),
    ]),
  );
}

function membersOf(
  input: SettingInput,
  decide: (name: string, secret: boolean, value: unknown) => "add" | "change" | undefined,
): MemberChange[] {
  return input.setting.members.flatMap(({ name, path, value }): MemberChange[] => {
    const secret = holdsSecret(value);
    const action = decide(name, secret, value);
    if (action === undefined) return [];
    return [{ path, name, action, secret, ...(secret ? {} : { after: value as Plain }) }];
  });
}

/** Plain values that Git dropped from a blob. Secrets in it stay: somebody filled them. */
function removedFrom(input: SettingInput, applied: LedgerEntry): MemberChange[] {
  const wanted = new Set(input.setting.members.map((member) => member.name));
  return [...(applied.members ?? [])]
    .filter(([name, value]) => value !== null && !wanted.has(name))
    .map(([name]) => ({ path: input.pathOf(name), name, action: "remove", secret: false }));
}

function secretPaths(input: SettingInput): KeyPath[] {
  return input.setting.members.filter((member) => holdsSecret(member.value)).map((member) => member.path);
}

function pathOf(input: SettingInput): KeyPath {
  return input.setting.members[0]?.path ?? input.pathOf("");
}
