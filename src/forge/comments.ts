/** Comments on pull requests and issues: the sticky one, and those that notify. */
import { randomUUID } from "node:crypto";
import type { Client } from "./client.ts";
import type { Comment, Written } from "./forge.ts";
import { identityOf, needIdentity, wantedIdentity } from "./marker.ts";
import type { Task } from "./trouble.ts";
import { orAbsent, surely, written } from "./written.ts";

interface WireComment {
  readonly id: number;
  readonly body?: string | null;
  readonly html_url: string;
  readonly user: { readonly login: string } | null;
}

const LIST = "GET /repos/{owner}/{repo}/issues/{number}/comments";
const ADD = "POST /repos/{owner}/{repo}/issues/{number}/comments";
const ONE = "/repos/{owner}/{repo}/issues/comments/{id}";

export async function stickyComment(client: Client, pull: number, marker: string): Promise<Comment | undefined> {
  const [oldest, ...extras] = await ours(client, pull, wantedIdentity(marker));
  return oldest === undefined ? undefined : { ...oldest, extras: extras.map(({ id }) => id) };
}

export function saveComment(
  client: Client,
  pull: number,
  existing: Comment | undefined,
  body: string,
): Promise<Written<Comment>> {
  const identity = needIdentity(body);
  return written(async () => {
    const changed = existing === undefined ? undefined : await edit(client, pull, existing, body);
    if (changed === undefined) return add(client, pull, identity, body);
    for (const id of existing?.extras ?? []) await remove(client, pull, id);
    return changed;
  });
}

export function newComment(
  client: Client,
  number: number,
  body: string,
  on: "pull" | "issue",
): Promise<Written<Comment>> {
  const task = writing(number, on);
  // Two comments may say the same; this tells whether one whose reply was lost is there.
  const once = `<!-- trueup:once ${randomUUID()} -->`;
  const text = `${body.trimEnd()}\n\n${once}`;
  return written(() =>
    surely(
      client,
      () => post(client, task, number, text),
      async () => (await comments(client, number)).find((comment) => comment.body.includes(once)),
    ),
  );
}

/** Undefined if it is gone. */
async function edit(client: Client, pull: number, existing: Comment, body: string): Promise<Comment | undefined> {
  if (existing.body.trimEnd() === body.trimEnd()) return existing;
  const task = writing(pull, "pull");
  const { id } = existing;
  return orAbsent(() =>
    surely(
      client,
      async () => commentOf(await client.ask<WireComment>(task, `PATCH ${ONE}`, { id, body })),
      async () => {
        const now = commentOf(await client.ask<WireComment>(reading(pull), `GET ${ONE}`, { id }));
        return now.body.trimEnd() === body.trimEnd() ? now : undefined;
      },
    ),
  );
}

/** Adds the first one. If another run did so at the same time, the older one stays and gets our text. */
async function add(client: Client, pull: number, identity: string, body: string): Promise<Comment> {
  const oldestOfOurs = async (): Promise<Comment | undefined> => (await ours(client, pull, identity))[0];
  const added = await surely(client, () => post(client, writing(pull, "pull"), pull, body), oldestOfOurs);
  const oldest = (await oldestOfOurs()) ?? added;
  if (oldest.id !== added.id) await remove(client, pull, added.id);
  return (await edit(client, pull, oldest, body)) ?? oldest;
}

/** One that is gone already is as good as removed. */
async function remove(client: Client, pull: number, id: number): Promise<void> {
  const send = async (): Promise<unknown> => client.ask(writing(pull, "pull"), `DELETE ${ONE}`, { id });
  await orAbsent(() => surely(client, send, () => Promise.resolve(undefined)));
}

async function post(client: Client, task: Task, number: number, body: string): Promise<Comment> {
  return commentOf(await client.ask<WireComment>(task, ADD, { number, body }));
}

/** All of ours with this marker, the oldest first. */
async function ours(client: Client, pull: number, identity: string): Promise<readonly Comment[]> {
  const login = await client.login();
  return (await comments(client, pull))
    .filter((comment) => comment.author === login && identityOf(comment.body) === identity)
    .toSorted((a, b) => a.id - b.id);
}

async function comments(client: Client, number: number): Promise<readonly Comment[]> {
  return (await client.all<WireComment>(reading(number), LIST, { number })).map(commentOf);
}

function commentOf({ id, body, html_url: url, user }: WireComment): Comment {
  return { id, body: body ?? "", url, author: user?.login ?? "" };
}

function writing(number: number, on: "pull" | "issue"): Task {
  return on === "pull"
    ? { subject: `write a comment on pull request ${number}`, needs: "pull-requests: write" }
    : { subject: `write a comment on issue ${number}`, needs: "issues: write" };
}

function reading(number: number): Task {
  return { subject: `read the comments of ${number}`, needs: "pull-requests: read" };
}
