/** The one comment on a pull request that is edited in place: the plan, or why there is none. */
import type { Plan } from "../../model.ts";
import { COMMENT, SUMMARY } from "../context.ts";
import { code, document, marker } from "../markdown.ts";
import { fitPlan } from "../plan/markdown.ts";
import { shortCommit } from "../words.ts";
import { before, type EarlierPlan, earlierSection, entryOf, plansShown, remember } from "./earlier.ts";
import { pageContext, type PullRequestContext } from "./page.ts";

export interface PlanComment {
  /** At most 60,000 characters (UTF-16 units, never fewer than GitHub counts). First line: `markOf("plan", root)`. */
  readonly body: string;
  /** True: not even everything that must be reviewed fits, so the check fails. */
  readonly tooLarge: boolean;
}

/** `shown`: plans the comment has shown so far, from {@link plansShown} of its present body. */
export function planComment(plan: Plan, ctx: PullRequestContext, shown: readonly EarlierPlan[] = []): PlanComment {
  const now = entryOf(plan, plan.commit, ctx.page, ctx.comparedAt);
  const foot = footOf(now, shown, ctx);
  const most = COMMENT.most - foot.length - "\n".length;
  const { text, tooLarge } = fitPlan(plan, { ...pageContext(ctx, true), budget: { ...COMMENT, most } });
  return { body: `${text}\n${foot}`, tooLarge };
}

/** The plan again, with every row that fits into 900,000 bytes. */
export function stepSummary(plan: Plan, ctx: PullRequestContext): string {
  return fitPlan(plan, { ...pageContext(ctx, false), budget: SUMMARY }).text;
}

/** Earlier plans and the hidden last line: the end of every body, so that the next one can go on from it. */
export function footOf(now: EarlierPlan, shown: readonly EarlierPlan[], ctx: PullRequestContext): string {
  const earlier = before(now, shown);
  return document([earlierSection(earlier, ctx.page), remember(now, earlier)]);
}

/** The comment of a pull request that was closed without a merge: one line. `body`: as it is now. */
export function closedComment(body: string, root: string): string {
  const [last] = plansShown(body);
  const plan = last?.plan === undefined || last.plan === null ? "nothing of it" : `plan ${code(last.plan)}`;
  const at = last?.commit === undefined || last.commit === null ? "" : ` at ${code(shortCommit(last.commit))}`;
  const text = `### ⚪ Closed without merging: ${plan}${at} was not applied`;
  return document([[marker("plan", { root }), text], last === undefined ? [] : remember(last, [])]);
}
