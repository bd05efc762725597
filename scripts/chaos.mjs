/**
 * `npm run chaos -- --minutes 10 [--seed 1] [--appliers 3]`: a real etcd cluster of three is hurt while applies, a hand
 * editor and readers work on it; then every answer is held against the recorded history of the store.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { buildChaos } from "./kills-bundle.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    appliers: { type: "string", default: "3" },
  },
});
const many = await buildChaos();
const args = ["--enable-source-maps", many, values.minutes, values.seed, values.appliers];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
