/** `trueup rollback` as users run it: a revert that is planned before any branch knows of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../project.ts";
import { type TestRepo, commit, done, filesBelow, git, gitRepo, stored, trueup } from "./run.ts";

const FILES = {
  "trueup.yaml": `version: 1
system: shop
environments: [dev, prod]
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  "apps/orders/base.yaml": "# comment\na: 1\nb: two\n",
  "apps/users/base.yaml": "x: 1\n",
  "NOTES.md": "first\n",
};

let repo: TestRepo;
let first: string;
let original: Record<string, string>;
beforeEach(() => {
  repo = gitRepo(FILES);
  first = git(repo.folder, "rev-parse", "HEAD");
});
afterEach(() => repo.dispose());

const rollback = (...args: readonly string[]) => trueup(repo.folder, ["rollback", ...args]);
const read = (path: string): string => readFileSync(join(repo.folder, path), "utf8");
const state = () => ({
  head: git(repo.folder, "rev-parse", "HEAD"),
  branches: git(repo.folder, "for-each-ref"),
  status: git(repo.folder, "status", "--porcelain"),
  store: filesBelow(join(repo.folder, ".trueup")),
});

/** Applies the first commit and notes what is live then. */
function live(): void {
  done(repo.folder, ["apply", "--yes"]);
  original = stored(repo.folder);
}

function release(files: Readonly<Record<string, string>>): string {
  writeFiles(repo.folder, files);
  return commit(repo.folder, `release ${Object.keys(files).join(" ")}`);
}

describe("the last commit", () => {
  beforeEach(() => {
    live();
    release({ "apps/orders/base.yaml": "# comment\na: 2\nc: new\n", "apps/users/base.yaml": "x: 2\n" });
    done(repo.folder, ["apply", "--yes"]);
  });

  it("is prepared and planned without touching anything", () => {
    const before = state();
    const { code, out, err } = rollback();
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Revert "release /u);
    expect(out).toContain("changed  apps/orders/base.yaml");
    expect(out).toMatch(/~ a +2 → 1/u);
    expect(out).toMatch(/\+ b +"two"/u);
    expect(out).toMatch(/- c +"new"/u);
    expect(out).toContain("Nothing was changed. To make this commit: trueup rollback --yes");
    expect(state()).toEqual(before);
  });

  it("is taken back by a commit, and apply restores the older values to the byte", () => {
    const { code, out } = rollback("--yes", "--reason", "orders was slow");
    expect(code).toBe(0);
    expect(out).toMatch(/✔ Commit [0-9a-f]{7} is on main · next: trueup apply/u);
    expect(git(repo.folder, "log", "-1", "--format=%B")).toMatch(/^Revert "release [^]*orders was slow/u);
    expect(git(repo.folder, "status", "--porcelain")).toBe("");
    expect(read("apps/orders/base.yaml")).toBe(FILES["apps/orders/base.yaml"]);
    expect(stored(repo.folder)).not.toEqual(original);
    done(repo.folder, ["apply", "--yes"]);
    expect(stored(repo.folder)).toEqual(original);
  });

  it("is taken back for one app with --app", () => {
    expect(rollback("--yes", "--app", "users").code).toBe(0);
    done(repo.folder, ["apply", "--yes"]);
    expect(stored(repo.folder)).toMatchObject({ "cfg/dev/users/x": "1", "cfg/dev/orders/a": "2" });
  });

  it("goes on a branch of its own with --branch", () => {
    const before = state();
    const { code, out } = rollback("--yes", "--branch", "undo");
    expect(code).toBe(0);
    expect(out).toContain("is on undo · next: a pull request from undo");
    expect(state().head).toBe(before.head);
    expect(state().status).toBe("");
    expect(git(repo.folder, "show", "undo:apps/users/base.yaml")).toBe("x: 1");
  });

  it("can be put back: a rollback of the rollback", () => {
    const newer = state();
    expect(rollback("--yes").code).toBe(0);
    expect(rollback("--yes").code).toBe(0);
    expect(read("apps/users/base.yaml")).toBe("x: 2\n");
    expect(git(repo.folder, "diff", newer.head, "HEAD")).toBe("");
    expect(trueup(repo.folder, ["diff", "--detailed-exitcode"]).code).toBe(0);
  });
});

describe("several commits", () => {
  it("--to goes back to a commit, for configuration only", () => {
    live();
    release({ "apps/orders/base.yaml": "a: 2\n" });
    release({ "apps/orders/base.yaml": "a: 3\n", "NOTES.md": "later\n", "apps/new/base.yaml": "z: 1\n" });
    done(repo.folder, ["apply", "--yes"]);
    const plan = rollback("--to", first);
    expect(plan.out).toMatch(/removed +apps\/new\/base\.yaml/u);
    expect(rollback("--to", first, "--yes").code).toBe(0);
    expect(read("NOTES.md")).toBe("later\n");
    done(repo.folder, ["apply", "--yes"]);
    expect(stored(repo.folder)).toEqual(original);
  });

  it("--commit takes one back from the middle, and keeps what came later", () => {
    live();
    const middle = release({ "apps/orders/base.yaml": "# comment\na: 2\nb: two\n" });
    release({ "apps/users/base.yaml": "x: 5\n" });
    done(repo.folder, ["apply", "--yes"]);
    expect(rollback("--commit", middle, "--yes").code).toBe(0);
    done(repo.folder, ["apply", "--yes"]);
    expect(stored(repo.folder)).toEqual({ ...original, "cfg/dev/users/x": "5", "cfg/prod/users/x": "5" });
  });
});

describe("what cannot be taken back is said in words", () => {
  it.each<[string, () => void, readonly string[], number, RegExp]>([
    ["an unknown commit", () => undefined, ["--commit", "nope"], 1, /No branch or tag is called "nope"/u],
    ["two wishes", () => undefined, ["--commit", "HEAD", "--to", "HEAD"], 1, /cannot be used together/u],
    ["nothing", () => undefined, ["--to", "HEAD"], 1, /nothing to take back/u],
    [
      "work that is not committed",
      () => writeFiles(repo.folder, { "apps/users/base.yaml": "x: 7\n" }),
      [],
      1,
      /USAGE/u,
    ],
    [
      "a commit whose lines changed since",
      () => {
        release({ "apps/users/base.yaml": "x: 2\n" });
        release({ "apps/users/base.yaml": "x: 3\n" });
      },
      ["--commit", "HEAD~1"],
      1,
      /apps\/users\/base\.yaml/u,
    ],
    [
      "a state that is not valid today",
      () => {
        writeFiles(repo.folder, { "apps/users/base.yaml": 'x: "{{nope}}"\n' });
        commit(repo.folder, "broken");
        release({ "apps/users/base.yaml": "x: 4\n" });
      },
      [],
      3,
      /error\[TU2001\]/u,
    ],
  ])("%s", (_, arrange, args, exit, words) => {
    arrange();
    const before = state();
    const { code, err } = rollback(...args, "--yes");
    expect(code).toBe(exit);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/^ +at /mu);
    expect(state()).toEqual(before);
  });
});
