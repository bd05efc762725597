/** Secrets encrypted in Git, as people use them: set, commit, diff without a key, apply with one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../project.ts";
import { HAS_SOPS, IDENTITIES, RECIPIENTS, sops } from "../secrets/sops-files.ts";
import { type TestRepo, commit, done, filesBelow, gitRepo, stored, trueup } from "./run.ts";

const CANARY = "canary-0-Zq7!";
const KEY = { SOPS_AGE_KEY: IDENTITIES.one, XDG_CONFIG_HOME: "/nowhere" };
const NO_KEY = { XDG_CONFIG_HOME: "/nowhere" };
const REPO = {
  "trueup.yaml": `version: 1
system: shop
environments: { dev: {}, prod: { protected: true, regions: [east] } }
regions: { east: {} }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  ".sops.yaml": `creation_rules:\n  - path_regex: apps/.*\\.sops\\.yaml$\n    age: ${RECIPIENTS.one}\n`,
  "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\n',
  "apps/orders/secrets.yaml": "db: { from: sops }\n",
  "apps/orders/app.yaml": "places: [dev]\n",
};

let repo: TestRepo;
beforeEach(() => {
  repo = gitRepo(REPO);
});
afterEach(() => repo.dispose());
const set = (value: string, ...more: string[]) =>
  trueup(repo.folder, ["secrets", "set", "orders", "db", ...more], KEY, `${value}\n`);
const file = (layer: string): string => readFileSync(join(repo.folder, `apps/orders/${layer}.sops.yaml`), "utf8");

describe("secrets set", () => {
  it("cures what validate complains about, and says what to commit", () => {
    const before = trueup(repo.folder, ["validate"]);
    expect([before.code, before.out + before.err]).toEqual([3, expect.stringContaining("TU4007")]);
    expect(before.out + before.err).toContain("trueup secrets set orders db --env dev");
    const { code, out, err } = set(CANARY, "--env", "dev");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(
      "  wrote apps/orders/dev.sops.yaml\nCommit apps/orders/dev.sops.yaml: the value reaches the stores with the next apply\n",
    );
    expect(done(repo.folder, ["validate"]).code).toBe(0);
    expect(file("dev")).toMatch(/^db: ENC\[AES256_GCM,/u);
    const left = [...filesBelow(join(repo.folder, "apps")).keys()].filter((path) => path.endsWith(".tmp"));
    expect(left).toEqual([]);
  });

  it("leaves the file alone for the same value, and writes regions into their own", () => {
    set(CANARY, "--env", "dev");
    const before = file("dev");
    expect(set(CANARY, "--env", "dev").out).toContain("holds this value already");
    expect(file("dev")).toBe(before);
    expect(set("east", "--env", "prod", "--region", "east").out).toContain("wrote apps/orders/prod.east.sops.yaml");
    expect(set("all", "--env", "prod").out).toContain("apps/orders/prod.east.sops.yaml has a value of its own");
    expect(set("x", "--env", "prd")).toMatchObject({ code: 1, out: "" });
    expect(set("x", "--env", "dev", "--region", "east").err).toContain("dev has no region east");
  });

  it("needs to know for whom it encrypts", () => {
    writeFiles(repo.folder, { ".sops.yaml": "creation_rules: []\n" });
    const { code, err } = set(CANARY, "--env", "dev");
    expect([code, err]).toEqual([1, expect.stringContaining("needs a recipient")]);
    expect(err).not.toContain(CANARY);
  });

  it.skipIf(!HAS_SOPS)("writes what sops reads", () => {
    set(CANARY, "--env", "dev");
    expect(sops(["-d"], { path: "dev.sops.yaml", text: file("dev") }).output).toBe(`db: ${CANARY}\n`);
  });
});

describe("diff and apply", () => {
  beforeEach(() => {
    set(CANARY, "--env", "dev");
    commit(repo.folder);
  });

  it("show new ciphertext without a key, write with one, and never print the value", () => {
    const said: string[] = [];
    const say = (args: readonly string[], env: Readonly<Record<string, string>>, code: number): string => {
      const ran = trueup(repo.folder, args, env);
      said.push(ran.out, ran.err);
      expect([args, ran.code, ran.err]).toEqual([args, code, ran.err]);
      return ran.out + ran.err;
    };
    for (const format of ["human", "markdown"])
      expect(say(["diff", "--format", format], NO_KEY, 0)).toContain("new secret, encrypted in Git");
    expect(say(["apply", "--yes"], NO_KEY, 1)).toContain("SOPS_AGE_KEY");
    expect(stored(repo.folder)).toEqual({});
    say(["apply", "--yes"], KEY, 0);
    expect(stored(repo.folder)).toEqual({ "cfg/dev/orders/a": "1", "cfg/dev/orders/db": CANARY });
    expect(say(["secrets", "list"], NO_KEY, 0)).toMatch(/orders\.db\s+sops\s+✔ \d{4}-\d\d-\d\d/u);
    said.push(set("canary-1-Zq7!", "--env", "dev").out);
    commit(repo.folder);
    for (const format of ["human", "markdown"])
      expect(say(["diff", "--format", format], NO_KEY, 0)).toContain("new ciphertext");
    const json = JSON.parse(say(["diff", "--format", "json"], NO_KEY, 0)) as { edits: object[] };
    expect(json.edits).toMatchObject([{ key: "db", action: "change", secret: true, holders: ["sops"] }]);
    say(["apply", "--yes", "--format", "json"], KEY, 0);
    expect(stored(repo.folder)["cfg/dev/orders/db"]).toBe("canary-1-Zq7!");
    for (const text of said) expect(text).not.toMatch(/canary-|Y2FuYXJ5/u);
    const records = [...filesBelow(join(repo.folder, ".trueup/live"))].filter(([path]) => path.includes(".trueup/"));
    expect(records.length).toBeGreaterThan(1);
    for (const [, { text }] of records) expect(text).not.toMatch(/canary-|Y2FuYXJ5/u);
  });
});
