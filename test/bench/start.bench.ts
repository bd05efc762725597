/**
 * How long a person waits: `trueup validate` on the template next to `node -e 0`, with the bytecode of the run before and
 * without any. Needs `npm run build` first.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, row } from "./measure.ts";

const cli = join(process.cwd(), "dist/cli.cjs");
const template = join(process.cwd(), "config-repo-template");
const cache = mkdtempSync(join(tmpdir(), "trueup-bench-"));
const run =
  (args: readonly string[], kept = true) =>
  (): void => {
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: template,
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...(kept ? { XDG_CACHE_HOME: cache } : {}) },
    });
    if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  };
const times = await measure(
  {
    "node -e 0": run(["-e", "0"]),
    "trueup --help": run([cli, "--help"]),
    "trueup validate (template)": run([cli, "validate"]),
    "the same, nothing kept": run([cli, "validate"], false),
  },
  15,
);
const base = times["node -e 0"];
for (const [name, measured] of Object.entries(times)) process.stdout.write(row(name, measured, base));
rmSync(cache, { recursive: true, force: true });
