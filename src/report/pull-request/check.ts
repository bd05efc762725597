/** The check of a pull request: its title is read in the list of checks, without opening anything. */
import type { Plan } from "../../model.ts";
import type { LocatedProblem } from "../../problem.ts";
import { COMMENT } from "../context.ts";
import { fitPlan } from "../plan/markdown.ts";
import { protectedEnvs } from "../reach.ts";
import { safePiece } from "../redact.ts";
import { plural, shortCommit } from "../words.ts";
import { countsOf, countsText } from "./earlier.ts";
import { tallyOf } from "./no-plan.ts";
import { pageContext, type PullRequestContext } from "./page.ts";

export interface Check {
  readonly title: string;
  /** Markdown, at most 60,000 characters (GitHub: 65,535). */
  readonly summary: string;
  /** `failure`: refused by a guard, or too large to review. */
  readonly conclusion: "success" | "failure";
}

/** Characters of a title. */
const TITLE = 200;

/** `+4 ~4 -0 · reaches PROD`. */
export function checkTitle(plan: Plan, ctx: Pick<PullRequestContext, "world">, tooLarge = false): string {
  const { summary } = plan;
  const words: string[] = [];
  if (tooLarge) words.push("too large to review");
  words.push(plan.edits.length === 0 ? "no changes" : countsText(countsOf(plan)));
  const guarded = protectedEnvs(summary.places, ctx.world.places).map((env) => env.toUpperCase());
  if (guarded.length > 0) words.push(`reaches ${guarded.join(", ")}`);
  if (summary.conflict > 0) words.push(plural(summary.conflict, "conflict"));
  const guards = new Set(plan.refusals.flatMap((refusal) => (refusal.lifted ? [] : [refusal.guard])));
  if (guards.size > 0) words.push(`refused by ${[...guards].join(", ")}`);
  if (summary.needsValue > 0) words.push("needs values");
  if (plan.against.kind === "ref") words.push(`against ${shortCommit(plan.against.ref)} only`);
  return cut(safePiece(words.join(" · ")));
}

/** `5 errors in 4 files`. */
export function problemsTitle(problems: readonly LocatedProblem[]): string {
  return problems.length === 0 ? "valid" : tallyOf(problems);
}

/** The whole check, with the plan as its summary. */
export function planCheck(plan: Plan, ctx: PullRequestContext): Check {
  const { text, tooLarge } = fitPlan(plan, { ...pageContext(ctx, true), budget: COMMENT });
  const refused = plan.refusals.some((refusal) => !refusal.lifted);
  return {
    title: checkTitle(plan, ctx, tooLarge),
    summary: text,
    conclusion: refused || tooLarge ? "failure" : "success",
  };
}

function cut(text: string): string {
  return text.length <= TITLE ? text : `${text.slice(0, TITLE)}…`;
}
