/** The comment where there is no plan: it replaces the old one, which was made for another commit. */
import type { Failure } from "../../failure.ts";
import type { LocatedProblem } from "../../problem.ts";
import { COMMENT } from "../context.ts";
import { code, document, link, marker, prose, wordLink } from "../markdown.ts";
import { reachInWords } from "../reach.ts";
import { cutText } from "../table.ts";
import { plural, shortCommit } from "../words.ts";
import { type EarlierPlan, entryOf } from "./earlier.ts";
import { pageContext, type PullRequestContext } from "./page.ts";
import { footOf } from "./plan-comment.ts";

/** Columns of one message or cure. */
const WIDTH = 300;
/** How many problems are listed, tried one after the other until they fit. */
const STEPS = [Infinity, 100, 30, 10, 3];

/** The configuration is not valid: errors first, with place, message and cure. */
export function invalidComment(
  problems: readonly LocatedProblem[],
  commit: string | null,
  ctx: PullRequestContext,
  shown: readonly EarlierPlan[] = [],
): string {
  const sorted = bySeverity(problems);
  const head = [
    `### ❌ No plan${ofCommit(commit)}: the configuration is not valid`,
    "",
    `**${tallyOf(problems)}** (also marked in *Files changed*):`,
    "",
  ];
  const end = "Nothing was compared or written. <sub>Try locally: `npx trueup validate`</sub>";
  const bodies = STEPS.map((most) => body([...head, ...list(sorted, most, ctx)], end, commit, ctx, shown));
  return bodies.find((text) => text.length <= COMMENT.most) ?? body(head.slice(0, 1), end, commit, ctx, shown);
}

/** Something is wrong in the world: what, and what to do. */
export function failureComment(
  failure: Pick<Failure, "code" | "message" | "fix" | "details">,
  commit: string | null,
  ctx: PullRequestContext,
  shown: readonly EarlierPlan[] = [],
): string {
  const lines = [
    `### ❌ No plan${ofCommit(commit)}: ${prose(cutText(failure.message, WIDTH))}`,
    "",
    ...failure.details.slice(0, 10).map((detail) => `- ${prose(cutText(detail, WIDTH))}`),
    ...(failure.fix === undefined ? [] : [`- **Fix** ${prose(cutText(failure.fix, WIDTH))}`]),
  ];
  return body(lines, `Nothing was written. <sub>${code(failure.code)}</sub>`, commit, ctx, shown);
}

function body(
  lines: readonly string[],
  end: string,
  commit: string | null,
  ctx: PullRequestContext,
  shown: readonly EarlierPlan[],
): string {
  const head = commit === null ? {} : { head: shortCommit(commit) };
  const first = marker("plan", { root: ctx.root, ...head, plan: "none" });
  const foot = footOf(entryOf(undefined, commit, ctx.page, ctx.comparedAt), shown, ctx);
  return `${document([[first, ...lines], [end]])}\n${foot}`;
}

function ofCommit(commit: string | null): string {
  return commit === null ? "" : ` for ${code(shortCommit(commit))}`;
}

/** `5 errors and 1 warning in 4 files`. */
export function tallyOf(problems: readonly LocatedProblem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  const files = new Set(problems.flatMap((problem) => problem.position?.file ?? problem.at?.file ?? [])).size;
  const counts = [
    ...(errors > 0 ? [plural(errors, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  return `${counts.join(" and ")}${files === 0 ? "" : ` in ${plural(files, "file")}`}`;
}

function bySeverity(problems: readonly LocatedProblem[]): LocatedProblem[] {
  return problems.toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"));
}

function list(problems: readonly LocatedProblem[], most: number, ctx: PullRequestContext): string[] {
  const shown = problems.slice(0, most);
  const hidden = problems.length - shown.length;
  const { link: urlOf, homes = [] } = pageContext(ctx, true);
  const rest = homes.map((home) => wordLink(home.name, home.url)).slice(0, 1);
  return [
    ...shown.map((problem, i) => `${i + 1}. ${line(problem, urlOf, ctx)}`),
    ...(hidden > 0 ? ["", `and ${plural(hidden, "more", "more")}: ${rest.join("")}`] : []),
  ];
}

function line(problem: LocatedProblem, urlOf: ReturnType<typeof pageContext>["link"], ctx: PullRequestContext): string {
  const { position } = problem;
  const file = problem.at?.file;
  const where =
    position === undefined
      ? file === undefined
        ? ""
        : `${code(file)} `
      : `${link(`${position.file}:${position.line}`, urlOf?.(position))} `;
  const fix = problem.fix === undefined ? "" : ` · fix: ${code(cutText(problem.fix, WIDTH))}`;
  const reach = problem.reach ?? [];
  const reached = reach.length === 0 ? "" : ` · reaches ${prose(reachInWords(reach, ctx.world.places))}`;
  return `${where}${code(problem.code)} ${prose(cutText(problem.message, WIDTH))}${fix}${reached}`;
}
