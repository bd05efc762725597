/** Pull requests, their files, and who approves what. */
import { describe, expect, it } from "vitest";
import { HEAD, MERGE, PULL, scene } from "./open.ts";
import type { Scene } from "./open.ts";
import type { Mode } from "./server.ts";
import type { ReviewState } from "./state.ts";

function review({ state }: Scene, author: string | null, word: ReviewState["state"], commit = HEAD): void {
  state.reviews.push({ id: state.next(), item: PULL, author, state: word, commit });
}

describe.each<Mode>(["github", "ghes", "gitea", "forgejo"])("pull requests on %s", (mode) => {
  it("are read with what matters", async () => {
    const s = await scene(mode);
    s.label("bug", "alice");
    const forge = await s.open();
    expect(await forge.pull(PULL)).toEqual({
      number: PULL,
      title: "More pools",
      author: "bob",
      url: "https://forge.test/pull/7",
      state: "open",
      isMerged: false,
      isDraft: false,
      isFork: false,
      head: { sha: HEAD, ref: "change" },
      base: { sha: MERGE, ref: "main" },
      mergeCommit: undefined,
      labels: ["bug"],
    });
    const fork = s.issue({ pull: { head: HEAD, base: MERGE, fork: true } });
    expect(await forge.pull(fork.number)).toMatchObject({ isFork: true });
  });

  it("of a commit are those that were merged", async () => {
    const s = await scene(mode);
    s.issue({ pull: { head: HEAD, base: MERGE, commits: [MERGE] } });
    const merged = s.issue({ state: "closed", pull: { head: HEAD, base: HEAD, merged: MERGE } });
    const forge = await s.open();
    expect(await forge.pullsOfCommit(MERGE)).toMatchObject([
      { number: merged.number, isMerged: true, mergeCommit: MERGE, head: { sha: HEAD } },
    ]);
    expect(await forge.pullsOfCommit("0".repeat(40))).toEqual([]);
  });

  it("of a fork's branch are those that are open, by owner, name and branch", async () => {
    const s = await scene(mode);
    const fork = s.issue({ pull: { head: HEAD, base: MERGE, fork: true } });
    s.issue({ state: "closed", pull: { head: HEAD, base: MERGE, fork: true } });
    const forge = await s.open();
    const numbers = async (repository: string, branch: string) =>
      (await forge.openPullsFrom(repository, branch)).map(({ number }) => number);
    const isGithub = mode === "github" || mode === "ghes";
    expect(await numbers("mallory/config", "change")).toEqual(isGithub ? [fork.number] : []);
    expect(await numbers("mallory/other", "change")).toEqual([]);
    expect(await numbers("mallory/config", "other")).toEqual([]);
  });

  it("have approvers: the last word of each person, with its commit", async () => {
    const s = await scene(mode);
    review(s, "alice", "APPROVED", MERGE);
    review(s, "alice", "COMMENTED");
    review(s, "mia", "APPROVED");
    review(s, "mia", "CHANGES_REQUESTED");
    review(s, "tess", "CHANGES_REQUESTED");
    review(s, "tess", "APPROVED");
    review(s, "bob", "APPROVED");
    review(s, "bob", "DISMISSED");
    review(s, s.own, "APPROVED");
    review(s, null, "APPROVED");
    for (let n = 0; n < 120; n += 1) review(s, "mallory", "COMMENTED");
    review(s, "mallory", "APPROVED");
    const found = await (await s.open()).approvers(PULL);
    expect(found.map(({ login, commit, isBot }) => [login, commit, isBot])).toEqual([
      ["alice", MERGE, false],
      ["tess", HEAD, false],
      [s.own, HEAD, true],
      ["mallory", HEAD, false],
    ]);
  });

  it("name all their files, or say that some are missing", async () => {
    const s = await scene(mode);
    const files = Array.from({ length: 130 }, (_, n) => ({ filename: `apps/a${n}/base.yaml`, status: "modified" }));
    const moved = { filename: "apps/new/base.yaml", previous_filename: "apps/old/base.yaml", status: "renamed" };
    const whole = s.issue({ pull: { head: HEAD, base: MERGE, files: [...files, moved] } });
    const cut = s.issue({ pull: { head: HEAD, base: MERGE, files, fileCount: 3001 } });
    const forge = await s.open();
    const found = await forge.changedFiles(whole.number);
    expect(found).toHaveLength(131);
    expect(found.at(-1)).toEqual({ path: "apps/new/base.yaml", previous: "apps/old/base.yaml", status: "renamed" });
    await expect(forge.changedFiles(cut.number)).rejects.toMatchObject({ code: "INCOMPLETE" });
  });
});

describe("approvals of a run", () => {
  it("are those of its environments, where there are any", async () => {
    const s = await scene();
    s.state.approvals.push(
      { run: 9, user: "alice", environment: "prod" },
      { run: 8, user: "bob", environment: "prod" },
    );
    expect(await (await s.open()).approvalsOfRun(9)).toEqual([
      { login: "alice", environments: ["prod"], state: "approved", comment: "" },
    ]);
    expect(await (await (await scene("gitea")).open()).approvalsOfRun(9)).toBeUndefined();
  });

  it("are unknown to a token that may not ask: a receipt does without", async () => {
    const s = await scene();
    s.grant("less", { "pull-requests": "write" });
    expect(await (await s.open("less")).approvalsOfRun(9)).toBeUndefined();
  });
});
