/** A plan as one comment on a pull request: first fold, then cut, and cut only repetition. */
import type { Plan } from "../../model.ts";
import { COMMENT, type MarkdownContext } from "../context.ts";
import { document } from "../markdown.ts";
import { diffSection } from "./markdown/diff.ts";
import { editsSection } from "./markdown/edits.ts";
import { type Facts, factsOf, homesMarkdown, type Level } from "./markdown/facts.ts";
import { footSections, untouched } from "./markdown/foot.ts";
import { gridSection } from "./markdown/grid.ts";
import {
  conflictSection,
  criticalRows,
  destroySections,
  guardSection,
  needsSection,
  schemaSection,
  unsourcedSection,
} from "./markdown/risks.ts";
import { nothingSection, titleSection } from "./markdown/title.ts";

/** What each step down gives up. Only those that cut what a reviewer must see say that it is too large. */
const WHOLE: Level = { diffs: true, edits: Infinity, apps: 25, key: Infinity, critical: Infinity, value: Infinity };
const FOLDED: Level = { ...WHOLE, diffs: false };
const LADDER: readonly Level[] = [
  WHOLE,
  FOLDED,
  { ...FOLDED, edits: 8000 },
  { ...FOLDED, edits: 2000, value: 60 },
  { ...FOLDED, edits: 200 },
  { ...FOLDED, edits: 50, value: 60 },
  { ...FOLDED, edits: 10, apps: 10, key: 120, value: 40 },
  { ...FOLDED, edits: 10, apps: 10, key: 60, value: 24, critical: 50 },
  { ...FOLDED, edits: 3, apps: 3, key: 40, value: 16, critical: 5 },
];
const LAST: Level = { diffs: false, edits: 0, apps: 0, key: 40, value: 16, critical: 0 };
const TOO_LARGE =
  "**This plan is too large to review.** Split the pull request. Every list here is cut; all of it is in";
/** No row of an edit is shorter, in characters. */
const ROW = 20;

/** Markdown for the comment or the step summary, within `ctx.budget`. Ends with a line feed. */
export function markdownPlan(plan: Plan, ctx: MarkdownContext): string {
  return fitPlan(plan, ctx).text;
}

/** `tooLarge`: even deletions in protected environments, conflicts, guards or missing values had to be cut. */
export function fitPlan(plan: Plan, ctx: MarkdownContext): { readonly text: string; readonly tooLarge: boolean } {
  const { most, unit, critical } = ctx.budget ?? COMMENT;
  const facts = factsOf(plan, ctx);
  const tooMany = criticalRows(facts) > critical;
  const edits = facts.rows.filter((row) => row.action !== "remove" && row.action !== "replace").length;
  for (const level of LADDER) {
    if (tooMany && level.critical === Infinity) continue;
    // Rendering thousands of rows only to see that they do not fit takes long.
    if (Math.min(edits, level.edits) * ROW > most) continue;
    const text = render({ ...facts, level: { ...level, value: Math.min(ctx.maxValueWidth, level.value) } });
    const size = unit === "bytes" ? Buffer.byteLength(text) : text.length;
    if (size <= most) return { text, tooLarge: level.critical < Infinity };
  }
  const text = document([titleSection({ ...facts, level: LAST }), [TOO_LARGE + homesMarkdown(ctx)]]);
  return { text, tooLarge: true };
}

function render(facts: Facts): string {
  if (facts.plan.edits.length === 0 && facts.conflicts.length === 0 && facts.plan.refusals.length === 0) {
    return document([
      nothingSection(facts, untouched(facts)),
      schemaSection(facts),
      unsourcedSection(facts),
      needsSection(facts),
    ]);
  }
  const cut = facts.level.critical === Infinity ? [] : [TOO_LARGE + homesMarkdown(facts.ctx)];
  return document([
    titleSection(facts),
    cut,
    guardSection(facts),
    schemaSection(facts),
    unsourcedSection(facts),
    needsSection(facts),
    gridSection(facts),
    conflictSection(facts),
    ...destroySections(facts),
    editsSection(facts),
    diffSection(facts),
    ...footSections(facts),
  ]);
}
