/** `trueup doctor` as users run it: what is well, what is to be mended, and that nothing is written. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import type { Check } from "../../src/report/look/doctor.ts";
import { ROOT, type TestRepo, commit, done, filesBelow, git, gitRepo, trueup } from "./run.ts";

const TEMPLATE = join(ROOT, "config-repo-template");
const repos: { dispose: () => void }[] = [];
afterEach(() => {
  for (const repo of repos.splice(0)) repo.dispose();
});
function keep<T extends Pick<TestRepo, "dispose">>(made: T): T {
  repos.push(made);
  return made;
}
const repoOf = (content: string | Readonly<Record<string, string>> = TEMPLATE): string => keep(gitRepo(content)).folder;

/** Status, name and message of everything that is not fine. */
function troubles(folder: string, env: Readonly<Record<string, string>> = {}): { code: number | null; found: Check[] } {
  const { code, out } = trueup(folder, ["doctor", "--format", "json"], env);
  const { version, checks } = JSON.parse(out) as { version: number; checks: Check[] };
  expect(version).toBe(1);
  return { code, found: checks.filter((check) => check.status !== "ok") };
}

function files(target: string): Record<string, string> {
  return {
    "trueup.yaml": `version: 1\nsystem: shop\nenvironments:\n  staging: {}\n  prod: {}\ntargets:\n  config: ${target}\n`,
    "apps/orders/base.yaml": "a: 1\n",
  };
}

describe("trueup doctor", () => {
  it("of a fresh repo only says that nothing was applied, and writes nothing", () => {
    const folder = repoOf();
    const before = filesBelow(folder);
    const { code, out } = trueup(folder, ["doctor"]);
    expect(code).toBe(0);
    expect(out).toMatch(/✔ node +\d+\.\d+\.\d+\n/u);
    expect(out).toContain("✔ trueup.yaml  valid: 2 apps, 4 places");
    expect(out).toMatch(/✔ git +commit [0-9a-f]{7} on main, history available/u);
    expect(out).toContain("⚠ local dev, staging, prod  nothing was ever applied here\n      fix   trueup apply");
    expect(out.endsWith("⚠ 1 warning\n")).toBe(true);
    expect(existsSync(join(folder, ".trueup"))).toBe(false);
    expect(filesBelow(folder)).toEqual(before);
  });

  it("after an apply names the live commit and the placeholders", () => {
    const folder = repoOf();
    done(folder, ["apply", "--yes"]);
    const before = filesBelow(join(folder, ".trueup"));
    const { code, out } = trueup(folder, ["doctor", "--env", "prod"]);
    expect(code).toBe(0);
    expect(out).toMatch(/✔ local prod +commit [0-9a-f]{7} is live, the one at hand/u);
    expect(out).toContain("⚠ prod  1 secret needs a value: orders.db_password");
    expect(out).toContain("trueup secrets set orders db_password --env prod");
    expect(filesBelow(join(folder, ".trueup"))).toEqual(before);
  });

  it("is all fine where nothing waits", () => {
    const folder = repoOf(files('{ type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }'));
    done(folder, ["apply", "--yes"]);
    expect(trueup(folder, ["doctor"]).out).toContain("✔ Everything is fine.");
    expect(trueup(folder, ["doctor"], { CI: "true", GITHUB_ACTIONS: "true" }).out).toContain(
      "GitHub Actions: files are",
    );
  });

  it("names the variable that a credential misses, without its value anywhere", () => {
    const connection =
      "{ endpoints: ['http://127.0.0.1:1'], username: bob, password: { fromEnv: SHOP_ETCD_PASSWORD } }";
    const folder = repoOf(files(`{ type: etcd, path: "/cfg/{{env}}/{{app}}/{{key}}", connection: ${connection} }`));
    const { code, found } = troubles(folder);
    expect(code).toBe(2);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ group: "targets", name: "config staging, prod", status: "problem" });
    expect(found[0]?.message).toContain("SHOP_ETCD_PASSWORD is not set");
    const told = trueup(folder, ["doctor"], { SHOP_ETCD_PASSWORD: "canary-4711" });
    expect(told.out + told.err).not.toContain("canary-4711");
  });

  it("tells an etcd that nobody can reach, once for all environments, with the store's own cure", () => {
    const connection = "{ endpoints: ['http://127.0.0.1:1'] }";
    const folder = repoOf(files(`{ type: etcd, path: "/cfg/{{env}}/{{app}}/{{key}}", connection: ${connection} }`));
    const { code, found } = troubles(folder);
    expect([code, found.length]).toEqual([2, 1]);
    expect(found[0]?.message).toContain("ECONNREFUSED");
    expect(found[0]?.fix).toContain("connection.endpoints");
  });

  it("an apply that was interrupted is to be run again", () => {
    const folder = repoOf(files('{ type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }'));
    done(folder, ["apply", "--yes"]);
    const head = join(folder, ".trueup/live/cfg/.trueup/shop/config/prod/head");
    writeFileSync(head, readFileSync(head, "utf8").replace('"ready"', '"partial"'));
    const { code, found } = troubles(folder);
    expect(code).toBe(2);
    expect(found.map(({ name, status }) => [name, status])).toEqual([["config prod", "problem"]]);
    expect(found[0]?.fix).toContain("run trueup apply again");
  });

  it("a head that cannot be understood is a problem, the rest is still looked at", () => {
    const folder = repoOf(files('{ type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }'));
    done(folder, ["apply", "--yes"]);
    writeFileSync(join(folder, ".trueup/live/cfg/.trueup/shop/config/prod/head"), "not JSON");
    const { code, out } = trueup(folder, ["doctor"]);
    expect(code).toBe(2);
    expect(out).toMatch(/✖ config prod +\S+head is not JSON/u);
    expect(out).toMatch(/✔ config staging +commit/u);
  });

  it("a path that names another environment", () => {
    const targets = `{ type: directory, path: "/cfg/staging/{{app}}/{{key}}", places: [prod] }`;
    const { code, found } = troubles(repoOf(files(targets)));
    expect(code).toBe(2);
    const problem = found.find(({ status }) => status === "problem");
    expect(problem?.message).toContain("/cfg/staging/orders/ names staging but is written by prod");
  });

  it("warns of a shallow clone, and says when it hides the live commit", () => {
    const folder = repoOf(files(`{ type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }`));
    done(folder, ["apply", "--yes"]);
    writeFiles(folder, { "apps/orders/base.yaml": "a: 2\n" });
    commit(folder);
    const { folder: outside } = keep(tempFolder());
    git(outside, "clone", "--quiet", "--depth", "1", `file://${folder}`, "clone");
    const clone = join(outside, "clone");
    const fresh = troubles(clone);
    expect(fresh.code).toBe(0);
    expect(fresh.found.find(({ name }) => name === "git")?.fix).toContain("fetch-depth: 0");

    const config = readFileSync(join(clone, "trueup.yaml"), "utf8");
    const shared = `connection: { directory: ${JSON.stringify(join(folder, ".trueup/live"))} }`;
    writeFiles(clone, { "trueup.yaml": config.replace("{ type: directory,", `{ type: directory, ${shared},`) });
    const hidden = troubles(clone);
    expect(hidden.code).toBe(2);
    expect(hidden.found.find(({ status }) => status === "problem")?.message).toContain("not in this clone");
  });

  it("an invalid configuration and a folder without Git are told, too", () => {
    const { folder } = keep(
      tempFolder({ ...files("{ type: directory }"), "apps/orders/base.yaml": 'a: "{{nope}}"\n' }),
    );
    const { code, found } = troubles(folder);
    expect(code).toBe(2);
    expect(found.slice(0, 2).map(({ name, status }) => [name, status])).toEqual([
      ["trueup.yaml", "problem"],
      ["git", "warning"],
    ]);
    writeFiles(folder, { "trueup.yaml": "version: 1\nsystem: [\n" });
    expect(troubles(folder)).toMatchObject({ code: 2, found: [{ name: "trueup.yaml" }, { name: "git" }] });
  });

  it("refuses a name that means nothing", () => {
    const { code, err } = trueup(repoOf(), ["doctor", "--env", "prd"]);
    expect(code).toBe(1);
    expect(err).toContain("did you mean prod?");
  });
});
