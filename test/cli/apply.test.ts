/** `trueup apply` as users run it: consent, guards, reviewed plans, history, interruption. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { complaints } from "../stages/report/schemas.ts";
import { type TestRepo, commit, done, filesBelow, git, gitRepo, interrupted, stored, trueup } from "./run.ts";

const FILES = {
  "trueup.yaml": `version: 1
system: shop
environments:
  dev: {}
  prod: { protected: true }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  "apps/orders/base.yaml": "a: 1\nb: two\n",
  "apps/orders/prod.yaml": "a: 9\n",
};
const FIRST = {
  "cfg/dev/orders/a": "1",
  "cfg/dev/orders/b": "two",
  "cfg/prod/orders/a": "9",
  "cfg/prod/orders/b": "two",
};

let repo: TestRepo;
beforeEach(() => {
  repo = gitRepo(FILES);
});
afterEach(() => repo.dispose());

const apply = (...args: readonly string[]) => trueup(repo.folder, ["apply", "--yes", ...args]);
const base = (text: string): void => writeFiles(repo.folder, { "apps/orders/base.yaml": text });
const everything = () => filesBelow(join(repo.folder, ".trueup"));

/** Commits a change of `b` and applies what was there before it is given back. */
function applied(b: string): string {
  base(`a: 1\nb: ${b}\n`);
  const id = commit(repo.folder, b);
  done(repo.folder, ["apply", "--yes"]);
  return id;
}

describe("consent", () => {
  it("--yes is needed where nobody can answer; without it nothing is written", () => {
    const { code, out, err } = trueup(repo.folder, ["apply"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("apply needs --yes where nobody can answer a question");
    expect(stored(repo.folder)).toEqual({});
  });

  it("--dry-run stops after the plan", () => {
    const { code, out } = apply("--dry-run");
    expect(code).toBe(0);
    expect(out).toMatch(/Plan p-[0-9a-f]{16} +4 to add/u);
    expect(stored(repo.folder)).toEqual({});
  });
});

describe("an apply", () => {
  it("writes what Git says, dev first, with progress on standard error and the receipt on standard output", () => {
    const { code, out, err } = apply();
    expect(code).toBe(0);
    expect(out).toMatch(/✔ dev +2\/2 keys +generation 1\n +✔ prod +2\/2 keys +generation 2\n/u);
    expect(out).toMatch(/read back +4 of 4 keys hold the new values/u);
    expect(out).toMatch(/✔ Applied 4 changes in [\d.]+ s · commit [0-9a-f]{7} is now live in dev and PROD/u);
    expect(err.indexOf("dev")).toBeLessThan(err.indexOf("prod"));
    expect(stored(repo.folder)).toEqual(FIRST);
  });

  it("has a receipt as JSON that fits its schema, in order dev, prod", () => {
    const { code, out } = apply("--format", "json", "--quiet");
    expect(code).toBe(0);
    expect(complaints("receipt", out)).toEqual([]);
    const receipt = JSON.parse(out) as { result: string; commit: string; destinations: { place: string }[] };
    expect(receipt).toMatchObject({ result: "applied", commit: git(repo.folder, "rev-parse", "HEAD") });
    expect(receipt.destinations.map((destination) => destination.place)).toEqual(["dev", "prod"]);
  });

  it("writes nothing the second time: not one file is touched", () => {
    apply();
    const before = everything();
    const { code, out } = apply();
    expect(code).toBe(0);
    expect(out).toMatch(/^✔ Nothing to do: live already is what commit [0-9a-f]{7} says\n$/u);
    expect(everything()).toEqual(before);
    const json = apply("--format", "json").out;
    expect(complaints("receipt", json)).toEqual([]);
    expect(JSON.parse(json)).toMatchObject({ result: "nothing", destinations: [] });
  });

  it("keeps to the part that was asked for", () => {
    expect(apply("--env", "dev").code).toBe(0);
    expect(Object.keys(stored(repo.folder))).toEqual(["cfg/dev/orders/a", "cfg/dev/orders/b"]);
    expect(apply("orders@prod").code).toBe(0);
    expect(stored(repo.folder)).toEqual(FIRST);
    expect(apply("--app", "ordrs").err).toContain("did you mean orders?");
  });

  it("of an invalid configuration exits 3 and writes nothing", () => {
    base('a: "{{nope}}"\n');
    commit(repo.folder);
    const { code, err } = apply();
    expect(code).toBe(3);
    expect(err).toContain("error[TU2001]");
    expect(stored(repo.folder)).toEqual({});
  });
});

describe("--expect", () => {
  interface Ids {
    readonly plan: string;
    readonly digest: string;
    readonly environments: readonly { readonly name: string; readonly plan: string }[];
  }
  const reviewed = (): Ids => JSON.parse(trueup(repo.folder, ["diff", "--format", "json"]).out) as Ids;

  it("takes the id of the reviewed plan", () => {
    expect(apply("--expect", reviewed().plan).code).toBe(0);
    expect(stored(repo.folder)).toEqual(FIRST);
  });

  it("takes the ids of environments, for those environments", () => {
    const { environments } = reviewed();
    const [dev = "", prod = ""] = environments.map((environment) => environment.plan);
    const onlyDev = apply("--expect", dev);
    expect(onlyDev.code).toBe(6);
    expect(onlyDev.err).toContain("prod: now ");
    expect(stored(repo.folder)).toEqual({});
    expect(apply("--expect", dev, "--env", "dev").code).toBe(0);
    expect(apply("--expect", `${dev},${prod}`).code).toBe(0);
    expect(stored(repo.folder)).toEqual(FIRST);
  });

  it("refuses another plan with exit 6 and writes nothing", () => {
    const { plan } = reviewed();
    base("a: 1\nb: other\n");
    commit(repo.folder);
    const { code, out, err } = apply("--expect", plan);
    expect([code, out]).toEqual([6, ""]);
    expect(err).toContain("error[STALE]");
    expect(err).toContain(`expected ${plan}`);
    expect(stored(repo.folder)).toEqual({});
  });

  it("takes no short id", () => {
    const { code, err } = apply("--expect", "p-12345");
    expect(code).toBe(1);
    expect(err).toContain("--expect takes the id of a plan");
  });
});

describe("guards", () => {
  it("exit 4 with the plan and the way on; --allow lifts them for one run", () => {
    apply();
    writeFileSync(join(repo.folder, ".trueup/live/cfg/dev/orders/b"), "by hand");
    base("a: 1\nb: by git\n");
    commit(repo.folder);
    const before = stored(repo.folder);
    const { code, out } = apply();
    expect(code).toBe(4);
    expect(out).toContain("--allow conflict");
    expect(stored(repo.folder)).toEqual(before);
    expect(apply("--allow", "conflict").code).toBe(0);
    expect(stored(repo.folder)["cfg/dev/orders/b"]).toBe("by git");
  });

  it("stop a change of a protected environment that is not committed", () => {
    apply();
    base("a: 1\nb: not committed\n");
    const { code, out } = apply();
    expect(code).toBe(4);
    expect(out).toContain("--allow dirty");
    expect(stored(repo.folder)).toEqual(FIRST);
    expect(apply("--env", "dev").code).toBe(0);
    expect(apply("--allow", "dirty").code).toBe(0);
    expect(stored(repo.folder)["cfg/prod/orders/b"]).toBe("not committed");
  });

  it("what is applied before it is committed is recorded as such, until a commit is applied", () => {
    base("a: 1\nb: not committed\n");
    const { out } = apply("--allow", "dirty");
    expect(out).toContain("and uncommitted changes is now live");
    const record = (path: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(repo.folder, ".trueup/live/cfg/.trueup/shop/local/prod", path), "utf8")) as Record<
        string,
        unknown
      >;
    const now = git(repo.folder, "rev-parse", "HEAD");
    expect(record("head")).toMatchObject({ commit: now, dirty: true });
    expect(record("units/orders")["commit"]).toBeNull();
    expect(trueup(repo.folder, ["drift"]).out).toContain("and uncommitted changes");
    expect(trueup(repo.folder, ["doctor"]).out).toContain("live together with changes that were in no commit");
    const clean = applied("clean");
    expect(record("head")).toMatchObject({ commit: clean });
    expect(record("head")).not.toHaveProperty("dirty");
    expect(record("units/orders")["commit"]).toBe(clean);
  });
});

describe("history", () => {
  it("an older commit never goes over a newer one: exit 0, nothing written", () => {
    apply();
    const newer = applied("newer");
    const before = everything();
    git(repo.folder, "checkout", "--quiet", "HEAD~1");
    const { code, out } = apply();
    expect(code).toBe(0);
    expect(out).toContain(`runs ${newer.slice(0, 7)}, which contains commit`);
    expect(everything()).toEqual(before);
    expect(JSON.parse(apply("--format", "json").out)).toMatchObject({ result: "superseded" });
  });

  it("a commit on another line exits 6, until --accept-rewrite", () => {
    apply();
    applied("lost");
    const before = everything();
    git(repo.folder, "reset", "--quiet", "--hard", "HEAD~1");
    base("a: 1\nb: other line\n");
    commit(repo.folder);
    const { code, out, err } = apply();
    expect([code, out]).toEqual([6, ""]);
    expect(err).toContain("error[DIVERGED]");
    expect(err).toContain("--accept-rewrite");
    expect(everything()).toEqual(before);
    expect(apply("--accept-rewrite").code).toBe(0);
    expect(stored(repo.folder)["cfg/dev/orders/b"]).toBe("other line");
  });

  it("a shallow clone that cannot tell exits 1 and says how to fetch the history", () => {
    apply();
    base("a: 1\nb: newer\n");
    commit(repo.folder);
    const clone = tempFolder();
    try {
      git(clone.folder, "clone", "--quiet", "--depth", "1", `file://${repo.folder}`, "clone");
      const folder = join(clone.folder, "clone");
      cpSync(join(repo.folder, ".trueup"), join(folder, ".trueup"), { recursive: true, verbatimSymlinks: true });
      const { code, err } = trueup(folder, ["apply", "--yes"]);
      expect(code).toBe(1);
      expect(err).toContain("error[HISTORY]");
      expect(err).toContain("fetch-depth: 0");
      expect(stored(folder)).toEqual(FIRST);
      git(folder, "fetch", "--quiet", "--unshallow");
      done(folder, ["apply", "--yes"]);
      expect(stored(folder)["cfg/prod/orders/b"]).toBe("newer");
    } finally {
      clone.dispose();
    }
  });
});

describe("in CI", () => {
  it("reads the commit, so that nothing in the work tree counts", () => {
    base("a: 1\nb: left lying around\n");
    writeFiles(repo.folder, { "apps/ghost/base.yaml": "x: 1\n", "apps/broken/base.yaml": "x: [\n" });
    const { code, err } = trueup(repo.folder, ["apply", "--yes"], { CI: "true" });
    expect([code, err.includes("ghost")]).toEqual([0, false]);
    expect(stored(repo.folder)).toEqual(FIRST);
    expect(trueup(repo.folder, ["validate"], { CI: "true" }).code).toBe(0);
    expect(trueup(repo.folder, ["validate"]).code).toBe(3);
  });
});

describe("outside Git", () => {
  it("works, and says that it was the working tree", () => {
    rmSync(join(repo.folder, ".git"), { recursive: true });
    const { code, out } = apply();
    expect(code).toBe(0);
    expect(out).toContain("the working tree is now live in dev and PROD");
    expect(stored(repo.folder)).toEqual(FIRST);
  });
});

describe("interrupted", () => {
  const many = Array.from({ length: 300 }, (_, index) => `k${index}: ${index}\n`).join("");
  const perPlace = (folder: string): Record<string, number> => {
    const counts: Record<string, number> = { dev: 0, prod: 0 };
    for (const key of Object.keys(stored(folder))) {
      const place = key.split("/")[1] ?? "";
      counts[place] = (counts[place] ?? 0) + 1;
    }
    return counts;
  };

  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])(
    "by %s leaves whole units, and the next run finishes",
    async (signal) => {
      writeFiles(repo.folder, { "apps/orders/base.yaml": many, "apps/orders/prod.yaml": "k0: prod\n" });
      commit(repo.folder);
      const { code } = await interrupted(repo.folder, ["apply", "--yes"], signal, (err) => err.includes("dev"));
      expect([0, 130]).toContain(code);
      const counts = perPlace(repo.folder);
      expect(counts["dev"]).toBe(300);
      expect([0, 300]).toContain(counts["prod"]);
      expect(code === 0).toBe(counts["prod"] === 300);
      done(repo.folder, ["apply", "--yes"]);
      expect(perPlace(repo.folder)).toEqual({ dev: 300, prod: 300 });
      expect(trueup(repo.folder, ["diff", "--detailed-exitcode"]).code).toBe(0);
    },
  );
});
