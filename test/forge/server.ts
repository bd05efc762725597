/** A forge on loopback that speaks the routes we use, holds state, pages, refuses, and breaks when asked to. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ANSWERS, HIDDEN } from "./answers.ts";
import type { Answer } from "./answers.ts";
import { describedBy, Undescribed } from "./described.ts";
import type { Json } from "./described.ts";
import { emptyState } from "./state.ts";
import type { State } from "./state.ts";
import { Refused } from "./wire.ts";
import type { Asked } from "./wire.ts";

export type Mode = "github" | "ghes" | "gitea" | "forgejo";

export interface Call {
  /** As described: `GET /repos/{owner}/{repo}/issues/{}/comments`. */
  readonly route: string;
  readonly query: URLSearchParams;
  readonly token: string;
  readonly body: Json | undefined;
}

/**
 * - `primary`, `secondary`, `secondary-mute`: refused for the number of requests, in the three ways GitHub does that.
 * - `502`, `lose-request`: nothing done. `502-after`, `lose-reply`, `half`, `hang-after`: done, and not said properly.
 * - `409`: refused with what the client library takes for the end of a list.
 * - `hang`: no answer. `page`: a proxy's page with status 200. `foreign-link`: the next page is on another host. `redirect`: sent elsewhere.
 */
export type Fault =
  | "primary"
  | "secondary"
  | "secondary-mute"
  | "502"
  | "502-after"
  | "lose-request"
  | "lose-reply"
  | "half"
  | "hang"
  | "hang-after"
  | "page"
  | "409"
  | "foreign-link"
  | "redirect";

export interface TestForge {
  readonly mode: Mode;
  readonly state: State;
  /** What the runner would set. */
  readonly env: Readonly<Record<string, string>>;
  readonly calls: Call[];
  /** Requests and answers that are not as published. A test that leaves any has failed. */
  readonly undescribed: string[];
  /** Asked before each call is done. */
  fault: (call: Call) => Fault | undefined | void;
  /** Waited for before each call is done. */
  before: (call: Call) => Promise<void> | void;
  /** Seconds until a rate limit ends. */
  reset: number;
  count(route: string): number;
  stop(): Promise<void>;
}

const PATHS: Readonly<Record<Mode, { readonly api: string; readonly graphql: string | undefined }>> = {
  github: { api: "", graphql: "/graphql" },
  ghes: { api: "/api/v3", graphql: "/api/graphql" },
  gitea: { api: "/api/v1", graphql: undefined },
  forgejo: { api: "/api/v1", graphql: undefined },
};
/** Seconds until a rate limit ends, as refusals say. */
export const RESET = 40;

export async function startForge(mode: Mode): Promise<TestForge> {
  const isGitea = mode === "gitea" || mode === "forgejo";
  const described = describedBy(mode === "forgejo" ? "gitea" : mode);
  const { api, graphql } = PATHS[mode];
  const state = emptyState();

  function perform(call: Call, parts: readonly string[], response: ServerResponse): { status: number; data: Json } {
    const caller = state.callers.get(call.token);
    if (caller === undefined) throw new Refused(401, "Bad credentials");
    const body = (call.body ?? {}) as Asked["body"];
    const asked: Asked = { state, caller, parts, query: call.query, body, isGitea };
    const handler = ANSWERS[call.route];
    if (handler === undefined) throw new Undescribed(`${call.route} has no answer`);
    const given = handler(asked);
    const { status, data } = "list" in given ? pageOf(given, call, response) : given;
    return { status, data: status === 204 ? data : described.answer(call.route, status, data) };
  }

  function pageOf(
    given: Extract<Answer, { list: unknown }>,
    call: Call,
    response: ServerResponse,
  ): { status: number; data: Json } {
    const { list, wrap = (items) => items } = given;
    const how = isGitea ? (given.gitea ?? "links") : "links";
    const asked = Number(call.query.get(isGitea ? "limit" : "per_page") ?? 30);
    const size = how === "whole" ? Infinity : Math.min(asked, isGitea ? 50 : 100);
    const page = Number(call.query.get("page") ?? 1);
    const from = how === "whole" ? 0 : (page - 1) * size;
    const items = list.slice(from, from + size).filter((item) => item !== HIDDEN);
    const isMore = list.length > from + size;
    if (how === "links" && isMore) {
      const query = new URLSearchParams(call.query);
      query.set("page", String(page + 1));
      // Gitea names the address that its administrator wrote down.
      const origin = isGitea || forge.fault(call) === "foreign-link" ? "https://elsewhere.forge.test" : address();
      response.setHeader("link", `<${origin}${pathOf(response)}?${query.toString()}>; rel="next"`);
    }
    if (isGitea && how !== "no sign") response.setHeader("x-total-count", String(list.length));
    const isNull = isGitea && items.length === 0 && how === "no sign";
    return { status: 200, data: isNull ? null : wrap(items) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", address());
    const text = await textOf(request);
    const body = text === "" ? undefined : (JSON.parse(text) as Json);
    const token = /^(?:token|bearer) (.+)$/iu.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const isGraphql = graphql !== undefined && url.pathname === graphql && request.method === "POST";
    const inside = url.pathname.startsWith(`${api}/`) ? url.pathname.slice(api.length) : "";
    const match = isGraphql ? { route: "POST graphql", parts: [] } : described.match(request.method ?? "", inside);
    if (match === undefined) throw new Undescribed(`${request.method} ${url.pathname} is not described`);
    const call: Call = { route: match.route, query: url.searchParams, token, body };
    forge.calls.push(call);
    if (!isGraphql) described.checkRequest(match.route, url.searchParams, body);
    await forge.before(call);
    const fault = forge.fault(call) ?? undefined;
    if (fault === "hang") return;
    if (fault === "lose-request") return void request.socket.destroy();
    if (fault === "502")
      return void response.writeHead(502, { "content-type": "text/html" }).end("<html>Bad gateway</html>");
    if (fault === "redirect") return void response.writeHead(307, { location: `${address()}/elsewhere` }).end();
    if (fault === "409") throw new Refused(409, "Conflict");
    if (fault === "page")
      return void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>");
    if (fault !== undefined && fault.endsWith("ary")) return refuseForRate(response, fault, forge.reset);
    if (fault === "secondary-mute") return refuseForRate(response, fault, forge.reset);
    const [owner, repo, ...parts] = match.parts;
    if (owner !== undefined && `${owner}/${repo}` !== "acme/config") throw new Refused(404, "Not Found");
    response.setHeader("x-path", url.pathname);
    const reply = isGraphql ? viewer(state, token) : perform(call, parts, response);
    if (fault === "hang-after") return;
    if (fault === "lose-reply") return void request.socket.destroy();
    if (fault === "502-after") return void response.writeHead(502).end();
    if (fault === "half") return half(response, reply.data);
    send(response, reply.status, reply.data);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refused) return send(response, error.status, error.data);
      forge.undescribed.push(String(error));
      return send(response, 418, { message: "not as published" });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const forge: TestForge = {
    mode,
    state,
    env: {
      GITHUB_API_URL: `${address()}${api}`,
      GITHUB_SERVER_URL: address(),
      ...(graphql === undefined ? {} : { GITHUB_GRAPHQL_URL: `${address()}${graphql}` }),
      GITHUB_REPOSITORY: "acme/config",
      ...(mode === "gitea" ? { GITEA_ACTIONS: "true" } : {}),
      ...(mode === "forgejo" ? { FORGEJO_ACTIONS: "true" } : {}),
    },
    calls: [],
    undescribed: [],
    fault: () => undefined,
    before: () => undefined,
    reset: RESET,
    count: (route) => forge.calls.filter((call) => call.route === route).length,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return forge;
}

function pathOf(response: ServerResponse): string {
  return String(response.getHeader("x-path"));
}

/** Job tokens may ask who they are here. The login has its `[bot]`. */
function viewer(state: State, token: string): { status: number; data: Json } {
  const caller = state.callers.get(token);
  if (caller === undefined) throw new Refused(401, "Bad credentials");
  return { status: 200, data: { data: { viewer: { login: caller.login } } } };
}

function refuseForRate(response: ServerResponse, fault: Fault, reset: number): void {
  const now = Math.floor(Date.now() / 1000);
  if (fault === "primary") {
    response.setHeader("x-ratelimit-remaining", "0");
    response.setHeader("x-ratelimit-reset", String(now + reset));
  }
  if (fault === "secondary") response.setHeader("retry-after", String(reset));
  const message = fault === "primary" ? "API rate limit exceeded" : "You have exceeded a secondary rate limit";
  send(response, fault === "secondary" ? 429 : 403, { message, documentation_url: "https://docs.forge.test/rate" });
}

/** Promises the whole answer and sends half of it. */
function half(response: ServerResponse, data: Json): void {
  const text = JSON.stringify(data);
  response.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function send(response: ServerResponse, status: number, data: Json): void {
  response.removeHeader("x-path");
  response.setHeader("x-github-request-id", "ABCD:1234:5678");
  if (status === 204) return void response.writeHead(204).end();
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(data));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
