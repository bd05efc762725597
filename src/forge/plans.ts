/** The reviewed plan, recorded where a pull request's author cannot write: as check run, else as commit status. */
import { Failure } from "../failure.ts";
import type { Client } from "./client.ts";
import type { PlanRecord, RecordedPlan, Written } from "./forge.ts";
import type { Task } from "./trouble.ts";
import { kindOf, surely, written } from "./written.ts";

/** Characters of a check run's summary (REST reference, checks, seen 2026-11). */
const SUMMARY = 65_535;
/** Characters of a commit status' description (REST reference, statuses, seen 2026-11). */
const DESCRIPTION = 140;
const TITLE = 200;
const ID = /^[\w:-]{1,80}$/u;

interface WireCheck {
  readonly id: number;
  readonly name: string;
  readonly external_id: string | null;
  readonly html_url: string | null;
  readonly completed_at: string | null;
  readonly app: { readonly slug?: string } | null;
}

interface WireStatus {
  readonly id: number;
  readonly context: string;
  readonly description: string | null;
  readonly target_url: string | null;
  readonly created_at: string;
  readonly creator: { readonly login: string } | null;
}

interface Found extends RecordedPlan {
  readonly at: number;
  readonly number: number;
}

export async function recordPlan(client: Client, sha: string, record: PlanRecord): Promise<Written<RecordedPlan>> {
  if (!ID.test(record.id)) throw new Failure("INTERNAL", "The id of a plan has characters that a check cannot hold.");
  if (!client.host.hasChecks) return written(() => recordStatus(client, sha, record));
  const check = await written(() => recordCheck(client, sha, record));
  if (check.kind !== "denied") return check;
  // Only apps may make check runs; a personal token can still set a status.
  const status = await written(() => recordStatus(client, sha, record));
  return status.kind === "denied" ? check : status;
}

async function recordCheck(client: Client, sha: string, record: PlanRecord): Promise<RecordedPlan> {
  const task: Task = { subject: `record the plan on ${short(sha)}`, needs: "checks: write" };
  const { name, id, title, summary, conclusion, url } = record;
  const request = {
    name,
    head_sha: sha,
    status: "completed",
    conclusion,
    external_id: id,
    output: { title: cut(title, TITLE), summary: cut(summary, SUMMARY) },
    ...(url === undefined ? {} : { details_url: url }),
  };
  return surely<RecordedPlan>(
    client,
    async () => checkOf(await client.ask<WireCheck>(task, "POST /repos/{owner}/{repo}/check-runs", request)),
    async () => (await checks(client, sha, name)).find((found) => found.id === id),
  );
}

async function recordStatus(client: Client, sha: string, record: PlanRecord): Promise<RecordedPlan> {
  const task: Task = { subject: `record the plan on ${short(sha)}`, needs: "statuses: write" };
  const { name, id, title, conclusion, url } = record;
  const suffix = ` (plan ${id})`;
  const request = {
    sha,
    // A status has no word for neutral; what must be acted upon is not a success.
    state: conclusion === "success" || conclusion === "neutral" ? "success" : "failure",
    context: name,
    description: `${cut(title, DESCRIPTION - suffix.length)}${suffix}`,
    ...(url === undefined ? {} : { target_url: url }),
  };
  return surely<RecordedPlan>(
    client,
    async () => {
      const made = await client.ask<WireStatus>(task, "POST /repos/{owner}/{repo}/statuses/{sha}", request);
      return { id, kind: "status", url: made.target_url ?? undefined };
    },
    async () => (await statuses(client, sha, name)).find((found) => found.id === id),
  );
}

export async function recordedPlan(client: Client, sha: string, name: string): Promise<RecordedPlan | undefined> {
  const denied: unknown[] = [];
  const found: Found[] = [];
  const sources = client.host.hasChecks ? [checks, statuses] : [statuses];
  for (const source of sources) {
    try {
      found.push(...(await source(client, sha, name)));
    } catch (error) {
      if (kindOf(error) !== "denied") throw error;
      denied.push(error);
    }
  }
  const [latest] = found.toSorted((a, b) => b.at - a.at || b.number - a.number);
  // "There is none" may only be said by somebody who could look everywhere.
  if (latest === undefined && denied.length > 0) throw denied[0];
  return latest === undefined ? undefined : { id: latest.id, kind: latest.kind, url: latest.url };
}

/** Check runs of our own app: a bot's login is its app's slug and `[bot]`, and slugs are unique on a host. */
async function checks(client: Client, sha: string, name: string): Promise<readonly Found[]> {
  const task: Task = { subject: `read the checks of ${short(sha)}`, needs: "checks: read" };
  const route = "GET /repos/{owner}/{repo}/commits/{sha}/check-runs";
  const runs = await client.all<WireCheck>(task, route, { sha, check_name: name, filter: "all" });
  const login = await client.login();
  return runs
    .filter((run) => run.name === name && run.app?.slug !== undefined && `${run.app.slug}[bot]` === login)
    .flatMap((run) => {
      const at = Date.parse(run.completed_at ?? "");
      return ID.test(run.external_id ?? "") ? [{ ...checkOf(run), at: at || 0, number: run.id }] : [];
    });
}

async function statuses(client: Client, sha: string, name: string): Promise<readonly Found[]> {
  const task: Task = { subject: `read the statuses of ${short(sha)}`, needs: "statuses: read" };
  const all = await client.all<WireStatus>(task, "GET /repos/{owner}/{repo}/commits/{sha}/statuses", { sha });
  const login = await client.login();
  return all
    .filter((status) => status.context === name && status.creator?.login === login)
    .flatMap((status) => {
      const id = / \(plan ([\w:-]+)\)$/u.exec(status.description ?? "")?.[1];
      const at = Date.parse(status.created_at);
      const url = status.target_url ?? undefined;
      return id === undefined ? [] : [{ id, kind: "status" as const, url, at: at || 0, number: status.id }];
    });
}

function checkOf({ external_id: id, html_url: url }: WireCheck): RecordedPlan {
  return { id: id ?? "", kind: "check", url: url ?? undefined };
}

/** Without half a character at the end. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/u, "")}…`;
}

function short(sha: string): string {
  return `commit ${sha.slice(0, 7)}`;
}
