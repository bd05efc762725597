/** Edits as notices on their lines in "Files changed": what the line reaches, and what it does not. */
import { formatPath } from "../../address.ts";
import type { Plan } from "../../model.ts";
import type { Annotation } from "../annotation.ts";
import { remarks } from "../plan/change.ts";
import { type Row, rowsOf } from "../plan/fold.ts";
import { appsShadowed, keepsOf } from "../plan/shadow.ts";
import { placesOf, reachInWords, splitUnit } from "../reach.ts";
import { plural } from "../words.ts";
import type { PullRequestContext } from "./page.ts";

/** Lines that the pull request changed, by file from the top of the repository. */
export type ChangedLines = ReadonlyMap<string, readonly { readonly from: number; readonly to: number }[]>;

/**
 * One notice per edit that has a line, most dangerous first. With `changed`, edits on lines of the pull request come
 * before those that GitHub would not show beside the code.
 */
export function editNotices(
  plan: Plan,
  ctx: Omit<PullRequestContext, "page">,
  changed: ChangedLines = new Map(),
): Annotation[] {
  const prefix = ctx.root === "." ? "" : `${ctx.root}/`;
  const notices = rowsOf(plan.edits, ctx.world.places, false)
    .toSorted((a, b) => b.risk - a.risk)
    .flatMap((row) => notice(row, ctx, prefix));
  const isChanged = ({ file = "", line = 0 }: Annotation): boolean =>
    (changed.get(file) ?? []).some(({ from, to }) => from <= line && line <= to);
  return notices.toSorted((a, b) => Number(isChanged(b)) - Number(isChanged(a)));
}

function notice(row: Row, ctx: Omit<PullRequestContext, "page">, prefix: string): Annotation[] {
  const [origin] = row.origins;
  const position = origin === undefined ? undefined : ctx.locate(origin);
  if (position === undefined) return [];
  const reach = `reaches ${reachInWords(row.units, ctx.world.places)}`;
  const more = [...keeps(row, ctx), ...remarks(row, plural(placesOf(row.units).length, "place"))];
  return [
    {
      level: "notice",
      file: prefix + position.file,
      line: position.line,
      title: formatPath(row.path),
      message: [[reach, ...more].join("; ")],
    },
  ];
}

/** `prod.eu-west-1 keeps 40`, or how many do. */
function keeps(row: Row, ctx: Pick<PullRequestContext, "locate" | "maxValueWidth">): string[] {
  const all = keepsOf(row, ctx);
  const shadowed = appsShadowed(row);
  if (all.length > 3 || shadowed.apps > 1)
    return [`${plural(shadowed.units, "more unit keeps its", "more units keep their")} own value`];
  return all.map((keep) => {
    const who = keep.units.map((unit) => splitUnit(unit).place).join(", ");
    return `${who} ${keep.units.length === 1 ? "keeps" : "keep"} ${keep.value ?? "another value"}`;
  });
}
