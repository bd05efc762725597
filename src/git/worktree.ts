/** The checked-out state. */
import type { Repository } from "./history.ts";
import { runGit } from "./process.ts";

/** The checked-out commit and its branch (undefined if none is checked out); undefined before the first commit. */
export async function head(repo: Repository): Promise<{ commit: string; branch: string | undefined } | undefined> {
  // Asked without simple-git, which takes longer to load than the answer.
  const question = ["rev-parse", "--revs-only", "HEAD^{commit}", "--symbolic-full-name", "HEAD"];
  const { stdout } = await runGit(repo.top, question, { settings: repo.settings });
  const [id = "", ref = ""] = stdout.toString("utf8").trimEnd().split("\n");
  if (id === "") return undefined;
  return { commit: id, branch: ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined };
}

/**
 * Paths below `folder` (relative to the top, `""` for all) that differ from the commit. `untracked`: also those that
 * are neither in Git nor ignored.
 */
export async function dirtyPaths(repo: Repository, folder: string, untracked: boolean): Promise<string[]> {
  const files = untracked ? "all" : "no";
  const text = await repo.run([
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--ignore-submodules=dirty",
    `--untracked-files=${files}`,
    ...(folder === "" ? [] : ["--", folder]),
  ]);
  return text
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => line.slice(3));
}
