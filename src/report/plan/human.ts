/** A plan for people at a terminal: what the author did, where it reaches, what stands in the way. */
import type { Plan } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { type Line, print, styled } from "../print.ts";
import { protectedEnvs } from "../reach.ts";
import { count, listed, plural, shortCommit } from "../words.ts";
import { conflictRows, groupByApps, type Row, rowsOf } from "./fold.ts";
import { groupLines } from "./group.ts";
import { matrixLines } from "./grid.ts";
import { nothingLines, tailLines } from "./tail.ts";

/** Rows shown without `--verbose`. Deletions and replacements in protected environments and conflicts come on top. */
const ROWS = 100;

/** Text for a terminal, `ctx.width` columns where the data allows it. With `verbose` every row and unit is listed. */
export function humanPlan(plan: Plan, ctx: PlanContext): string {
  const conflicts = conflictRows(plan);
  if (plan.edits.length === 0 && conflicts.length === 0 && plan.refusals.length === 0) {
    return print(nothingLines(plan, ctx), ctx.color);
  }
  const rows = rowsOf(plan.edits, ctx.world.places, !ctx.verbose);
  const shown = ctx.verbose ? rows : withinLimit(rows);
  const lines: Line[] = [headLine(plan), []];
  for (const group of groupByApps(shown, conflicts)) lines.push(...groupLines(group, ctx), []);
  lines.push(...restLines(rows, shown));
  const matrix = matrixLines(plan, ctx);
  if (matrix.length > 0) lines.push(...matrix, []);
  lines.push(planLine(plan, ctx), ...tailLines(plan, ctx, hasFolds(rows, shown)));
  return print(lines, ctx.color);
}

function withinLimit(rows: readonly Row[]): readonly Row[] {
  let left = ROWS;
  return rows.filter((row) => row.risk === 3 || left-- > 0);
}

function restLines(rows: readonly Row[], shown: readonly Row[]): Line[] {
  if (rows.length === shown.length) return [];
  const seen = new Set(shown);
  const hidden = rows.filter((row) => !seen.has(row));
  const apps = new Set(hidden.flatMap((row) => row.apps)).size;
  const edits = hidden.reduce((sum, row) => sum + row.edits, 0);
  return [[styled("dim", `  … and ${plural(edits, "more edit", "more edits")} in ${plural(apps, "app")}`)], []];
}

function hasFolds(rows: readonly Row[], shown: readonly Row[]): boolean {
  return rows.length > shown.length || rows.some((row) => row.units.length > 50);
}

function headLine(plan: Plan): Line {
  const commit = plan.commit === null ? "the working tree" : shortCommit(plan.commit);
  const what = plan.dirty && plan.commit !== null ? `${commit} and uncommitted changes` : commit;
  if (plan.against.kind === "ref") return [`Comparing ${what} with ${plan.against.ref} (no store was read)`];
  const types = new Map<string, number>();
  for (const { type } of plan.destinations) types.set(type, (types.get(type) ?? 0) + 1);
  const stores = [...types].map(([type, n]) => `${type} ×${n}`).join(", ");
  return [`Comparing ${what} with live${stores === "" ? "" : ` (${stores})`}`];
}

function planLine(plan: Plan, ctx: PlanContext): Line {
  const { summary } = plan;
  const counts = [`${count(summary.add)} to add`, `${count(summary.change)} to change`];
  if (summary.replace > 0) counts.push(`${count(summary.replace)} to replace`);
  if (summary.adopt > 0) counts.push(`${count(summary.adopt)} to take over`);
  counts.push(`${count(summary.delete)} to delete`);
  if (summary.conflict > 0) counts.push(plural(summary.conflict, "conflict"));
  const guarded = protectedEnvs(summary.places, ctx.world.places).map((env) => env.toUpperCase());
  return [
    styled("bold", `Plan ${plan.id}`),
    `   ${counts.join(", ")}`,
    summary.apps > 1 ? ` · ${plural(summary.apps, "app")}` : "",
    ...(guarded.length === 0 ? [] : [" · reaches ", styled("bold", listed(guarded))]),
  ];
}
