/** One name as a secret and as a plain value: who is heard by get, export, exec, explain, and what validate says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../project.ts";
import { done, gitRepo, trueup } from "./run.ts";

const SECRET = "c4nary-tier-value";
const OLD = "c4nary-old-plain";
/** Like the guides: plain variables of a ConfigMap, one SecureString of JSON, defaults in the app. */
const FILES = {
  "trueup.yaml": `version: 1
system: popapps
environments: { stage: {}, prod: {} }
targets:
  config: { type: directory, select: plain, layout: blob, shape: env, path: "/cfg/{{env}}/{{app}}" }
  secrets: { type: directory, select: secrets, layout: blob, shape: env, path: "/popapps/{{app}}/{{env}}/app" }
`,
  "apps/myapp/base.yaml": 'log_level: info\ndatabase: { url: "{{secret.database_url}}" }\n',
  "apps/myapp/secrets.yaml": "database_url: {}\n",
  "apps/myapp/schema.yaml": `type: object
properties:
  log_level: { type: string, default: warning }
  database: { type: object, properties: { url: { type: string, x-secret: true } } }
`,
};
const KEYS = FILES["trueup.yaml"].replaceAll(/layout: blob, shape: env, path: "([^"]+)"/gu, 'path: "$1/{{key}}"');
const TWINS = 'database: { url: "{{secret.database_url}}" }\ndatabase_url: dev\n';

let folder: string;
let dispose: () => void;
const liveFile = (path: string, text: unknown): void =>
  writeFileSync(join(folder, ".trueup/live", path), typeof text === "string" ? text : JSON.stringify(text));
const apply = (): void => void done(folder, ["apply", "--yes", "--allow", "dirty"]);
const exported = (...args: readonly string[]): Record<string, string> =>
  JSON.parse(done(folder, ["export", "myapp@prod", "--format", "json", "--reveal", ...args]).out) as Record<
    string,
    string
  >;

beforeEach(() => {
  ({ folder, dispose } = gitRepo(FILES));
});
afterEach(() => dispose());

describe("a name in both tiers of Git", () => {
  it("is an error where variables are read, with both sources and the cure", () => {
    writeFiles(folder, { "apps/myapp/base.yaml": TWINS });
    const { code, out } = trueup(folder, ["validate", "--format", "json"]);
    expect(code).toBe(3);
    const { problems } = JSON.parse(out) as {
      problems: { code: string; message: string; fix: string; reach: string[]; position: { line: number } }[];
    };
    const [problem, ...others] = problems.filter((each) => each.code === "TU5006");
    expect(others).toEqual([]);
    expect(problem?.message).toBe(
      "DATABASE_URL is a secret (database.url, target secrets) and a plain value (database_url, target config); the secret wins",
    );
    expect(problem?.fix).toContain("drop database_url");
    expect(problem?.reach).toEqual(["myapp@stage", "myapp@prod"]);
    expect(trueup(folder, ["validate"]).out).toMatch(/apps\/myapp\/base\.yaml:2[^]*secret +apps\/myapp\/base\.yaml:1/u);
    expect(trueup(folder, ["get", "myapp@prod:database_url"]).code).toBe(3);
  });

  it("is still explained: the secret wins, the plain value is shadowed", () => {
    writeFiles(folder, { "apps/myapp/base.yaml": TWINS });
    const { out } = done(folder, ["explain", "myapp@prod:database_url"]);
    expect(out).toContain("secret in a store > plain value > default of the schema");
    expect(out).toMatch(
      /secret in a store +\(secret database_url, external\) +database\.url +apps\/myapp\/base\.yaml:1 +◀ wins\n/u,
    );
    expect(out).toMatch(/plain value +"dev" +database_url +apps\/myapp\/base\.yaml:2 +shadowed\n/u);
  });

  it("is a warning where only export makes it one name; the secret is exported, the plain value until it is filled", () => {
    writeFiles(folder, { "trueup.yaml": KEYS, "apps/myapp/base.yaml": TWINS });
    const told = trueup(folder, ["validate"]);
    expect([told.code, told.out]).toEqual([0, expect.stringContaining("TU5006")]);
    apply();
    expect(exported()).toEqual({ DATABASE_URL: "dev" });
    expect(exported("--from", "live")).toEqual({ DATABASE_URL: "dev" });
    liveFile("popapps/myapp/prod/app/database/url", SECRET);
    expect(exported()).toEqual({ DATABASE_URL: SECRET });
    expect(exported("--from", "live")).toEqual({ DATABASE_URL: SECRET });
    const show = [process.execPath, "-e", "console.log(process.env.DATABASE_URL)"];
    expect(done(folder, ["exec", "myapp@prod", "--", ...show]).out).toBe(`${SECRET}\n`);
  });

  it("two plain values of one name in two texts are an error, too", () => {
    writeFiles(folder, {
      "trueup.yaml": FILES["trueup.yaml"].replace(
        'blob, shape: env, path: "/cfg/{{env}}/{{app}}"',
        'groups, shape: env, path: "/cfg/{{env}}/{{app}}/{{group}}"',
      ),
      "apps/myapp/base.yaml": 'a: { b_c: 1 }\na_b: { c: 2 }\n"x": "{{secret.database_url}}"\n',
      "apps/myapp/schema.yaml": "type: object\nproperties: { a: { type: object } }\n",
    });
    expect(trueup(folder, ["validate"]).out).toContain("A_B_C is two values");
  });
});

describe("a secret that replaces a plain value in a layer", () => {
  it("is fine, shown as shadowed, and the old text is not repeated", () => {
    writeFiles(folder, {
      "apps/myapp/base.yaml": `database: { url: ${OLD} }\n`,
      "apps/myapp/prod.yaml": 'database: { url: "{{secret.database_url}}" }\n',
      "apps/myapp/schema.yaml": "type: object\nproperties: { database: { type: object } }\n",
    });
    expect(trueup(folder, ["validate"]).out).not.toContain("TU5006");
    for (const what of ["database.url", "database"]) {
      const { out } = done(folder, ["explain", `myapp@prod:${what}`, "--format", "json"]);
      expect(out).not.toContain(OLD);
    }
    const { out } = done(folder, ["explain", "myapp@prod:database.url"]);
    expect(out).toMatch(
      /"\{\{secret\.database_url\}\}" +apps\/myapp\/prod\.yaml:1 +◀ wins\n +\(plain text, not shown\) +apps\/myapp\/base\.yaml:1 +shadowed\n/u,
    );
  });
});

describe("the stores", () => {
  it("give a hand-made secret before the plain value, and that before the default", () => {
    apply();
    expect(exported("--from", "live", "--allow-missing")).toEqual({ LOG_LEVEL: "info" });
    liveFile("popapps/myapp/prod/app", { DATABASE_URL: SECRET, LOG_LEVEL: `${SECRET}-2` });
    expect(exported("--from", "live")).toEqual({ DATABASE_URL: SECRET, LOG_LEVEL: `${SECRET}-2` });
    expect(exported()).toEqual({ DATABASE_URL: SECRET, LOG_LEVEL: "info" });
    const verbose = trueup(folder, ["export", "myapp@prod", "--from", "live", "--format", "json", "--reveal", "-v"]);
    expect(verbose.err).toContain("LOG_LEVEL: the plain value log_level is shadowed by a secret");
    const get = ["get", "myapp@prod:log_level", "--from", "live"];
    expect(done(folder, get).out).toBe("info\n");
    expect(done(folder, [...get, "--reveal"]).out).toBe(`${SECRET}-2\n`);
    // It is a secret now, and does not go to standard output by itself.
    const shown = trueup(folder, ["export", "myapp@prod", "--from", "live", "--format", "json"]);
    expect([shown.code, shown.out]).toEqual([4, ""]);
    expect(shown.err).toContain("LOG_LEVEL");
  });

  it("are explained without a value of a secret", () => {
    apply();
    const explain = (): string => done(folder, ["explain", "myapp@prod:log_level", "--from", "live"]).out;
    expect(explain()).toMatch(
      /plain value +"info".* live: the same +◀ wins\n +default of the schema +"warning".*shadowed/u,
    );
    liveFile("cfg/prod/myapp", { LOG_LEVEL: "debug" });
    expect(explain()).toContain('live: "debug"');
    liveFile("cfg/prod/myapp", {});
    expect(explain()).toMatch(/plain value .*not there +shadowed\n +default of the schema +"warning".*◀ wins/u);
    liveFile("popapps/myapp/prod/app", { LOG_LEVEL: SECRET });
    const out = explain();
    expect(out).toMatch(
      /secret in a store +\(only in the store\) +directory \/popapps\/myapp\/prod\/app#LOG_LEVEL .*◀ wins/u,
    );
    expect(out).not.toContain(SECRET);
    const secret = done(folder, ["explain", "myapp@prod:database.url", "--from", "live"]).out;
    expect(secret).toContain("live: needs a value");
    expect(trueup(folder, ["explain", "myapp@prod:log_level", "--from", "elsewhere"]).code).toBe(1);
  });
});
