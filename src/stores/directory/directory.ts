/** A store in a folder of this machine: nothing to install, nothing to run. How it lies on the disk: `docs/stores.md`. */
import { resolve } from "node:path";
import { Failure } from "../../failure.ts";
import type { Store, StoreDriver } from "../store.ts";
import { commit } from "./commit.ts";
import { disk as realDisk, type Disk } from "./disk.ts";
import { placesOf } from "./generations.ts";
import { limits } from "./limits.ts";
import { read } from "./read.ts";

const LOCK_WAIT_MS = 10_000;

/** The store that readers find at `directory` (an absolute path). Touches nothing until it is read or written. */
export function openDirectory(
  directory: string,
  { disk = realDisk, lockWaitMs = LOCK_WAIT_MS }: { readonly disk?: Disk; readonly lockWaitMs?: number } = {},
): Store {
  const places = placesOf(directory);
  return {
    read: (query, signal) => read(disk, places, query, signal),
    async *commit(head, groups, signal) {
      yield* await commit(disk, places, head, groups, { lockWaitMs, signal });
    },
    close: () => Promise.resolve(),
  };
}

export const directory: StoreDriver = {
  type: "directory",
  limits,
  connectionSchema: {
    type: "object",
    description: "Where the folder is.",
    additionalProperties: false,
    properties: {
      directory: {
        type: "string",
        minLength: 1,
        description:
          "Path that readers use, relative to trueup.yaml. It becomes a symbolic link; a folder <path>.generations appears beside it.",
        default: ".trueup/live",
      },
    },
  },
  defaults: { path: "/{{env}}/{{app}}/{{key}}", layout: "keys", connection: { directory: ".trueup/live" } },
  open(connection, folder) {
    const path = connection["directory"];
    if (typeof path === "string" && path !== "") return Promise.resolve(openDirectory(resolve(folder, path)));
    const failure = new Failure(
      "USAGE",
      `The directory store in ${folder} has no path: connection.directory is empty.`,
      {
        fix: "Write the path of a folder in connection.directory, or leave it out for .trueup/live.",
      },
    );
    return Promise.reject(failure);
  },
};
