/** Environments side by side. */
import { formatPath } from "../../address.ts";
import type { KeyPath, PlaceId, Plain } from "../../model.ts";
import { type Line, print, styled } from "../print.ts";
import { quoteValue } from "../redact.ts";
import { type Cell, alignColumns } from "../table.ts";

export interface ComparedRow {
  readonly path: KeyPath;
  /** One cell a place; `absent` where the place has no such value, `secret` where it must not be shown. */
  readonly cells: readonly (Plain | typeof ABSENT | typeof HIDDEN)[];
  readonly differs: boolean;
  /** True: all places have the same template, only its facts differ. */
  readonly byTemplate: boolean;
}
export const ABSENT = Symbol("absent");
export const HIDDEN = Symbol("secret");

export interface ComparedApp {
  readonly app: string;
  readonly places: readonly PlaceId[];
  readonly rows: readonly ComparedRow[];
}

export interface CompareOptions {
  readonly color: boolean;
  readonly width: number;
  readonly all: boolean;
  readonly real: boolean;
  readonly stat: boolean;
}

export function compareText(apps: readonly ComparedApp[], options: CompareOptions): string {
  return print(
    options.stat
      ? statLines(apps, options)
      : apps.flatMap((app, index) => [...(index === 0 ? [] : [[]]), ...appLines(app, options)]),
    options.color,
  );
}

export function shownRows(app: ComparedApp, options: Pick<CompareOptions, "all" | "real">): readonly ComparedRow[] {
  return app.rows.filter((row) => options.all || (row.differs && !(options.real && row.byTemplate)));
}

function appLines(app: ComparedApp, options: CompareOptions): Line[] {
  const rows = shownRows(app, options);
  const differing = app.rows.filter((row) => row.differs);
  const templated = differing.filter((row) => row.byTemplate).length;
  const head: Line = [
    styled("bold", app.app),
    `  ${differing.length} of ${app.rows.length} keys differ${templated === 0 ? "" : ` (${templated} only by template${options.real ? ", hidden" : ": hide with --real"})`}`,
  ];
  if (rows.length === 0) return [head];
  const cellWidth = Math.max(8, Math.floor((options.width - 30) / Math.max(1, app.places.length)) - 2);
  const table: (readonly Cell[])[] = [
    ["key", ...app.places].map((text) => styled("dim", text)),
    ...rows.map((row) => [formatPath(row.path), ...row.cells.map((cell) => cellText(cell, cellWidth))]),
  ];
  return [head, ...alignColumns(table, { indent: 2 })];
}

function cellText(cell: ComparedRow["cells"][number], width: number): string {
  if (cell === ABSENT) return "–";
  return cell === HIDDEN ? "(secret)" : quoteValue(cell, { width });
}

function statLines(apps: readonly ComparedApp[], options: CompareOptions): Line[] {
  const counts = apps.map((app) => [app.app, shownRows(app, { ...options, all: false }).length] as const);
  const same = counts.filter(([, count]) => count === 0).length;
  const rows = counts.filter(([, count]) => count > 0).map(([app, count]) => [app, `${count}`]);
  return [...alignColumns(rows, { indent: 2 }), [`  ${same} ${same === 1 ? "app" : "apps"} identical`]];
}
