/** Rollback as a commit: what one did, taken back by a newer one. */
import { Failure } from "../failure.ts";
import { mergeContents } from "./merge-contents.ts";
import { type Merged, type Tree, type TreeEntry, mergeTrees, pathFilter } from "./merge.ts";
import { type Repository, ancestry, commitsBetween, describeCommit as describe, resolve } from "./history.ts";
import { commitTree, writeTree } from "./commit-tree.ts";
import { listTree } from "./objects.ts";
import { requireBranchName, requireFullId } from "./refs.ts";
import { revertMessage } from "./revert-message.ts";
import { dirtyPaths, head } from "./worktree.ts";

export interface RevertRequest {
  readonly what:
    /** Take back one commit; of a merge, what it brought in. */
    | { readonly kind: "commit"; readonly commit: string }
    /** Take back everything after `from`, up to and with `to`. */
    | { readonly kind: "range"; readonly from: string; readonly to: string }
    /** Make the configuration what it was at a commit. */
    | { readonly kind: "to"; readonly commit: string };
  /**
   * Only these files and folders, relative to the config root. Default: the whole commit; for `to` the configuration
   * (`trueup.yaml`, `apps`, `shared`, `schemas`), so that workflows and documentation stay as they are.
   */
  readonly paths?: readonly string[];
  /** Goes into the message. */
  readonly reason?: string;
}

/** A commit that exists but that no branch holds yet. It can be loaded (`gitSource`) and planned. */
export interface Prepared {
  readonly commit: string;
  /** The commit it stands on: the one checked out. */
  readonly parent: string;
  readonly message: string;
  /** Files it changes, relative to the top of the repository, sorted. */
  readonly files: readonly { readonly path: string; readonly action: "added" | "changed" | "removed" }[];
}

export interface Published {
  readonly branch: string;
  readonly commit: string;
  /** True: the work tree shows the revert now. False: the branch is new and not checked out. */
  readonly checkedOut: boolean;
}

const CONFIGURATION = ["trueup.yaml", "apps", "shared", "schemas"];

/**
 * Prepares a revert on top of the checked-out commit. Writes objects only: branch, index and work tree stay as they
 * are, also if it fails. All commits are full ids. Throws `USAGE` if the work tree is dirty, if later commits changed
 * the same lines, or if there is nothing to take back; `HISTORY` if a commit is not in the clone.
 */
export async function prepareRevert(repo: Repository, request: RevertRequest): Promise<Prepared> {
  const parent = (await head(repo))?.commit;
  if (parent === undefined) throw new Failure("HISTORY", "There is no commit yet, so there is nothing to take back.");
  await requireClean(repo);
  const { what } = request;
  const within = pathFilter(
    (request.paths ?? (what.kind === "to" ? CONFIGURATION : [])).map((path) => below(repo, path)),
  );
  const ours = await treeAt(repo, parent);
  const { from, to } = await ends(repo, what, parent);
  // Going back to a commit replaces: later changes of the same files are what people want to be rid of.
  const base = what.kind === "to" ? ours : await treeAt(repo, to);
  const theirs = from === undefined ? new Map<string, TreeEntry>() : await treeAt(repo, from);
  const merged = mergeTrees(base, ours, theirs, within);
  const changes = await settle(repo, merged);
  if (changes.size === 0)
    throw new Failure("USAGE", "There is nothing to take back: the files are already as they were before.");
  const message = await messageOf(repo, request);
  const tree = await writeTree(repo, parent, changes);
  const files = [...changes].map(([path, entry]) => ({ path, action: actionOf(ours.get(path), entry) }));
  return {
    commit: await commitTree(repo, tree, parent, message),
    parent,
    message,
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/**
 * Puts a prepared revert on the current branch and into the work tree, or on a new branch that is not checked out.
 * Throws `MOVED` if something was committed since, `USAGE` if the work tree is dirty, no branch is checked out, or the
 * new branch exists.
 */
export async function publishRevert(repo: Repository, prepared: Prepared, branch?: string): Promise<Published> {
  if (branch !== undefined) {
    const ref = `refs/heads/${requireBranchName(branch)}`;
    const taken = await repo.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", ref]);
    if (taken !== undefined)
      throw new Failure("USAGE", `The branch ${branch} exists already.`, { fix: "choose another name" });
    // The zeros ask Git to refuse if somebody else made the branch in between.
    await repo.run(["update-ref", ref, prepared.commit, "0".repeat(prepared.commit.length)]);
    return { branch, commit: prepared.commit, checkedOut: false };
  }
  const now = await head(repo);
  if (now?.commit !== prepared.parent)
    throw new Failure("MOVED", "Something was committed while the revert was prepared.", { fix: "run it again" });
  if (now.branch === undefined)
    throw new Failure("USAGE", "No branch is checked out, so the revert would belong to none.", {
      fix: "git switch main, or name a new branch for the revert",
    });
  await requireClean(repo);
  await repo.run(["merge", "--ff-only", "--no-verify-signatures", "--no-autostash", "--quiet", prepared.commit]);
  return { branch: now.branch, commit: prepared.commit, checkedOut: true };
}

async function requireClean(repo: Repository): Promise<void> {
  const dirty = new Set([...(await dirtyPaths(repo, "", false)), ...(await dirtyPaths(repo, repo.root, true))]);
  if (dirty.size === 0) return;
  const [first = ""] = dirty;
  const others = dirty.size === 1 ? "" : ` and ${dirty.size - 1} more`;
  throw new Failure("USAGE", `The work tree has changes that are not committed: ${first}${others}.`, {
    fix: "commit or stash first (git stash --include-untracked), so that nothing of yours gets lost",
    details: [...dirty].slice(0, 10),
  });
}

/** Which state counts as "before" (undefined: nothing was there), and which as "after". */
async function ends(
  repo: Repository,
  what: RevertRequest["what"],
  parent: string,
): Promise<{ from: string | undefined; to: string }> {
  if (what.kind === "to") return { from: await known(repo, what.commit), to: parent };
  if (what.kind === "commit") {
    const { id, parents } = await describe(repo, what.commit);
    await requireContained(repo, id, parent);
    // Where a shallow clone ends, commits look as if they had no parents; taking one back would remove everything.
    if (parents.length === 0 && repo.shallow)
      throw new Failure("HISTORY", `What was there before ${id} is not in this clone, which is shallow.`, {
        fix: "check out with full history: fetch-depth: 0 in actions/checkout, or git fetch --unshallow",
      });
    return { from: parents[0], to: id };
  }
  const [from, to] = [await known(repo, what.from), await known(repo, what.to)];
  await requireContained(repo, to, parent);
  const order = await ancestry(repo, from, to);
  if (order === "same" || order === "ahead") return { from, to };
  throw new Failure(order === "unknown" ? "HISTORY" : "USAGE", `${from} does not come before ${to}.`, {
    fix: order === "unknown" ? "check out with full history: fetch-depth: 0" : "give the older commit first",
  });
}

function known(repo: Repository, id: string): Promise<string> {
  return resolve(repo, requireFullId(id));
}

async function requireContained(repo: Repository, id: string, parent: string): Promise<void> {
  const order = await ancestry(repo, id, parent);
  if (order === "same" || order === "ahead") return;
  throw new Failure(order === "unknown" ? "HISTORY" : "USAGE", `The commit ${id} is not part of what is checked out.`, {
    fix: order === "unknown" ? "check out with full history: fetch-depth: 0" : "git switch to the branch that holds it",
  });
}

async function treeAt(repo: Repository, commit: string): Promise<Tree> {
  const listed = await listTree(repo, commit, "");
  return new Map(listed.filter(({ type }) => type !== "tree").map(({ path, mode, id }) => [path, { mode, id }]));
}

/** Adds the files that changed on both sides, where their lines do not collide. Throws where they do. */
async function settle(repo: Repository, merged: Merged): Promise<Map<string, TreeEntry | undefined>> {
  const changes = new Map(merged.changes);
  const { settled, colliding } = await mergeContents(repo, merged.contested);
  // Merging may end where we are: the same lines were taken back before.
  const unchanged = new Set(
    merged.contested.filter(({ path, ours }) => settled.get(path)?.id === ours?.id).map(({ path }) => path),
  );
  for (const [path, entry] of settled) if (!unchanged.has(path)) changes.set(path, entry);
  if (colliding.length === 0) return changes;
  throw new Failure("USAGE", `Later commits changed the same lines: ${colliding.join(", ")}. Nothing was changed.`, {
    fix: "go back with trueup rollback --to COMMIT, or edit these files by hand",
    details: colliding,
  });
}

async function messageOf(repo: Repository, request: RevertRequest): Promise<string> {
  const { what } = request;
  const paths = request.paths ?? [];
  if (what.kind !== "range")
    return revertMessage(what.kind, [await describe(repo, what.commit)], paths, request.reason);
  return revertMessage("range", await commitsBetween(repo, what.from, what.to), paths, request.reason);
}

function actionOf(before: TreeEntry | undefined, after: TreeEntry | undefined): "added" | "changed" | "removed" {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

function below(repo: Repository, path: string): string {
  return repo.root === "" ? path : `${repo.root}/${path}`;
}
