/** How many values change where: one row per app, one column per place. */
import type { Place, PlaceId, Plan } from "../../model.ts";
import { splitUnit } from "../reach.ts";
import { count } from "../words.ts";

export interface Counts {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly remove: number;
  readonly conflict: number;
}
const NONE: Counts = { add: 0, change: 0, replace: 0, remove: 0, conflict: 0 };

/** Only apps and places that are touched; apps in order of appearance, places in the order given. */
export interface Matrix {
  readonly apps: readonly string[];
  readonly places: readonly Place[];
  readonly at: (app: string, place: PlaceId) => Counts;
}

export function matrixOf(plan: Plan, places: readonly Place[]): Matrix {
  const cells = new Map<string, Map<PlaceId, Counts>>();
  const add = (unit: string, kind: keyof Counts): void => {
    const { app, place } = splitUnit(unit);
    const row = cells.get(app) ?? new Map<PlaceId, Counts>();
    cells.set(app, row);
    const counts = row.get(place) ?? NONE;
    row.set(place, { ...counts, [kind]: counts[kind] + 1 });
  };
  for (const edit of plan.edits) {
    const kind = edit.action === "adopt" ? "change" : edit.action;
    for (const outcome of edit.outcomes) for (const unit of outcome.units) add(unit, kind);
  }
  for (const destination of plan.destinations)
    for (const conflict of destination.conflicts) add(conflict.unit, "conflict");
  const touched = new Set([...cells.values()].flatMap((row) => [...row.keys()]));
  return {
    apps: [...cells.keys()],
    places: places.filter((place) => touched.has(place.id)),
    at: (app, place) => cells.get(app)?.get(place) ?? NONE,
  };
}

/** Sums, for columns that stand for several places or rows that stand for several apps. */
export function sumCounts(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, one) => ({
      add: sum.add + one.add,
      change: sum.change + one.change,
      replace: sum.replace + one.replace,
      remove: sum.remove + one.remove,
      conflict: sum.conflict + one.conflict,
    }),
    NONE,
  );
}

/** `+1 ~1`, or nothing. */
export function countsText(counts: Counts): string {
  const parts: readonly (readonly [string, number])[] = [
    ["+", counts.add],
    ["~", counts.change],
    ["±", counts.replace],
    ["-", counts.remove],
    ["!", counts.conflict],
  ];
  return parts.flatMap(([symbol, n]) => (n === 0 ? [] : [`${symbol}${count(n)}`])).join(" ");
}

export function total(counts: Counts): number {
  return counts.add + counts.change + counts.replace + counts.remove + counts.conflict;
}
