/** Where the texts of a run belong: page, commit and root, from the event and from what the command found. */
import type { Ground } from "../../cli/result.ts";
import type { Plan } from "../../model.ts";
import type { PlanContext } from "../../report/context.ts";
import type { Page, PullRequestContext } from "../../report/pull-request/page.ts";
import type { RunEvent } from "../event.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined outside of a job, or where its forge does not say where things are. */
export function pageOf(event: RunEvent, env: Environment): Page | undefined {
  const { server, repository, run, pullRequest } = event;
  const sha = event.sha ?? pullRequest?.head.sha;
  if (server === undefined || repository === undefined || run === undefined || sha === undefined) return undefined;
  const api = env["GITHUB_API_URL"] ?? "";
  return {
    serverUrl: server,
    repository,
    sha,
    runUrl: run,
    ...(api.endsWith("/api/v1") ? { isGitea: true } : {}),
    ...(pullRequest === undefined ? {} : { pullNumber: pullRequest.number }),
  };
}

export interface Around {
  readonly page: Page;
  readonly base: string | undefined;
  /** ISO 8601. */
  readonly now: string;
}

export function contextOf(context: PlanContext, ground: Ground, { page, base, now }: Around): PullRequestContext {
  return {
    ...context,
    page,
    root: rootOf(ground.prefix),
    comparedAt: timeOf(now),
    liftBy: ground.liftBy,
    ...(base === undefined ? {} : { base }),
    ...(ground.unread === undefined ? {} : { unread: ground.unread }),
  };
}

/** Where a command came to no plan. */
export const NO_CONTEXT: PlanContext = {
  color: false,
  width: 120,
  verbose: false,
  maxValueWidth: 80,
  world: { places: [], apps: 0, units: 0 },
  locate: () => undefined,
};

/** `.` at the top of the repository, otherwise without a slash at the end. */
export function rootOf(prefix: string): string {
  return prefix === "" ? "." : prefix.replace(/\/$/u, "");
}

/** `12:04 UTC`. */
export function timeOf(iso: string): string {
  return `${iso.slice(11, 16)} UTC`;
}

/** The plan is of the merge with the base; people know it by the last commit of their branch. */
export function asReviewed(plan: Plan, { pullRequest }: RunEvent): Plan {
  return pullRequest === undefined ? plan : { ...plan, commit: pullRequest.head.sha };
}
