/** The files of a commit as something to load. Nothing of the work tree is read: it may change while we look. */
import { spawnSync } from "node:child_process";
import { Failure } from "../failure.ts";
import type { Source, TreeEntry } from "../load/source.ts";
import { SETTINGS, gitEnvironment } from "./environment.ts";
import { type Location, locate } from "./locate.ts";
import { type Listed, listTree, missingBlob, readBlobs } from "./objects.ts";
import { requireFullId } from "./refs.ts";

/** What `load` reads below the config root. Other files are listed, and read one by one if somebody asks. */
const READ_AHEAD = /^(?:trueup\.ya?ml$|(?:apps|shared|schemas)\/)/u;
/** Left out of every listing, as in a work tree. */
const SKIPPED: ReadonlySet<string> = new Set([".git", "node_modules", ".trueup"]);
/** Larger files are over load's budget anyway; all of them together must fit into memory comfortably. */
const READ_AHEAD_BYTES = { file: 1_048_576, all: 67_108_864 };

const KINDS: { readonly [mode: string]: TreeEntry["kind"] } = {
  "040000": "folder",
  "100644": "file",
  "100755": "file",
  "100664": "file", // written by very old versions of Git
  "120000": "symlink",
  "160000": "submodule",
};

/**
 * The files of one commit. `commit` is a full id; `root` is the config root relative to the top of the repository.
 * Contents are the bytes of the blobs: no line ends are converted, no filters run, no `$Id$` is filled in.
 * Throws `HISTORY` if the commit or a content is not in the clone, `MISSING` if the commit has no such folder.
 */
export async function gitSource(repoFolder: string, commit: string, root: string): Promise<Source> {
  requireFullId(commit);
  const repo = await locate(repoFolder);
  if (repo === undefined) throw new Failure("MISSING", `${repoFolder} is not inside a Git repository.`);
  return sourceAt(repo, commit, root);
}

/** {@link gitSource} for a repository that is known already. */
export async function sourceAt(repo: Location, commit: string, root: string): Promise<Source> {
  requireFullId(commit);
  const listed = (await listTree(repo, commit, root)).filter(
    ({ path }) => !path.split("/").some((step) => SKIPPED.has(step)),
  );
  const byPath = new Map(listed.map((entry) => [entry.path, entry]));
  const contents = await readBlobs(repo, readAhead(listed));
  const entries = listed.map(describe).toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return {
    list: () => entries,
    read: (path, limit) => {
      const entry = byPath.get(path);
      if (entry === undefined || KINDS[entry.mode] !== "file")
        throw new Failure("MISSING", `The commit ${commit} has no file ${path}.`);
      return (contents.get(entry.id) ?? readNow(repo, entry)).subarray(0, limit + 1);
    },
  };
}

function describe({ path, mode, size }: Listed): TreeEntry {
  const kind = KINDS[mode] ?? "special";
  return { path, kind, size: kind === "file" ? size : 0 };
}

function readAhead(listed: readonly Listed[]): string[] {
  let total = 0;
  return listed.flatMap(({ type, mode, path, size, id }) => {
    if (type !== "blob" || KINDS[mode] !== "file" || !READ_AHEAD.test(path) || size > READ_AHEAD_BYTES.file) return [];
    total += size;
    return total <= READ_AHEAD_BYTES.all ? [id] : [];
  });
}

function readNow(repo: Location, entry: Listed): Uint8Array {
  const settings = [...SETTINGS, ...repo.settings].flatMap((setting) => ["-c", setting]);
  const { status, stdout } = spawnSync("git", [...settings, "cat-file", "blob", entry.id], {
    cwd: repo.top,
    env: gitEnvironment(process.env),
    maxBuffer: entry.size + 1024,
  });
  if (status !== 0) throw missingBlob(entry.id);
  return stdout;
}
