/** A loaded repo with everything that is the same for all its units, or the problems that stand in the way. */
import { type Workbench, prepare } from "./desired.ts";
import { type Loaded, load } from "./load/load.ts";
import type { Source } from "./load/source.ts";
import type { Problem } from "./problem.ts";
import type { StoreDriver } from "./stores/store.ts";

export type Drivers = Readonly<Record<string, StoreDriver>>;

export interface Project {
  readonly bench: Workbench | undefined;
  readonly problems: readonly Problem[];
  readonly loaded: Loaded;
}

/** Reads the files and prepares what all units share. Throws only if the source cannot be read. */
export async function openProject(source: Source, drivers: Drivers, profile?: string): Promise<Project> {
  const loaded = load(source, { targetTypes: drivers, ...(profile === undefined ? {} : { profile }) });
  const limits = (type: string) => (Object.hasOwn(drivers, type) ? drivers[type]?.limits : undefined);
  const bench = loaded.repo === undefined ? undefined : await prepare(loaded.repo, limits);
  return { bench, problems: loaded.problems, loaded };
}
