/** What the actions ask of a forge: a small port. `open.ts` gives one for the host a job runs on. */
import type { Failure } from "../failure.ts";
import type { Host } from "./host.ts";

/**
 * Of everything that is written for people to read. A job does not fail because it may not comment, so that is an
 * answer and not thrown:
 * - `denied`: the token may not. The failure says which line of `permissions:` is missing.
 * - `too-long`: the forge does not take a text of this length.
 */
export type Written<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "denied"; readonly failure: Failure }
  | { readonly kind: "too-long"; readonly failure: Failure };

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: string;
  /** For people. */
  readonly url: string;
  /** Further ones of ours with the same marker, left by a run that broke off. `saveComment` removes them. */
  readonly extras?: readonly number[];
}

/** What somebody may do in the repository, from most to least. */
export const PERMISSIONS = ["admin", "maintain", "write", "triage", "read", "none"] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface Labelling {
  readonly label: string;
  readonly login: string;
  readonly isBot: boolean;
  /** ISO 8601. */
  readonly at: string;
}

export interface Approval {
  readonly login: string;
  readonly isBot: boolean;
  /** The commit that was approved; not always the head of the pull request any more. */
  readonly commit: string | undefined;
  readonly at: string | undefined;
}

export interface PlanRecord {
  /** Name of the check, such as `trueup / plan`; another one for each config root. */
  readonly name: string;
  /** The plan's digest or id: at most 80 letters, digits, `-`, `:` and `_`. */
  readonly id: string;
  /** Readable in the list of checks: `+4 ~4 -0 · reaches PROD`. */
  readonly title: string;
  /** Markdown, cut to what a check run holds. A commit status has no room for it. */
  readonly summary: string;
  readonly conclusion: "success" | "failure" | "neutral" | "action_required";
  /** Link for people. */
  readonly url?: string;
}

export interface RecordedPlan {
  readonly id: string;
  readonly kind: "check" | "status";
  readonly url: string | undefined;
}

export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly url: string;
  readonly state: "open" | "closed";
  readonly isMerged: boolean;
  readonly isDraft: boolean;
  /** Its head is in another repository: its job has no secrets and a token that only reads. */
  readonly isFork: boolean;
  readonly head: { readonly sha: string; readonly ref: string };
  readonly base: { readonly sha: string; readonly ref: string };
  readonly mergeCommit: string | undefined;
  readonly labels: readonly string[];
}

export interface ChangedFile {
  readonly path: string;
  /** Where it was before a rename. */
  readonly previous: string | undefined;
  readonly status: string;
}

export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: "open" | "closed";
  readonly url: string;
}

export interface RunApproval {
  readonly login: string;
  readonly environments: readonly string[];
  readonly state: string;
  readonly comment: string;
}

/**
 * A forge, for one repository and one token. Pull requests are known by number. Lists are read to their last page, or
 * the call throws: a list never looks shorter than it is. Reads that fail are tried again a few times; writes are
 * repeated only when looking shows that they were not done.
 *
 * A marker is the hidden first line that says what a comment or issue is for: `<!-- trueup:plan root=. -->`. Its kind
 * and root name it; further fields may change (`marker.ts`).
 */
export interface Forge {
  readonly host: Host;
  /** The account behind the token, such as `github-actions[bot]`. */
  ownLogin(): Promise<string>;

  /** Our comment with this marker: by our own account, marker on the first line. The oldest, if there are several. */
  stickyComment(pull: number, marker: string): Promise<Comment | undefined>;
  /**
   * Writes a sticky comment in place, or a new one if there is none. `body` starts with its marker. Two runs that do
   * so at once end with one comment.
   */
  saveComment(pull: number, existing: Comment | undefined, body: string): Promise<Written<Comment>>;
  /** One more comment, which notifies people. It is given a hidden last line, by which a lost reply is cleared up. */
  newComment(number: number, body: string, on?: "pull" | "issue"): Promise<Written<Comment>>;

  labels(pull: number): Promise<readonly string[]>;
  /** Adds and removes these and touches no other. Names of labels are compared without regard to case. */
  setLabels(
    pull: number,
    add: readonly string[],
    remove: readonly string[],
  ): Promise<Written<{ readonly added: readonly string[]; readonly removed: readonly string[] }>>;
  /** Who set the label last; undefined if it is not set now. */
  labelledBy(pull: number, label: string): Promise<Labelling | undefined>;
  /** `none` for bots and for whoever the forge does not know. A role of one's own making counts as what it is based on. */
  permissionOf(login: string): Promise<Permission>;
  /** Labels among `names` that a person with at least `least` has set: those that may lift guards. Bots never count. */
  labelsThatCount(pull: number, names: readonly string[], least: Permission): Promise<readonly Labelling[]>;
  /** Everybody whose last word is an approval. */
  approvers(pull: number): Promise<readonly Approval[]>;

  /** Check run, or commit status where there are none or this token may not make them. */
  recordPlan(sha: string, record: PlanRecord): Promise<Written<RecordedPlan>>;
  /** The last plan that our own app or account recorded under `name`. Those of anybody else are not seen. */
  recordedPlan(sha: string, name: string): Promise<RecordedPlan | undefined>;

  /** Merged pull requests that brought this commit. */
  pullsOfCommit(sha: string): Promise<readonly Pull[]>;
  pull(number: number): Promise<Pull>;
  /** Open pull requests from a branch of a repository (`owner/name`), perhaps a fork. GitHub only: elsewhere none. */
  openPullsFrom(repository: string, branch: string): Promise<readonly Pull[]>;
  changedFiles(pull: number): Promise<readonly ChangedFile[]>;

  /** Our issue with this marker; an open one before a closed one, the oldest first. */
  issue(marker: string, among: "open" | "all"): Promise<Issue | undefined>;
  /** `body` starts with its marker. Two runs that do so at once end with one open issue. */
  createIssue(title: string, body: string): Promise<Written<Issue>>;
  /** New title or text, closed or opened again. */
  changeIssue(
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: "open" | "closed" },
  ): Promise<Written<Issue>>;

  /** Who let this workflow run into which environment; undefined where the host or this token (`actions: read`) cannot tell. */
  approvalsOfRun(run: number): Promise<readonly RunApproval[] | undefined>;
}

/** True if `permission` is `least` or more. */
export function isAtLeast(permission: Permission, least: Permission): boolean {
  return permission !== "none" && PERMISSIONS.indexOf(permission) <= PERMISSIONS.indexOf(least);
}
