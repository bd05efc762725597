import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Git, openGit } from "../../src/git/git.ts";
import { commitFiles, git, newRepo, shallowClone, write } from "./repo.ts";

const BASE = "http:\n  port: 8080\n  timeout_ms: 3000\n\ndatabase:\n  host: a\n  port: 5432\n  pool: 10\n";

async function open(folder: string): Promise<Git> {
  const opened = await openGit(folder);
  if (opened === undefined) throw new Error("not a repository");
  return opened;
}

/** base → larger pool (and a readme) → longer timeout in the same file. */
async function story() {
  const folder = newRepo();
  const file = "apps/orders/base.yaml";
  const start = commitFiles(folder, "orders", { [file]: BASE, "trueup.yaml": "version: 1\n", ".github/w.yml": "1" });
  const pool = commitFiles(folder, "orders: larger pool", {
    [file]: BASE.replace("pool: 10", "pool: 20"),
    "apps/orders/prod.yaml": "x: 1\n",
    "README.md": "pool is 20\n",
  });
  const last = commitFiles(folder, "orders: timeout", {
    [file]: BASE.replace("pool: 10", "pool: 20").replace("3000", "1200"),
    ".github/w.yml": "2",
  });
  return { folder, file, start, pool, last, opened: await open(folder) };
}

function show(folder: string, commit: string, path: string): string {
  return `${git(folder, "show", `${commit}:${path}`)}\n`;
}

/** Everything that must not change before the revert is published. */
function state(folder: string): string[] {
  return [
    git(folder, "status", "--porcelain", "--untracked-files=all"),
    git(folder, "for-each-ref"),
    git(folder, "rev-parse", "HEAD"),
    git(folder, "stash", "list"),
  ];
}

describe("revert of one commit", () => {
  it("takes back what it did and keeps what came later, without touching anything", async () => {
    const { folder, file, pool, last, opened } = await story();
    const before = state(folder);
    const prepared = await opened.revert({ what: { kind: "commit", commit: pool }, reason: "checkout is down" });
    expect(state(folder)).toEqual(before);
    expect(prepared).toMatchObject({
      parent: last,
      files: [
        { path: "README.md", action: "removed" },
        { path: file, action: "changed" },
        { path: "apps/orders/prod.yaml", action: "removed" },
      ],
    });
    expect(show(folder, prepared.commit, file)).toBe(BASE.replace("3000", "1200"));
    expect(git(folder, "log", "-1", "--format=%B", prepared.commit)).toBe(
      `Revert "orders: larger pool"\n\nThis reverts commit ${pool}.\n\nReason: checkout is down`,
    );
  });

  it("goes onto the current branch and into the work tree", async () => {
    const { folder, file, pool, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "commit", commit: pool } });
    expect(await opened.publish(prepared)).toEqual({ branch: "main", commit: prepared.commit, checkedOut: true });
    expect(readFileSync(join(folder, file), "utf8")).toBe(BASE.replace("3000", "1200"));
    expect(await opened.head()).toEqual({ commit: prepared.commit, branch: "main" });
    expect(await opened.isDirty()).toBe(false);
  });

  it("or onto a new branch, leaving the current one alone", async () => {
    const { folder, file, pool, last, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "commit", commit: pool } });
    expect(await opened.publish(prepared, "rollback/pool")).toMatchObject({
      branch: "rollback/pool",
      checkedOut: false,
    });
    expect(git(folder, "rev-parse", "rollback/pool")).toBe(prepared.commit);
    expect(await opened.head()).toEqual({ commit: last, branch: "main" });
    expect(readFileSync(join(folder, file), "utf8")).toContain("pool: 20");
    await expect(opened.publish(prepared, "rollback/pool")).rejects.toMatchObject({ code: "USAGE" });
    await expect(opened.publish(prepared, pool)).rejects.toMatchObject({ code: "USAGE" });
    await expect(opened.publish(prepared, "-f")).rejects.toMatchObject({ code: "USAGE" });
    await expect(opened.publish(prepared, "refs/heads/x")).rejects.toMatchObject({ code: "USAGE" });
  });

  it("may be limited to paths below the config root", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", {
      "config/apps/a.yaml": "1\n",
      "config/apps/b.yaml": "1\n",
      "config/apps/ab.yaml": "1\n",
    });
    const two = commitFiles(folder, "two", {
      "config/apps/a.yaml": "2\n",
      "config/apps/b.yaml": "2\n",
      "config/apps/ab.yaml": "2\n",
    });
    const opened = await open(join(folder, "config"));
    const prepared = await opened.revert({ what: { kind: "commit", commit: two }, paths: ["apps/a.yaml"] });
    expect(prepared.files).toEqual([{ path: "config/apps/a.yaml", action: "changed" }]);
    expect(prepared.message).toContain("Limited to: apps/a.yaml");
    await opened.publish(prepared);
    expect(readFileSync(join(folder, "config/apps/a.yaml"), "utf8")).toBe("1\n");
    expect(readFileSync(join(folder, "config/apps/b.yaml"), "utf8")).toBe("2\n");
  });

  it("of a merge takes back what the merge brought in", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { "apps/a.yaml": "1\n" });
    git(folder, "switch", "--quiet", "-c", "side");
    commitFiles(folder, "side 1", { "apps/b.yaml": "1\n" });
    commitFiles(folder, "side 2", { "apps/c.yaml": "1\n" });
    git(folder, "switch", "--quiet", "main");
    commitFiles(folder, "main 2", { "apps/d.yaml": "1\n" });
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge #482", "side");
    const opened = await open(folder);
    const prepared = await opened.revert({ what: { kind: "commit", commit: git(folder, "rev-parse", "HEAD") } });
    expect(prepared.files.map(({ path }) => path)).toEqual(["apps/b.yaml", "apps/c.yaml"]);
  });

  it("and of that revert again gives back every byte", async () => {
    const { folder, pool, opened } = await story();
    const tree = git(folder, "rev-parse", "HEAD^{tree}");
    const once = await opened.publish(await opened.revert({ what: { kind: "commit", commit: pool } }));
    await opened.publish(await opened.revert({ what: { kind: "commit", commit: once.commit } }));
    expect(git(folder, "rev-parse", "HEAD^{tree}")).toBe(tree);
  });

  it("keeps file modes, names of every kind, and brings files back", async () => {
    const folder = newRepo();
    const odd = 'apps/a b\t"c"\nü.yaml';
    commitFiles(folder, "one", { [odd]: "1\n", "apps/run.sh": "#!/bin/sh\n" });
    git(folder, "update-index", "--chmod=+x", "apps/run.sh");
    git(folder, "commit", "--quiet", "-m", "mode");
    git(folder, "checkout", "--quiet", ".");
    const gone = commitFiles(folder, "gone", { [odd]: null, "apps/run.sh": null });
    const opened = await open(folder);
    const prepared = await opened.revert({ what: { kind: "commit", commit: gone } });
    expect(prepared.files).toEqual([
      { path: odd, action: "added" },
      { path: "apps/run.sh", action: "added" },
    ]);
    expect(git(folder, "ls-tree", prepared.commit, "apps/run.sh")).toMatch(/^100755 /u);
    expect(git(folder, "diff", "--stat", `${gone}^`, prepared.commit)).toBe("");
  });
});

describe("revert of a range, and going back", () => {
  it("takes back several commits at once", async () => {
    const { folder, start, pool, last, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "range", from: start, to: last } });
    expect(git(folder, "diff", "--stat", start, prepared.commit)).toBe("");
    expect(prepared.message).toBe(
      `Revert 2 commits up to "orders: timeout"\n\nThis reverts:\n- ${last} orders: timeout\n- ${pool} orders: larger pool\n`,
    );
  });

  it("restores the configuration of a commit, and leaves workflows and documents as they are", async () => {
    const { folder, file, start, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "to", commit: start } });
    expect(prepared.files.map(({ path }) => path)).toEqual([file, "apps/orders/prod.yaml"]);
    expect(show(folder, prepared.commit, file)).toBe(BASE);
    expect(show(folder, prepared.commit, ".github/w.yml")).toBe("2\n");
    expect(prepared.message).toBe(`Roll back to "orders"\n\nThis restores the configuration as of commit ${start}.\n`);
  });
});

describe("revert refuses, and leaves everything as it was", () => {
  it("lines that later commits changed", async () => {
    const { folder, file, pool, opened } = await story();
    commitFiles(folder, "even larger", { [file]: BASE.replace("pool: 10", "pool: 40") });
    const before = state(folder);
    await expect(opened.revert({ what: { kind: "commit", commit: pool } })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(file),
      details: [file],
    });
    expect(state(folder)).toEqual(before);
  });

  it("a file that later commits removed", async () => {
    const { folder, file, pool, opened } = await story();
    commitFiles(folder, "no orders", { [file]: null });
    await expect(opened.revert({ what: { kind: "commit", commit: pool } })).rejects.toMatchObject({ details: [file] });
  });

  it("a dirty work tree, also between preparing and publishing", async () => {
    const { folder, file, pool, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "commit", commit: pool } });
    write(folder, { [file]: "mine: 1\n" });
    const before = state(folder);
    await expect(opened.revert({ what: { kind: "commit", commit: pool } })).rejects.toMatchObject({
      code: "USAGE",
      details: [file],
    });
    await expect(opened.publish(prepared)).rejects.toMatchObject({ code: "USAGE" });
    expect(state(folder)).toEqual(before);
    expect(readFileSync(join(folder, file), "utf8")).toBe("mine: 1\n");
  });

  it("a file that is not in Git and would be overwritten", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { "docs/x": "1\n", "config/a": "1\n" });
    const gone = commitFiles(folder, "gone", { "docs/x": null });
    const opened = await open(join(folder, "config"));
    write(folder, { "docs/x": "mine\n" });
    const prepared = await opened.revert({ what: { kind: "commit", commit: gone } });
    await expect(opened.publish(prepared)).rejects.toMatchObject({
      code: "USAGE",
      details: expect.arrayContaining([expect.stringContaining("docs/x")]),
    });
    expect(readFileSync(join(folder, "docs/x"), "utf8")).toBe("mine\n");
    expect(await opened.head()).toMatchObject({ commit: gone });
  });

  it("a detached head, and a branch that went on", async () => {
    const { folder, pool, last, opened } = await story();
    const prepared = await opened.revert({ what: { kind: "commit", commit: pool } });
    git(folder, "checkout", "--quiet", "--detach");
    await expect(opened.publish(prepared)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("branch"),
    });
    git(folder, "switch", "--quiet", "main");
    commitFiles(folder, "meanwhile", { other: "1" });
    await expect(opened.publish(prepared)).rejects.toMatchObject({ code: "MOVED" });
    expect(git(folder, "rev-parse", "HEAD^")).toBe(last);
  });

  it("what is undone already, and what is not part of the branch", async () => {
    const { folder, pool, start, opened } = await story();
    await opened.publish(await opened.revert({ what: { kind: "commit", commit: pool } }));
    await expect(opened.revert({ what: { kind: "commit", commit: pool } })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("nothing to take back"),
    });
    git(folder, "switch", "--quiet", "-c", "side", start);
    const side = commitFiles(folder, "side", { z: "1" });
    git(folder, "switch", "--quiet", "main");
    await expect(opened.revert({ what: { kind: "commit", commit: side } })).rejects.toMatchObject({ code: "USAGE" });
    await expect(opened.revert({ what: { kind: "range", from: pool, to: start } })).rejects.toMatchObject({
      code: "USAGE",
    });
    await expect(opened.revert({ what: { kind: "commit", commit: "main" } })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("the first commit of a shallow clone, which looks as if it had made everything", async () => {
    const { folder, last } = await story();
    const opened = await open(shallowClone(folder, 1));
    await expect(opened.revert({ what: { kind: "commit", commit: last } })).rejects.toMatchObject({
      code: "HISTORY",
      fix: expect.stringContaining("fetch-depth: 0"),
    });
  });

  it("when Git does not know who commits", async () => {
    const { folder, pool } = await story();
    for (const who of ["AUTHOR", "COMMITTER"]) {
      vi.stubEnv(`GIT_${who}_NAME`, undefined);
      vi.stubEnv(`GIT_${who}_EMAIL`, undefined);
    }
    git(folder, "config", "user.useConfigOnly", "true");
    const opened = await open(folder);
    await expect(opened.revert({ what: { kind: "commit", commit: pool } })).rejects.toMatchObject({
      code: "MISSING",
      fix: expect.stringContaining("user.email"),
    });
    vi.unstubAllEnvs();
  });
});
