/** Everything trueup asks of Git. The only way in; undefined outside of a repository. */
import {
  type Ancestry,
  type Commit,
  type Repository,
  ancestry,
  changedPaths,
  commitsBetween,
  describeCommit,
  resolve,
} from "./history.ts";
import { locate } from "./locate.ts";
import { porcelain } from "./porcelain.ts";
import { dirtyPaths, head } from "./worktree.ts";
import type { Source } from "../load/source.ts";
import { sourceAt } from "./tree.ts";
import type { Prepared, Published, RevertRequest } from "./revert.ts";

export type { Ancestry, Commit, Prepared, Published, RevertRequest };

export interface Git {
  /** Absolute path of the work tree's top. */
  readonly top: string;
  /** The folder that was opened, relative to the top; `""` at the top. No slash at the end. */
  readonly root: string;
  /** History is cut off (`fetch-depth: 1`): {@link Git.ancestry} may answer `unknown`. */
  readonly shallow: boolean;
  /** Full id of the commit that was checked out when it was opened; undefined before the first commit. */
  readonly opened: string | undefined;
  /** The checked-out commit and its branch (undefined if none is checked out); undefined before the first commit. */
  head(): Promise<{ readonly commit: string; readonly branch: string | undefined } | undefined>;
  /**
   * True if files below `root` (default: the opened folder) differ from the commit, or are not in Git and not ignored.
   * `root` is relative to the top (`""`: everything) or absolute.
   */
  isDirty(root?: string): Promise<boolean>;
  /** Full id of the commit that a full id, branch, tag or `HEAD` (with `~2`, `^`) means. Throws `USAGE`, `HISTORY`. */
  resolve(reference: string): Promise<string>;
  /** How `newer` stands to `older`, both full ids. */
  ancestry(older: string, newer: string): Promise<Ancestry>;
  /** Commits of `newer` that `older` lacks, newest first. Paths are relative to the opened folder. */
  commitsBetween(older: string | undefined, newer: string, paths?: readonly string[]): Promise<Commit[]>;
  /** Paths, relative to the top, that are not the same in two commits given by full id. */
  changedPaths(older: string, newer: string): Promise<string[]>;
  /** Files of a commit (full id) below the opened folder, as {@link gitSource} gives them. */
  files(commit: string): Promise<Source>;
  /** One commit, by full id. */
  commit(id: string): Promise<Commit>;
  /** First line of a commit's message. */
  subject(id: string): Promise<string>;
  /** Makes the commit of a revert without touching branch or work tree. See `prepareRevert`. */
  revert(request: RevertRequest): Promise<Prepared>;
  /** Puts a prepared revert on the current branch, or on a new one. See `publishRevert`. */
  publish(prepared: Prepared, branch?: string): Promise<Published>;
}

/** Opens the repository around a folder. Throws `MISSING` (no git program), `DENIED` (it belongs to another user). */
export async function openGit(folder: string): Promise<Git | undefined> {
  const location = await locate(folder);
  if (location === undefined) return undefined;
  const repo: Repository = { ...location, ...porcelain(location.top, location.settings) };
  const below = (path: string) => (repo.root === "" ? path : path === "" ? repo.root : `${repo.root}/${path}`);
  return {
    top: repo.top,
    root: repo.root,
    shallow: repo.shallow,
    opened: repo.opened,
    head: () => head(repo),
    isDirty: async (root = repo.root) => (await dirtyPaths(repo, root, true)).length > 0,
    resolve: (reference) => resolve(repo, reference),
    ancestry: (older, newer) => ancestry(repo, older, newer),
    commitsBetween: (older, newer, paths = []) => commitsBetween(repo, older, newer, paths.map(below)),
    changedPaths: (older, newer) => changedPaths(repo, older, newer),
    files: (commit) => sourceAt(repo, commit, repo.root),
    commit: (id) => describeCommit(repo, id),
    subject: async (id) => (await describeCommit(repo, id)).subject,
    revert: async (request) => (await import("./revert.ts")).prepareRevert(repo, request),
    publish: async (prepared, branch) => (await import("./revert.ts")).publishRevert(repo, prepared, branch),
  };
}
