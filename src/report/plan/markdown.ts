/** A plan as one comment on a pull request: first fold, then cut, and cut only repetition. */
import type { Plan } from "../../model.ts";
import { COMMENT, type MarkdownContext } from "../context.ts";
import { document } from "../markdown.ts";
import { diffSection } from "./markdown/diff.ts";
import { editsSection } from "./markdown/edits.ts";
import { type Facts, factsOf, homesMarkdown, type Level } from "./markdown/facts.ts";
import { footSections, untouched } from "./markdown/foot.ts";
import { gridSection } from "./markdown/grid.ts";
import { conflictSection, criticalRows, destroySections, guardSection, needsSection } from "./markdown/risks.ts";
import { nothingSection, titleSection } from "./markdown/title.ts";

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
const TOO_LARGE =
  "**This plan is too large to review.** Split the pull request. Every list here is cut; all of it is in";
/** Widths of values on the steps of the ladder, as far as the user's own limit allows. */
const VALUES = [Infinity, Infinity, Infinity, 60, 40, 24, 16];

/** Markdown for the comment or the step summary, within `ctx.budget`. Ends with a line feed. */
export function markdownPlan(plan: Plan, ctx: MarkdownContext): string {
  return fitPlan(plan, ctx).text;
}

/** `tooLarge`: even deletions in protected environments, conflicts, guards or missing values had to be cut. */
export function fitPlan(plan: Plan, ctx: MarkdownContext): { readonly text: string; readonly tooLarge: boolean } {
  const { most, unit, critical } = ctx.budget ?? COMMENT;
  const facts = factsOf(plan, ctx);
  const tooMany = criticalRows(facts) > critical;
  for (const [step, level] of LADDER.entries()) {
    if (tooMany && step < CUT) continue;
    const value = Math.min(ctx.maxValueWidth, VALUES[step] ?? Infinity);
    const text = render({ ...facts, level: { ...level, value } });
    const size = unit === "bytes" ? Buffer.byteLength(text) : text.length;
    if (size <= most) return { text, tooLarge: step >= CUT };
  }
  const text = document([titleSection({ ...facts, level: { ...LAST, value: 16 } }), [TOO_LARGE + homesMarkdown(ctx)]]);
  return { text, tooLarge: true };
}

function render(facts: Facts): string {
  if (facts.plan.edits.length === 0 && facts.conflicts.length === 0 && facts.plan.refusals.length === 0) {
    return document([nothingSection(facts, untouched(facts)), needsSection(facts)]);
  }
  const cut = facts.level.critical === Infinity ? [] : [TOO_LARGE + homesMarkdown(facts.ctx)];
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
