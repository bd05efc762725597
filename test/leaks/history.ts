/** Git around a generated repo: what was there before the last commit. */
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import type { Run } from "./world.ts";

export function git({ folder }: Run, ...args: readonly string[]): void {
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1" };
  execFileSync("git", args, { cwd: folder, env, stdio: "ignore" });
}

/** Tag of the commit before the change. */
export const FIRST = "first";

/** Commits the files as they are, and then a change of one value in all apps. */
export function withHistory(run: Run): void {
  const { folder, repo } = run;
  writeFileSync(join(folder, ".gitignore"), ".trueup/\nout/\ntmp/\n.env.local\n");
  git(run, "init", "--quiet", "--initial-branch=main");
  appendFileSync(join(folder, ".git/config"), "[user]\n\tname = Tester\n\temail = tester@example.com\n");
  commitAll(run);
  git(run, "tag", FIRST);
  for (const app of repo.apps) {
    const base = join(folder, `apps/${app}/base.yaml`);
    writeFileSync(base, readFileSync(base, "utf8").replace("port: 8080", "port: 8081"));
  }
  commitAll(run);
}

export function commitAll(run: Run): void {
  git(run, "add", "--all");
  git(run, "commit", "--quiet", "--allow-empty", "--message", "change");
}
