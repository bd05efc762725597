/** A plan as one comment on a pull request: first fold, then cut, and cut only repetition. */
import type { Plan } from "../../model.ts";
import type { MarkdownContext } from "../context.ts";
import { document } from "../markdown.ts";
import { diffSection } from "./markdown/diff.ts";
import { editsSection } from "./markdown/edits.ts";
import { type Facts, factsOf, type Level } from "./markdown/facts.ts";
import { footSections, untouched } from "./markdown/foot.ts";
import { gridSection } from "./markdown/grid.ts";
import { conflictSection, destroySections, guardSection, needsSection } from "./markdown/risks.ts";
import { nothingSection, titleSection } from "./markdown/title.ts";

/** GitHub takes 65,536 characters in a comment; some of them are ours to add later (the list of earlier plans). */
const COMMENT = 60_000;

/** What each step down gives up. Only the last one cuts what a reviewer must see, and says so. */
const LADDER: readonly Omit<Level, "value">[] = [
  { diffs: true, edits: Infinity, apps: 25, key: Infinity, critical: Infinity },
  { diffs: false, edits: Infinity, apps: 25, key: Infinity, critical: Infinity },
  { diffs: false, edits: 200, apps: 25, key: Infinity, critical: Infinity },
  { diffs: false, edits: 50, apps: 25, key: Infinity, critical: Infinity },
  { diffs: false, edits: 10, apps: 10, key: 120, critical: Infinity },
  { diffs: false, edits: 10, apps: 10, key: 60, critical: 50 },
  { diffs: false, edits: 3, apps: 3, key: 40, critical: 5 },
];
/** Steps from here on cut what should never be cut. */
const CUT = LADDER.findIndex((level) => level.critical < Infinity);
const LAST: Omit<Level, "value"> = { diffs: false, edits: 0, apps: 0, key: 40, critical: 0 };
const TOO_LARGE = ["**This plan is too large to review.** Split the pull request; every list here is cut."];
/** Widths of values on the steps of the ladder, as far as the user's own limit allows. */
const VALUES = [Infinity, Infinity, Infinity, 60, 40, 24, 16];

/** Markdown for the comment or the step summary, at most `ctx.budget` UTF-8 bytes. Ends with a line feed. */
export function markdownPlan(plan: Plan, ctx: MarkdownContext): string {
  return fitted(plan, ctx).text;
}

/** True if even deletions in protected environments, conflicts, guards and missing values had to be cut. */
export function tooLargeToReview(plan: Plan, ctx: MarkdownContext): boolean {
  return fitted(plan, ctx).cut;
}

function fitted(plan: Plan, ctx: MarkdownContext): { readonly text: string; readonly cut: boolean } {
  const budget = ctx.budget ?? COMMENT;
  const facts = factsOf(plan, ctx);
  for (const [step, level] of LADDER.entries()) {
    const value = Math.min(ctx.maxValueWidth, VALUES[step] ?? Infinity);
    const text = render({ ...facts, level: { ...level, value } });
    if (Buffer.byteLength(text) <= budget) return { text, cut: step >= CUT };
  }
  return { text: document([titleSection({ ...facts, level: { ...LAST, value: 16 } }), TOO_LARGE]), cut: true };
}

function render(facts: Facts): string {
  if (facts.plan.edits.length === 0 && facts.conflicts.length === 0 && facts.plan.refusals.length === 0) {
    return document([nothingSection(facts, untouched(facts)), needsSection(facts)]);
  }
  const cut = facts.level.critical === Infinity ? [] : TOO_LARGE;
  return document([
    titleSection(facts),
    cut,
    guardSection(facts),
    needsSection(facts),
    gridSection(facts),
    conflictSection(facts),
    ...destroySections(facts),
    editsSection(facts),
    diffSection(facts),
    ...footSections(facts),
  ]);
}
