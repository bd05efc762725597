/** The change again as a diff per unit, folded away. Every line has a sign of ours, so no value can pose as one. */
import { formatPath } from "../../../address.ts";
import type { MemberChange, UnitPlan } from "../../../model.ts";
import { SECRET_TEXT } from "../../../secret.ts";
import { fence } from "../../markdown.ts";
import { quoteChange, quoteValue } from "../../redact.ts";
import { displayWidth } from "../../width.ts";
import { plural } from "../../words.ts";
import type { Facts } from "./facts.ts";

/** More values than this are not worth trying: the block would not fit anywhere but in a step summary. */
const MOST = 5000;

export function diffSection(facts: Facts): string[] {
  if (!facts.level.diffs) return [];
  const units = facts.plan.destinations.flatMap((destination) =>
    destination.units.map((unit) => ({ unit, name: `${unit.unit} · ${destination.type} ${destination.target}` })),
  );
  const values = units.reduce((sum, { unit }) => sum + membersOf(unit).length, 0);
  if (values === 0 || values > MOST) return [];
  const lines = units.flatMap(({ unit, name }) => unitLines(unit, name, facts.level.value));
  return [
    `<details><summary>As a diff, per place (${plural(values, "value")})</summary>`,
    "",
    ...fence("diff", lines),
    "",
    "</details>",
  ];
}

function membersOf(unit: UnitPlan): readonly MemberChange[] {
  return unit.changes.flatMap((change) => change.members);
}

function unitLines(unit: UnitPlan, name: string, width: number): string[] {
  const members = membersOf(unit).map((member) => ({ member, key: formatPath(member.path) }));
  if (members.length === 0) return [];
  const column = Math.min(40, Math.max(...members.map(({ key }) => displayWidth(key))));
  return [`# ${name}`, ...members.flatMap(({ member, key }) => memberLines(member, key.padEnd(column), width))];
}

function memberLines(member: MemberChange, key: string, width: number): string[] {
  if (member.secret) {
    const sign = member.action === "add" ? "+" : member.action === "remove" ? "-" : "!";
    return [`${sign} ${key}  ${SECRET_TEXT}`];
  }
  if (member.action === "add") return [`+ ${key}  ${quoteValue(member.after, { width })}`];
  if (member.action === "remove") return [`- ${key}  ${quoteValue(member.before, { width })}`];
  const { before, after } = quoteChange(member.before, member.after, { width });
  return [`- ${key}  ${before}`, `+ ${key}  ${after}`];
}
