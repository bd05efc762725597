/** The checked-out state. */
import type { Repository } from "./history.ts";
import { runGit } from "./process.ts";

/** The checked-out commit and its branch (undefined if none is checked out); undefined before the first commit. */
export async function head(repo: Repository): Promise<{ commit: string; branch: string | undefined } | undefined> {
  // Asked without simple-git, which takes longer to load than both answers together, and every run in CI asks this.
  const ask = async (...args: readonly string[]): Promise<string | undefined> => {
    const { code, stdout } = await runGit(repo.top, args, { settings: repo.settings });
    return code === 0 ? stdout.toString("utf8").trimEnd() : undefined;
  };
  const [id, ref] = await Promise.all([
    ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}"),
    ask("symbolic-ref", "--quiet", "HEAD"),
  ]);
  if (id === undefined) return undefined;
  return { commit: id, branch: ref?.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined };
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
