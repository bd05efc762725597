/**
 * How long a step takes, start to end: the built actions on the template, next to `node -e 0` of the same Node 24 that the
 * runner starts them with. No compile cache: a hosted runner starts with none. Needs `npm run build` first.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GET_NODE24, findNode24 } from "../../scripts/node24.mjs";
import { measure, row } from "./measure.ts";

const found = findNode24();
if (found === undefined) throw new Error(`there is no Node 24: ${GET_NODE24}`);
const node = found;
const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "trueup-bench-"));
const workspace = join(folder, "config");
cpSync(join(root, "config-repo-template"), workspace, { recursive: true });
const git = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync("git", args, { cwd: workspace, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
};
writeFileSync(join(workspace, ".gitignore"), ".trueup/\n");
git("init", "--quiet", "--initial-branch=main");
appendFileSync(join(workspace, ".git/config"), "[user]\n\tname = Bench\n\temail = bench@example.com\n");
git("add", "--all");
git("commit", "--quiet", "--message", "first");

const files = Object.fromEntries(
  ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"].map((name) => [name, join(folder, name)]),
);
for (const path of Object.values(files)) writeFileSync(path, "{}");
const env = { PATH: process.env["PATH"], CI: "true", RUNNER_TEMP: folder, GITHUB_EVENT_NAME: "schedule", ...files };
const run =
  (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  (): void => {
    writeFileSync(files["GITHUB_OUTPUT"] ?? "", "");
    const { status, stderr } = spawnSync(node, args, { cwd: workspace, encoding: "utf8", env: { ...env, ...more } });
    if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  };
const action = (name: string, inputs: Readonly<Record<string, string>> = {}) =>
  run([join(root, `dist/actions/${name}.cjs`)], inputs);

try {
  for (const name of ["dev", "staging", "prod"]) action("apply", { INPUT_ENV: name })();
  const times = await measure(
    {
      "node -e 0": run(["-e", "0"]),
      validate: action("validate"),
      render: action("render", { INPUT_OUT: join(folder, "rendered") }),
      "diff (directory, nothing to do)": action("diff"),
      "drift (directory)": action("drift"),
      "apply (directory, nothing to do)": action("apply", { INPUT_ENV: "dev" }),
      "cli: trueup validate": run([join(root, "dist/cli.cjs"), "validate"]),
    },
    Number(process.argv[2] ?? 25),
  );
  const base = times["node -e 0"];
  for (const [name, measured] of Object.entries(times)) process.stdout.write(row(name, measured, base));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
