/** Stores of the destinations, each opened once and closed together. */
import { canonicalJson } from "./canonical.ts";
import { Failure } from "./failure.ts";
import type { Destination, PlainMap } from "./model.ts";
import type { Drivers } from "./project.ts";
import type { Purpose, Store } from "./stores/store.ts";

/** Stores opened once per connection, closed together. */
export interface StorePool {
  open(destination: Destination): Promise<Store>;
  close(): Promise<void>;
}

/**
 * `env` answers `{ fromEnv: NAME }` in connections; `folder` is the config root, for relative paths. Open it with
 * `apply` where `applyPlan` is going to follow.
 */
export function storePool(
  drivers: Drivers,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  purpose: Purpose = "plan",
): StorePool {
  const open = new Map<string, Promise<Store>>();
  return {
    open: (destination) => {
      const id = canonicalJson([destination.target.type, destination.connection]);
      const known = open.get(id);
      if (known !== undefined) return known;
      const driver = Object.hasOwn(drivers, destination.target.type) ? drivers[destination.target.type] : undefined;
      if (driver === undefined) throw new Failure("USAGE", `there is no store type ${destination.target.type}`);
      const store = driver.open(withCredentials(destination.connection, env), folder, purpose);
      open.set(id, store);
      return store;
    },
    close: async () => {
      await Promise.allSettled([...open.values()].map(async (store) => (await store).close()));
    },
  };
}

function withCredentials(connection: PlainMap, env: Readonly<Record<string, string | undefined>>): PlainMap {
  return Object.fromEntries(
    Object.entries(connection).flatMap(([name, value]) => {
      if (typeof value !== "object" || value === null || !("fromEnv" in value)) return [[name, value]];
      const variable = typeof value.fromEnv === "string" ? value.fromEnv : "";
      const text = env[variable];
      if (text === undefined || text === "")
        throw new Failure("MISSING", `the environment variable ${variable} is not set (connection.${name})`, {
          fix: `set ${variable}, or drop connection.${name} from trueup.yaml`,
        });
      return [[name, text]];
    }),
  );
}
