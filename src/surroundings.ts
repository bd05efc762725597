/** What a plan has to know beside what it is about: keys near a missing source, and the rest of a place. */
import { type Scope, type Workbench, hasAllApps } from "./desired.ts";
import { Failure } from "./failure.ts";
import { readLive } from "./live.ts";
import type { Key, Live } from "./model.ts";
import { secretsIn } from "./secret.ts";
import { type NeededValue, type ReadDestination, valueId } from "./secrets/holdings.ts";
import { nearKeys } from "./secrets/sources.ts";
import type { StorePool } from "./store-pool.ts";
import { type Wanted, wantedBy } from "./wanted.ts";

/** What beside Git, live and the options a plan depends on. */
export interface Surroundings {
  /** Keys called nearly like a source that is missing, by its store and key. */
  readonly near: ReadonlyMap<string, readonly Key[]>;
  /** Destinations of the same places that the scope leaves out, with the units there that it leaves out. */
  readonly elsewhere: readonly ReadDestination[];
}

/** For every source that is missing, what its store has that is called nearly the same. */
export async function nearSources(
  wanted: Wanted,
  live: ReadonlyMap<string, Live>,
  stores: StorePool,
  signal: AbortSignal | undefined,
): Promise<Surroundings["near"]> {
  const near = new Map<string, readonly Key[]>();
  for (const destination of wanted.destinations) {
    const there = live.get(destination.id)?.sources;
    for (const key of new Set(destination.units.flatMap(({ sources }) => [...(sources?.values() ?? [])]))) {
      const id = `${destination.storeId} ${key}`;
      if (there?.has(key) === true || near.has(id)) continue;
      near.set(id, await nearKeys(await stores.open(destination), key, signal));
    }
  }
  return near;
}

/** A value is to be made up: then every part of its place that the scope left out is asked first whether it has one. */
export async function readElsewhere(
  bench: Workbench,
  wanted: Wanted,
  scope: Scope,
  made: readonly NeededValue[],
  stores: StorePool,
  signal: AbortSignal | undefined,
): Promise<readonly ReadDestination[]> {
  if (hasAllApps(scope) && (scope.targets ?? []).length === 0) return [];
  const places = bench.repo.places.filter((place) => made.some((value) => value.place === place.id));
  const envs = [...new Set(places.map(({ env }) => env))];
  const here = new Map(wanted.destinations.map((destination) => [destination.id, destination]));
  const found: ReadDestination[] = [];
  for (const destination of wantedBy(bench, { envs }).destinations) {
    const known = new Set(here.get(destination.id)?.units.map(({ unit }) => unit));
    const units = destination.units.filter(({ unit }) => !known.has(unit));
    const isHere = here.has(destination.id) && units.length === 0;
    if (isHere || !places.some(({ id }) => id === destination.place.id)) continue;
    const left = { ...destination, units };
    found.push({ destination: left, live: await readLive(await stores.open(left), left, signal) });
  }
  return found;
}

/** A new value has to reach all its uses in one apply, or some would keep another one for good. */
export function refuseLonely(made: readonly NeededValue[], elsewhere: readonly ReadDestination[]): void {
  for (const value of made) {
    for (const { destination } of elsewhere) {
      if (destination.place.id !== value.place) continue;
      const other = destination.units.find(
        ({ unit, settings }) =>
          valueId(value.place, unit, value.definition.id) === value.id &&
          settings.some((setting) =>
            setting.members.some((member) => secretsIn(member.value).includes(value.definition.id)),
          ),
      );
      if (other === undefined) continue;
      throw new Failure(
        "REFUSED",
        `${value.definition.id} gets a new value in ${value.place}, and ${other.unit} in ${destination.id} uses it too`,
        { fix: "apply the whole place: leave out --app, --target and addresses" },
      );
    }
  }
}
