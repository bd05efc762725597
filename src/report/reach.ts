/** Where something reaches, in as few words as are true. */
import type { Place, PlaceId, UnitId } from "../model.ts";
import { count, plural, some } from "./words.ts";

/** `orders@prod.us-east-2` → app and place. */
export function splitUnit(unit: UnitId): { readonly app: string; readonly place: PlaceId } {
  const at = unit.indexOf("@");
  return at < 0 ? { app: unit, place: "" } : { app: unit.slice(0, at), place: unit.slice(at + 1) };
}

/** Distinct apps of the units, in order of appearance. */
export function appsOf(units: Iterable<UnitId>): string[] {
  return [...new Set(Array.from(units, (unit) => splitUnit(unit).app))];
}

/** Distinct places of the units, in order of appearance. */
export function placesOf(units: Iterable<UnitId>): PlaceId[] {
  return [...new Set(Array.from(units, (unit) => splitUnit(unit).place))];
}

/** One environment, whole or in part: `prod` + ` (both regions)`, `prod` + ` eu-west-1`. */
export interface PlaceWords {
  readonly env: string;
  readonly rest: string;
  readonly protected: boolean;
}

/**
 * Places folded to environments, in the order of `all`, which holds every place of the repo in promotion order.
 * Places that are not in `all` come last, by their id.
 */
export function foldPlaces(ids: Iterable<PlaceId>, all: readonly Place[]): PlaceWords[] {
  const wanted = new Set(ids);
  const words: PlaceWords[] = [];
  for (const [env, places] of byEnvironment(all)) {
    const reached = places.filter((place) => wanted.has(place.id));
    const isProtected = places.some((place) => place.protected);
    const add = (rest: string): void => void words.push({ env, rest, protected: isProtected });
    if (reached.length === 0) continue;
    if (reached.length < places.length)
      for (const place of reached) add(place.region === undefined ? "" : ` ${place.region}`);
    else if (places.length === 1) add("");
    else add(places.length === 2 ? " (both regions)" : ` (all ${places.length} regions)`);
  }
  for (const id of wanted) {
    if (!all.some((place) => place.id === id)) words.push({ env: id, rest: "", protected: false });
  }
  return words;
}

/** Worked out once per list of places: a large plan asks ten thousand times. */
const grouped = new WeakMap<readonly Place[], ReadonlyMap<string, readonly Place[]>>();
function byEnvironment(all: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
  const known = grouped.get(all);
  if (known !== undefined) return known;
  const groups = new Map<string, Place[]>();
  for (const place of all) groups.set(place.env, [...(groups.get(place.env) ?? []), place]);
  grouped.set(all, groups);
  return groups;
}

/** How one environment is written: upper case says "protected" on a terminal, bold does in Markdown. */
export type WritePlace = (words: PlaceWords) => string;

export const inCapitals: WritePlace = (words) => (words.protected ? words.env.toUpperCase() : words.env) + words.rest;

/** `everywhere` (only if it is every place of the repo), `dev, staging, PROD eu-west-1`, `14 places (dev, PROD)`. */
export function placesInWords(ids: Iterable<PlaceId>, all: readonly Place[], write: WritePlace = inCapitals): string {
  const wanted = new Set(ids);
  if (all.length > 1 && all.every((place) => wanted.has(place.id))) return "everywhere";
  const words = foldPlaces(wanted, all);
  if (words.length <= MANY) return words.map(write).join(", ");
  const envs = new Map(words.map((word) => [word.env, { ...word, rest: "" }]));
  return `${plural(wanted.size, "place")} (${some([...envs.values()].map(write), MANY)})`;
}
const MANY = 4;

/** Reach of a change: the places for one app, `500 apps × 20 places` for a full grid, `3 apps in 7 places` otherwise. */
export function reachInWords(units: readonly UnitId[], all: readonly Place[], write: WritePlace = inCapitals): string {
  const apps = appsOf(units);
  const places = placesOf(units);
  if (apps.length <= 1) return placesInWords(places, all, write);
  const full = new Set(units).size === apps.length * places.length;
  if (apps.length > 3 && full && places.length > 1)
    return `${count(apps.length)} apps × ${plural(places.length, "place")}`;
  const who = apps.length <= 3 ? apps.join(", ") : `${count(apps.length)} apps`;
  return `${who} · ${placesInWords(places, all, write)}`;
}

/** Protected environments among the places, in order, once each. */
export function protectedEnvs(ids: Iterable<PlaceId>, all: readonly Place[]): string[] {
  const wanted = new Set(ids);
  return [...new Set(all.filter((place) => place.protected && wanted.has(place.id)).map((place) => place.env))];
}
