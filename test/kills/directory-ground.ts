/** Kills on a directory store, at every change of the file system. */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { drivers } from "../../src/index.ts";
import { type Ground, runChild } from "./ground.ts";

const run = promisify(execFile);
const storeOf = (folder: string): string => join(folder, ".trueup");
const liveOf = (folder: string): string => join(storeOf(folder), "live");

export function directoryGround(): Ground {
  return {
    kind: "directory",
    hows: ["before", "middle", "after"],
    fits: (point, how) => how !== "middle" || /^(?:writeFile|rm|mkdir history)/u.test(point),
    target: () => "type: directory",
    drivers,
    // A destination is one generation: its environment and, with two targets, its path.
    atom: (key) => key.split("/").slice(1, 3).join("/"),
    clear: (folder) => fs.rm(storeOf(folder), { recursive: true, force: true }),
    async keep(folder) {
      const copy = join(folder, "kept");
      await run("cp", ["-a", storeOf(folder), copy]).catch(() => fs.mkdir(copy));
      return async () => {
        await fs.rm(storeOf(folder), { recursive: true, force: true });
        await run("cp", ["-a", copy, storeOf(folder)]);
      };
    },
    async hand(folder, { key, text, secret }) {
      const path = join(liveOf(folder), key);
      await fs.mkdir(dirname(path), { recursive: true });
      await fs.rm(path, { force: true });
      await fs.writeFile(path, text, { mode: secret === true ? 0o600 : 0o644 });
    },
    async contents(folder) {
      const found = new Map<string, string>();
      const root = await fs.realpath(liveOf(folder)).catch(() => undefined);
      if (root === undefined) return found;
      for (const entry of await fs.readdir(root, { withFileTypes: true, recursive: true }))
        if (!entry.isDirectory()) {
          const path = join(entry.parentPath, entry.name);
          found.set(path.slice(root.length), await fs.readFile(path, "utf8"));
        }
      return found;
    },
    async trace(folder, key) {
      const { mtimeNs, mode, size } = await fs.stat(join(liveOf(folder), key), { bigint: true });
      return `${mtimeNs} ${mode} ${size}`;
    },
    async traces(folder) {
      const names = await fs.readdir(storeOf(folder), { recursive: true });
      const stats = await Promise.all(
        names.toSorted().map(async (name) => {
          const { ino, mtimeNs } = await fs.lstat(join(storeOf(folder), name), { bigint: true });
          // A commit that finds nothing to do may take and give back the lock.
          return name.endsWith(".generations") ? name : `${name} ${ino} ${mtimeNs}`;
        }),
      );
      return stats.join("\n");
    },
    run: (child, folder, allow, kill) =>
      runChild(["--import", child.preload, child.program, folder, allow.join(",")], {
        KILL_BELOW: storeOf(folder),
        KILL_AT: `${kill?.at ?? 0}`,
        KILL_HOW: kill?.how ?? "before",
      }),
    stop: () => Promise.resolve(),
  };
}
