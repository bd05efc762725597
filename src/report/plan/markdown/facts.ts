/** What every section of the comment is made from, worked out once. */
import type { Plan } from "../../../model.ts";
import type { MarkdownContext } from "../../context.ts";
import { bold, code, link, prose, wordLink } from "../../markdown.ts";
import { type PlaceWords, reachInWords, splitUnit } from "../../reach.ts";
import { cutText } from "../../table.ts";
import { formatPath } from "../../../address.ts";
import type { KeyPath, Origin, UnitId } from "../../../model.ts";
import { type ConflictRow, conflictRows, type NeedsRow, needsRows, type Row, rowsOf } from "../fold.ts";
import { type Matrix, matrixOf } from "../matrix.ts";

/** How much of everything is shown. The ladder in `../markdown.ts` goes down until the text fits. */
export interface Level {
  readonly diffs: boolean;
  /** Rows of edits that neither delete nor replace anything in a protected environment. */
  readonly edits: number;
  /** Rows of the matrix. */
  readonly apps: number;
  /** Columns of a value; columns of a key. */
  readonly value: number;
  readonly key: number;
  /** Deletions in protected environments, conflicts, guards, secrets without a value: all but on the last step. */
  readonly critical: number;
}

export interface Facts {
  readonly plan: Plan;
  readonly ctx: MarkdownContext;
  readonly level: Level;
  /** Most dangerous first. */
  readonly rows: readonly Row[];
  readonly conflicts: readonly ConflictRow[];
  readonly needs: readonly NeedsRow[];
  readonly matrix: Matrix;
  readonly guarded: ReadonlySet<string>;
}

export function factsOf(plan: Plan, ctx: MarkdownContext): Omit<Facts, "level"> {
  return {
    plan,
    ctx,
    rows: rowsOf(plan.edits, ctx.world.places, true).toSorted((a, b) => b.risk - a.risk),
    conflicts: conflictRows(plan),
    needs: needsRows(plan),
    matrix: matrixOf(plan, ctx.world.places),
    guarded: new Set(ctx.world.places.filter((place) => place.protected).map((place) => place.id)),
  };
}

export function isGuarded(facts: Pick<Facts, "guarded">, unit: UnitId): boolean {
  return facts.guarded.has(splitUnit(unit).place);
}

/** `**prod** (both regions)`: bold says "protected". */
function placeMarkdown(words: PlaceWords): string {
  return (
    (words.protected ? bold(words.env) : prose(words.env)) +
    (words.rest.startsWith(" (") ? words.rest : regionMarkdown(words.rest))
  );
}

function regionMarkdown(rest: string): string {
  return rest === "" ? "" : ` ${prose(rest.slice(1))}`;
}

/** Where units are, with apps if the plan touches more than one. */
export function reachMarkdown(facts: Facts, units: readonly UnitId[]): string {
  const { places } = facts.ctx.world;
  const apps = [...new Set(units.map((unit) => splitUnit(unit).app))];
  if (apps.length > 3) return prose(reachInWords(units, places, placeMarkdown));
  const [first = ""] = apps;
  const anonymous = units.map((unit) => `x@${splitUnit(unit).place}`);
  const where = reachInWords(anonymous, places, placeMarkdown);
  const named = apps.length > 1 || facts.plan.summary.apps > 1;
  return named && first !== "" ? `${apps.map(code).join(", ")} · ${where}` : where;
}

export function keyMarkdown(facts: Facts, path: KeyPath): string {
  return code(cutText(formatPath(path), facts.level.key));
}

/** `file:line`, linked if the caller knows where the repo lives on the web. */
export function sourceMarkdown(facts: Facts, origin: Origin): string {
  const position = facts.ctx.locate(origin);
  if (position === undefined) return code(origin.file);
  return link(`${position.file}:${position.line}`, facts.ctx.link?.(position));
}

/** `: [full plan](…) · [JSON](…)`, for everything that was cut. */
export function homesMarkdown(ctx: MarkdownContext): string {
  const homes = ctx.homes ?? [];
  return homes.length === 0
    ? ": `trueup diff --verbose`"
    : `: ${homes.map((home) => wordLink(home.name, home.url)).join(" · ")}`;
}
