/** All that happens to one app (or to the same set of apps), on a terminal. */
import { formatPath } from "../../address.ts";
import type { PlanContext } from "../context.ts";
import { type Line, type Piece, type Style, styled } from "../print.ts";
import { placesInWords, placesOf, reachInWords, splitUnit } from "../reach.ts";
import { alignColumns, type Cell, columnWidths } from "../table.ts";
import { plural } from "../words.ts";
import { conflictText, type Outcome, remarks, sides, SYMBOL } from "./change.ts";
import type { AppGroup, ConflictRow, Row } from "./fold.ts";
import { appsShadowed, keepsOf } from "./shadow.ts";

/** Different values of one edit that are listed without `--verbose`. */
const OUTCOMES = 4;
const STYLE: { readonly [action in Row["action"]]: Style } = {
  add: "green",
  change: "yellow",
  adopt: "yellow",
  remove: "red",
  replace: "red",
};

/** One line of the table, with the lines that belong under it. */
interface Entry {
  readonly key: Cell;
  readonly change: Cell;
  readonly places: string;
  /** Beside the first line of a row where there is room, below its last line otherwise. */
  readonly source: string;
  readonly sourceBelow: string;
  readonly under: readonly string[];
}

export function groupLines(group: AppGroup, ctx: PlanContext): Line[] {
  const entries = [
    ...group.rows.flatMap((row) => rowEntries(row, ctx)),
    ...group.conflicts.map((conflict) => conflictEntry(conflict, ctx)),
  ];
  return [headLine(group), [], ...layOut(entries, ctx.width)];
}

function headLine(group: AppGroup): Line {
  const name = group.apps.length <= 3 ? group.apps.join(", ") : plural(group.apps.length, "app");
  const units = group.rows.flatMap((row) => row.units);
  const edits = group.rows.reduce((sum, row) => sum + row.edits, 0);
  const parts: string[] = [];
  if (edits > 0) {
    const places = plural(placesOf(units).length, "place");
    parts.push(`${plural(edits, "edit")} → ${plural(units.length, "key")} in ${places}`);
  }
  if (group.conflicts.length > 0) parts.push(plural(group.conflicts.length, "conflict"));
  return [styled("bold", name), `   ${parts.join(", ")}`];
}

function rowEntries(row: Row, ctx: PlanContext): Entry[] {
  const key: Cell = [styled(STYLE[row.action], SYMBOL[row.action]), ` ${formatPath(row.path)}`];
  const under = underRow(row, ctx);
  const source = sourceOf(row, ctx);
  const folded = !ctx.verbose && row.risk < 3 && row.outcomes.length > OUTCOMES;
  if (row.secret || (folded && row.template !== undefined)) {
    const change = row.secret ? sides(row, { units: [] }, ctx.maxValueWidth) : [`→ ${row.template}`];
    const many = row.secret ? [] : [`a template: ${plural(row.outcomes.length, "different value")}`];
    return [
      {
        key,
        change: joined(change),
        places: reach(row.units, ctx),
        source,
        sourceBelow: source,
        under: [...many, ...under],
      },
    ];
  }
  const outcomes = folded ? row.outcomes.slice(0, OUTCOMES) : row.outcomes;
  const hidden = row.outcomes.length - outcomes.length;
  const more = hidden > 0 ? [`… and ${plural(hidden, "more value")}`] : [];
  return outcomes.map((outcome, i) => ({
    key: i === 0 ? key : "",
    change: joined(sides(row, outcome, ctx.maxValueWidth)),
    places: reach(outcome.units, ctx),
    source: i === 0 ? source : "",
    sourceBelow: i === outcomes.length - 1 ? source : "",
    under: [...listedUnits(outcome, ctx), ...(i === outcomes.length - 1 ? [...more, ...under] : [])],
  }));
}

function listedUnits(outcome: Outcome, ctx: PlanContext): readonly string[] {
  const units = [...new Set(outcome.units)];
  return ctx.verbose && units.length > 1 ? units : [];
}

function joined(parts: readonly string[]): Cell {
  return parts.flatMap((part, i): Piece[] => (i === 0 ? [part] : [styled("dim", " → "), part]));
}

function reach(units: readonly string[], ctx: PlanContext): string {
  return reachInWords(units, ctx.world.places);
}

function sourceOf(row: Row, ctx: PlanContext): string {
  const [first] = row.origins;
  if (first === undefined) return "";
  const position = ctx.locate(first);
  const where = position === undefined ? first.file : `${position.file}:${position.line}`;
  return row.origins.length === 1 ? where : `${where} and ${plural(row.origins.length - 1, "more file")}`;
}

function underRow(row: Row, ctx: PlanContext): string[] {
  const lines = remarks(row, plural(placesOf(row.units).length, "place"));
  const keeps = keepsOf(row, ctx);
  if (keeps.length === 0) return lines;
  const shadowed = appsShadowed(row);
  if (!ctx.verbose && (keeps.length > 3 || shadowed.apps > 1)) {
    const where = shadowed.apps > 1 ? ` in ${plural(shadowed.apps, "app")}` : "";
    return [
      ...lines,
      `${plural(shadowed.units, "more unit")}${where} ${shadowed.units === 1 ? "keeps its" : "keep their"} own value (override)`,
    ];
  }
  const texts = keeps.map((keep) => {
    const who = shadowed.apps > 1 ? keep.units : keep.units.map((unit) => splitUnit(unit).place);
    const value = keep.value ?? (keep.units.length === 1 ? "its own value" : "their own value");
    return `${who.join(", ")} ${keep.units.length === 1 ? "keeps" : "keep"} ${value} (${keep.by})`;
  });
  return [...lines, ...(ctx.verbose ? texts : [texts.join(", ")])];
}

function conflictEntry(conflict: ConflictRow, ctx: PlanContext): Entry {
  const places = placesInWords(placesOf(conflict.units), ctx.world.places);
  const under = [conflictText(conflict, ctx.maxValueWidth), ...(ctx.verbose ? conflict.units : [])];
  const key: Cell = [styled("red", "!"), ` ${formatPath(conflict.path)}`];
  return { key, change: "conflict", places, source: "", sourceBelow: "", under };
}

/** Four columns if they fit; then the source goes below its row, then the places as well. */
function layOut(entries: readonly Entry[], width: number): Line[] {
  for (const columns of [4, 3, 2] as const) {
    const rows = entries.map((entry) =>
      [entry.key, entry.change, entry.places, styled("dim", entry.source)].slice(0, columns),
    );
    const widths = columnWidths(rows);
    const needed = widths.reduce((sum, one) => sum + one + GAP, INDENT - GAP);
    if (needed > width && columns > 2) continue;
    const lines = alignColumns(rows, { indent: INDENT, gap: GAP });
    const indent = " ".repeat(INDENT + Math.min((widths[0] ?? 0) + GAP, Math.floor(width / 2)));
    return lines.flatMap((line, i): Line[] => {
      const entry = entries[i];
      const moved = [columns < 3 ? entry?.places : "", columns < 4 ? entry?.sourceBelow : ""];
      const place = moved.filter((text) => text !== "" && text !== undefined).join("   ");
      const under = [...(place === "" ? [] : [place]), ...(entry?.under ?? [])];
      return [line, ...under.map((text): Line => [indent, styled("dim", text)])];
    });
  }
  return [];
}
const INDENT = 2;
const GAP = 3;
