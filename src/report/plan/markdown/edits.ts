/** The edits of the author, most dangerous first, one bullet each. */
import { bold, code } from "../../markdown.ts";
import { placesOf, splitUnit } from "../../reach.ts";
import { count, plural } from "../../words.ts";
import { type Outcome, remarks, sides } from "../change.ts";
import type { Row } from "../fold.ts";
import { appsShadowed, type Keeps, keepsOf } from "../shadow.ts";
import { type Facts, homesMarkdown, isGuarded, keyMarkdown, reachMarkdown, sourceMarkdown } from "./facts.ts";
import { cutText } from "../../table.ts";
import { prose } from "../../markdown.ts";

/** Different values of one edit that are listed. */
const OUTCOMES = 5;

export function editsSection(facts: Facts): string[] {
  // Deletions and replacements have tables of their own.
  const rows = facts.rows.filter((row) => row.action !== "remove" && row.action !== "replace");
  const shown = rows.slice(0, facts.level.edits);
  return [...shown.flatMap((row) => bullet(row, facts)), ...rest(facts, rows.slice(shown.length))];
}

function bullet(row: Row, facts: Facts): string[] {
  const key = `${row.secret ? "🔑 " : ""}**${keyMarkdown(facts, row.path)}**`;
  const sign = row.action === "add" ? "+ " : row.secret ? "~ " : "";
  const [only] = row.outcomes;
  const tail = ` · ${reachMarkdown(facts, row.units)}${sourceText(row, facts)}`;
  const under = underRow(row, facts).map((line) => `  - ↳ ${line}`);
  if (row.secret) return [`- ${key} ${sign}_(secret)_${tail}`, ...under];
  if (row.outcomes.length === 1 && only !== undefined) {
    return [`- ${key} ${sign}${change(row, only, facts)}${tail}`, ...under];
  }
  const template = row.template === undefined ? "" : ` from ${code(cutText(row.template, facts.level.value))}`;
  const head = `- ${key} ${sign}${plural(row.outcomes.length, "different value")}${template}${tail}`;
  const shown = row.outcomes.slice(0, OUTCOMES);
  const hidden = row.outcomes.length - shown.length;
  return [
    head,
    ...shown.map((outcome) => `  - ${change(row, outcome, facts)} · ${reachMarkdown(facts, outcome.units)}`),
    ...(hidden > 0 ? [`  - … and ${plural(hidden, "more value")}`] : []),
    ...under,
  ];
}

function change(row: Row, outcome: Outcome, facts: Facts): string {
  return sides(row, outcome, facts.level.value).map(code).join(" → ");
}

function sourceText(row: Row, facts: Facts): string {
  const [first] = row.origins;
  if (first === undefined) return "";
  const more = row.origins.length > 1 ? ` and ${plural(row.origins.length - 1, "more file")}` : "";
  return ` · ${sourceMarkdown(facts, first)}${more}`;
}

function underRow(row: Row, facts: Facts): string[] {
  const lines = remarks(row, plural(placesOf(row.units).length, "place")).map(prose);
  const keeps = keepsOf(row, { ...facts.ctx, maxValueWidth: facts.level.value });
  if (keeps.length === 0) return lines;
  const shadowed = appsShadowed(row);
  if (keeps.length > 4 || shadowed.apps > 1) {
    const apps = shadowed.apps > 1 ? ` in ${plural(shadowed.apps, "app")}` : "";
    return [...lines, `${plural(shadowed.units, "more unit")}${apps} keep their own value (override)`];
  }
  return [...lines, `not affected: ${keeps.map((keep) => keepText(keep, facts)).join(", ")}`];
}

function keepText(keep: Keeps, facts: Facts): string {
  const who = keep.units.map((unit) =>
    isGuarded(facts, unit) ? bold(splitUnit(unit).place) : prose(splitUnit(unit).place),
  );
  const value = keep.value === undefined ? "its own value" : code(keep.value);
  return `${who.join(", ")} ${keep.units.length === 1 ? "keeps" : "keep"} ${value} (${code(keep.by)})`;
}

function rest(facts: Facts, hidden: readonly Row[]): string[] {
  if (hidden.length === 0) return [];
  const edits = hidden.reduce((sum, row) => sum + row.edits, 0);
  const values = hidden.reduce((sum, row) => sum + row.units.length, 0);
  const guarded = hidden.filter((row) => row.risk === 2).length;
  const risky = guarded === 0 ? "" : `, ${count(guarded)} of them in protected environments`;
  return [`- ${plural(edits, "more edit")} (${plural(values, "value")}${risky})${homesMarkdown(facts.ctx)}`];
}
