/** The one comment with the plan: written, edited in place, reduced to a line, or left alone. */
import type { Failure } from "../../failure.ts";
import type { Comment, Forge, Pull } from "../../forge/forge.ts";
import { type EarlierPlan, plansShown } from "../../report/pull-request/earlier.ts";
import { markOf } from "../../report/pull-request/hidden.ts";
import { closedComment } from "../../report/pull-request/plan-comment.ts";
import { refusalOf } from "./session.ts";

export interface PlanText {
  /** The body, after plans that the comment has shown. */
  readonly body: (shown: readonly EarlierPlan[]) => string;
  /** False: it changes nothing, so nobody needs a comment; one that exists says so. */
  readonly isNews: boolean;
}

export interface Shown {
  readonly comment: Comment | undefined;
  /** What it had shown before, newest first. */
  readonly earlier: readonly EarlierPlan[];
  readonly refusal: Failure | undefined;
}

export async function showPlan(forge: Forge, pull: Pull["number"], root: string, text: PlanText): Promise<Shown> {
  const existing = await forge.stickyComment(pull, markerOf(root));
  const earlier = existing === undefined ? [] : plansShown(existing.body);
  if (existing === undefined && !text.isNews) return { comment: undefined, earlier, refusal: undefined };
  const saved = await forge.saveComment(pull, existing, text.body(earlier));
  return { comment: saved.kind === "done" ? saved.value : existing, earlier, refusal: refusalOf(saved) };
}

/** One line for a pull request that was closed without a merge. */
export async function foldPlan(forge: Forge, pull: number, root: string): Promise<Failure | undefined> {
  const existing = await forge.stickyComment(pull, markerOf(root));
  if (existing === undefined) return undefined;
  return refusalOf(await forge.saveComment(pull, existing, closedComment(existing.body, root)));
}

/** By kind and root a comment is found again (`markOf` in src/report/pull-request/hidden.ts writes it). */
function markerOf(root: string): string {
  return `${markOf("plan", root)}-->`;
}
