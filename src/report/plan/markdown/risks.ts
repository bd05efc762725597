/** What a reviewer must not miss: guards, secrets without a value, conflicts, deletions and replacements. Never cut unless nothing else is left to cut. */
import { bold, code, fence, htmlWords, prose, table } from "../../markdown.ts";
import type { Plain } from "../../../model.ts";
import { quoteValue } from "../../redact.ts";
import { appsOf, foldPlaces, placesOf, splitUnit } from "../../reach.ts";
import { cutText } from "../../table.ts";
import { count, plural, some } from "../../words.ts";
import { sides, unsourcedText } from "../change.ts";
import { type ConflictRow, type NeedsRow, type Row, unsourcedRows } from "../fold.ts";
import { labelOf } from "../lift.ts";
import { type Facts, homesMarkdown, isGuarded, keyMarkdown, reachMarkdown } from "./facts.ts";

/** Schemas, and values that they would have refused, that are named. */
const SCHEMAS = 5;

export function guardSection(facts: Facts): string[] {
  const open = facts.plan.refusals.filter((refusal) => !refusal.lifted);
  if (open.length === 0) return [];
  const cutAt = facts.level.key * 5;
  const lines = open.slice(0, facts.level.critical).map((refusal) => {
    const examples = refusal.examples.length === 0 ? "" : `: ${refusal.examples.map(code).join(", ")}`;
    return `${bold(refusal.guard)}: ${prose(cutText(refusal.message, cutAt))}${examples}`;
  });
  const hidden = open.length - lines.length;
  const labels = [...new Set(open.flatMap((refusal) => labelOf(refusal.guard) ?? []))];
  const who = facts.ctx.liftBy === undefined ? "" : ` with ${bold(facts.ctx.liftBy)} permission`;
  const lift =
    labels.length === 0
      ? "This cannot be lifted by a label."
      : `If it is intended, somebody${who} adds the label ${labels.map(code).join(", ")}; the plan runs again by itself.`;
  return quote("CAUTION", ["This plan is refused and will not be applied.", ...bullets(lines, hidden, "guard"), lift]);
}

/** Whoever changes a rule and what it forbade at once is held to nothing: the owners of the rule have to look. */
export function schemaSection({ ctx: { schemas }, level }: Facts): string[] {
  if (schemas === undefined) return [];
  const files = some(
    schemas.files.slice(0, SCHEMAS + 1).map((file) => code(cutText(file, level.key))),
    SCHEMAS,
  );
  const more = schemas.files.length - SCHEMAS - 1;
  const named = `📐 **Schema changed**: ${files}${more > 0 ? ` (${count(schemas.files.length)} in all)` : ""}`;
  if (schemas.brokenBefore.length === 0) return [`${named}. The values would be valid by the rules of before, too.`];
  const limit = Math.min(SCHEMAS, level.critical);
  const lines = schemas.brokenBefore.slice(0, limit).map(({ message }) => prose(cutText(message, level.key * 5)));
  return quote("WARNING", [
    named,
    "By the rules of before, these values would be refused:",
    ...bullets(lines, schemas.brokenBefore.length - lines.length, "value"),
  ]);
}

export function needsSection(facts: Facts): string[] {
  if (facts.needs.length === 0) return [];
  const shown = facts.needs.slice(0, facts.level.critical);
  const lines = shown.map(
    (row) => `${bold(cutText(secretName(row), facts.level.key))}: ${reachMarkdown(facts, row.units)}`,
  );
  const all = shown.flatMap((row) => commands(facts, row));
  const more = all.length - COMMANDS;
  const command = [...all.slice(0, COMMANDS), ...(more > 0 ? [`# and ${more} more: trueup secrets list`] : [])];
  const intro =
    "Held outside Git and still without a value. Merging creates *placeholders*; the app may not start until somebody fills them:";
  return quote("IMPORTANT", [
    intro,
    ...bullets(lines, facts.needs.length - shown.length, "secret"),
    ...fence("", command),
  ]);
}

/** Secrets whose value should come from a key that is not there. */
export function unsourcedSection(facts: Facts): string[] {
  const rows = unsourcedRows(facts.plan);
  if (rows.length === 0) return [];
  const shown = rows.slice(0, facts.level.critical);
  const lines = shown.map((row) => {
    const name = bold(cutText(secretName(row), facts.level.key));
    return `${name}: ${prose(unsourcedText(row))}, ${reachMarkdown(facts, row.units)}`;
  });
  const [kind, intro] = rows.some(({ needed }) => needed)
    ? (["CAUTION", "Secrets are read from keys that do not exist, so this plan will not be applied."] as const)
    : (["IMPORTANT", "Sources of secrets are gone. What was taken from them stays."] as const);
  return quote(kind, [intro, ...bullets(lines, rows.length - shown.length, "source")]);
}

/** `payments.webhook_key`, `shared.smtp_password`. */
function secretName(row: Pick<NeedsRow, "secret" | "units">): string {
  return row.secret.startsWith("shared.") ? row.secret : `${appsOf(row.units)[0] ?? ""}.${row.secret}`;
}

/** Commands that are written out; the others are only counted. */
const COMMANDS = 10;

function commands(facts: Facts, row: NeedsRow): string[] {
  const [owner = "", ...rest] = secretName(row).split(".");
  const envs = [...new Set(foldPlaces(placesOf(row.units), facts.ctx.world.places).map((words) => words.env))];
  return envs.map((env) => `trueup secrets set ${owner} ${rest.join(".")} --env ${env}`);
}

export function conflictSection(facts: Facts): string[] {
  const { conflicts, level } = facts;
  if (conflicts.length === 0) return [];
  const rows = conflicts
    .slice(0, level.critical)
    .map((row) => [
      keyMarkdown(facts, row.path),
      reachMarkdown(facts, row.units),
      row.kind === "changed-live" ? "_deleted_" : side(facts, row, row.git),
      row.kind === "deleted-live" ? "_deleted_" : side(facts, row, row.live),
    ]);
  const hidden = conflicts.length - rows.length;
  return [
    `**Changed in Git and live** (${plural(rows.length, "row")}): Git wins only if the guard is lifted.`,
    "",
    ...table(["Key", "Where", "Git says", "Live is"], rows, false),
    ...cutNote(
      facts,
      hidden,
      "conflict",
      conflicts.slice(rows.length).flatMap((row) => row.units),
    ),
  ];
}

function side(facts: Facts, row: ConflictRow, value: Plain | undefined): string {
  return row.secret ? "_(secret)_" : code(quoteValue(value, { width: facts.level.value }));
}

/** One row per key and value: deletions and replacements, those in protected environments first and in the open. */
export function destroySections(facts: Facts): string[][] {
  return (["remove", "replace"] as const).flatMap((action) => {
    const rows = facts.rows.filter((row) => row.action === action).flatMap((row) => valueRows(row));
    const guarded = rows.map((row) => withUnits(row, (unit) => isGuarded(facts, unit)));
    const others = rows.map((row) => withUnits(row, (unit) => !isGuarded(facts, unit)));
    return [destroyed(facts, guarded, true), destroyed(facts, others, false)];
  });
}

/** How many rows there are that should never be cut. */
export function criticalRows(facts: Omit<Facts, "level">): number {
  const destroyedRows = facts.rows
    .filter((row) => row.action === "remove" || row.action === "replace")
    .flatMap(valueRows)
    .filter(({ outcome }) => outcome.units.some((unit) => isGuarded(facts, unit)));
  const open = facts.plan.refusals.filter((refusal) => !refusal.lifted);
  return destroyedRows.length + facts.conflicts.length + facts.needs.length + open.length;
}

interface ValueRow {
  readonly row: Row;
  readonly outcome: Row["outcomes"][number];
}

function valueRows(row: Row): ValueRow[] {
  if (row.secret) return [{ row, outcome: { units: row.units } }];
  return row.outcomes.map((outcome) => ({ row, outcome }));
}

function withUnits(value: ValueRow, keep: (unit: string) => boolean): ValueRow {
  return { row: value.row, outcome: { ...value.outcome, units: value.outcome.units.filter(keep) } };
}

function destroyed(facts: Facts, values: readonly ValueRow[], guarded: boolean): string[] {
  const wanted = values.filter(({ outcome }) => outcome.units.length > 0);
  const [first] = wanted;
  if (first === undefined) return [];
  const limit = guarded ? facts.level.critical : Math.min(facts.level.edits, facts.level.critical);
  const shown = wanted.slice(0, limit);
  const units = wanted.flatMap(({ outcome }) => outcome.units);
  const envs = foldPlaces(placesOf(units), facts.ctx.world.places).map((words) => words.env);
  const where = some([...new Set(envs)].map((env) => (guarded ? env.toUpperCase() : env)).map(htmlWords), 5);
  const verb = first.row.action === "remove" ? "Deleted" : "Replaced";
  const secrets = wanted.filter(({ row }) => row.secret).length;
  const kept =
    secrets === wanted.length
      ? "the values of secrets are not shown"
      : "the values are shown so that they can be restored";
  const why =
    first.row.action === "remove"
      ? `${kept}${secrets > 0 && secrets < wanted.length ? ", those of secrets are not" : ""}`
      : "deleted and created, for a moment without a value";
  const headline = `${verb} in ${where} (${plural(wanted.length, "row")}, ${plural(units.length, "value")})`;
  const columns = first.row.action === "remove" ? ["Key", "Value now", "Where"] : ["Key", "Value now → after", "Where"];
  const rows = shown.map(({ row, outcome }) => [
    keyMarkdown(facts, row.path),
    sides(row, outcome, facts.level.value).map(code).join(" → "),
    reachMarkdown(facts, outcome.units),
  ]);
  const hidden = wanted.slice(shown.length);
  return [
    `<details${guarded ? " open" : ""}><summary><b>${headline}</b>: ${why}</summary>`,
    "",
    ...table(columns, rows, false),
    ...cutNote(
      facts,
      hidden.length,
      "row",
      hidden.flatMap(({ outcome }) => outcome.units),
    ),
    "",
    "</details>",
  ];
}

/** Says what was cut, how it spreads over apps, and where it is. */
function cutNote(facts: Facts, hidden: number, noun: string, units: readonly string[]): string[] {
  if (hidden === 0) return [];
  const perApp = new Map<string, number>();
  for (const unit of units) perApp.set(splitUnit(unit).app, (perApp.get(splitUnit(unit).app) ?? 0) + 1);
  const sorted = [...perApp].toSorted((a, b) => b[1] - a[1]);
  const apps = some(
    sorted.slice(0, 20).map(([app, n]) => `${code(app)} ${count(n)}`),
    20,
  );
  const more = sorted.length > 20 ? ` and ${plural(sorted.length - 20, "more app")}` : "";
  return ["", `${plural(hidden, `more ${noun}`)}, values per app: ${apps}${more}${homesMarkdown(facts.ctx)}`];
}

function bullets(lines: readonly string[], hidden: number, noun: string): string[] {
  const all = hidden > 0 ? [...lines, plural(hidden, `more ${noun}`)] : lines;
  return ["", ...all.map((line) => `- ${line}`), ""];
}

function quote(kind: string, lines: readonly string[]): string[] {
  return [`> [!${kind}]`, ...lines.map((line) => (line === "" ? ">" : `> ${line}`))];
}
