/** Problems for people at a terminal: what, where, why, what to do, and how far it reaches. */
import type { Position } from "../../model.ts";
import type { LocatedProblem } from "../../problem.ts";
import type { ProblemsContext, World } from "../context.ts";
import { type Line, print, styled } from "../print.ts";
import { appsOf, inCapitals, placesInWords, placesOf } from "../reach.ts";
import { count, duration, plural, some } from "../words.ts";
import { frameLines, maskedLines } from "./frame.ts";

/** Problems shown without `--verbose`, errors first. */
const SHOWN = 50;

/** One frame per problem and a last line with the counts; a line that all is well if there is no error. */
export function humanProblems(problems: readonly LocatedProblem[], ctx: ProblemsContext): string {
  const errors = problems.filter((problem) => problem.severity === "error");
  const limited = ctx.verbose || problems.length <= SHOWN;
  const warnings = problems.filter((problem) => problem.severity === "warning");
  const shown = limited ? problems : [...errors, ...warnings].slice(0, SHOWN);
  const frame = { sources: ctx.sources, masked: maskedLines(problems), width: ctx.width };
  const lines = shown.flatMap((problem): Line[] => [
    headLine(problem),
    ...(problem.position === undefined ? [] : frameLines(problem.position, problem.label, problem.severity, frame)),
    ...noteLines(problem, ctx.world),
    [],
  ]);
  const hidden = problems.length - shown.length;
  if (hidden > 0) lines.push([`… and ${plural(hidden, "more problem")} (--verbose lists all)`], []);
  lines.push(...lastLines(problems, errors, ctx));
  return print(lines, ctx.color);
}

function headLine(problem: LocatedProblem): Line {
  const style = problem.severity === "error" ? "red" : "yellow";
  return [styled(style, `${problem.severity}[${problem.code}]`), styled("bold", `: ${problem.message}`)];
}

/** `fix`, the notes in their order, `reach`: names in one column. */
function noteLines(problem: LocatedProblem, world: World | undefined): Line[] {
  const notes: [name: string, text: string][] = [];
  if (problem.fix !== undefined) notes.push(["fix", problem.fix]);
  problem.notes?.forEach((note, i) =>
    notes.push([note.name, withPlace(note.name, note.text, problem.notePositions[i])]),
  );
  const reach = reachText(problem, world);
  if (reach !== undefined) notes.push(["reach", reach]);
  const width = Math.max(0, ...notes.map(([name]) => name.length));
  return notes.map(([name, text]) => ["   ", styled("cyan", name.padEnd(width)), `   ${text}`]);
}

/** A rule is looked up at its line; of a fact, the line is only the proof. */
function withPlace(name: string, text: string, position: Position | undefined): string {
  if (position === undefined) return text;
  const where = `${position.file}:${position.line}${position.endLine > position.line ? `-${position.endLine}` : ""}`;
  if (text === position.file || text === "") return where;
  return name === "rule" ? `${where}  ${text}` : `${text}   (${where})`;
}

/** `orders@prod.eu-west-1`, `users in all 4 places`, `cart, users in dev, PROD (both regions)`, `all 40 units`. */
function reachText(problem: LocatedProblem, world: World | undefined): string | undefined {
  const units = problem.reach ?? [];
  const [first] = units;
  if (first === undefined) return undefined;
  if (units.length === 1) return first;
  const apps = appsOf(units);
  const places = placesOf(units);
  if (world !== undefined && world.units === units.length && world.apps > 1)
    return `all ${plural(units.length, "unit")}`;
  const who = apps.length <= 3 ? apps.join(", ") : `${count(apps.length)} apps`;
  const words = world === undefined ? some(places, 4) : placesInWords(places, world.places, inCapitals);
  return `${who} in ${words === "everywhere" ? `all ${places.length} places` : words}`;
}

function lastLines(
  problems: readonly LocatedProblem[],
  errors: readonly LocatedProblem[],
  ctx: ProblemsContext,
): Line[] {
  const warnings = problems.length - errors.length;
  const files = new Set(problems.flatMap((problem) => problem.position?.file ?? problem.at?.file ?? []));
  const where = files.size === 0 ? "" : ` in ${plural(files.size, "file")}`;
  const counted = [
    ...(errors.length > 0 ? [plural(errors.length, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ].join(", ");
  if (errors.length === 0) {
    const warned: Line[] = warnings > 0 ? [[styled("yellow", "!"), ` ${counted}${where}`]] : [];
    return [...warned, ...helpLines(problems), fineLine(ctx)];
  }
  return [[styled("red", "✖"), ` ${counted}${where}${affected(problems, ctx.world)}`], ...helpLines(problems)];
}

function affected(problems: readonly LocatedProblem[], world: World | undefined): string {
  const units = new Set(problems.flatMap((problem) => problem.reach ?? []));
  if (world === undefined || units.size === 0) return "";
  const apps = appsOf(units).length;
  return ` · affects ${count(apps)} of ${plural(world.apps, "app")}, ${count(units.size)} of ${plural(world.units, "unit")}`;
}

function helpLines(problems: readonly LocatedProblem[]): Line[] {
  const [first] = problems;
  return first === undefined ? [] : [["  ", styled("cyan", "help"), `  trueup why ${first.code}`]];
}

function fineLine(ctx: ProblemsContext): Line {
  const { world } = ctx;
  const what =
    world === undefined
      ? ""
      : ` ${plural(world.apps, "app")} in ${plural(world.places.length, "place")} (${plural(world.units, "unit")}), ${plural(ctx.keys, "key")} ·`;
  return [styled("green", "✔"), `${what} schema, templates, secrets, mapping · ${duration(ctx.durationMs)}`];
}
