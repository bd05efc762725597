/** Edits become rows: what was done alike in many apps is told once. */
import type {
  Conflict,
  Edit,
  Holder,
  Origin,
  Place,
  PlaceId,
  Plain,
  Plan,
  SourceMove,
  UnitId,
  Unsourced,
} from "../../model.ts";
import { appsOf, placesOf, splitUnit } from "../reach.ts";

/** One row of a plan: one edit, or many edits that do the same in different apps. */
export interface Row {
  readonly path: Edit["path"];
  readonly action: Edit["action"];
  readonly secret: boolean;
  readonly placeholder: boolean;
  /** Who holds the secrets of what is written; empty: people, or there is no secret. */
  readonly holders: readonly Holder[];
  /** True: the apply makes up a new value. */
  readonly made: boolean;
  readonly sources: readonly SourceMove[];
  readonly template: string | undefined;
  readonly outcomes: Edit["outcomes"];
  readonly shadowed: Edit["shadowed"];
  /** Where the values come from, one per folded edit that has an origin. */
  readonly origins: readonly Origin[];
  /** How many edits of the author this row stands for. */
  readonly edits: number;
  readonly units: readonly UnitId[];
  readonly apps: readonly string[];
  readonly risk: Risk;
}

/** 3: deletes or replaces in a protected environment. 2: changes one, or needs a value. 1: deletes elsewhere. */
type Risk = 0 | 1 | 2 | 3;

/** Up to this many edits that are alike stay with their apps. */
const ALIKE = 3;

/** Rows in the order of the edits. With `fold`, edits that differ only in their app are one row. */
export function rowsOf(edits: readonly Edit[], places: readonly Place[], fold: boolean): Row[] {
  const guarded = new Set(places.filter((place) => place.protected).map((place) => place.id));
  if (!fold) return edits.map((edit) => toRow([edit], guarded));
  const alike = new Map<string, Edit[]>();
  for (const edit of edits) {
    const known = alike.get(signature(edit));
    if (known === undefined) alike.set(signature(edit), [edit]);
    else known.push(edit);
  }
  return [...alike.values()].flatMap((group) =>
    group.length > ALIKE ? [toRow(group, guarded)] : group.map((edit) => toRow([edit], guarded)),
  );
}

function signature(edit: Edit): string {
  const outcomes = edit.outcomes.map((outcome) => [boxed(outcome.before), boxed(outcome.after)]);
  return JSON.stringify([
    edit.path,
    edit.action,
    edit.secret,
    edit.placeholder,
    edit.holders ?? [],
    edit.made ?? false,
    (edit.sources ?? []).length > 0,
    edit.template ?? 0,
    outcomes,
  ]);
}

/** A list, so that "no value" and null stay apart. */
function boxed(value: Plain | undefined): readonly Plain[] {
  return value === undefined ? [] : [value];
}

function toRow(group: readonly Edit[], guarded: ReadonlySet<PlaceId>): Row {
  const first = group[0] as Edit;
  const outcomes =
    group.length === 1
      ? first.outcomes
      : first.outcomes.map((outcome, i) => ({
          ...outcome,
          units: group.flatMap((edit) => edit.outcomes[i]?.units ?? []),
        }));
  const units = outcomes.flatMap((outcome) => outcome.units);
  return {
    path: first.path,
    action: first.action,
    secret: first.secret,
    placeholder: first.placeholder,
    holders: first.holders ?? [],
    made: first.made === true,
    sources: group.flatMap((edit) => edit.sources ?? []),
    template: first.template,
    outcomes,
    shadowed: group.flatMap((edit) => edit.shadowed),
    origins: group.flatMap((edit) => edit.origin ?? []),
    edits: group.length,
    units,
    apps: appsOf(units),
    risk: riskOf(first, units, guarded),
  };
}

function riskOf(edit: Edit, units: readonly UnitId[], guarded: ReadonlySet<PlaceId>): Risk {
  const destroys = edit.action === "remove" || edit.action === "replace";
  const reaches = placesOf(units).some((place) => guarded.has(place));
  if (reaches) return destroys ? 3 : 2;
  return destroys ? 1 : edit.placeholder ? 2 : 0;
}

/** One conflict with every unit that has it. */
export interface ConflictRow extends Omit<Conflict, "unit" | "key"> {
  readonly units: readonly UnitId[];
}

export function conflictRows(plan: Plan): ConflictRow[] {
  const rows = new Map<string, ConflictRow & { units: UnitId[] }>();
  for (const { unit, key: _, ...conflict } of plan.destinations.flatMap((destination) => destination.conflicts)) {
    const id = JSON.stringify([splitUnit(unit).app, conflict]);
    const row = rows.get(id) ?? { ...conflict, units: [] };
    rows.set(id, row);
    if (!row.units.includes(unit)) row.units.push(unit);
  }
  return [...rows.values()];
}

/** A secret that somebody still has to fill in, with every unit that waits for it. */
export interface NeedsRow {
  readonly secret: string;
  readonly units: readonly UnitId[];
}

export function needsRows(plan: Plan): NeedsRow[] {
  const rows = new Map<string, { secret: string; units: Set<UnitId> }>();
  for (const { unit, secret } of plan.destinations.flatMap((destination) => destination.needsValue)) {
    const id = JSON.stringify([secret.startsWith("shared.") ? "" : splitUnit(unit).app, secret]);
    const row = rows.get(id) ?? { secret, units: new Set() };
    rows.set(id, row);
    row.units.add(unit);
  }
  return [...rows.values()].map((row) => ({ secret: row.secret, units: [...row.units] }));
}

/** A source that does not exist, with every unit that waits for it. */
export interface UnsourcedRow extends Pick<Unsourced, "secret" | "source" | "near" | "needed"> {
  readonly units: readonly UnitId[];
}

export function unsourcedRows(plan: Plan): UnsourcedRow[] {
  const rows = new Map<string, UnsourcedRow & { units: UnitId[] }>();
  for (const { unit, path: _, ...rest } of plan.destinations.flatMap((destination) => destination.unsourced)) {
    const id = JSON.stringify(rest);
    const row = rows.get(id) ?? { ...rest, units: [] };
    rows.set(id, row);
    if (!row.units.includes(unit)) row.units.push(unit);
  }
  return [...rows.values()];
}

/** Rows and conflicts of the same apps, told together under one heading. */
export interface AppGroup {
  readonly apps: readonly string[];
  readonly rows: readonly Row[];
  readonly conflicts: readonly ConflictRow[];
}

export function groupByApps(rows: readonly Row[], conflicts: readonly ConflictRow[]): AppGroup[] {
  const groups = new Map<string, { apps: readonly string[]; rows: Row[]; conflicts: ConflictRow[] }>();
  const groupOf = (apps: readonly string[]): { rows: Row[]; conflicts: ConflictRow[] } => {
    const id = apps.join("\n");
    const group = groups.get(id) ?? { apps, rows: [], conflicts: [] };
    groups.set(id, group);
    return group;
  };
  for (const row of rows) groupOf(row.apps).rows.push(row);
  for (const conflict of conflicts) groupOf(appsOf(conflict.units)).conflicts.push(conflict);
  return [...groups.values()];
}
