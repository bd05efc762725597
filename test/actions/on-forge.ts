/** A config repo with a pull request on a test forge: what people and runners do there, one call each. */
import { afterEach } from "vitest";
import type { ActionName } from "../../src/actions/inputs.ts";
import { commit, done, git, gitRepo } from "../cli/run.ts";
import { PULL, type Scene, TOKEN, scene } from "../forge/open.ts";
import type { Mode } from "../forge/server.ts";
import type { Item } from "../forge/state.ts";
import { writeFiles } from "../project.ts";
import { pullRequestPayload } from "./payloads.ts";
import { type Stepped, step } from "./runner.ts";

type Files = Readonly<Record<string, string>>;

export const CONFIG = `version: 1
system: shop
environments:
  dev: {}
  prod: { protected: true }
targets: { local: { type: directory } }
guards: { max_apps: 1 }
`;
const START: Files = {
  "trueup.yaml": CONFIG,
  "apps/a/base.yaml": "pool: 10\nlevel: info\n",
  "apps/a/dev.yaml": "pool: 1\n",
  "apps/b/base.yaml": "pool: 10\n",
};

export interface OnForge extends Scene {
  readonly folder: string;
  readonly item: Item;
  /** A commit on the branch of the pull request; what is checked out is its merge with main. Gives the commit. */
  push(change: Files): string;
  /** Merges the pull request; gives the commit on main, which is checked out. */
  merge(): string;
  /** The action of a pull request's event. */
  onPull(action: ActionName, more?: Partial<PullRun>): Promise<Stepped>;
  onMain(action: ActionName, inputs?: Readonly<Record<string, string>>, env?: Files): Promise<Stepped>;
  run(action: ActionName, event: { readonly name: string; readonly payload: unknown }, more: Run): Promise<Stepped>;
  /** Bodies of our comments with this marker. */
  ours(kind: "plan" | "receipt"): readonly string[];
  others(): readonly string[];
  approve(author: string, at: string): void;
  head(): string;
}

export interface PullRun {
  readonly closed: "merged" | "unmerged";
  readonly fork: boolean;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

interface Run {
  readonly with?: Readonly<Record<string, string>> | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly ref: string;
}

const repos: { dispose: () => void }[] = [];
afterEach(() => repos.splice(0).forEach((repo) => repo.dispose()));

/** `files`: instead of a small repo of two apps, whose first commit is applied. */
export async function onForge(mode: Mode = "github", files: Files = START): Promise<OnForge> {
  const on = await scene(mode);
  const repo = gitRepo(files);
  repos.push(repo);
  const { folder } = repo;
  done(folder, ["apply", "--yes", "--allow", "wide"]);
  git(folder, "branch", "change");
  const item = on.state.items.get(PULL);
  if (item === undefined) throw new Error("the scene has no pull request");
  let head = git(folder, "rev-parse", "HEAD");
  const run: OnForge["run"] = (action, event, { with: inputs, env, ref }) =>
    step(action, {
      workspace: folder,
      event,
      with: { token: TOKEN, ...inputs },
      env: { ...on.server.env, GITHUB_SHA: git(folder, "rev-parse", "HEAD"), GITHUB_REF: ref, ...env },
    });
  return {
    ...on,
    folder,
    item,
    run,
    head: () => head,
    push(change) {
      git(folder, "checkout", "--quiet", "change");
      writeFiles(folder, change);
      head = commit(folder, "change");
      git(folder, "checkout", "--quiet", "--detach", "main");
      git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", "change");
      item.pull = { head, base: git(folder, "rev-parse", "main") };
      return head;
    },
    merge() {
      const merged = git(folder, "rev-parse", "HEAD");
      git(folder, "checkout", "--quiet", "main");
      git(folder, "merge", "--quiet", "--ff-only", merged);
      item.state = "closed";
      item.pull = { head, base: git(folder, "rev-parse", "HEAD~1"), merged };
      return merged;
    },
    onPull(action, { closed, fork = false, with: inputs, env } = {}) {
      const base = git(folder, "rev-parse", "main");
      const repository = fork ? "mallory/config" : "acme/config";
      const payload = pullRequestPayload({ head, base, repository, labels: item.labels });
      const state = closed === undefined ? {} : { state: "closed", merged: closed === "merged" };
      const event = {
        name: "pull_request",
        payload: { ...payload, pull_request: { ...payload.pull_request, ...state } },
      };
      return run(action, event, { with: inputs, env, ref: "refs/pull/7/merge" });
    },
    onMain: (action, inputs, env) =>
      run(action, { name: "push", payload: {} }, { with: inputs, env, ref: "refs/heads/main" }),
    ours: (kind) =>
      on.state.comments
        .filter(({ author, body }) => author === on.own && body.startsWith(`<!-- trueup:${kind} `))
        .map(({ body }) => body),
    others: () => on.state.comments.map(({ body }) => body).filter((body) => !body.startsWith("<!-- trueup:")),
    approve(author, at) {
      on.state.reviews.push({ id: on.state.next(), item: PULL, author, state: "APPROVED", commit: at });
    },
  };
}

/** Titles and texts of warnings. */
export function warnings({ commands }: Stepped): readonly string[] {
  return commands
    .filter(({ name }) => name === "warning")
    .map(({ properties, data }) => `${properties.get("title") ?? ""}: ${data}`);
}
