/** `trueup compare`: the same app in different places, or two environments as wholes. */
import { formatPath, placeMatcher } from "../../address.ts";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult } from "../../desired.ts";
import { EXIT, type ExitCode } from "../../failure.ts";
import { groupBy } from "../../group.ts";
import type { KeyPath, Plain } from "../../model.ts";
import {
  ABSENT,
  type ComparedApp,
  type ComparedRow,
  HIDDEN,
  compareText,
  shownRows,
} from "../../report/look/compare.ts";
import { originsOf } from "../../resolve/origin.ts";
import { holdsSecret } from "../../secret.ts";
import { leavesOf, valueAt } from "../../tree.ts";
import { reportOptions } from "../context.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";
import { lookAt } from "../units.ts";

export interface ComparisonOptions extends CommonOptions {
  readonly all?: boolean;
  readonly real?: boolean;
  readonly stat?: boolean;
  readonly exitCode?: boolean;
}

export async function compareCommand(words: readonly string[], options: ComparisonOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io, false);
  // `compare staging prod` names environments, `compare orders` names apps.
  const places = words.filter((word) => isPlace(word, project));
  const addresses = words.filter((word) => !places.includes(word));
  const found = lookAt(
    project,
    scopeOf({ ...options, env: options.env ?? [] }, places.length === 0 ? addresses : crossed(addresses, places)),
  );
  if ("problems" in found) return printInvalid(found.problems, project, options, io);
  const apps = comparedApps(found.units);
  const report = {
    ...reportOptions(options, io),
    all: options.all ?? false,
    real: options.real ?? false,
    stat: options.stat ?? false,
  };
  io.out(options.format === "json" ? json(apps, report) : compareText(apps, report));
  const differs = apps.some((app) => shownRows(app, { ...report, all: false }).length > 0);
  return (options.exitCode ?? false) && differs ? EXIT.changes : EXIT.ok;
}

function isPlace(word: string, project: OpenedProject): boolean {
  const isApp = project.loaded.repo?.apps.some((app) => app.name === word) ?? false;
  return !isApp && !/[@:]/u.test(word) && (project.loaded.repo?.places.some(placeMatcher(word)) ?? false);
}

function crossed(addresses: readonly string[], places: readonly string[]): string[] {
  return (addresses.length === 0 ? ["*"] : addresses).flatMap((address) =>
    places.map((place) => `${address.split("@")[0] ?? "*"}@${place}`),
  );
}

export function comparedApps(units: readonly UnitResult[]): ComparedApp[] {
  const byApp = groupBy(units, (unit) => unit.resolved.app.name);
  return [...byApp].map(([app, list]) => ({
    app,
    places: list.map((unit) => unit.resolved.place.id),
    rows: rowsOf(list),
  }));
}

function rowsOf(units: readonly UnitResult[]): ComparedRow[] {
  const paths = new Map<string, KeyPath>();
  for (const unit of units) for (const { path } of leavesOf(unit.rendered.values)) paths.set(formatPath(path), path);
  return [...paths.values()].map((path) => {
    const cells = units.map((unit): ComparedRow["cells"][number] => {
      const value = valueAt(unit.rendered.values, path);
      if (value === undefined) return ABSENT;
      return holdsSecret(value) ? HIDDEN : (value as Plain);
    });
    const texts = new Set(cells.map((value) => (typeof value === "symbol" ? value : canonicalJson(value))));
    const raws = new Set(units.map((unit) => canonicalJson(originsOf(unit.resolved.layers, path)[0]?.value ?? null)));
    return { path, cells, differs: texts.size > 1, byTemplate: texts.size > 1 && raws.size === 1 };
  });
}

function json(apps: readonly ComparedApp[], options: { readonly all: boolean; readonly real: boolean }): string {
  const data = apps.map((app) => ({
    app: app.app,
    rows: shownRows(app, options).map((row) => ({
      key: formatPath(row.path),
      byTemplate: row.byTemplate,
      values: Object.fromEntries(app.places.flatMap((place, index) => cell(place, row.cells[index]))),
    })),
  }));
  return `${JSON.stringify({ version: 1, apps: data }, null, 2)}\n`;
}

function cell(place: string, value: ComparedRow["cells"][number] | undefined): [string, Plain][] {
  if (value === undefined || value === ABSENT) return [];
  return [[place, value === HIDDEN ? "(secret)" : value]];
}
