/** Requests to a forge: time limits, bounded retries, pages, and every error as a failure. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, isFailure } from "../failure.ts";
import type { Host } from "./host.ts";
import { failureOf, troubleOf, unreadable } from "./trouble.ts";
import type { Task, Trouble } from "./trouble.ts";

export type Route = `${"GET" | "POST" | "PATCH" | "DELETE"} ${string}`;
export type Parameters = Readonly<Record<string, unknown>>;

export interface Client {
  readonly host: Host;
  /** Sends one request. `owner` and `repo` are filled in. A write with an unknown outcome throws with that trouble. */
  ask<T>(task: Task, route: Route, parameters?: Parameters): Promise<T>;
  /**
   * A list to its last page. `until-empty` is for a list of Gitea that says neither how long it is nor whether there
   * is more, and leaves out what the token may not see.
   */
  all<T>(task: Task, route: Route, parameters?: Parameters, paging?: "until-empty"): Promise<readonly T[]>;
  /** The account behind the token, asked once. */
  login(): Promise<string>;
  /** Milliseconds. */
  pause(ms: number): Promise<unknown>;
}

export interface Patience {
  /** Milliseconds for one request. */
  readonly timeout: number;
  /** Milliseconds that one request may wait altogether for a rate limit to end. */
  readonly rate: number;
  /** How often a read is sent at most. */
  readonly tries: number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export const PATIENCE: Patience = { timeout: 15_000, rate: 120_000, tries: 4, sleep: (ms) => sleep(ms) };

/** More pages than any list we read can honestly have. */
const MOST_PAGES = 1000;
/** Pages in a row without anything we may see, after which a list that does not tell its length is over. */
const EMPTY_PAGES = 3;

/** Carries trouble through the client library, which must not see a status: it takes 409 for the end of a list. */
interface Stopped extends Error {
  readonly trouble: Trouble;
}

interface Request {
  readonly method: string;
  readonly url: string;
  readonly baseUrl: string;
  request?: { signal?: AbortSignal };
}

export async function connect(host: Host, token: string, patience: Patience): Promise<Client> {
  if (token === "")
    throw new Failure("MISSING", "There is no token for the forge.", { fix: "Set the input `token` of the action." });
  const { getOctokit } = await import("@actions/github");
  const isGithub = host.kind === "github" || host.kind === "ghes";
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const octokit = getOctokit(token, { baseUrl: host.api, userAgent: "trueup", log });
  octokit.hook.wrap(
    "request",
    (send, options) =>
      persist(
        (signal) => {
          onlyTo(host, options);
          // Changed in place: the hook that adds the token looks at this object, whatever is passed on (before-after-hook 4).
          // A redirect would carry what we send to another address.
          options.request = { ...options.request, signal, redirect: "error" };
          return send(options) as Promise<Reply>;
        },
        { method: options.method, mayBeNull: !isGithub },
        patience,
      ) as never,
  );
  const headers = { "x-github-api-version": "2022-11-28" };
  const withBase = (route: Route, parameters: Parameters): Parameters =>
    route.includes("{owner}")
      ? { owner: host.owner, repo: host.repo, headers, ...parameters }
      : { headers, ...parameters };

  async function reply(task: Task, route: Route, parameters: Parameters): Promise<Reply> {
    try {
      return (await octokit.request(route as string, withBase(route, parameters))) as Reply;
    } catch (error) {
      throw failed(error, task);
    }
  }
  function failed(error: unknown, task: Task): unknown {
    const { trouble } = (error ?? {}) as Partial<Stopped>;
    return trouble === undefined ? error : failureOf(trouble, task, host);
  }
  async function ask<T>(task: Task, route: Route, parameters: Parameters = {}): Promise<T> {
    return (await reply(task, route, parameters)).data as T;
  }
  /** GitHub: as its links say. */
  async function linked<T>(task: Task, route: Route, parameters: Parameters): Promise<readonly T[]> {
    const items: T[] = [];
    try {
      const pages = octokit.paginate.iterator(
        route as string,
        withBase(route, { ...parameters, per_page: host.pageSize }),
      );
      let count = 0;
      for await (const { data } of pages) {
        items.push(...(data as T[]));
        if (++count >= MOST_PAGES) throw endless(task);
      }
    } catch (error) {
      throw failed(error, task);
    }
    return items;
  }
  /** Gitea: by number, since its links name the address its administrator configured, which may not be ours. */
  async function counted<T>(
    task: Task,
    route: Route,
    parameters: Parameters,
    untilEmpty: boolean,
  ): Promise<readonly T[]> {
    const items: T[] = [];
    for (let page = 1, empty = 0; page <= MOST_PAGES; page += 1) {
      const { data, headers: said } = await reply(task, route, { ...parameters, page, limit: host.pageSize });
      // An empty list may be null there.
      const found = (data ?? []) as readonly T[];
      items.push(...found);
      empty = found.length === 0 ? empty + 1 : 0;
      const total = Number(said["x-total-count"] ?? 0);
      if (untilEmpty ? empty >= EMPTY_PAGES : items.length >= total || empty > 0) return items;
    }
    throw endless(task);
  }
  let login: Promise<string> | undefined;
  return {
    host,
    ask,
    all: (task, route, parameters = {}, paging) =>
      isGithub ? linked(task, route, parameters) : counted(task, route, parameters, paging === "until-empty"),
    login: () => (login ??= loginOf(host, ask)),
    pause: patience.sleep,
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

const quiet = (): void => undefined;

function endless(task: Task): Failure {
  return new Failure("INCOMPLETE", `Could not ${task.subject}: the list has no end.`, { fix: "Please report it." });
}

/** A token goes to the forge and nowhere else, whatever a link of an answer says. */
function onlyTo(host: Host, { url, baseUrl }: Request): void {
  const { origin } = new URL(/^https?:/u.test(url) ? url : `${baseUrl}${url}`);
  if ([host.api, host.graphql].every((own) => own === undefined || new URL(own).origin !== origin))
    throw new Failure("INCOMPLETE", `${host.api} links to another host, to which its token is not sent.`, {
      fix: "Check what is between the runner and the forge; its own address and GITHUB_API_URL should agree.",
    });
}

/**
 * Sends until there is an answer. What was refused for its rate was not done and is sent again after the time given;
 * a read without a readable answer is sent again; nothing else is.
 */
async function persist(
  send: (signal: AbortSignal) => Promise<Reply>,
  { method, mayBeNull }: { readonly method: string; readonly mayBeNull: boolean },
  patience: Patience,
): Promise<Reply> {
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    const trouble = await once(() => send(AbortSignal.timeout(patience.timeout)), mayBeNull);
    if (!("kind" in trouble)) return trouble;
    if (trouble.kind === "rate" && waited + trouble.wait <= patience.rate) {
      waited += trouble.wait;
      await patience.sleep(trouble.wait);
    } else if (isPassing(trouble, method) && attempt < patience.tries) {
      await patience.sleep(500 * 2 ** (attempt - 1));
    } else {
      throw Object.assign(new Error(trouble.kind), { trouble });
    }
  }
}

function isPassing({ kind }: Trouble, method: string): boolean {
  return kind === "unsent" || (kind === "unknown" && method === "GET");
}

async function once(send: () => Promise<Reply>, mayBeNull: boolean): Promise<Reply | Trouble> {
  try {
    const reply = await send();
    // A cut connection or a page of something between gives text, or nothing, where JSON was promised.
    const { status, data } = reply;
    const isReadable = status === 204 || (typeof data === "object" && (data !== null || mayBeNull));
    return isReadable ? reply : unreadable(reply);
  } catch (error) {
    if (isFailure(error)) throw error;
    return troubleOf(error);
  }
}

/** GitHub's own job token may not ask who it is over REST (403), but over GraphQL. */
async function loginOf(host: Host, ask: Client["ask"]): Promise<string> {
  const task = { subject: "find out whose token this is", needs: "metadata: read" };
  try {
    return (await ask<{ readonly login: string }>(task, "GET /user")).login;
  } catch (error) {
    const isRefused = isFailure(error) && (error.code === "DENIED" || error.code === "MISSING");
    if (!isRefused) throw error;
    if (host.graphql === undefined) return host.kind === "forgejo" ? "forgejo-actions" : "gitea-actions";
    const answer = await ask<{ readonly data?: { readonly viewer?: { readonly login?: string } } }>(
      task,
      `POST ${host.graphql}`,
      { query: "{ viewer { login } }" },
    );
    const login = answer.data?.viewer?.login;
    if (login !== undefined) return login;
    throw error;
  }
}
