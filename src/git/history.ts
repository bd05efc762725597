/** Questions about commits: which one a name means, what is older, what lies between. */
import { Failure } from "../failure.ts";
import { suggest } from "../suggest.ts";
import type { Location } from "./locate.ts";
import type { Porcelain } from "./porcelain.ts";
import { isFullId, parseReference, printable, requireFullId } from "./refs.ts";

/** How the newer commit stands to the older one. `unknown`: the clone does not hold enough history to tell. */
export type Ancestry = "same" | "ahead" | "behind" | "diverged" | "unknown";

export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: string;
  /** When it was committed, ISO 8601 with offset. */
  readonly at: string;
  /** First line of the message. */
  readonly subject: string;
}

export interface Repository extends Location {
  readonly ask: Porcelain["ask"];
  readonly run: Porcelain["run"];
}

/** The full id of the commit that a text means. Throws `USAGE` (nothing, or two things, have this name) or `HISTORY`. */
export async function resolve(repo: Repository, text: string): Promise<string> {
  const reference = parseReference(text);
  if (reference.kind === "id") return existing(repo, reference.id);
  if (reference.kind === "head") return (await peel(repo, `HEAD${reference.steps}`)) ?? notThere(repo, text);
  let found = await lookUp(repo, reference.refs);
  if (found.length === 0) found = await lookUp(repo, reference.otherwise);
  if (found.length === 0) throw await unknownName(repo, text);
  const commits = await Promise.all(found.map(({ id }) => peel(repo, `${id}${reference.steps}`)));
  const [first, ...others] = [...new Set(commits)];
  if (others.length > 0)
    throw ambiguous(
      text,
      found.map(({ ref }) => ref),
    );
  return first ?? notThere(repo, text);
}

/** Refs that exist, by exact name, with the object they point at. */
async function lookUp(repo: Repository, refs: readonly string[]): Promise<{ id: string; ref: string }[]> {
  if (refs.length === 0) return [];
  const answer = await repo.run(["for-each-ref", "--format=%(objectname) %(refname)", "--", ...refs]);
  return answer
    .split("\n")
    .map((line) => ({ id: line.slice(0, line.indexOf(" ")), ref: line.slice(line.indexOf(" ") + 1) }))
    .filter(({ ref }) => refs.includes(ref));
}

/** The commit behind an id or `HEAD`, with steps back; tags are followed. Undefined if it is not in the clone. */
function peel(repo: Repository, revision: string): Promise<string | undefined> {
  return repo.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]);
}

async function existing(repo: Repository, id: string): Promise<string> {
  const commit = await peel(repo, id);
  if (commit === undefined) return notThere(repo, id);
  if (commit === id) return id;
  throw new Failure("USAGE", `${id} is a tag, not a commit.`, { fix: `use the commit it points at: ${commit}` });
}

function notThere(repo: Repository, text: string): never {
  throw commitNotThere(repo, text);
}

/** A commit is named that the clone does not hold, and what to do about it. */
export function commitNotThere(repo: Pick<Location, "shallow">, text: string): Failure {
  return new Failure(
    "HISTORY",
    `The commit ${printable(text)} is not in this clone${repo.shallow ? ", which is shallow" : ""}.`,
    {
      fix: repo.shallow
        ? "check out with full history: fetch-depth: 0 in actions/checkout, or git fetch --unshallow"
        : "git fetch origin",
    },
  );
}

async function unknownName(repo: Repository, text: string): Promise<Failure> {
  if (/^[0-9a-f]{4,39}$/u.test(text)) {
    const ids = ((await repo.ask(["rev-parse", `--disambiguate=${text}`])) ?? "").split("\n").filter(isFullId);
    const commits = (await Promise.all(ids.slice(0, 20).map((id) => peel(repo, id)))).filter((id) => id !== undefined);
    const [only, ...more] = new Set(commits);
    return new Failure("USAGE", `${text} is an abbreviated commit id; a branch may be called the same.`, {
      fix: only !== undefined && more.length === 0 ? `give the full id: ${only}` : "give all 40 characters of the id",
    });
  }
  const names = await repo.run([
    "for-each-ref",
    "--format=%(refname:lstrip=2)",
    "refs/heads",
    "refs/tags",
    "refs/remotes",
  ]);
  const meant = suggest(text, names.split("\n"));
  return new Failure("USAGE", `No branch or tag is called ${printable(text)}.`, {
    fix: meant === undefined ? "give a branch, a tag or a full commit id" : `did you mean ${meant}?`,
  });
}

function ambiguous(text: string, refs: readonly string[]): Failure {
  return new Failure("USAGE", `${printable(text)} means more than one commit.`, {
    fix: `say which: ${refs.join(" or ")}`,
    details: refs,
  });
}

/** Compares two commits given by full id. Never guesses: what a shallow clone cannot prove is `unknown`. */
export async function ancestry(repo: Repository, older: string, newer: string): Promise<Ancestry> {
  const [a, b] = [requireFullId(older), requireFullId(newer)];
  if (a === b) return "same";
  const [left, right] = await Promise.all([peel(repo, a), peel(repo, b)]);
  if (left !== a || right !== b) return "unknown";
  const base = await repo.ask(["merge-base", a, b]);
  if (base === a) return "ahead";
  if (base === b) return "behind";
  return repo.shallow ? "unknown" : "diverged";
}

const FIELDS = ["%H", "%P", "%an", "%cI", "%s"];

/**
 * Commits that `newer` has and `older` has not, newest first; only those that touch `paths` (relative to the top of the
 * repository) where given. `older` undefined: the whole history. Throws `HISTORY` if a commit is missing.
 */
export async function commitsBetween(
  repo: Repository,
  older: string | undefined,
  newer: string,
  paths: readonly string[] = [],
): Promise<Commit[]> {
  const from = older === undefined ? [] : [`^${await existing(repo, requireFullId(older))}`];
  const to = await existing(repo, requireFullId(newer));
  return log(repo, ["--end-of-options", to, ...from, "--", ...paths]);
}

/**
 * Paths, relative to the top, that are not the same in two commits given by full id; both names of a file that moved.
 * Throws `HISTORY` if a commit is missing.
 */
export async function changedPaths(repo: Repository, older: string, newer: string): Promise<string[]> {
  const [from, to] = [await existing(repo, requireFullId(older)), await existing(repo, requireFullId(newer))];
  const names = await repo.run([
    "diff-tree",
    "-r",
    "-z",
    "--name-only",
    "--no-renames",
    "--end-of-options",
    from,
    to,
    "--",
  ]);
  return names.split("\0").filter((name) => name !== "");
}

/** One commit, by full id. Throws `HISTORY` if it is missing. */
export async function describeCommit(repo: Repository, id: string): Promise<Commit> {
  const [found] = await log(repo, ["--max-count=1", "--end-of-options", await existing(repo, requireFullId(id)), "--"]);
  return found ?? notThere(repo, id);
}

async function log(repo: Repository, args: readonly string[]): Promise<Commit[]> {
  const text = await repo.run(["log", "-z", `--format=${FIELDS.join("%x00")}`, "--no-show-signature", ...args]);
  const fields = text.split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    const [id = "", parents = "", author = "", committed = "", subject = ""] = fields.slice(at, at + FIELDS.length);
    commits.push({ id, parents: parents.split(" ").filter(Boolean), author, at: committed, subject });
  }
  return commits;
}
