/** The matrix as a table: apps with the same numbers share a row. */
import type { Place } from "../../../model.ts";
import { bold, code, prose, table } from "../../markdown.ts";
import { plural } from "../../words.ts";
import { type Counts, countsText, sumCounts, total } from "../matrix.ts";
import type { Facts } from "./facts.ts";

const PLACES = 6;
const ENVS = 12;

interface Column {
  readonly name: string;
  readonly places: readonly Place[];
}

/** Nothing if only one app in one place is touched: the edits say it all. */
export function gridSection(facts: Facts): string[] {
  const { matrix, level } = facts;
  if (matrix.apps.length === 0 || (matrix.places.length < 2 && matrix.apps.length < 2)) return [];
  const columns = columnsOf(matrix.places, facts);
  const rows = rowsOf(facts, columns);
  const folded = rows.some((row) => row.apps.length > 1);
  const shown = rows.slice(0, level.apps);
  const cells = shown.map((row) => [
    nameOf(row.apps, rows),
    ...row.counts.map((counts, i) => cell(counts, columns[i])),
  ]);
  const hidden = rows.slice(shown.length);
  if (hidden.length > 0) {
    const apps = hidden.reduce((sum, row) => sum + row.apps.length, 0);
    const sums = columns.map((_, i) => sumCounts(hidden.map((row) => row.counts[i] as Counts)));
    cells.push([`_${plural(apps, "more app")}_`, ...sums.map((counts, i) => cell(counts, columns[i]))]);
  }
  return table([folded ? "Apps most affected" : " ", ...columns.map((column) => column.name)], cells, true);
}

function columnsOf(places: readonly Place[], facts: Facts): Column[] {
  const alone = (place: Place): boolean =>
    facts.ctx.world.places.filter((other) => other.env === place.env).length === 1;
  if (places.length <= PLACES) {
    return places.map((place) => {
      const region = place.region === undefined || alone(place) ? "" : ` ${prose(place.region)}`;
      return { name: `${place.protected ? bold(place.env) : prose(place.env)}${region}`, places: [place] };
    });
  }
  const envs = [...new Set(places.map((place) => place.env))];
  if (envs.length > ENVS) return [{ name: plural(places.length, "place"), places }];
  return envs.map((env) => {
    const own = places.filter((place) => place.env === env);
    return { name: own.some((place) => place.protected) ? bold(env) : prose(env), places: own };
  });
}

interface GridRow {
  readonly apps: readonly string[];
  readonly counts: readonly Counts[];
}

/** Up to `level.apps` apps have a row each; more of them share rows where their numbers are equal. */
function rowsOf(facts: Facts, columns: readonly Column[]): GridRow[] {
  const { matrix, level } = facts;
  const single = matrix.apps.map((app): GridRow => {
    const counts = columns.map((column) => sumCounts(column.places.map((place) => matrix.at(app, place.id))));
    return { apps: [app], counts };
  });
  if (single.length <= level.apps) return single;
  const alike = new Map<string, GridRow[]>();
  for (const row of single) {
    const id = JSON.stringify(row.counts);
    const known = alike.get(id);
    if (known === undefined) alike.set(id, [row]);
    else known.push(row);
  }
  return [...alike.values()]
    .toSorted((a, b) => weight(b[0]) - weight(a[0]))
    .map((rows) => ({
      apps: rows.flatMap((row) => row.apps),
      counts: columns.map((_, i) => sumCounts(rows.map((row) => row.counts[i] as Counts))),
    }));
}

function weight(row: GridRow | undefined): number {
  return (row?.counts ?? []).reduce((sum, counts) => sum + total(counts), 0);
}

function nameOf(apps: readonly string[], rows: readonly GridRow[]): string {
  const [first = ""] = apps;
  if (apps.length === 1) return `**${code(first)}**`;
  const others = plural(apps.length, rows.length > 1 ? "other" : "app");
  return `_${others}, same pattern_`;
}

function cell(counts: Counts, column: Column | undefined): string {
  const text = countsText(counts);
  const deadly =
    counts.remove + counts.replace + counts.conflict > 0 && column?.places.some((place) => place.protected) === true;
  return deadly ? `**${text}**` : text;
}
