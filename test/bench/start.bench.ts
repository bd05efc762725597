/** How long a person waits: `trueup validate` on the template next to `node -e 0`. Needs `npm run build` first. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { measure, row } from "./measure.ts";

const cli = join(process.cwd(), "dist/cli.cjs");
const run = (args: readonly string[], cwd?: string) => (): void => {
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...(cwd === undefined ? {} : { cwd }),
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
};
const times = await measure(
  {
    "node -e 0": run(["-e", "0"]),
    "trueup --help": run([cli, "--help"]),
    "trueup validate (template)": run([cli, "validate"], join(process.cwd(), "config-repo-template")),
  },
  15,
);
const base = times["node -e 0"];
for (const [name, measured] of Object.entries(times)) process.stdout.write(row(name, measured, base));
