/**
 * The comment about a plan that a run over a fork's code has made. Whoever opened the pull request decided what that run
 * says, so everything in it is text of a stranger: counted and shown, believed in nothing, remembered nowhere.
 */
import type { Plain } from "../../model.ts";
import { COMMENT } from "../context.ts";
import { bold, code, document, marker, prose, table, wordLink } from "../markdown.ts";
import { quoteValue } from "../redact.ts";
import { cutText } from "../table.ts";
import { count, plural, shortCommit } from "../words.ts";

/** The parts of `schemas/plan.schema.json` that are shown, as they stand in the file. */
export interface ForkPlan {
  readonly environments: readonly { readonly name: string; readonly protected: boolean; readonly changes: boolean }[];
  readonly edits: readonly ForkEdit[];
  readonly refusals: readonly { readonly guard: string; readonly message: string; readonly lifted: boolean }[];
  readonly schemas?: { readonly changed: readonly string[]; readonly broken_before: readonly unknown[] };
}
export interface ForkEdit {
  readonly key: string;
  readonly action: "add" | "change" | "remove" | "adopt" | "replace";
  readonly secret: boolean;
  readonly before?: Plain;
  readonly after?: Plain;
  readonly source?: { readonly file: string; readonly line?: number };
  readonly reaches: readonly string[];
}

/** Why there is no plan: the configuration is not valid (with the number of errors), or something failed. */
export type ForkResult =
  | { readonly kind: "plan"; readonly plan: ForkPlan }
  | { readonly kind: "invalid"; readonly errors: number }
  | { readonly kind: "failed" };

export interface ForkCommentContext {
  /** Config root, `.` at the top of the repo. */
  readonly root: string;
  /** Last commit of the pull request, from the event. */
  readonly head: string;
  /** Address of the run that made the plan, from the event. */
  readonly runUrl: string;
}

const ROWS: readonly number[] = [50, 20, 5, 0];
const WIDTH = { key: 80, value: 40, unit: 60, file: 80, message: 200 } as const;
/** Characters of one text that are looked at. */
const LONG = 1000;
const UNITS = 3;
const GUARDS = 5;
const SYMBOLS: Readonly<Record<ForkEdit["action"], string>> = {
  remove: "-", replace: "±", change: "~", add: "+", adopt: "=",
}; // prettier-ignore
/** What takes away comes first. */
const ORDER: readonly ForkEdit["action"][] = ["remove", "replace", "change", "add", "adopt"];

/** At most 60,000 characters. First line: `markOf("fork", root)`. Ends with a line feed. */
export function forkComment(result: ForkResult, ctx: ForkCommentContext): string {
  for (const rows of ROWS) {
    const text = render(result, ctx, rows);
    if (text.length <= COMMENT.most) return text;
  }
  return render({ kind: "failed" }, ctx, 0);
}

function render(result: ForkResult, ctx: ForkCommentContext, rows: number): string {
  const sections = result.kind === "plan" ? planSections(result.plan, rows) : [];
  return document([
    [marker("fork", { root: ctx.root }), `### ${titleOf(result)}`],
    [
      "> [!WARNING]",
      "> A run over the code of a fork has computed this, and nobody has checked it: it may leave out or make up anything.",
      "> Review the files. No plan is recorded for it; after the merge everything is planned anew, with all guards.",
    ],
    ...sections,
    [
      `<sub>${[code(shortCommit(ctx.head)), "compared with the base, no store was asked", wordLink("run", ctx.runUrl)].join(" · ")}</sub>`,
    ],
  ]);
}

function titleOf(result: ForkResult): string {
  if (result.kind === "failed") return "🟠 Plan of a fork: there is none, the run says why";
  if (result.kind === "invalid")
    return `❌ Plan of a fork: the configuration is not valid, ${plural(result.errors, "error")}`;
  const { edits, environments } = result.plan;
  if (edits.length === 0) return "⚪ Plan of a fork: no effect on any store";
  const keys = edits.reduce((sum, { reaches }) => sum + reaches.length, 0);
  const guarded = environments.filter((one) => one.protected && one.changes).map(({ name }) => name);
  const reach = guarded.length === 0 ? "" : ` · reaches ${named(guarded, bold, 30)}`;
  return `🟡 Plan of a fork: ${plural(edits.length, "edit")} → ${plural(keys, "key")}${reach}`;
}

function planSections(plan: ForkPlan, rows: number): string[][] {
  const sorted = plan.edits.toSorted((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
  const shown = sorted.slice(0, rows);
  const hidden = sorted.length - shown.length;
  const guards = plan.refusals.filter(({ lifted }) => !lifted);
  const schemas = plan.schemas?.changed ?? [];
  return [
    guards
      .slice(0, GUARDS)
      .map(({ guard, message }) => `- refused by ${code(short(guard, 40))}: ${prose(short(message, WIDTH.message))}`),
    schemas.length === 0 ? [] : [`📐 **Schema changed**: ${named(schemas, code, WIDTH.file)}`],
    shown.length === 0 ? [] : table([" ", "key", "before", "after", "reaches", "line"], shown.map(rowOf), false),
    hidden === 0 ? [] : [`${count(hidden)} more: in the summary of the run`],
  ];
}

function rowOf({ action, key, secret, before, after, source, reaches }: ForkEdit): string[] {
  const line = source === undefined ? "" : `${source.file}${source.line === undefined ? "" : `:${source.line}`}`;
  return [
    SYMBOLS[action],
    code(short(key, WIDTH.key)),
    secret ? "secret" : valueText(before),
    secret ? "secret" : valueText(after),
    named(reaches, code, WIDTH.unit),
    line === "" ? "" : code(short(line, WIDTH.file)),
  ];
}

function valueText(value: Plain | undefined): string {
  if (value === undefined) return "";
  const whole = JSON.stringify(value);
  return code(whole.length > LONG ? short(whole, WIDTH.value) : quoteValue(value, { width: WIDTH.value }));
}

/** The first names, each made harmless, and how many more. */
function named(names: readonly string[], show: (text: string) => string, width: number): string {
  const words = names.slice(0, UNITS).map((name) => show(short(name, width)));
  const more = names.length - words.length;
  return `${words.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`;
}

/** Cutting by columns looks at every character: of a text of megabytes only the beginning. */
function short(text: string, width: number): string {
  return cutText(text.slice(0, LONG), width);
}
