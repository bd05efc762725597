/** How forges write people, comments, pull requests and the rest: GitHub's words and Gitea's. */
import type { Json } from "./described.ts";
import { timeOf } from "./state.ts";
import type {
  Caller,
  CheckState,
  CommentState,
  EventState,
  Item,
  Person,
  ReviewState,
  State,
  StatusState,
} from "./state.ts";

export interface Asked {
  readonly state: State;
  readonly caller: Caller;
  /** Path after owner and repository. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: { readonly [name: string]: Json | undefined };
  readonly isGitea: boolean;
}

export class Refused extends Error {
  readonly status: number;
  readonly data: Json;
  constructor(status: number, message: string, more: { readonly [name: string]: Json } = {}) {
    super(message);
    this.status = status;
    this.data = { message, documentation_url: "https://docs.forge.test/rest", ...more };
  }
}

export function personOf(state: State, login: string, isGitea: boolean): Json {
  const { id, isBot } = state.people.get(login) as Person;
  return isGitea ? { id, login } : { id, login, type: isBot ? "Bot" : "User" };
}

function whoOf({ state, isGitea }: Asked, login: string | null): Json {
  return login === null ? null : personOf(state, login, isGitea);
}

export function labelOf(state: State, name: string): Json {
  return { id: state.labels.get(name) ?? 0, name, color: "ededed" };
}

export function nameOf(state: State, id: string | number): string {
  const found = [...state.labels].find(([, number]) => number === id);
  if (found === undefined) throw new Refused(422, "label does not exist");
  return found[0];
}

const LINK = "https://forge.test";

export function commentOf(asked: Asked, { id, author, body, item }: CommentState): Json {
  return { id, body, user: whoOf(asked, author), html_url: `${LINK}/${item}#comment-${id}`, created_at: timeOf(id) };
}

export function eventOf(asked: Asked, { id, kind, actor, label }: EventState): Json {
  const detail = kind === "renamed" ? { rename: { from: "a", to: "b" } } : { label: { name: label, color: "ededed" } };
  return { id, event: kind, actor: whoOf(asked, actor ?? "ghost"), created_at: timeOf(id), ...detail };
}

export function timelineOf(asked: Asked, { id, kind, actor, label }: EventState): Json {
  const shared = { id, user: whoOf(asked, actor), created_at: timeOf(id) };
  if (kind === "renamed") return { ...shared, type: "change_title", body: "", label: null };
  return { ...shared, type: "label", body: kind === "labeled" ? "1" : "", label: labelOf(asked.state, label) };
}

const GITEA_WORDS: Readonly<Record<string, string>> = { CHANGES_REQUESTED: "REQUEST_CHANGES", COMMENTED: "COMMENT" };

export function reviewOf(asked: Asked, { id, author, state, commit }: ReviewState): Json {
  const shared = { id, user: whoOf(asked, author), commit_id: commit, submitted_at: timeOf(id) };
  if (!asked.isGitea) return { ...shared, state };
  return {
    ...shared,
    state: state === "DISMISSED" ? "APPROVED" : (GITEA_WORDS[state] ?? state),
    dismissed: state === "DISMISSED",
  };
}

export function checkOf({ id, sha, name, externalId, conclusion, output, app }: CheckState): Json {
  return {
    id,
    name,
    head_sha: sha,
    external_id: externalId,
    status: "completed",
    conclusion,
    completed_at: timeOf(id),
    html_url: `${LINK}/check/${id}`,
    output: { title: output.title, summary: output.summary },
    app: { slug: app, name: app },
  };
}

export function statusOf(asked: Asked, status: StatusState): Json {
  const { id, context, description, creator, state } = status;
  const word = asked.isGitea ? { status: state } : { state };
  return {
    id,
    context,
    description,
    ...word,
    creator: whoOf(asked, creator),
    created_at: timeOf(id),
    target_url: null,
  };
}

export function pullOf(asked: Asked, item: Item, isOne: boolean): Json {
  const { number, title, state, author, labels, pull, body } = item;
  const {
    head = "",
    base = "",
    fork = false,
    merged,
    draft = false,
    files = [],
    fileCount = files.length,
  } = pull ?? {};
  const own = "acme/config";
  const repo = (full: string): Json => ({ full_name: full, name: "config" });
  return {
    number,
    title,
    body,
    state,
    draft,
    html_url: `${LINK}/pull/${number}`,
    user: whoOf(asked, author),
    labels: labels.map((name) => labelOf(asked.state, name)),
    merged_at: merged === undefined ? null : timeOf(number),
    merge_commit_sha: merged ?? null,
    head: { sha: head, ref: "change", repo: repo(fork ? "mallory/config" : own) },
    base: { sha: base, ref: "main", repo: repo(own) },
    ...(isOne ? { changed_files: fileCount, merged: merged !== undefined } : {}),
  };
}

export function issueOf(asked: Asked, { number, title, body, state, author, pull, labels }: Item): Json {
  return {
    number,
    title,
    body,
    state,
    user: whoOf(asked, author),
    html_url: `${LINK}/issues/${number}`,
    labels: labels.map((name) => labelOf(asked.state, name)),
    ...(pull === undefined ? {} : { pull_request: asked.isGitea ? { merged: false } : {} }),
  };
}
