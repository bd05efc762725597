/** Making a commit out of changed entries, with an index of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Repository } from "./history.ts";
import type { TreeEntry } from "./merge.ts";
import { mustRunGit } from "./process.ts";

/** Writes the tree of a commit with some entries changed; undefined removes one. Gives the tree's id. */
export async function writeTree(
  repo: Repository,
  commit: string,
  changes: ReadonlyMap<string, TreeEntry | undefined>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trueup-index-"));
  const options = { settings: repo.settings, variables: { GIT_INDEX_FILE: join(folder, "index") } };
  const input = [...changes]
    // Removals first: a file may become a folder.
    .toSorted(([, a], [, b]) => Number(a !== undefined) - Number(b !== undefined))
    .map(([path, entry]) => `${entry?.mode ?? "0"} ${entry?.id ?? "0".repeat(commit.length)}\t${path}\0`)
    .join("");
  try {
    await mustRunGit(repo.top, ["read-tree", "--end-of-options", commit], options);
    await mustRunGit(repo.top, ["update-index", "-z", "--index-info"], { ...options, input });
    return (await mustRunGit(repo.top, ["write-tree"], options)).toString("latin1").trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a commit and gives its id. Signed if the user's configuration wants commits signed. */
export async function commitTree(repo: Repository, tree: string, parent: string, message: string): Promise<string> {
  const signed = (await repo.ask(["config", "--type=bool", "--get", "commit.gpgSign"])) === "true";
  const args = ["commit-tree", ...(signed ? ["-S"] : []), tree, "-p", parent, "-F", "-"];
  return (await mustRunGit(repo.top, args, { input: message, settings: repo.settings })).toString("latin1").trim();
}
