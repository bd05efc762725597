/** A store in a folder of this machine: nothing to install, nothing to run. How it lies on the disk: `docs/stores.md`. */
import { resolve } from "node:path";
import { Failure } from "../../failure.ts";
import type { StoreDriver } from "../store.ts";
import { limits } from "./limits.ts";

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
  open: async (connection, folder) => {
    const path = connection["directory"];
    if (typeof path === "string" && path !== "")
      return (await import("./open.ts")).openDirectory(resolve(folder, path));
    throw new Failure("USAGE", `The directory store in ${folder} has no path: connection.directory is empty.`, {
      fix: "Write the path of a folder in connection.directory, or leave it out for .trueup/live.",
    });
  },
};
