/** Which forge a job runs on. Its addresses come from the runner's environment only; no host is written down here. */
import { Failure } from "../failure.ts";

export interface Host {
  readonly kind: "github" | "ghes" | "gitea" | "forgejo";
  /** Base of the REST API, without a slash at the end. */
  readonly api: string;
  /** Base of links for people, without a slash at the end. */
  readonly server: string;
  readonly graphql: string | undefined;
  readonly owner: string;
  readonly repo: string;
  /** Check runs exist on GitHub only; elsewhere a commit status says the same in fewer words. */
  readonly hasChecks: boolean;
  /** Environments with reviewers. */
  readonly hasEnvironments: boolean;
  /** The most items a page may have (Gitea: MAX_RESPONSE_ITEMS, 50 unless the administrator changed it). */
  readonly pageSize: number;
}

/** What GitHub's, Gitea's and Forgejo's runners set for every job. */
export type RunnerEnvironment = Readonly<Record<string, string | undefined>>;

/** Throws `MISSING` or `USAGE` where the environment does not name a forge and a repository. */
export function hostOf(env: RunnerEnvironment): Host {
  const api = address(env, "GITHUB_API_URL");
  const server = address(env, "GITHUB_SERVER_URL");
  const graphql = (env["GITHUB_GRAPHQL_URL"] ?? "") === "" ? undefined : address(env, "GITHUB_GRAPHQL_URL");
  const [owner = "", repo = "", rest] = (env["GITHUB_REPOSITORY"] ?? "").split("/");
  if (![owner, repo].every(isName) || rest !== undefined)
    throw new Failure("MISSING", "GITHUB_REPOSITORY does not name a repository (owner/name).", { fix: ON_A_RUNNER });
  const kind = kindOf(api, env);
  const isGithub = kind === "github" || kind === "ghes";
  return {
    kind,
    api,
    server,
    graphql,
    owner,
    repo,
    hasChecks: isGithub,
    hasEnvironments: isGithub,
    pageSize: isGithub ? 100 : 50,
  };
}

const ON_A_RUNNER = "This runs inside a job of a forge, whose runner sets it. Elsewhere use the command line.";

function isName(text: string): boolean {
  return /^[\w.-]{1,100}$/u.test(text) && !/^\.{1,2}$/u.test(text);
}

function address(env: RunnerEnvironment, name: string): string {
  const text = env[name] ?? "";
  if (text === "") throw new Failure("MISSING", `${name} is not set.`, { fix: ON_A_RUNNER });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.username === "" && url.password === "" && url.search === "";
  if (!isPlain || !/^https?:$/u.test(url.protocol))
    throw new Failure("USAGE", `${name} is not a plain http or https address.`, { fix: ON_A_RUNNER });
  return `${url.origin}${url.pathname}`.replace(/\/+$/u, "");
}

/** The API's path tells: `/api/v3` is GitHub Enterprise Server's, `/api/v1` Gitea's and Forgejo's (facts.md 5.11). */
function kindOf(api: string, env: RunnerEnvironment): Host["kind"] {
  if (api.endsWith("/api/v3")) return "ghes";
  const isForgejo = Object.keys(env).some((name) => name.startsWith("FORGEJO_"));
  if (isForgejo) return "forgejo";
  return api.endsWith("/api/v1") || env["GITEA_ACTIONS"] === "true" ? "gitea" : "github";
}
