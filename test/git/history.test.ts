import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Git, openGit } from "../../src/git/git.ts";
import { commitFiles, git, newRepo, shallowClone, temporary, write } from "./repo.ts";

async function open(folder: string): Promise<Git> {
  const opened = await openGit(folder);
  if (opened === undefined) throw new Error("not a repository");
  return opened;
}

describe("openGit", () => {
  it("is undefined outside of a repository, and inside .git", async () => {
    expect(await openGit(temporary())).toBeUndefined();
    expect(await openGit(join(newRepo(), ".git"))).toBeUndefined();
  });

  it("does not need git to know that there is no repository", async () => {
    vi.stubEnv("PATH", temporary());
    expect(await openGit(temporary())).toBeUndefined();
    vi.unstubAllEnvs();
  });

  it("knows a further work tree, where .git is a file, and a link into one", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { "config/a": "1" });
    const further = join(temporary(), "further");
    git(folder, "worktree", "add", "--quiet", further);
    expect((await open(join(further, "config"))).root).toBe("config");
    const link = join(temporary(), "link");
    symlinkSync(join(further, "config"), link);
    expect((await open(link)).root).toBe("config");
  });

  it("knows the top, and the folder below it", async () => {
    const folder = newRepo();
    write(folder, { "deep/café config/trueup.yaml": "" });
    const opened = await open(join(folder, "deep/café config"));
    expect(opened).toMatchObject({ top: folder, root: "deep/café config", shallow: false });
    expect((await open(folder)).root).toBe("");
  });

  it("says what is wrong with a folder that does not exist", async () => {
    await expect(openGit("/does/not/exist")).rejects.toMatchObject({ code: "MISSING" });
  });

  it("says that git is not installed", async () => {
    const folder = newRepo();
    vi.stubEnv("PATH", temporary());
    await expect(openGit(folder)).rejects.toMatchObject({ code: "MISSING", message: expect.stringContaining("git") });
    vi.unstubAllEnvs();
  });

  it("is not led elsewhere by GIT_DIR and the like", async () => {
    const [folder, other] = [newRepo(), newRepo()];
    const id = commitFiles(folder, "here", { a: "1" });
    commitFiles(other, "there", { a: "2" });
    vi.stubEnv("GIT_DIR", join(other, ".git"));
    vi.stubEnv("GIT_WORK_TREE", other);
    vi.stubEnv("GIT_INDEX_FILE", "/nowhere/index");
    vi.stubEnv("GIT_TRACE", "1");
    const opened = await open(folder);
    expect(opened.top).toBe(folder);
    expect(await opened.head()).toEqual({ commit: id, branch: "main" });
    expect(await opened.isDirty()).toBe(false);
    vi.unstubAllEnvs();
  });

  it.runIf(process.getuid?.() === 0)("trusts a checkout of another user only in CI", async () => {
    const folder = newRepo();
    const id = commitFiles(folder, "one", { "config/a": "1" });
    git(folder, "config", "safe.directory", "*"); // in the repository itself it must not count
    const { execFileSync } = await import("node:child_process");
    execFileSync("chown", ["-R", "12345:12345", folder]);
    await expect(openGit(folder)).rejects.toMatchObject({ code: "DENIED", fix: expect.stringContaining(folder) });
    vi.stubEnv("CI", "true");
    const opened = await open(join(folder, "config"));
    expect(await opened.head()).toMatchObject({ commit: id });
    expect(await opened.subject(id)).toBe("one");
    vi.unstubAllEnvs();
  });
});

describe("head and isDirty", () => {
  it("knows a branch, a detached head, and no commit at all", async () => {
    const folder = newRepo();
    const opened = await open(folder);
    expect(await opened.head()).toBeUndefined();
    const id = commitFiles(folder, "one", { a: "1" });
    git(folder, "switch", "--quiet", "-c", "feature/x");
    expect(await opened.head()).toEqual({ commit: id, branch: "feature/x" });
    git(folder, "checkout", "--quiet", "--detach");
    expect(await opened.head()).toEqual({ commit: id, branch: undefined });
  });

  it("sees changed, new and staged files below the folder, and not those elsewhere or ignored", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { "config/a": "1", "other/b": "1", ".gitignore": ".trueup/\n" });
    const opened = await open(join(folder, "config"));
    write(folder, { "other/b": "2", "other/c": "", "config/.trueup/live": "" });
    expect(await opened.isDirty()).toBe(false);
    expect(await opened.isDirty("")).toBe(true);
    expect(await opened.isDirty(join(folder, "config"))).toBe(false);
    expect(await opened.isDirty(join(folder, "other"))).toBe(true);
    write(folder, { "config/new": "" });
    expect(await opened.isDirty()).toBe(true);
    git(folder, "add", "config/new");
    expect(await opened.isDirty()).toBe(true);
    git(folder, "stash", "--quiet");
    expect(await opened.isDirty()).toBe(false);
    write(folder, { "config/a": "3" });
    expect(await opened.isDirty()).toBe(true);
  });

  it("starts no program that a repository names", async () => {
    const folder = newRepo();
    commitFiles(folder, "one", { a: "1" });
    const mark = join(temporary(), "ran");
    write(folder, {
      ".git/evil.sh": `#!/bin/sh\ntouch ${mark}\n`,
      ".git/hooks/post-index-change": `#!/bin/sh\ntouch ${mark}\n`,
    });
    git(folder, "config", "core.fsmonitor", join(folder, ".git/evil.sh"));
    const { chmodSync, existsSync } = await import("node:fs");
    chmodSync(join(folder, ".git/evil.sh"), 0o755);
    chmodSync(join(folder, ".git/hooks/post-index-change"), 0o755);
    write(folder, { a: "2" });
    expect(await (await open(folder)).isDirty()).toBe(true);
    expect(existsSync(mark)).toBe(false);
  });
});

async function threeCommits() {
  const folder = newRepo();
  const ids = [1, 2, 3].map((n) => commitFiles(folder, `commit ${n}`, { a: String(n) }));
  return { folder, ids: ids as [string, string, string], opened: await open(folder) };
}

describe("resolve", () => {
  it("reads ids, HEAD, branches, tags, remote branches and steps back", async () => {
    const { folder, ids, opened } = await threeCommits();
    git(folder, "tag", "-a", "v1", "-m", "first", ids[0]);
    git(folder, "update-ref", "refs/remotes/origin/release", ids[1]);
    expect(await opened.resolve(ids[0])).toBe(ids[0]);
    expect(await opened.resolve("HEAD")).toBe(ids[2]);
    expect(await opened.resolve("HEAD~2")).toBe(ids[0]);
    expect(await opened.resolve("main^")).toBe(ids[1]);
    expect(await opened.resolve("refs/heads/main")).toBe(ids[2]);
    expect(await opened.resolve("v1")).toBe(ids[0]);
    expect(await opened.resolve("origin/release")).toBe(ids[1]);
    expect(await opened.resolve("release")).toBe(ids[1]);
  });

  it("is not confused by a branch called like an id, like refs/heads/main, or like HEAD", async () => {
    const { folder, ids, opened } = await threeCommits();
    git(folder, "update-ref", `refs/heads/${ids[0]}`, ids[2]);
    git(folder, "update-ref", "refs/heads/refs/heads/main", ids[0]);
    git(folder, "update-ref", "refs/heads/HEAD", ids[0]);
    git(folder, "update-ref", "refs/tags/HEAD", ids[0]);
    expect(await opened.resolve(ids[0])).toBe(ids[0]);
    expect(await opened.resolve("refs/heads/main")).toBe(ids[2]);
    expect(await opened.resolve("main")).toBe(ids[2]);
    expect(await opened.resolve("HEAD")).toBe(ids[2]);
    expect(await opened.subject(ids[0])).toBe("commit 1");
  });

  it("does not take the only branch called like an id for that id", async () => {
    const { folder, ids, opened } = await threeCommits();
    const nowhere = "0123456789abcdef0123456789abcdef01234567";
    git(folder, "update-ref", `refs/heads/${nowhere}`, ids[2]);
    await expect(opened.resolve(nowhere)).rejects.toMatchObject({ code: "HISTORY" });
  });

  it("asks which one, where a branch and a tag have one name", async () => {
    const { folder, ids, opened } = await threeCommits();
    git(folder, "tag", "main", ids[0]);
    await expect(opened.resolve("main")).rejects.toMatchObject({
      code: "USAGE",
      fix: expect.stringContaining("refs/heads/main or refs/tags/main"),
    });
    expect(await opened.resolve("refs/tags/main")).toBe(ids[0]);
  });

  it("wants whole ids, and says which", async () => {
    const { folder, ids, opened } = await threeCommits();
    await expect(opened.resolve(ids[0].slice(0, 10))).rejects.toMatchObject({
      code: "USAGE",
      fix: `give the full id: ${ids[0]}`,
    });
    git(folder, "tag", "-a", "v1", "-m", "first", ids[0]);
    await expect(opened.resolve(git(folder, "rev-parse", "v1"))).rejects.toMatchObject({
      fix: expect.stringContaining(ids[0]),
    });
  });

  it.each([
    "--output=/tmp/x",
    "-n",
    "",
    "a..b",
    "main:a",
    "@{u}",
    ":/commit",
    "a b",
    "x\n",
    "main^{/x}",
    "*",
    "a/../b",
    "HEAD^{tree}",
  ])("refuses %j", async (text) => {
    const { folder, opened } = await threeCommits();
    await expect(opened.resolve(text)).rejects.toMatchObject({ code: "USAGE" });
    expect(git(folder, "status", "--porcelain")).toBe("");
  });

  it("suggests a name", async () => {
    const { opened } = await threeCommits();
    await expect(opened.resolve("mian")).rejects.toMatchObject({ code: "USAGE", fix: "did you mean main?" });
  });
});

describe("ancestry", () => {
  it("tells same, ahead, behind and diverged", async () => {
    const folder = newRepo();
    const a = commitFiles(folder, "a", { f: "a" });
    const b = commitFiles(folder, "b", { f: "b" });
    git(folder, "switch", "--quiet", "-c", "side", a);
    const c = commitFiles(folder, "c", { f: "c" });
    git(folder, "switch", "--quiet", "--orphan", "alone");
    const d = commitFiles(folder, "d", { f: "d" });
    const opened = await open(folder);
    expect(await opened.ancestry(a, a)).toBe("same");
    expect(await opened.ancestry(a, b)).toBe("ahead");
    expect(await opened.ancestry(b, a)).toBe("behind");
    expect(await opened.ancestry(b, c)).toBe("diverged");
    expect(await opened.ancestry(b, d)).toBe("diverged");
    expect(await opened.ancestry("0".repeat(40), b)).toBe("unknown");
    await expect(opened.ancestry("main", b)).rejects.toMatchObject({ code: "USAGE" });
  });

  it("follows the real history, not a replaced one", async () => {
    const folder = newRepo();
    const a = commitFiles(folder, "a", { f: "a" });
    const b = commitFiles(folder, "b", { f: "b" });
    git(folder, "replace", "--graft", b);
    expect(await (await open(folder)).ancestry(a, b)).toBe("ahead");
  });

  it("does not guess in a shallow clone", async () => {
    const folder = newRepo();
    const a = commitFiles(folder, "a", { f: "a" });
    const b = commitFiles(folder, "b", { f: "b" });
    const c = commitFiles(folder, "c", { f: "c" });
    const opened = await open(shallowClone(folder, 2));
    expect(opened.shallow).toBe(true);
    expect(await opened.ancestry(b, c)).toBe("ahead");
    expect(await opened.ancestry(a, c)).toBe("unknown");
    await expect(opened.resolve(a)).rejects.toMatchObject({
      code: "HISTORY",
      fix: expect.stringContaining("fetch-depth: 0"),
    });
    await expect(opened.commitsBetween(a, c)).rejects.toMatchObject({ code: "HISTORY" });
  });

  it("says unknown, not diverged, for two branches whose fork was cut off", async () => {
    const folder = newRepo();
    const a = commitFiles(folder, "a", { f: "a" });
    const b = commitFiles(folder, "b", { f: "b" });
    git(folder, "switch", "--quiet", "-c", "side", a);
    const c = commitFiles(folder, "c", { f: "c" });
    const clone = shallowClone(folder, 1);
    git(clone, "fetch", "--quiet", "--depth=1", "origin", "main");
    expect(await (await open(clone)).ancestry(b, c)).toBe("unknown");
  });
});

describe("commits", () => {
  it("lists what is between, newest first, also for paths below the folder", async () => {
    const folder = newRepo();
    const a = commitFiles(folder, "a", { "config/x": "1" });
    const b = commitFiles(folder, 'b: ünï "quoted"', { "config/x": "2" });
    const c = commitFiles(folder, "c", { readme: "2" });
    const opened = await open(join(folder, "config"));
    expect((await opened.commitsBetween(a, c)).map(({ id }) => id)).toEqual([c, b]);
    expect((await opened.commitsBetween(undefined, c)).map(({ subject }) => subject)).toEqual([
      "c",
      'b: ünï "quoted"',
      "a",
    ]);
    expect((await opened.commitsBetween(a, c, ["x"])).map(({ id }) => id)).toEqual([b]);
    expect(await opened.commitsBetween(a, c, ["*"])).toEqual([]);
    expect(await opened.commitsBetween(c, a)).toEqual([]);
    expect(await opened.commit(b)).toEqual({
      id: b,
      parents: [a],
      author: "Ada",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/u),
      subject: 'b: ünï "quoted"',
    });
  });
});
