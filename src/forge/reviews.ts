/** Who approves: of a pull request, and of a run's environments. */
import type { Client } from "./client.ts";
import type { Approval, RunApproval } from "./forge.ts";
import { isBot } from "./person.ts";
import type { WirePerson } from "./person.ts";
import { kindOf } from "./written.ts";

interface WireReview {
  readonly id: number;
  readonly user: WirePerson | null;
  readonly state: string;
  readonly commit_id?: string | null;
  readonly submitted_at?: string | null;
  /** Gitea says so here, GitHub in `state`. */
  readonly dismissed?: boolean;
}

/** Words that take an approval back; `COMMENTED` and its like do not. The second is Gitea's. */
const AGAINST: ReadonlySet<string> = new Set(["CHANGES_REQUESTED", "REQUEST_CHANGES", "DISMISSED"]);

export async function approvers(client: Client, pull: number): Promise<readonly Approval[]> {
  const task = { subject: `read the reviews of pull request ${pull}`, needs: "pull-requests: read" };
  const route = "GET /repos/{owner}/{repo}/pulls/{number}/reviews";
  const reviews = await client.all<WireReview>(task, route, { number: pull });
  const latest = new Map<string, Approval>();
  for (const review of reviews.toSorted((a, b) => a.id - b.id)) {
    const { user } = review;
    if (user === null) continue;
    if (review.dismissed === true || AGAINST.has(review.state)) latest.delete(user.login);
    else if (review.state === "APPROVED") latest.set(user.login, approvalOf(review, user));
  }
  return [...latest.values()];
}

function approvalOf({ commit_id: commit, submitted_at: at }: WireReview, user: WirePerson): Approval {
  return { login: user.login, isBot: isBot(user), commit: commit ?? undefined, at: at ?? undefined };
}

interface WireRunApproval {
  readonly state: string;
  readonly comment: string;
  readonly user: WirePerson;
  readonly environments: readonly { readonly name?: string }[];
}

export async function approvalsOfRun(client: Client, run: number): Promise<readonly RunApproval[] | undefined> {
  if (!client.host.hasEnvironments) return undefined;
  const task = { subject: `read who approved run ${run}`, needs: "actions: read" };
  try {
    const route = "GET /repos/{owner}/{repo}/actions/runs/{run}/approvals";
    const approvals = await client.ask<readonly WireRunApproval[]>(task, route, { run });
    return approvals.map(({ state, comment, user, environments }) => ({
      login: user.login,
      environments: environments.flatMap(({ name }) => (name === undefined ? [] : [name])),
      state,
      comment,
    }));
  } catch (error) {
    const kind = kindOf(error);
    if (kind === "denied" || kind === "absent") return undefined;
    throw error;
  }
}
