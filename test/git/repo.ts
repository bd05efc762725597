/** Real repositories in temporary folders. Nothing of the machine's own Git configuration is used. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const ISOLATED = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};
Object.assign(process.env, ISOLATED);
delete process.env["CI"];
delete process.env["GITHUB_ACTIONS"];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty temporary folder, removed after the tests of the file. */
export function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trueup-git-")));
  folders.push(folder);
  return folder;
}

/** Runs git for the test itself; gives its output without the last line break. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trimEnd();
}

export function write(folder: string, files: { readonly [path: string]: string | Uint8Array }): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** A new repository with a branch `main` and no commit. */
export function newRepo(): string {
  const folder = temporary();
  git(folder, "init", "--quiet", "--initial-branch=main");
  return folder;
}

/** Writes files (null removes), commits everything, gives the full id. */
export function commitFiles(
  folder: string,
  subject: string,
  files: { readonly [path: string]: string | Uint8Array | null },
): string {
  for (const [path, content] of Object.entries(files))
    if (content === null) rmSync(join(folder, path), { recursive: true });
    else write(folder, { [path]: content });
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--allow-empty", "-m", subject);
  return git(folder, "rev-parse", "HEAD");
}

/** A clone with only the last `depth` commits. */
export function shallowClone(from: string, depth: number): string {
  const folder = temporary();
  git(folder, "clone", "--quiet", `--depth=${depth}`, `file://${from}`, ".");
  return folder;
}
