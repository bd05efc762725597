/** What a reviewer must not miss, in numbers, so that two plans can be compared. */
import type { Plan } from "../../model.ts";
import { code, document, prose } from "../markdown.ts";
import { splitUnit } from "../reach.ts";
import { cutText } from "../table.ts";
import { listed, plural, shortCommit } from "../words.ts";
import { countField, fieldsOf, listField, textField } from "./hidden.ts";

export interface Risk {
  /** Names of protected environments that the plan reaches. */
  readonly reaches: readonly string[];
  /** Values deleted and replaced in protected environments, and conflicts anywhere. */
  readonly deletes: number;
  readonly replaces: number;
  readonly conflicts: number;
  /** Guards that refuse the plan. */
  readonly guards: readonly string[];
}

/** How often values are deleted and replaced; `guarded` counts only protected environments. */
export function actionsOf(plan: Plan): {
  deletes: number;
  replaces: number;
  guarded: Pick<Risk, "deletes" | "replaces">;
} {
  const guarded = new Set(plan.destinations.filter((one) => one.place.protected).map((one) => one.place.id));
  const unitsOf = (action: "remove" | "replace"): readonly string[] =>
    plan.edits
      .filter((edit) => edit.action === action)
      .flatMap((edit) => edit.outcomes.flatMap((outcome) => outcome.units));
  const inGuarded = (units: readonly string[]): number =>
    units.filter((unit) => guarded.has(splitUnit(unit).place)).length;
  const [removed, replaced] = [unitsOf("remove"), unitsOf("replace")];
  return {
    deletes: removed.length,
    replaces: replaced.length,
    guarded: { deletes: inGuarded(removed), replaces: inGuarded(replaced) },
  };
}

export function riskOf(plan: Plan): Risk {
  const touched = new Set(plan.summary.places);
  const reached = plan.destinations.map((one) => one.place).filter((place) => place.protected && touched.has(place.id));
  return {
    reaches: [...new Set(reached.map((place) => place.env))],
    ...actionsOf(plan).guarded,
    conflicts: plan.summary.conflict,
    guards: [...new Set(plan.refusals.filter((refusal) => !refusal.lifted).map((refusal) => refusal.guard))],
  };
}

/** Lists in a risk that is remembered. */
const MOST = 50;

function readWord(item: unknown): string | undefined {
  return textField(item, 80);
}

export function readRisk(value: unknown): Risk | undefined {
  const fields = fieldsOf(value);
  const reaches = listField(fields?.["reaches"], MOST, readWord);
  const guards = listField(fields?.["guards"], MOST, readWord);
  const deletes = countField(fields?.["deletes"]);
  const replaces = countField(fields?.["replaces"]);
  const conflicts = countField(fields?.["conflicts"]);
  if (reaches === undefined || guards === undefined) return undefined;
  if (deletes === undefined || replaces === undefined || conflicts === undefined) return undefined;
  return { reaches, deletes, replaces, conflicts, guards };
}

export interface RiskNoteContext {
  /** Login names of those who approved the plan with the risk `before`. */
  readonly approvers: readonly string[];
  /** The commit that they approved. */
  readonly reviewed: string;
}

/** Names that GitHub gives: only they may follow an `@`. */
export const LOGIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/u;
/** People called in one note. */
const PEOPLE = 20;

/**
 * A short comment of its own that calls those who approved, or undefined where the plan has no risk that it did not
 * have before: the first time a protected environment is reached, deletions or replacements where there were none,
 * a conflict, another guard.
 */
export function riskNote(before: Risk, after: Risk, ctx: RiskNoteContext): string | undefined {
  const news = newRisks(before, after);
  if (news.length === 0) return undefined;
  const who = ctx.approvers.filter((name) => LOGIN.test(name)).slice(0, PEOPLE);
  const call = who.length === 0 ? "S" : `${who.map((name) => `@${name}`).join(", ")} s`;
  const also = `${call}ince your review at ${code(cutText(shortCommit(ctx.reviewed), 40))} this plan also ${listed(news)}.`;
  return document([[also]]);
}

function newRisks(before: Risk, after: Risk): string[] {
  const envs = after.reaches.filter((env) => !before.reaches.includes(env));
  const guards = after.guards.filter((guard) => !before.guards.includes(guard));
  const where = after.reaches.map((env) => prose(env.toUpperCase())).slice(0, 5);
  const news: string[] = [];
  if (envs.length > 0) news.push(`reaches ${listed(envs.map((env) => prose(env.toUpperCase())).slice(0, 5))}`);
  if (before.deletes === 0 && after.deletes > 0)
    news.push(`deletes ${plural(after.deletes, "key")} in ${listed(where)}`);
  if (before.replaces === 0 && after.replaces > 0)
    news.push(`replaces ${plural(after.replaces, "key")} in ${listed(where)}`);
  if (before.conflicts === 0 && after.conflicts > 0) news.push(`has ${plural(after.conflicts, "conflict")}`);
  if (guards.length > 0)
    news.push(
      `is refused by ${guards.length === 1 ? "the guard" : "the guards"} ${listed(guards.slice(0, 5).map(prose))}`,
    );
  return news;
}
