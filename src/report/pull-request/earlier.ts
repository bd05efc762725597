/** The plans a comment has shown before, folded away at its end and remembered in its last line. */
import type { Plan } from "../../model.ts";
import { code, prose, wordLink } from "../markdown.ts";
import { plural, shortCommit } from "../words.ts";
import { COMMIT, countField, fieldsOf, hide, listField, patternField, PLAN_ID, textField, unhide } from "./hidden.ts";
import { type Page, repositoryUrl } from "./page.ts";
import { readRisk, type Risk, riskOf } from "./risk.ts";

/** One plan, or a commit for which there was none. Newest first in lists. */
export interface EarlierPlan {
  readonly commit: string | null;
  /** Null: the configuration was not valid, or something failed. */
  readonly plan: string | null;
  /** `+4 ~4 -0`. */
  readonly counts: readonly [add: number, change: number, remove: number];
  readonly risk: Risk;
  /** Number of the run on the server; null where it is not one of this repository. */
  readonly run: number | null;
  readonly at: string | null;
}

const SHOWN = 10;
const NO_RISK: Risk = { reaches: [], deletes: 0, replaces: 0, conflicts: 0, guards: [] };

/** `+4 ~4 -0`: changes include what is replaced and what is taken over. */
export function countsOf(plan: Plan): EarlierPlan["counts"] {
  const { add, change, replace, adopt, delete: removed } = plan.summary;
  return [add, change + replace + adopt, removed];
}

/** What the comment will remember of the plan (or failure) that it shows. */
export function entryOf(
  plan: Plan | undefined,
  commit: string | null,
  page: Page,
  at: string | undefined,
): EarlierPlan {
  return {
    commit,
    plan: plan?.id ?? null,
    counts: plan === undefined ? [0, 0, 0] : countsOf(plan),
    risk: plan === undefined ? NO_RISK : riskOf(plan),
    run: runNumber(page),
    at: at ?? null,
  };
}

function runNumber(page: Page): number | null {
  const head = `${repositoryUrl(page)}/actions/runs/`;
  const digits = page.runUrl.startsWith(head) ? /^\d{1,15}/u.exec(page.runUrl.slice(head.length))?.[0] : undefined;
  return digits === undefined ? null : Number(digits);
}

/**
 * Plans that a comment has shown, newest (the one it shows now) first; none where the body is not ours or was tampered
 * with. The body may hold anything.
 */
export function plansShown(body: string): readonly EarlierPlan[] {
  return listField(fieldsOf(unhide("shown", body))?.["plans"], SHOWN + 1, readEntry) ?? [];
}

function orNull<T>(item: unknown, read: (item: unknown) => T | undefined): T | null | undefined {
  return item === null ? null : read(item);
}

function readEntry(value: unknown): EarlierPlan | undefined {
  const fields = fieldsOf(value);
  const commit = orNull(fields?.["commit"], (item) => patternField(item, COMMIT));
  const plan = orNull(fields?.["plan"], (item) => patternField(item, PLAN_ID));
  const [add, change, remove] = listField(fields?.["counts"], 3, countField) ?? [];
  const risk = readRisk(fields?.["risk"]);
  const run = orNull(fields?.["run"], countField);
  const at = orNull(fields?.["at"], (item) => textField(item, 40));
  if (commit === undefined || plan === undefined || risk === undefined || run === undefined || at === undefined)
    return undefined;
  if (add === undefined || change === undefined || remove === undefined) return undefined;
  return { commit, plan, counts: [add, change, remove], risk, run, at };
}

/** What was shown before `now`, without a second run over the same commit that found the same. */
export function before(now: EarlierPlan, shown: readonly EarlierPlan[]): readonly EarlierPlan[] {
  return shown.filter((one) => one.commit !== now.commit || one.plan !== now.plan).slice(0, SHOWN);
}

/** A folded list; nothing where nothing was shown before. */
export function earlierSection(earlier: readonly EarlierPlan[], page: Page): string[] {
  if (earlier.length === 0) return [];
  const lines = earlier.map((one) => {
    const words = [
      one.commit === null ? "without a commit" : code(shortCommit(one.commit)),
      one.plan === null ? "no plan" : `${countsText(one.counts)} · ${code(one.plan)}`,
    ];
    if (one.at !== null) words.push(prose(one.at));
    if (one.run !== null) words.push(wordLink("run", `${repositoryUrl(page)}/actions/runs/${one.run}`));
    return `- ${words.join(" · ")}`;
  });
  return [`<details><summary>Earlier: ${plural(earlier.length, "plan")}</summary>`, "", ...lines, "", "</details>"];
}

/** The hidden last line. */
export function remember(now: EarlierPlan, earlier: readonly EarlierPlan[]): string[] {
  return [hide("shown", { plans: [now, ...earlier] })];
}

export function countsText([add, change, remove]: EarlierPlan["counts"]): string {
  return `+${add} ~${change} -${remove}`;
}
