/** The matrix of counts on a terminal. */
import type { Place, Plan } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { type Line, styled } from "../print.ts";
import { alignColumns, type Cell, columnWidths } from "../table.ts";
import { countsText, matrixOf } from "./matrix.ts";

const ROWS = 12;

/** Nothing if only one place is touched, or if there are too many apps or places for the width. */
export function matrixLines(plan: Plan, ctx: PlanContext): Line[] {
  const matrix = matrixOf(plan, ctx.world.places);
  if (matrix.places.length < 2 || matrix.apps.length > ROWS) return [];
  const head: Cell[] = ["", ...matrix.places.map((place) => placeHead(place, matrix.places))];
  const body = matrix.apps.map((app): Cell[] => [
    styled("bold", app),
    ...matrix.places.map((place) => countsText(matrix.at(app, place.id)) || "·"),
  ]);
  const rows = [head, ...body];
  const needed = columnWidths(rows).reduce((sum, width) => sum + width + 3, 2 - 3);
  if (needed > ctx.width) return [];
  return alignColumns(rows, { indent: 2, gap: 3, center: new Set(matrix.places.map((_, i) => i + 1)) });
}

/** `dev` where the environment has one touched place, `PROD eu-west-1` otherwise. */
function placeHead(place: Place, all: readonly Place[]): Cell {
  const env = place.protected ? place.env.toUpperCase() : place.env;
  const alone = all.filter((other) => other.env === place.env).length === 1;
  const text = place.region === undefined || (alone && !place.protected) ? env : `${env} ${place.region}`;
  return place.protected ? styled("bold", text) : text;
}
