/** After a plan: check, comment, labels. */
import type { Result } from "../../cli/result.ts";
import type { PlanRecord } from "../../forge/forge.ts";
import { planCheck, problemsTitle } from "../../report/pull-request/check.ts";
import { LABELS, labelsOf } from "../../report/pull-request/labels.ts";
import { failureComment, invalidComment } from "../../report/pull-request/no-plan.ts";
import type { PullRequestContext } from "../../report/pull-request/page.ts";
import { planComment } from "../../report/pull-request/plan-comment.ts";
import type { After } from "../forge-steps.ts";
import type { DiffInputs } from "../inputs.ts";
import type { Done } from "../outcome.ts";
import { type Around, asReviewed, contextOf, NO_CONTEXT, rootOf } from "./context.ts";
import { type PlanText, foldPlan, showPlan } from "./plan-comment.ts";
import { checkName, furtherName, idsOf } from "./record.ts";
import { noteRisk } from "./risk-note.ts";
import { refusalOf, type Session, type Step } from "./session.ts";

/** What a pull request is told about a commit: a plan, or why there is none. */
interface News extends PlanText {
  readonly context: PullRequestContext;
  readonly check: Pick<PlanRecord, "title" | "summary" | "conclusion">;
  /** For the check, and for further ones. */
  readonly ids: readonly [string, ...string[]];
  readonly plan: Extract<Result, { kind: "plan" }>["plan"] | undefined;
}

/** Steps to try one after the other; what they give is put into `outputs`. */
export function planSteps(
  session: Session,
  inputs: DiffInputs,
  after: After,
  around: Around,
  prefix: string,
  outputs: Record<string, string>,
): readonly Step[] {
  const { event } = session;
  const { pullRequest } = event;
  const sha = pullRequest?.head.sha ?? (event.name === "merge_group" ? event.sha : undefined);
  const news = newsOf(after, around, prefix);
  if (sha === undefined || news === undefined) return [];
  const check: Step = () => record(session, sha, news);
  if (pullRequest === undefined) return [check];
  const comment: Step = async () => {
    const forge = await session.forge();
    const isNews = news.isNews || inputs.comment === "always";
    const shown = await showPlan(forge, pullRequest.number, news.context.root, { ...news, isNews });
    if (shown.comment !== undefined) outputs["comment-id"] = String(shown.comment.id);
    if (shown.refusal !== undefined || news.plan === undefined) return shown.refusal;
    return noteRisk(forge, pullRequest.number, pullRequest.head.sha, news.plan, shown.earlier);
  };
  const labels: Step = async () => {
    if (news.plan === undefined) return undefined;
    const wanted = labelsOf(news.plan);
    const others = LABELS.filter((label) => !wanted.includes(label));
    return refusalOf(await (await session.forge()).setLabels(pullRequest.number, wanted, others));
  };
  return [check, ...(inputs.comment === "never" ? [] : [comment]), ...(inputs.labels ? [labels] : [])];
}

/** Nothing but the comment: there is no plan for what is closed. A merged one gets a receipt instead. */
export function closedSteps(session: Session, prefix: string): readonly Step[] {
  const { pullRequest } = session.event;
  if (pullRequest === undefined || pullRequest.merged) return [];
  return [async () => foldPlan(await session.forge(), pullRequest.number, rootOf(prefix))];
}

async function record(session: Session, sha: string, news: News): ReturnType<Step> {
  const forge = await session.forge();
  const name = checkName("plan", news.context.root);
  const [id, ...more] = news.ids;
  const url = news.context.page.runUrl;
  // The first names that there are others, so it comes last.
  for (const [i, further] of more.entries()) {
    const refusal = refusalOf(
      await forge.recordPlan(sha, { ...news.check, name: furtherName(name, i + 2), id: further, url }),
    );
    if (refusal !== undefined) return refusal;
  }
  return refusalOf(await forge.recordPlan(sha, { ...news.check, name, id, url }));
}

/** Undefined where nothing can be said: a run that was stopped leaves what is there alone. */
function newsOf({ done, event }: After, around: Around, prefix: string): News | undefined {
  const result = done.results.findLast((one) => one.kind === "plan");
  if (done.failure?.code === "INTERRUPTED") return undefined;
  if (result !== undefined) return planNews(result, around, event);
  const found = done.results.find((one) => one.kind === "problems");
  const world = found?.world ?? NO_CONTEXT.world;
  const context = contextOf({ ...NO_CONTEXT, world }, { prefix: found?.prefix ?? prefix, liftBy: "" }, around);
  const commit = event.pullRequest?.head.sha ?? event.sha ?? null;
  const none = { context, ids: ["none"] as const, plan: undefined, isNews: true };
  if (found !== undefined) {
    const title = `not valid: ${problemsTitle(found.problems)}`;
    const check = { title, summary: `${title}. The comment and the log list them.`, conclusion: "failure" as const };
    return { ...none, check, body: (shown) => invalidComment(found.problems, commit, context, shown) };
  }
  return failureNews(done, { ...none, commit });
}

function planNews(result: Extract<Result, { kind: "plan" }>, around: Around, event: After["event"]): News {
  const context = contextOf(result.context, result.ground, around);
  const plan = asReviewed(result.plan, event);
  return {
    context,
    check: planCheck(plan, context),
    ids: idsOf(plan),
    plan,
    isNews: plan.edits.length + plan.summary.conflict + plan.refusals.length > 0,
    body: (shown) => planComment(plan, context, shown).body,
  };
}

function failureNews(
  { failure }: Done,
  none: Pick<News, "context" | "ids" | "plan" | "isNews"> & { readonly commit: string | null },
): News | undefined {
  if (failure === undefined) return undefined;
  const title = `no plan: ${failure.code}`;
  const check = { title, summary: `${title}. The comment and the log say why.`, conclusion: "failure" as const };
  return { ...none, check, body: (shown) => failureComment(failure, none.commit, none.context, shown) };
}
