/** What is live and not what was applied. */
import { formatAddress } from "../../address.ts";
import type { Plan } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { conflictText, driftText } from "../plan/change.ts";
import { type Line, print, styled } from "../print.ts";
import { alignColumns } from "../table.ts";
import { plural, shortCommit } from "../words.ts";

/** Foreign keys named without being asked for. */
const SHOWN = 3;

export interface DriftContext extends PlanContext {
  /** List every key that nobody manages. */
  readonly unmanaged: boolean;
}

export function driftReport(plan: Plan, ctx: DriftContext): string {
  const drift = plan.destinations.flatMap((destination) => destination.drift);
  const conflicts = plan.destinations.flatMap((destination) => destination.conflicts);
  const waiting = plan.destinations.reduce(
    (sum, destination) => sum + destination.units.filter((unit) => unit.changes.length > 0).length,
    0,
  );
  const rows = [
    ...drift.map((item) => [formatAddress(item.unit, item.path), driftText(item, ctx.maxValueWidth)]),
    ...conflicts.map((item) => [formatAddress(item.unit, item.path), conflictText(item, ctx.maxValueWidth)]),
  ];
  const foreign = plan.destinations.flatMap((destination) => destination.foreign);
  const heads = plan.destinations.flatMap((destination) => destination.head?.head ?? []);
  const commits = [
    ...new Set(heads.flatMap(({ commit, dirty }) => (commit === null ? [] : [liveText(commit, dirty)]))),
  ];
  const applied = commits.length === 0 ? "what was applied" : `what was applied (${commits.join(", ")})`;
  const lines: Line[] =
    rows.length === 0
      ? [[styled("green", "✔"), ` No drift: live is ${applied}.`]]
      : [
          [styled("yellow", "!"), ` ${plural(rows.length, "value differs", "values differ")} from ${applied}`],
          [],
          ...alignColumns(rows, { indent: 2 }),
          [],
        ];
  if (rows.length > 0)
    lines.push(
      ["  take it back   trueup apply --allow drift,conflict"],
      ["  keep it        write the live value into Git, then trueup apply"],
    );
  if (foreign.length > 0) lines.push(...foreignLines(foreign, ctx.unmanaged));
  if (waiting > 0) lines.push([`  Git is ahead in ${plural(waiting, "unit")}: trueup diff shows it`]);
  return print(lines, ctx.color);
}

function foreignLines(foreign: readonly string[], all: boolean): Line[] {
  const shown = all ? foreign : foreign.slice(0, SHOWN);
  const more = foreign.length - shown.length;
  return [
    [
      `  + ${plural(foreign.length, "key")} nobody manages: ${shown.join(", ")}${more === 0 ? "" : ` and ${more} more (trueup drift --unmanaged)`}`,
    ],
  ];
}

function liveText(commit: string, dirty: true | undefined): string {
  return `${shortCommit(commit)}${dirty === true ? " and uncommitted changes" : ""}`;
}
