/**
 * What the page is made from: a plan as plain data, places and apps by number, every text already harmless. Values of
 * secrets are not in a plan, so they cannot be here.
 */
import { formatAddress, formatPath } from "../../address.ts";
import type { Plan, UnitId } from "../../model.ts";
import { SECRET_TEXT } from "../../secret.ts";
import type { PlanContext } from "../context.ts";
import { ABSENT, type ComparedApp, HIDDEN } from "../look/compare.ts";
import { conflictText, remarks, sides, SYMBOL } from "../plan/change.ts";
import { conflictRows, needsRows, type Row, rowsOf } from "../plan/fold.ts";
import { matrixOf, total } from "../plan/matrix.ts";
import { keepsOf } from "../plan/shadow.ts";
import { appsOf, placesInWords, placesOf, reachInWords, splitUnit } from "../reach.ts";
import { quoteValue, safePiece } from "../redact.ts";
import { plural } from "../words.ts";

export interface HtmlContext extends PlanContext {
  /** Web address of a line in the repo. */
  readonly link?: ((position: { readonly file: string; readonly line: number }) => string | undefined) | undefined;
  readonly comparedAt?: string | undefined;
  /** Environments side by side, where somebody has rendered them. */
  readonly environments?: readonly ComparedApp[] | undefined;
}

/** Columns of a value: more than anybody reads, fewer than would freeze a browser. */
const VALUE = 400;

export interface PageData {
  /** False: a Git ref stood in for the stores. */
  readonly live: boolean;
  readonly places: readonly {
    readonly id: string;
    readonly env: string;
    readonly region: string;
    readonly guarded: boolean;
  }[];
  readonly apps: readonly string[];
  /** `[app, place, worst, number, marks]`: marks are `d` drift, `s` hidden by an override, `v` needs a value. */
  readonly cells: readonly (readonly [number, number, string, number, string])[];
  readonly edits: readonly EditData[];
  readonly drift: readonly (readonly [address: string, git: string, live: string, kind: string])[];
  readonly secrets: readonly (readonly [name: string, state: string, places: string])[];
  readonly environments: readonly {
    readonly app: string;
    readonly places: readonly string[];
    readonly rows: readonly { readonly key: string; readonly cells: readonly string[]; readonly kind: string }[];
  }[];
}
interface EditData {
  readonly action: string;
  readonly sign: string;
  readonly key: string;
  readonly change: readonly string[];
  readonly reach: string;
  readonly apps: readonly number[];
  readonly places: readonly number[];
  readonly where: string;
  readonly href: string;
  readonly notes: readonly string[];
  readonly risk: number;
}

export function pageData(plan: Plan, ctx: HtmlContext): PageData {
  const rows = rowsOf(plan.edits, ctx.world.places, true).toSorted((a, b) => b.risk - a.risk);
  const grid = gridOf(plan, rows, ctx);
  return {
    live: plan.against.kind === "live",
    ...grid.data,
    edits: [...conflictsOf(plan, grid, ctx), ...rows.flatMap((row) => editData(row, grid, ctx))],
    drift: driftOf(plan),
    secrets: secretsOf(plan, rows, ctx),
    environments: (ctx.environments ?? []).map(environmentData),
  };
}

interface Grid {
  readonly data: Pick<PageData, "places" | "apps" | "cells">;
  readonly appNumber: (unit: UnitId) => number;
  readonly placeNumber: (unit: UnitId) => number;
}

/** Apps with deletions in protected environments first, then those with most changes. */
function gridOf(plan: Plan, rows: readonly Row[], ctx: HtmlContext): Grid {
  const matrix = matrixOf(plan, ctx.world.places);
  const marks = marksOf(plan, rows);
  const names = [...new Set([...matrix.apps, ...[...marks.keys()].map((unit) => splitUnit(unit).app)])];
  const weigh = (app: string): number =>
    ctx.world.places.reduce((sum, place) => {
      const counts = matrix.at(app, place.id);
      const deadly = place.protected && counts.remove + counts.replace + counts.conflict > 0;
      return sum + total(counts) + (deadly ? 1e6 : 0);
    }, 0);
  const weights = new Map(names.map((app) => [app, weigh(app)]));
  const apps = names.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
  const { places } = ctx.world;
  const cells = apps.flatMap((app, a) =>
    places.flatMap((place, p): PageData["cells"][number][] => {
      const counts = matrix.at(app, place.id);
      const mark = [...(marks.get(`${app}@${place.id}`) ?? [])].join("");
      if (total(counts) === 0 && mark === "") return [];
      const worst = (["conflict", "remove", "replace", "change", "add"] as const).find((kind) => counts[kind] > 0);
      return [[a, p, worst ?? "none", total(counts), mark]];
    }),
  );
  const [byApp, byPlace] = [new Map(apps.map((app, i) => [app, i])), new Map(places.map((place, i) => [place.id, i]))];
  return {
    data: {
      places: places.map((place) => ({
        id: safePiece(place.id),
        env: safePiece(place.env),
        region: safePiece(place.region ?? ""),
        guarded: place.protected,
      })),
      apps: apps.map(safePiece),
      cells,
    },
    appNumber: (unit) => byApp.get(splitUnit(unit).app) ?? -1,
    placeNumber: (unit) => byPlace.get(splitUnit(unit).place) ?? -1,
  };
}

function marksOf(plan: Plan, rows: readonly Row[]): ReadonlyMap<UnitId, ReadonlySet<string>> {
  const marks = new Map<UnitId, Set<string>>();
  const add = (unit: UnitId, mark: string): void => void marks.set(unit, (marks.get(unit) ?? new Set()).add(mark));
  for (const one of plan.destinations) {
    for (const drift of one.drift) add(drift.unit, "d");
    for (const needs of one.needsValue) add(needs.unit, "v");
  }
  for (const row of rows) for (const shadow of row.shadowed) add(shadow.unit, "s");
  return marks;
}

function numbersOf(units: readonly UnitId[], grid: Grid): Pick<EditData, "apps" | "places"> {
  return {
    apps: [...new Set(units.map(grid.appNumber))],
    places: [...new Set(units.map(grid.placeNumber))],
  };
}

/** One row per outcome, so that a search for a value finds where it is. */
function editData(row: Row, grid: Grid, ctx: HtmlContext): EditData[] {
  const [origin] = row.origins;
  const position = origin === undefined ? undefined : ctx.locate(origin);
  const more = row.origins.length > 1 ? ` and ${plural(row.origins.length - 1, "more file")}` : "";
  const keeps = keepsOf(row, ctx).map(
    (keep) =>
      `${keep.units.slice(0, 3).join(", ")} ${keep.units.length === 1 ? "keeps" : "keep"} ${keep.value ?? "another value"} (${keep.by})`,
  );
  const notes = [...remarks(row, plural(placesOf(row.units).length, "place")), ...keeps.slice(0, 10)];
  const outcomes = row.secret ? [{ units: row.units }] : row.outcomes;
  return outcomes.map((outcome, i) => ({
    action: row.action,
    sign: SYMBOL[row.action],
    key: safePiece(formatPath(row.path)),
    change: sides(row, outcome, VALUE),
    reach: safePiece(reachInWords(outcome.units, ctx.world.places)),
    ...numbersOf(outcome.units, grid),
    where:
      position === undefined ? safePiece(origin?.file ?? "") : safePiece(`${position.file}:${position.line}${more}`),
    href: position === undefined ? "" : httpOnly(ctx.link?.(position)),
    notes: i === 0 ? notes.map(safePiece) : [],
    risk: row.risk,
  }));
}

function httpOnly(url: string | undefined): string {
  return url !== undefined && /^https?:\/\//u.test(url) ? url : "";
}

function conflictsOf(plan: Plan, grid: Grid, ctx: HtmlContext): EditData[] {
  return conflictRows(plan).map((row) => ({
    action: "conflict",
    sign: "!",
    key: safePiece(formatPath(row.path)),
    change: [safePiece(conflictText(row, VALUE))],
    reach: safePiece(reachInWords(row.units, ctx.world.places)),
    ...numbersOf(row.units, grid),
    where: "",
    href: "",
    notes: [],
    risk: 3,
  }));
}

function driftOf(plan: Plan): PageData["drift"] {
  return plan.destinations.flatMap((one) =>
    one.drift.map((item) => {
      const show = (value: typeof item.git): string =>
        item.secret ? SECRET_TEXT : quoteValue(value, { width: VALUE });
      const git = item.kind === "added" ? "(none)" : show(item.git);
      const live = item.kind === "deleted" ? "(none)" : show(item.live);
      return [safePiece(formatAddress(item.unit, item.path)), git, live, item.kind] as const;
    }),
  );
}

/** Names and states; there are no values. */
function secretsOf(plan: Plan, rows: readonly Row[], ctx: HtmlContext): PageData["secrets"] {
  const where = (units: readonly UnitId[]): string => safePiece(placesInWords(placesOf(units), ctx.world.places));
  const needs = needsRows(plan).map(
    (row) =>
      [
        safePiece(row.secret.startsWith("shared.") ? row.secret : `${appsOf(row.units).join(", ")}.${row.secret}`),
        "? needs a value",
        where(row.units),
      ] as const,
  );
  const changed = rows
    .filter((row) => row.secret)
    .map(
      (row) =>
        [
          safePiece(`${appsOf(row.units).join(", ")}: ${formatPath(row.path)}`),
          remarks(row, "some places")[0] ?? row.action,
          where(row.units),
        ] as const,
    );
  const kept = plan.destinations
    .flatMap((one) => one.kept)
    .map(
      ({ unit, path }) =>
        [safePiece(formatAddress(unit, path)), "no longer used, kept in the store", where([unit])] as const,
    );
  return [...needs, ...changed, ...kept];
}

function environmentData(app: ComparedApp): PageData["environments"][number] {
  return {
    app: safePiece(app.app),
    places: app.places.map(safePiece),
    rows: app.rows.map((row) => ({
      key: safePiece(formatPath(row.path)),
      cells: row.cells.map((cell) =>
        cell === ABSENT ? "" : cell === HIDDEN ? SECRET_TEXT : quoteValue(cell, { width: VALUE }),
      ),
      kind: row.byTemplate ? "template" : row.differs ? "differs" : "equal",
    })),
  };
}
