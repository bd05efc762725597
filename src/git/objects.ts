/** Reading and writing Git's objects in bulk. */
import { Failure } from "../failure.ts";
import { commitNotThere } from "./history.ts";
import type { Location } from "./locate.ts";
import type { TreeEntry } from "./merge.ts";
import { gitFailure, mustRunGit, runGit } from "./process.ts";
import { printable } from "./refs.ts";

export interface Listed extends TreeEntry {
  readonly type: "blob" | "tree" | "commit";
  /** Bytes of a blob; 0 for everything else. */
  readonly size: number;
  /** Relative to the tree that was listed. */
  readonly path: string;
}

/**
 * Everything below a folder of a commit, folders included, in Git's order. `folder` is relative to the top of the
 * repository, `""` for all. Throws `MISSING` if the commit has no such folder.
 */
export async function listTree(repo: Location, commit: string, folder: string): Promise<Listed[]> {
  const args = ["ls-tree", "-r", "-t", "-z", "-l", "--full-tree", "--end-of-options", `${commit}:${folder}`];
  const { code, stdout, stderr } = await runGit(repo.top, args, { settings: repo.settings });
  if (code !== 0) {
    const known = await runGit(repo.top, ["cat-file", "-e", `${commit}^{commit}`], { settings: repo.settings });
    if (known.code !== 0) throw commitNotThere(repo, commit);
    if (!/Not a valid object name|not a tree object/u.test(stderr)) throw gitFailure(args, stderr);
    throw new Failure("MISSING", `The commit ${commit} has no folder ${printable(folder)}.`);
  }
  return stdout
    .toString("utf8")
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", type = "", id = "", size = ""] = line.slice(0, tab).split(/ +/u);
      return { mode, type: type as Listed["type"], id, size: Number(size) || 0, path: line.slice(tab + 1) };
    });
}

/** Contents of blobs by id, byte for byte as they are stored. Throws `HISTORY` if one is not in the clone. */
export async function readBlobs(repo: Location, ids: Iterable<string>): Promise<Map<string, Uint8Array>> {
  const wanted = [...new Set(ids)];
  const blobs = new Map<string, Uint8Array>();
  if (wanted.length === 0) return blobs;
  const input = wanted.map((id) => `${id}\n`).join("");
  const output = await mustRunGit(repo.top, ["cat-file", "--batch"], { input, settings: repo.settings });
  let at = 0;
  for (const id of wanted) {
    const end = output.indexOf(0x0a, at);
    const [found, type, size] = output.toString("latin1", at, end < 0 ? output.length : end).split(" ");
    if (found !== id || type !== "blob") throw missingBlob(id);
    const start = end + 1;
    blobs.set(id, output.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
}

export function missingBlob(id: string): Failure {
  return new Failure("HISTORY", `The content ${id} is not in this clone.`, {
    fix: "check out without a filter (filter: blob:none leaves contents out), or run git fetch --refetch",
  });
}

/** Stores content as a blob; gives its id. */
export async function writeBlob(repo: Location, content: Uint8Array): Promise<string> {
  const args = ["hash-object", "-w", "--no-filters", "--stdin"];
  return (await mustRunGit(repo.top, args, { input: content, settings: repo.settings })).toString("latin1").trim();
}
