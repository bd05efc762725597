/** Attack cases PLN: what was reviewed, what is live, and what is applied are three things that can come apart. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestRepo, commit, done, git, gitRepo, stored, trueup } from "../cli/run.ts";
import { IDENTITY, RECIPIENT } from "../leaks/age-keys.ts";
import { writeFiles } from "../project.ts";

const CONFIG = `version: 1
system: shop
environments: { dev: {}, prod: { protected: true } }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`;
const many = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `k${from + i}: ${from + i}\n`).join("");

let repo: TestRepo;
beforeEach(() => {
  repo = gitRepo({
    "trueup.yaml": CONFIG,
    "apps/orders/base.yaml": many(0, 12),
    "apps/stock/base.yaml": "x: 1\nz: 2\n",
    "apps/stock/prod.yaml": "x: 9\n",
  });
  done(repo.folder, ["apply", "--yes"]);
});
afterEach(() => repo.dispose());

const apply = (...args: readonly string[]) => trueup(repo.folder, ["apply", "--yes", ...args]);
const base = (app: string, text: string): void => writeFiles(repo.folder, { [`apps/${app}/base.yaml`]: text });
const reviewed = (): string =>
  (JSON.parse(trueup(repo.folder, ["diff", "--format", "json"]).out) as { plan: string }).plan;

describe("SCH-06 a schema that changes together with a value", () => {
  const schema = (most: number): Record<string, string> => ({
    "apps/stock/schema.yaml": `properties: { x: { type: integer }, z: { type: integer, maximum: ${most} } }\n`,
  });
  const plan = (...args: readonly string[]) => {
    const said = done(repo.folder, ["diff", ...args, "--out", "json=plan.json", "--out", "markdown=plan.md"]).out;
    const [json, markdown] = ["plan.json", "plan.md"].map((name) => readFileSync(join(repo.folder, name), "utf8"));
    for (const name of ["plan.json", "plan.md"]) rmSync(join(repo.folder, name));
    return { said, markdown, schemas: (JSON.parse(json ?? "") as { schemas?: unknown }).schemas };
  };

  beforeEach(() => {
    // With a value, so that the commit goes live.
    writeFiles(repo.folder, { ...schema(10), "apps/stock/prod.yaml": "x: 8\n" });
    commit(repo.folder, "a rule");
    git(repo.folder, "branch", "-f", "before");
    done(repo.folder, ["apply", "--yes"]);
  });

  it.each([[["--against", "before"]], [["--base", "before"]], [[]]])(
    "is told in the plan, with what the rule of before would have refused (%j)",
    (args) => {
      base("stock", "x: 1\nz: 99\n");
      commit(repo.folder, "a value");
      expect(trueup(repo.folder, ["diff", ...args]).code).toBe(3);
      writeFiles(repo.folder, schema(100));
      commit(repo.folder, "and its rule");
      const { said, markdown, schemas } = plan(...args);
      expect(said).toContain(
        "Schema  apps/stock/schema.yaml changed too: the rules of before would refuse these values\n        z must be 10 or less, got 99\n",
      );
      expect(markdown).toContain("📐 **Schema changed**: `apps/stock/schema.yaml`");
      expect(markdown).toContain("> - z must be 10 or less, got 99");
      expect(schemas).toEqual({
        changed: ["apps/stock/schema.yaml"],
        broken_before: [
          { code: "TU3002", message: "z must be 10 or less, got 99", units: ["stock@dev", "stock@prod"] },
        ],
      });
    },
  );

  it("is told also where the values would have been fine, and is not where no schema changed", () => {
    base("stock", "x: 1\nz: 3\n");
    commit(repo.folder, "a value");
    expect(plan("--against", "before").schemas).toBeUndefined();
    writeFiles(repo.folder, schema(100));
    commit(repo.folder, "a rule");
    const { markdown, schemas } = plan("--against", "before");
    expect(schemas).toEqual({ changed: ["apps/stock/schema.yaml"], broken_before: [] });
    expect(markdown).toContain("The values would be valid by the rules of before, too.");
  });

  it("tells nothing of a value that a schema calls secret", () => {
    const secret = (most: number) => ({
      "apps/stock/schema.yaml": `properties: { p: { type: string, x-secret: true, maxLength: 3 }, t: { enum: [a${most}] } }\n`,
    });
    writeFiles(repo.folder, { ...secret(1), "apps/stock/base.yaml": "t: a1\n" });
    commit(repo.folder, "a rule");
    git(repo.folder, "branch", "-f", "before");
    writeFiles(repo.folder, {
      "apps/stock/schema.yaml": "properties: { p: { type: string }, t: { type: string } }\n",
      "apps/stock/base.yaml": "t: other\np: hunter2hunter2\n",
    });
    commit(repo.folder, "no secret any more");
    const { schemas } = plan("--against", "before", "--allow", "delete");
    expect(JSON.stringify(schemas)).toContain("plaintext secret: p must come from");
    expect(JSON.stringify(schemas)).not.toContain("hunter2");
  });
});

describe("PLN-01 a hand edit after the review", () => {
  it("of the key itself is refused and named; the reviewed plan is no longer the plan", () => {
    base("stock", "x: 1\nz: 3\n");
    commit(repo.folder);
    const plan = reviewed();
    writeFileSync(join(repo.folder, ".trueup/live/cfg/prod/stock/z"), "by hand");
    const before = stored(repo.folder);
    const expected = apply("--expect", plan);
    expect(expected.code).toBe(6);
    expect(apply().code).toBe(4);
    expect(apply().out).toContain("stock@prod:z");
    expect(stored(repo.folder)).toEqual(before);
  });
});

describe("PLN-03 another pull request was merged first", () => {
  const start = (): string => {
    base("stock", "x: 1\nz: ours\n");
    commit(repo.folder, "ours");
    return reviewed();
  };
  const mergeBelow = (app: string, text: string): void => {
    git(repo.folder, "branch", "ours");
    git(repo.folder, "reset", "--quiet", "--hard", "HEAD~1");
    base(app, text);
    commit(repo.folder, "theirs");
    done(repo.folder, ["apply", "--yes"]);
    git(repo.folder, "-c", "merge.conflictStyle=merge", "merge", "--quiet", "--no-edit", "-X", "theirs", "ours");
  };

  it("with other keys: the reviewed plan still is the plan", () => {
    const plan = start();
    mergeBelow("orders", many(0, 12).replace("k3: 3", "k3: theirs"));
    expect(apply("--expect", plan).code).toBe(0);
    expect(stored(repo.folder)).toMatchObject({ "cfg/dev/stock/z": "ours", "cfg/dev/orders/k3": "theirs" });
  });

  it("with the same key: the reviewed plan is not the plan, and nothing is written", () => {
    const plan = start();
    mergeBelow("stock", "x: 1\nz: theirs\n");
    const before = stored(repo.folder);
    expect(apply("--expect", plan).code).toBe(6);
    expect(stored(repo.folder)).toEqual(before);
    expect(before["cfg/dev/stock/z"]).toBe("theirs");
  });
});

describe("PLN-05 a forged plan", () => {
  it("that lies around is not read: apply plans for itself", () => {
    base("stock", "x: 1\nz: 3\n");
    commit(repo.folder);
    done(repo.folder, ["diff", "--out", "json=plan.json", "--out", "markdown=plan.md"]);
    const forged = readFileSync(join(repo.folder, "plan.json"), "utf8")
      .replaceAll(": 3", ": 666")
      .replaceAll('"3"', '"666"');
    writeFiles(repo.folder, { "plan.json": forged, "apps/stock/plan.json": forged, ".trueup/plan.json": forged });
    rmSync(join(repo.folder, "apps/stock/plan.json"));
    expect(apply("--allow", "dirty").code).toBe(0);
    expect(stored(repo.folder)["cfg/prod/stock/z"]).toBe("3");
  });
});

describe("PLN-09 everything would go", () => {
  it("when the folder of the apps is gone or renamed", () => {
    const before = stored(repo.folder);
    git(repo.folder, "mv", "apps", "aps");
    commit(repo.folder);
    const { code, out, err } = apply();
    expect([code, stored(repo.folder)]).toEqual([4, before]);
    expect(out + err).toContain("--allow empty");
    expect(apply("--allow", "delete").code).toBe(4);
  });

  it("when an app is renamed, its keys are not deleted without a word", () => {
    const before = stored(repo.folder);
    git(repo.folder, "mv", "apps/orders", "apps/ordres");
    commit(repo.folder);
    expect([apply().code, stored(repo.folder)]).toEqual([4, before]);
  });

  it("when a file of an environment is missing, values change and nothing is deleted", () => {
    rmSync(join(repo.folder, "apps/stock/prod.yaml"));
    commit(repo.folder);
    expect(apply().code).toBe(0);
    expect(stored(repo.folder)["cfg/prod/stock/x"]).toBe("1");
    expect(Object.keys(stored(repo.folder))).toHaveLength(28);
  });

  it("when an environment is taken out of trueup.yaml, its keys stay", () => {
    writeFiles(repo.folder, { "trueup.yaml": CONFIG.replace(", prod: { protected: true }", "") });
    rmSync(join(repo.folder, "apps/stock/prod.yaml"));
    commit(repo.folder);
    expect(apply().code).toBe(0);
    expect(Object.keys(stored(repo.folder)).filter((key) => key.startsWith("cfg/prod/"))).toHaveLength(14);
  });
});

describe("PLN-10 a third of an app would go", () => {
  it("is refused, counted per app and environment", () => {
    base("orders", many(4, 12));
    commit(repo.folder);
    const { code, out } = apply();
    expect(code).toBe(4);
    expect(out).toContain("orders@dev loses 4 of 12 keys");
  });
});

describe("PLN-14 a merge queue that left one out", () => {
  it("applies the plan of what was merged, not of what was reviewed together", () => {
    base("stock", "x: 1\nz: one\n");
    commit(repo.folder, "one");
    base("orders", many(0, 12).replace("k5: 5", "k5: two"));
    commit(repo.folder, "two");
    base("stock", "x: three\nz: one\n");
    commit(repo.folder, "three");
    const together = reviewed();
    git(repo.folder, "revert", "--no-edit", "HEAD~1");
    const before = stored(repo.folder);
    expect(apply("--expect", together).code).toBe(6);
    expect(stored(repo.folder)).toEqual(before);
    expect(apply("--expect", reviewed()).code).toBe(0);
    expect(stored(repo.folder)).toMatchObject({ "cfg/dev/orders/k5": "5", "cfg/dev/stock/x": "three" });
  });
});

describe("PLN-15 two that are each below the limit", () => {
  it("are together over it, because the limit is held against what is live", () => {
    base("orders", many(3, 12));
    commit(repo.folder, "three of twelve");
    expect(trueup(repo.folder, ["diff"]).code).toBe(0);
    base("orders", many(6, 12));
    commit(repo.folder, "three of nine");
    const { code, out } = apply();
    expect(code).toBe(4);
    expect(out).toContain("orders@dev loses 6 of 12 keys");
  });
});

describe("SCH-07 and SEC-04 a secret becomes plain text", () => {
  it("is refused: the value that is live now would be lost, and a secret may be what is written instead", () => {
    writeFiles(repo.folder, {
      "apps/stock/secrets.yaml": "db: { from: external }\n",
      "apps/stock/base.yaml": 'x: 1\nz: "{{secret.db}}"\n',
      "apps/stock/schema.yaml": "properties: { z: { x-secret: true } }\n",
    });
    commit(repo.folder);
    done(repo.folder, ["apply", "--yes", "--allow", "replace"]);
    base("stock", "x: 1\nz: now-in-the-open\n");
    commit(repo.folder);
    expect(apply("--allow", "replace").code).toBe(3);
    // With the schema out of the way in the same pull request, the plan is what stops it.
    for (const file of ["schema.yaml", "secrets.yaml"]) rmSync(join(repo.folder, "apps/stock", file));
    commit(repo.folder);
    const before = stored(repo.folder);
    const { code, out } = apply();
    expect([code, stored(repo.folder)]).toEqual([4, before]);
    expect(out).toContain("--allow replace");
  });
});

describe("PLN-11 another value of a secret, which the plan shows in the same words", () => {
  it("is another plan", () => {
    const env = { SOPS_AGE_KEY: IDENTITY, HOME: "/nowhere", XDG_CONFIG_HOME: "/nowhere" };
    const set = (text: string) =>
      trueup(repo.folder, ["secrets", "set", "stock", "db", "--env", "dev"], env, text).code;
    const diff = (format: string) => trueup(repo.folder, ["diff", "--format", format], env).out;
    writeFiles(repo.folder, {
      ".sops.yaml": `creation_rules:\n  - age: ${RECIPIENT}\n`,
      "apps/stock/secrets.yaml": "db: { from: sops }\n",
      "apps/stock/dev.yaml": 'db: "{{secret.db}}"\n',
    });
    expect(set("first-value-9F2k")).toBe(0);
    expect(apply("--env", "dev", "--allow", "dirty").code).toBe(1);
    commit(repo.folder);
    expect(trueup(repo.folder, ["apply", "--yes"], env).code).toBe(0);
    const [ids, words] = [new Set<string>(), new Set<string>()];
    for (const text of ["other-value-7Yx1", "third-value-3Qz8"]) {
      expect(set(text)).toBe(0);
      ids.add((JSON.parse(diff("json")) as { plan: string }).plan);
      words.add(diff("human").replaceAll(/\bp-[0-9a-f]{16}\b/gu, "p-…"));
    }
    expect([ids.size, words.size]).toEqual([2, 1]);
    expect([...words].join()).not.toMatch(/value-/u);
  });
});
