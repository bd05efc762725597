/** Labels of a pull request: which are set, by whom, and whether that person's word counts. */
import type { Client } from "./client.ts";
import { isAtLeast, PERMISSIONS } from "./forge.ts";
import type { Labelling, Permission, Written } from "./forge.ts";
import { isBot } from "./person.ts";
import type { WirePerson } from "./person.ts";
import type { Task } from "./trouble.ts";
import { orAbsent, surely, written } from "./written.ts";

interface WireLabel {
  readonly id: number;
  readonly name: string;
}

const LABELS = "/repos/{owner}/{repo}/issues/{number}/labels";
/** Of a label that Gitea does not have yet; GitHub makes one of its own. */
const GREY = "#ededed";

export async function labels(client: Client, pull: number): Promise<readonly string[]> {
  return (await set(client, pull)).map(({ name }) => name);
}

export function setLabels(
  client: Client,
  pull: number,
  add: readonly string[],
  remove: readonly string[],
): Promise<Written<{ readonly added: readonly string[]; readonly removed: readonly string[] }>> {
  const task = writing(pull);
  return written(async () => {
    const now = await set(client, pull);
    const added = add.filter((name) => !now.some((label) => isSame(label.name, name)));
    const removed = now.filter((label) => remove.some((name) => isSame(label.name, name)));
    if (added.length > 0) await put(client, pull, added);
    for (const { id, name } of removed) {
      // Gitea knows labels by number, GitHub by name.
      const which = isGithub(client) ? name : id;
      const send = (): Promise<unknown> => client.ask(task, `DELETE ${LABELS}/{which}`, { number: pull, which });
      await orAbsent(() => again(client, send));
    }
    return { added, removed: removed.map(({ name }) => name) };
  });
}

async function put(client: Client, pull: number, names: readonly string[]): Promise<void> {
  const given = isGithub(client) ? names : await numbersOf(client, pull, names);
  await again(client, () => client.ask(writing(pull), `POST ${LABELS}`, { number: pull, labels: given }));
}

/** Gitea: labels must exist before they are set. */
async function numbersOf(client: Client, pull: number, names: readonly string[]): Promise<readonly number[]> {
  const task = { subject: "make the labels that are not there yet", needs: "issues: write" };
  const list = "/repos/{owner}/{repo}/labels" as const;
  const find = async (name: string): Promise<WireLabel | undefined> =>
    (await client.all<WireLabel>(reading(pull), `GET ${list}`)).find((label) => isSame(label.name, name));
  const numbers: number[] = [];
  for (const name of names) {
    const make = (): Promise<WireLabel> => client.ask<WireLabel>(task, `POST ${list}`, { name, color: GREY });
    numbers.push(((await find(name)) ?? (await surely(client, make, () => find(name)))).id);
  }
  return numbers;
}

/** Setting a label that is set, or removing one that is not, changes nothing: no need to look before doing it again. */
function again(client: Client, send: () => Promise<unknown>): Promise<unknown> {
  return surely(client, send, () => Promise.resolve(undefined));
}

export async function labelledBy(client: Client, pull: number, label: string): Promise<Labelling | undefined> {
  return lastOf(await history(client, pull), label, await client.login());
}

export async function labelsThatCount(
  client: Client,
  pull: number,
  names: readonly string[],
  least: Permission,
): Promise<readonly Labelling[]> {
  const now = (await labels(client, pull)).filter((label) => names.some((name) => isSame(name, label)));
  if (now.length === 0) return [];
  const events = await history(client, pull);
  const login = await client.login();
  const counting: Labelling[] = [];
  for (const name of now) {
    const by = lastOf(events, name, login);
    if (by === undefined || by.isBot) continue;
    if (isAtLeast(await permissionOf(client, by.login), least)) counting.push(by);
  }
  return counting;
}

/** One time that a label was set or removed. */
interface LabelEvent {
  readonly id: number;
  readonly isSet: boolean;
  readonly label: string;
  readonly actor: WirePerson | null;
  readonly at: string;
}

function lastOf(events: readonly LabelEvent[], label: string, ownLogin: string): Labelling | undefined {
  const last = events.filter((event) => isSame(event.label, label)).toSorted((a, b) => b.id - a.id)[0];
  // Nobody to ask for permission if the account is gone; an earlier event must not take its place.
  if (last?.isSet !== true || last.actor === null) return undefined;
  const { login } = last.actor;
  return { label: last.label, login, isBot: isBot(last.actor) || login === ownLogin, at: last.at };
}

interface WireEvent {
  readonly id: number;
  readonly event: string;
  readonly created_at: string;
  readonly actor: WirePerson | null;
  readonly label?: { readonly name: string };
}

interface WireTimeline {
  readonly id: number;
  readonly type: string;
  /** Of a label: `1` if it was set, empty if it was removed (Gitea 1.27, models/issues/issue_label.go). */
  readonly body: string;
  readonly created_at: string;
  readonly user: WirePerson | null;
  readonly label: { readonly name: string } | null;
}

async function history(client: Client, pull: number): Promise<readonly LabelEvent[]> {
  const path = "/repos/{owner}/{repo}/issues/{number}" as const;
  if (isGithub(client)) {
    const events = await client.all<WireEvent>(reading(pull), `GET ${path}/events`, { number: pull });
    return events.flatMap(({ id, event, created_at: at, actor, label }) =>
      (event === "labeled" || event === "unlabeled") && label !== undefined
        ? [{ id, isSet: event === "labeled", label: label.name, actor, at }]
        : [],
    );
  }
  const events = await client.all<WireTimeline>(reading(pull), `GET ${path}/timeline`, { number: pull }, "until-empty");
  return events.flatMap(({ id, type, body, created_at: at, user, label }) =>
    type === "label" && label !== null ? [{ id, isSet: body === "1", label: label.name, actor: user, at }] : [],
  );
}

interface WirePermission {
  readonly permission: string;
  readonly role_name?: string;
}

/** What `permission` says of the roles that it knows no word for. */
const BASE: Readonly<Record<string, string>> = { maintain: "write", triage: "read" };

export async function permissionOf(client: Client, login: string): Promise<Permission> {
  if (isBot({ login })) return "none";
  const task = { subject: `find out what @${login} may do in this repository`, needs: "metadata: read" };
  const route = "GET /repos/{owner}/{repo}/collaborators/{login}/permission";
  const answer = await orAbsent(() => client.ask<WirePermission>(task, route, { login }));
  if (answer === undefined) return "none";
  const { permission, role_name: role = permission } = answer;
  // A role of the organisation's own making may have any name: believe a name only if it fits what it is based on.
  const fits = role === permission || BASE[role] === permission;
  const name = fits ? role : permission;
  return PERMISSIONS.find((each) => each === (name === "owner" ? "admin" : name)) ?? "none";
}

function isGithub({ host }: Client): boolean {
  return host.kind === "github" || host.kind === "ghes";
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

async function set(client: Client, pull: number): Promise<readonly WireLabel[]> {
  return client.all<WireLabel>(reading(pull), `GET ${LABELS}`, { number: pull });
}

function reading(pull: number): Task {
  return { subject: `read the labels of pull request ${pull}`, needs: "pull-requests: read" };
}

function writing(pull: number): Task {
  return { subject: `set the labels of pull request ${pull}`, needs: "pull-requests: write" };
}
