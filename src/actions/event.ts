/**
 * Why this job runs: the event of GitHub, from its variables and payload. A payload is written by whoever opens a pull
 * request, so every field is checked for its shape, and nothing else of it gets out of here.
 */
import { Failure } from "../failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface PullRequest {
  readonly number: number;
  /** Last commit of the branch, and the branch's repository; undefined if that is gone. */
  readonly head: { readonly sha: string; readonly repository: string | undefined };
  /** The branch it goes to, and that branch's commit when the event happened. */
  readonly base: { readonly sha: string; readonly ref: string | undefined };
  readonly labels: readonly string[];
  readonly draft: boolean;
  readonly state: "open" | "closed";
  readonly merged: boolean;
}

export interface RunEvent {
  /** `pull_request`, `push`, …; `""` outside of a workflow. */
  readonly name: string;
  /** Commit of the run (`GITHUB_SHA`): for a pull request the merge of it with its base. */
  readonly sha: string | undefined;
  readonly ref: string | undefined;
  /** `owner/name`. */
  readonly repository: string | undefined;
  readonly pullRequest: PullRequest | undefined;
  /** Commit to compare with: base of the pull request or the queue, or what a push replaced. */
  readonly base: string | undefined;
  /** The code comes from another repository: no secrets, and a token that may only read. */
  readonly fork: boolean;
  /** Pull request that a merge queue's branch is named after; the group may hold others before it. */
  readonly queued: number | undefined;
  /** Base of links for people, without a slash at the end. */
  readonly server: string | undefined;
  /** Address of the run, for people; and its number. */
  readonly run: string | undefined;
  readonly runId: number | undefined;
  /** For `workflow_run`: the run that has ended, if it was for a pull request and is described as it should be. */
  readonly planned: PlannedRun | undefined;
}

/** A run for a pull request, as GitHub describes it. The branch's name is whatever its owner chose. */
export interface PlannedRun {
  readonly head: string;
  readonly branch: string;
  /** Of the branch. */
  readonly repository: string;
  /** For people. */
  readonly url: string;
}

/** Bytes; GitHub's own limit for a payload is 25 MB. */
export const LARGEST_PAYLOAD = 26_214_400;

/** `payload` is the text of the file that GITHUB_EVENT_PATH names; undefined if there is none. Throws `USAGE`. */
export function eventOf(env: Environment, payload: string | undefined): RunEvent {
  const name = matching(env["GITHUB_EVENT_NAME"], /^[a-z_]{1,60}$/u) ?? "";
  const data = payload === undefined ? undefined : parsed(payload);
  const repository = repositoryName(env["GITHUB_REPOSITORY"]);
  const common = {
    name,
    sha: commitId(env["GITHUB_SHA"]),
    ref: refName(env["GITHUB_REF"]),
    repository,
    planned: name === "workflow_run" ? plannedRun(field(data, "workflow_run"), env, repository) : undefined,
    server: serverOf(env),
    run: runAddress(env),
    runId: runNumber(env),
  };
  return { ...common, ...specific(name, data, common.repository) };
}

function specific(
  name: string,
  data: unknown,
  repository: string | undefined,
): Pick<RunEvent, "pullRequest" | "base" | "fork" | "queued"> {
  const none = { pullRequest: undefined, base: undefined, fork: false, queued: undefined };
  switch (name) {
    case "pull_request":
    case "pull_request_target": {
      const pullRequest = pullRequestOf(field(data, "pull_request"));
      const fork = isOther(pullRequest.head.repository, repository);
      return { ...none, pullRequest, base: pullRequest.base.sha, fork };
    }
    case "merge_group": {
      const branch = refName(field(data, "merge_group", "head_ref"));
      return { ...none, base: commitId(field(data, "merge_group", "base_sha")), queued: queuedPull(branch) };
    }
    case "push":
      return { ...none, base: notZero(commitId(field(data, "before"))) };
    case "workflow_run": {
      const head = repositoryName(field(data, "workflow_run", "head_repository", "full_name"));
      return { ...none, fork: isOther(head, repository) };
    }
    default:
      return none;
  }
}

function plannedRun(data: unknown, env: Environment, here: string | undefined): PlannedRun | undefined {
  const [head, branch] = [commitId(field(data, "head_sha")), refName(field(data, "head_branch"))];
  const repository = repositoryName(field(data, "head_repository", "full_name"));
  const [id, server] = [field(data, "id"), serverOf(env)];
  if (field(data, "event") !== "pull_request" || typeof id !== "number" || !Number.isSafeInteger(id)) return undefined;
  if (head === undefined || branch === undefined || repository === undefined) return undefined;
  if (server === undefined || here === undefined) return undefined;
  return { head, branch, repository, url: `${server}/${here}/actions/runs/${id}` };
}

function pullRequestOf(data: unknown): PullRequest {
  const number = field(data, "number");
  const [head, base] = [commitId(field(data, "head", "sha")), commitId(field(data, "base", "sha"))];
  if (
    typeof number !== "number" ||
    !Number.isSafeInteger(number) ||
    number < 1 ||
    head === undefined ||
    base === undefined
  )
    throw new Failure("USAGE", "the event's payload does not describe a pull request", {
      fix: "run this action in a workflow that starts on pull_request, and leave GITHUB_EVENT_PATH as the runner sets it",
    });
  const labels = field(data, "labels");
  return {
    number,
    head: { sha: head, repository: repositoryName(field(data, "head", "repo", "full_name")) },
    base: { sha: base, ref: refName(field(data, "base", "ref")) },
    labels: Array.isArray(labels) ? labels.slice(0, 100).flatMap(labelName) : [],
    draft: field(data, "draft") === true,
    state: field(data, "state") === "closed" ? "closed" : "open",
    merged: field(data, "merged") === true,
  };
}

/** `refs/heads/gh-readonly-queue/main/pr-7-` and a commit: names that only the queue can make. */
function queuedPull(branch: string | undefined): number | undefined {
  const digits = /^refs\/heads\/gh-readonly-queue\/.+\/pr-(\d{1,15})-[0-9a-f]{40}$/u.exec(branch ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A repository that nobody can name any more is another one. */
function isOther(head: string | undefined, repository: string | undefined): boolean {
  return head === undefined || head.toLowerCase() !== repository?.toLowerCase();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("USAGE", "the event's payload is not JSON", {
      fix: "leave GITHUB_EVENT_PATH as the runner sets it",
    });
  }
}

function field(data: unknown, ...path: readonly string[]): unknown {
  let value = data;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}

function commitId(value: unknown): string | undefined {
  return matching(value, /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u);
}

/** A branch without a past has zeros in `before`. */
function notZero(id: string | undefined): string | undefined {
  return id === undefined || /^0+$/u.test(id) ? undefined : id;
}

function repositoryName(value: unknown): string | undefined {
  return matching(value, /^[\w.-]{1,100}\/[\w.-]{1,100}$/u);
}

/** What Git allows (git check-ref-format), without what acts on a screen. */
function refName(value: unknown): string | undefined {
  return matching(value, /^(?!-)(?!.*(?:\.\.|@\{))[^\p{C}\p{Z}~^:?*[\\]{1,250}$/u);
}

function labelName(value: unknown): string[] {
  const name = matching(field(value, "name"), /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u);
  return name === undefined ? [] : [name];
}

function runAddress(env: Environment): string | undefined {
  const [server, id, repository] = [serverOf(env), runNumber(env), repositoryName(env["GITHUB_REPOSITORY"])];
  return server === undefined || id === undefined || repository === undefined
    ? undefined
    : `${server}/${repository}/actions/runs/${id}`;
}

/** May be below a path, on forges that share their host. */
function serverOf(env: Environment): string | undefined {
  return matching(env["GITHUB_SERVER_URL"], /^https?:\/\/[\w.:-]{1,253}(?:\/[\w.~-]{1,100}){0,5}$/u);
}

function runNumber(env: Environment): number | undefined {
  const digits = matching(env["GITHUB_RUN_ID"], /^\d{1,15}$/u);
  return digits === undefined ? undefined : Number(digits);
}
