/**
 * A forge with a real Git remote behind it: branches, pull requests with their merge commits, merges; and the events
 * that GitHub makes of them (documentation of events that trigger workflows, seen 2026-11).
 */
import { git } from "../../cli/run.ts";
import { tempFolder } from "../../project.ts";
import { type TestForge, startForge } from "../../forge/server.ts";
import type { Item } from "../../forge/state.ts";

export interface HubEvent {
  readonly name: "pull_request" | "push" | "schedule" | "workflow_dispatch";
  /** `GITHUB_SHA` and `GITHUB_REF`: what is checked out, and whose workflow files run. */
  readonly sha: string;
  readonly ref: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** From a fork: no secrets, no identity, and a token that may only read. */
  readonly fork: boolean;
}

export interface Hub {
  readonly forge: TestForge;
  /** Bare repository. */
  readonly remote: string;
  readonly main: () => string;
  /** A push of `HEAD` of a clone to `main`. */
  readonly pushMain: (clone: string) => HubEvent;
  readonly openPull: (clone: string, facts: PullFacts) => Item;
  /** The event of a pull request; for a push to it `from` is the clone that its `HEAD` comes from. */
  readonly pull: (item: Item, action: "opened" | "synchronize" | "closed", from?: string) => HubEvent;
  readonly merge: (item: Item, by: string) => HubEvent;
  readonly onMain: (name: "schedule" | "workflow_dispatch") => HubEvent;
  readonly stop: () => Promise<void>;
}

export interface PullFacts {
  readonly author: string;
  readonly title: string;
  readonly branch: string;
  readonly fork?: boolean;
}

const BOT = ["-c", "user.name=Forge", "-c", "user.email=forge@example.com"];
export const OWN = "github-actions[bot]";

/** `people`: login names with their role in the repository. */
export async function startHub(people: Readonly<Record<string, string>>): Promise<Hub> {
  const { folder: remote, dispose } = tempFolder();
  git(remote, "init", "--quiet", "--bare", "--initial-branch=main");
  const forge = await startForge("github");
  const { state } = forge;
  const add = (login: string, isBot: boolean, role: string): void => {
    const permission = role === "maintain" ? "write" : role === "triage" ? "read" : role;
    state.people.set(login, { id: state.next(), login, isBot, role, permission });
  };
  add(OWN, true, "none");
  for (const [login, role] of Object.entries(people)) add(login, false, role);
  const main = (): string => git(remote, "rev-parse", "refs/heads/main");
  const branches = new Map<number, PullFacts>();

  /** The commit that GitHub makes to say how a merge would look; a conflict is a mistake of the test. */
  const mergeCommit = (number: number, head: string, message: string): string => {
    const tree = git(remote, "merge-tree", "--write-tree", main(), head);
    const made = git(remote, ...BOT, "commit-tree", tree, "-p", main(), "-p", head, "-m", message);
    git(remote, "update-ref", `refs/pull/${number}/merge`, made);
    return made;
  };
  const pushed = (item: Item, clone: string): void => {
    const { fork = false, branch } = branches.get(item.number) as PullFacts;
    const refs = [`HEAD:refs/pull/${item.number}/head`, ...(fork ? [] : [`HEAD:refs/heads/${branch}`])];
    git(clone, "push", "--quiet", "--force", remote, ...refs);
    const head = git(remote, "rev-parse", `refs/pull/${item.number}/head`);
    const commits = git(remote, "rev-list", "--reverse", `${main()}..${head}`).split("\n");
    const files = git(remote, "diff", "--name-only", `${main()}...${head}`).split("\n");
    item.pull = {
      head,
      base: main(),
      fork,
      commits,
      files: files.map((filename) => ({ filename, status: "modified" })),
    };
    mergeCommit(item.number, head, `Merge ${head} into ${main()}`);
  };
  const repository = { full_name: "acme/config", default_branch: "main" };
  const pull: Hub["pull"] = (item, action, from) => {
    if (from !== undefined) pushed(item, from);
    const { branch, fork = false } = branches.get(item.number) as PullFacts;
    const { head = "", base = "", merged } = item.pull ?? {};
    const isMerged = merged !== undefined;
    const payload = {
      action,
      number: item.number,
      pull_request: {
        number: item.number,
        title: item.title,
        state: item.state,
        merged: isMerged,
        draft: false,
        head: { sha: head, ref: branch, repo: { full_name: fork ? "mallory/config" : "acme/config" } },
        base: { sha: base, ref: "main", repo: repository },
        labels: item.labels.map((name) => ({ name })),
        user: { login: item.author },
      },
      repository,
    };
    // "If the pull request was merged, this is the branch it was merged into" (contexts, github.ref).
    const ref = isMerged ? "refs/heads/main" : `refs/pull/${item.number}/merge`;
    const sha = merged ?? git(remote, "rev-parse", ref);
    return { name: "pull_request", sha, ref, payload, fork };
  };
  const push = (before: string): HubEvent => {
    const payload = { ref: "refs/heads/main", before, after: main(), repository };
    return { name: "push", sha: main(), ref: "refs/heads/main", payload, fork: false };
  };
  return {
    forge,
    remote,
    main,
    pull,
    pushMain(clone) {
      const before = git(remote, "for-each-ref", "--format=%(objectname)", "refs/heads/main") || "0".repeat(40);
      git(clone, "push", "--quiet", remote, "HEAD:refs/heads/main");
      return push(before);
    },
    openPull(clone, facts) {
      const number = state.next();
      const item: Item = { number, author: facts.author, title: facts.title, body: "", state: "open", labels: [] };
      state.items.set(number, item);
      branches.set(number, facts);
      pushed(item, clone);
      return item;
    },
    merge(item, by) {
      if (item.pull === undefined || !state.people.has(by)) throw new Error("nothing that can be merged");
      const before = main();
      const { branch } = branches.get(item.number) as PullFacts;
      const message = `Merge pull request #${item.number} from ${branch}\n\n${item.title}`;
      const merged = mergeCommit(item.number, item.pull.head, message);
      git(remote, "update-ref", "refs/heads/main", merged, before);
      item.pull = { ...item.pull, merged };
      item.state = "closed";
      return push(before);
    },
    onMain: (name) => ({ name, sha: main(), ref: "refs/heads/main", payload: { repository }, fork: false }),
    async stop() {
      await forge.stop();
      dispose();
    },
  };
}
