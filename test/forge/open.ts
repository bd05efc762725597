/** A test forge with a few people in it, and the real client on it. */
import { afterEach, expect } from "vitest";
import type { Forge } from "../../src/forge/forge.ts";
import { openForge } from "../../src/forge/open.ts";
import { startForge } from "./server.ts";
import type { Mode, TestForge } from "./server.ts";
import type { Item, Level, State } from "./state.ts";

export const TOKEN = "ghs_secretTokenOfTheJob";
export const HEAD = "4f2c1aa000000000000000000000000000000000";
export const MERGE = "7d10e55000000000000000000000000000000000";
export const PULL = 7;
/** What the templates of workflows give the token. */
export const GRANTS: Readonly<Record<string, Level>> = {
  "pull-requests": "write",
  issues: "write",
  checks: "write",
  statuses: "write",
  actions: "read",
  administration: "read",
};

export interface Scene {
  readonly server: TestForge;
  readonly state: State;
  /** Account behind {@link TOKEN}. */
  readonly own: string;
  /** Milliseconds that the client waited for, instead of waiting. */
  readonly waits: number[];
  /** One more client, as another run has. */
  open(token?: string, timeout?: number): Promise<Forge>;
  /** Gives a token what a job's `permissions:` say. */
  grant(
    token: string,
    grants: Readonly<Record<string, Level>>,
    options?: { readonly hides?: boolean; readonly login?: string },
  ): void;
  comment(author: string, body: string): number;
  issue(facts: Partial<Item>): Item;
  label(name: string, actor: string | null, kind?: "labeled" | "unlabeled"): void;
}

const running: TestForge[] = [];

afterEach(async () => {
  const forges = running.splice(0);
  for (const forge of forges) await forge.stop();
  expect(forges.flatMap(({ undescribed }) => undescribed)).toEqual([]);
});

export async function scene(mode: Mode = "github"): Promise<Scene> {
  const server = await startForge(mode);
  running.push(server);
  const { state } = server;
  const isGithub = mode === "github" || mode === "ghes";
  const own = isGithub ? "github-actions[bot]" : "gitea-actions";
  const people: readonly (readonly [string, boolean, string, string])[] = [
    [own, true, "none", "none"],
    ["other-app[bot]", true, "none", "none"],
    ["alice", false, "admin", "admin"],
    // Gitea knows no role between admin and write.
    ["mia", false, isGithub ? "maintain" : "admin", isGithub ? "write" : "admin"],
    ["bob", false, "write", "write"],
    ["tess", false, isGithub ? "triage" : "read", "read"],
    ["mallory", false, "read", "read"],
    ["ghost", false, "none", "none"],
  ];
  for (const [login, isBot, role, permission] of people) {
    const id = login === "gitea-actions" ? -2 : state.next();
    state.people.set(login, { id, login, isBot, role, permission });
  }
  state.callers.set(TOKEN, { login: own, grants: GRANTS, hides: false });
  const item: Item = {
    number: PULL,
    author: "bob",
    title: "More pools",
    body: "",
    state: "open",
    labels: [],
    pull: { head: HEAD, base: MERGE },
  };
  state.items.set(PULL, item);
  const waits: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  return {
    server,
    state,
    own,
    waits,
    open: (token = TOKEN, timeout = 10_000) => openForge(server.env, token, { sleep, timeout }),
    grant(token, grants, { hides = false, login = own } = {}) {
      state.callers.set(token, { login, grants, hides });
    },
    comment(author, body) {
      const id = state.next();
      state.comments.push({ id, item: PULL, author, body });
      return id;
    },
    issue(facts) {
      const number = state.next();
      const made: Item = { number, author: own, title: "", body: "", state: "open", labels: [], ...facts };
      state.items.set(number, made);
      return made;
    },
    label(name, actor, kind = "labeled") {
      if (!state.labels.has(name)) state.labels.set(name, state.next());
      item.labels = item.labels.filter((each) => each !== name);
      if (kind === "labeled") item.labels.push(name);
      state.events.push({ id: state.next(), item: PULL, kind, actor, label: name });
    },
  };
}
