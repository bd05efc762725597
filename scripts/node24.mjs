/**
 * The Node that GitHub's runner starts actions with (`using: node24`), for tests and benchmarks: TRUEUP_NODE24, else the
 * one that runs this, else the one that `.ci/run` installs.
 */
import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "trueup/node24");

/** How to get it where it is missing. */
export const GET_NODE24 =
  'npm i --prefix "${XDG_CACHE_HOME:-$HOME/.cache}/trueup/node24" node@24   (or name one in TRUEUP_NODE24)';

/** Path of a Node 24, or undefined. */
export function findNode24() {
  const places = [process.env.TRUEUP_NODE24, process.execPath, join(CACHE, "node_modules/node/bin/node")];
  return places.find((path) => path !== undefined && path !== "" && isNode24(path));
}

function isNode24(path) {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return typeof stdout === "string" && stdout.startsWith("v24.");
}
