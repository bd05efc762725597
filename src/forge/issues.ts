/** The one issue that is kept up to date: found by marker and author, never made twice. */
import type { Client } from "./client.ts";
import type { Issue, Written } from "./forge.ts";
import { identityOf, needIdentity, wantedIdentity } from "./marker.ts";
import type { Task } from "./trouble.ts";
import { surely, written } from "./written.ts";

interface WireIssue {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly state: string;
  readonly html_url: string;
  readonly user: { readonly login: string } | null;
  /** Pull requests are listed as issues too. */
  readonly pull_request?: unknown;
}

export type IssueChange = Partial<Pick<Issue, "title" | "body" | "state">>;

const ISSUES = "/repos/{owner}/{repo}/issues";

export async function issue(client: Client, marker: string, among: "open" | "all"): Promise<Issue | undefined> {
  const identity = wantedIdentity(marker);
  const [open] = await ours(client, identity, "open");
  if (open !== undefined || among === "open") return open;
  // Closed ones may be many, so they are asked for only when one might be opened again.
  return (await ours(client, identity, "closed"))[0];
}

export function createIssue(client: Client, title: string, body: string): Promise<Written<Issue>> {
  const identity = needIdentity(body);
  const task: Task = { subject: "open an issue", needs: "issues: write" };
  const find = async (): Promise<Issue | undefined> => (await ours(client, identity, "open"))[0];
  return written(async () => {
    const make = async (): Promise<Issue> =>
      issueOf(await client.ask<WireIssue>(task, `POST ${ISSUES}`, { title, body }));
    const made = await surely(client, make, find);
    const oldest = (await find()) ?? made;
    if (oldest.number === made.number) return made;
    // Another run was quicker. Issues cannot be deleted with these rights, so ours is closed.
    await change(client, made.number, { state: "closed" });
    return change(client, oldest.number, { title, body });
  });
}

export function changeIssue(client: Client, number: number, changes: IssueChange): Promise<Written<Issue>> {
  return written(() => change(client, number, changes));
}

async function change(client: Client, number: number, changes: IssueChange): Promise<Issue> {
  const task: Task = { subject: `change issue ${number}`, needs: "issues: write" };
  // What it sets is absolute, so that doing it twice does no harm.
  return surely(
    client,
    async () => issueOf(await client.ask<WireIssue>(task, `PATCH ${ISSUES}/{number}`, { number, ...changes })),
    () => Promise.resolve(undefined),
  );
}

/** The oldest first. */
async function ours(client: Client, identity: string, state: "open" | "closed"): Promise<readonly Issue[]> {
  const task: Task = { subject: "read the issues", needs: "issues: read" };
  // `type` is something else on GitHub.
  const kind = client.host.hasChecks ? { sort: "created", direction: "asc" } : { type: "issues" };
  const all = await client.all<WireIssue>(task, `GET ${ISSUES}`, { state, ...kind });
  const login = await client.login();
  return all
    .filter((each) => (each.pull_request ?? null) === null && each.user?.login === login)
    .map(issueOf)
    .filter((each) => identityOf(each.body) === identity)
    .toSorted((a, b) => a.number - b.number);
}

function issueOf({ number, title, body, state, html_url: url }: WireIssue): Issue {
  return { number, title, body: body ?? "", state: state === "open" ? "open" : "closed", url };
}
