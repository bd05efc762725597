/** Pull requests: one, those of a commit, and the files they change. */
import { Failure } from "../failure.ts";
import type { Client } from "./client.ts";
import type { ChangedFile, Pull } from "./forge.ts";
import { orAbsent } from "./written.ts";

interface WireBranch {
  readonly sha: string;
  readonly ref: string;
  /** Null if the fork was deleted. */
  readonly repo: { readonly full_name: string } | null;
}

interface WirePull {
  readonly number: number;
  readonly title: string;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly user: { readonly login: string } | null;
  readonly labels: readonly { readonly name: string }[];
  readonly head: WireBranch;
  readonly base: WireBranch;
  /** Not in lists. */
  readonly changed_files?: number;
}

interface WireFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly status: string;
}

const PULL = "/repos/{owner}/{repo}/pulls/{number}";

export async function pull(client: Client, number: number): Promise<Pull> {
  return pullOf(await wirePull(client, number));
}

export async function pullsOfCommit(client: Client, sha: string): Promise<readonly Pull[]> {
  const task = { subject: `find the pull request of commit ${sha.slice(0, 7)}`, needs: "pull-requests: read" };
  const path = "/repos/{owner}/{repo}/commits/{sha}" as const;
  // Gitea knows only the one that a commit merged.
  const found = client.host.hasChecks
    ? await client.all<WirePull>(task, `GET ${path}/pulls`, { sha })
    : [await orAbsent(() => client.ask<WirePull>(task, `GET ${path}/pull`, { sha }))];
  return found.flatMap((each) => (each === undefined || each.merged_at === null ? [] : [pullOf(each)]));
}

/** By the branch: the pull requests of a commit do not name those whose commit only a fork has. */
export async function openPullsFrom(client: Client, repository: string, branch: string): Promise<readonly Pull[]> {
  if (!client.host.hasChecks) return [];
  const task = { subject: "find the pull request of a fork's branch", needs: "pull-requests: read" };
  const [owner = ""] = repository.split("/");
  const route = "GET /repos/{owner}/{repo}/pulls";
  const found = await client.all<WirePull>(task, route, { state: "open", head: `${owner}:${branch}` });
  // An owner may have several forks in one network; and a name that is not found means no filter.
  return found
    .filter(({ head }) => head.repo?.full_name.toLowerCase() === repository.toLowerCase() && head.ref === branch)
    .map(pullOf);
}

export async function changedFiles(client: Client, number: number): Promise<readonly ChangedFile[]> {
  const task = { subject: `read the files of pull request ${number}`, needs: "pull-requests: read" };
  const files = await client.all<WireFile>(task, `GET ${PULL}/files`, { number });
  const { changed_files: count = 0 } = await wirePull(client, number);
  // GitHub stops at 3,000 files without a word (REST reference, pulls, seen 2026-11).
  if (files.length < count)
    throw new Failure(
      "INCOMPLETE",
      `The forge names only ${files.length} of the ${count} files of pull request ${number}.`,
      {
        fix: "Compare commits with Git instead (fetch-depth: 0), or split the pull request.",
      },
    );
  return files.map(({ filename, previous_filename: previous, status }) => ({ path: filename, previous, status }));
}

async function wirePull(client: Client, number: number): Promise<WirePull> {
  const task = { subject: `read pull request ${number}`, needs: "pull-requests: read" };
  return client.ask<WirePull>(task, `GET ${PULL}`, { number });
}

function pullOf(wire: WirePull): Pull {
  const { number, title, html_url: url, head, base, labels, user, draft = false } = wire;
  const isMerged = wire.merged_at !== null;
  return {
    number,
    title,
    author: user?.login ?? "",
    url,
    state: wire.state === "open" ? "open" : "closed",
    isMerged,
    isDraft: draft,
    isFork: head.repo === null || head.repo.full_name !== base.repo?.full_name,
    head: { sha: head.sha, ref: head.ref },
    base: { sha: base.sha, ref: base.ref },
    mergeCommit: isMerged ? (wire.merge_commit_sha ?? undefined) : undefined,
    labels: labels.map(({ name }) => name),
  };
}
