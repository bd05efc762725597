import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { EXAMPLE_KEYS, initFiles } from "../../src/cli/commands/init-files.ts";
import { type InitOptions, initCommand } from "../../src/cli/commands/init.ts";
import { type NewOptions, newCommand } from "../../src/cli/commands/new.ts";
import { check } from "../../src/desired.ts";
import { folderSource } from "../../src/load/source.ts";
import { openProject } from "../../src/project.ts";
import { drivers } from "../../src/stores/registry.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder called `shop-config`. */
function temporary(files: { readonly [path: string]: string } = {}): string {
  const above = mkdtempSync(join(tmpdir(), "trueup-init-"));
  folders.push(above);
  const folder = join(above, "shop-config");
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Runs init with answers at the ready; gives what it printed and asked. */
async function init(options: Partial<InitOptions> & { folder: string }, answers: string[] = []) {
  const printed: string[] = [];
  const asked: string[] = [];
  const io = {
    out: (text: string) => void printed.push(text),
    ask: (question: string) => {
      asked.push(question);
      return Promise.resolve(answers.shift() ?? "");
    },
  };
  const written = await initCommand({ interactive: false, ...options }, io);
  return { ...written, text: printed.join(""), asked };
}

function add(options: NewOptions) {
  const printed: string[] = [];
  const written = newCommand(options, { out: (text) => void printed.push(text) });
  return { ...written, text: printed.join("") };
}

function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

function yaml(folder: string, path: string): { [key: string]: unknown } {
  return load(read(folder, path)) as { [key: string]: unknown };
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const schemaOfConfig = JSON.parse(readFileSync("schemas/trueup.schema.json", "utf8")) as object;

/** What the schema says against a value; empty if it fits. */
function complaints(schema: object, value: unknown): string[] {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}

describe("init --yes", () => {
  it("writes a repo, says what it wrote and how to go on", async () => {
    const folder = temporary();
    const { text, created, kept } = await init({ folder, yes: true });
    expect(text).toBe(`  trueup · configuration in Git, applied on merge

  created  trueup.yaml                          3 environments, 1 target (local folder)
  created  apps/hello/{base,prod,schema}.yaml   a working example, delete it later
  created  .github/workflows/{apply,drift,plan,validate}.yml
  created  .github/pull_request_template.md, .github/dependabot.yml, .github/CODEOWNERS
  created  .vscode/extensions.json, .vscode/settings.json, .gitignore
  created  README.md

  Try it now:
    npx trueup diff            what would be written            (3 places, 4 keys each)
    npx trueup apply           write it to .trueup/live
    npx trueup explain hello@prod:greeting
`);
    expect(kept).toEqual([]);
    expect(allFiles(folder)).toEqual([...created].toSorted());
  });

  it("names the system after the folder, and protects production", async () => {
    const folder = temporary();
    await init({ folder, yes: true });
    expect(yaml(folder, "trueup.yaml")).toEqual({
      version: 1,
      system: "shop",
      environments: { dev: {}, staging: {}, prod: { protected: true } },
      targets: { local: { type: "directory" } },
    });
    const named = temporary();
    await init({ folder: named, yes: true, system: "on" });
    expect(yaml(named, "trueup.yaml")).toMatchObject({ system: "on" });
    expect(read(named, "trueup.yaml")).toContain('system: "on"');
  });

  it.each([
    [["dev", "prod"], "directory"],
    [["prod"], "etcd"],
    [["test", "prod-eu", "live"], "etcd"],
    [["on", "y", "1e3"], "directory"],
  ] as const)("fits trueup's own schema, and the example fits its own (%s, %s)", async (env, target) => {
    const folder = temporary();
    const { created } = await init({ folder, env, target });
    const config = yaml(folder, "trueup.yaml");
    expect(complaints(schemaOfConfig, config)).toEqual([]);
    expect(Object.keys(config["environments"] as object)).toEqual(env);
    const values = Object.assign(
      yaml(folder, "apps/hello/base.yaml"),
      ...created.filter((path) => /hello\/(?!base|schema)/u.test(path)).map((path) => yaml(folder, path)),
    ) as unknown;
    expect(values).toMatchObject({ greeting: "Hello", audience: "everyone in {{env}}" });
    expect(complaints(yaml(folder, "apps/hello/schema.yaml"), values)).toEqual([]);
  });

  it("overrides production in the example, else the last environment", async () => {
    const folder = temporary();
    const { text } = await init({ folder, env: ["test", "production", "dr"], target: "etcd" });
    expect(text).toContain("apps/hello/{base,production,schema}.yaml");
    expect(text).toContain("explain hello@production:greeting");
    expect(text).toContain("1 target (etcd)");
    expect([...initFiles({ system: "s", environments: ["a", "b"], target: "etcd" }).keys()]).toContain(
      "apps/hello/b.yaml",
    );
  });

  it("keeps the local store out of Git, and makes files that editors can read", async () => {
    const folder = temporary();
    await init({ folder, yes: true });
    expect(read(folder, ".gitignore").split("\n")).toContain(".trueup/");
    expect(JSON.parse(read(folder, ".vscode/settings.json"))).toHaveProperty(["yaml.schemas"]);
    expect(JSON.parse(read(folder, ".vscode/extensions.json"))).toHaveProperty("recommendations");
    expect(read(folder, "README.md")).toContain("hello@prod:greeting");
    for (const path of allFiles(folder)) expect(read(folder, path)).toMatch(/[^\n]\n$/u);
  });
});

describe("what init and new write", () => {
  it.each(["directory", "etcd", "ssm", "both"])(
    "has no problem and no warning for trueup itself (%s)",
    async (target) => {
      const folder = temporary();
      await init({ folder, env: ["dev", "staging", "prod"], target });
      add({ folder, name: "hallo", like: "hello" });
      add({ folder, name: "checkout/payments" });
      const { bench, problems } = await openProject(folderSource(folder), drivers);
      expect(problems).toEqual([]);
      if (bench === undefined) throw new Error("not loaded");
      const checked = check(bench, problems, {});
      expect(checked.problems).toEqual([]);
      // 4 keys of hello in each place, as init says; as many of its copy; one of payments.
      expect(checked.counts).toMatchObject({ apps: 3, places: 3, units: 9, keys: 3 * (EXAMPLE_KEYS * 2 + 1) });
    },
  );
});

describe("workflows", () => {
  const template = join(import.meta.dirname, "../../config-repo-template");

  it("are those of the template, to the byte", async () => {
    const folder = temporary();
    const { text, created } = await init({ folder, yes: true });
    const names = readdirSync(join(template, ".github/workflows"));
    expect(names.toSorted()).toEqual(["apply.yml", "drift.yml", "plan.yml", "validate.yml"]);
    for (const name of names) {
      const path = `.github/workflows/${name}`;
      expect(created).toContain(path);
      expect(read(folder, path)).toBe(read(template, path));
    }
    expect(text).toContain("  created  .github/workflows/{apply,drift,plan,validate}.yml");
  });

  it("can be left out", async () => {
    const folder = temporary();
    await init({ folder, yes: true, workflows: false });
    expect(allFiles(folder).filter((path) => path.includes("workflows"))).toEqual([]);
    expect(allFiles(folder)).toContain(".github/CODEOWNERS");
  });
});

describe("init in a folder that is not empty", () => {
  it("never overwrites; says what was kept", async () => {
    const folder = temporary({ "README.md": "mine\n", ".gitignore": "node_modules/\n", ".github/CODEOWNERS": "" });
    const { text, kept } = await init({ folder, yes: true });
    expect(kept.toSorted()).toEqual([".github/CODEOWNERS", ".gitignore", "README.md"]);
    expect(text).toContain("  kept     README.md");
    expect(text).toMatch(/^  kept     \.github\/CODEOWNERS +was there, not touched$/mu);
    expect(text).toMatch(/^  kept     \.gitignore +was there, not touched$/mu);
    expect(text).toContain("Please add .trueup/ to .gitignore");
    expect(read(folder, "README.md")).toBe("mine\n");
  });

  it("leaves the example out of a repo that has a trueup.yaml, and changes nothing the second time", async () => {
    const folder = temporary({ "trueup.yaml": "mine: 1\n" });
    const first = await init({ folder, yes: true });
    expect(first.text).toContain("  kept     trueup.yaml");
    expect(first.text).not.toContain("Try it now");
    expect(allFiles(folder).filter((path) => path.startsWith("apps/"))).toEqual([]);
    const before = allFiles(folder).map((path) => read(folder, path));
    const second = await init({ folder, yes: true });
    expect(second.created).toEqual([]);
    expect(allFiles(folder).map((path) => read(folder, path))).toEqual(before);
    expect(read(folder, "trueup.yaml")).toBe("mine: 1\n");
  });

  it("does not write through links", async () => {
    const folder = temporary();
    const outside = join(dirname(folder), "outside");
    symlinkSync(outside, join(folder, "README.md"));
    const { kept } = await init({ folder, yes: true });
    expect(kept).toEqual(["README.md"]);
    expect(allFiles(dirname(folder))).not.toContain("outside");
  });

  it("says where a file is in the way of a folder", async () => {
    const folder = temporary({ apps: "a file\n" });
    await expect(init({ folder, yes: true })).rejects.toMatchObject({
      code: "MISSING",
      message: expect.stringContaining("apps/hello/base.yaml"),
    });
  });
});

describe("answers", () => {
  it("are asked for where somebody can give them", async () => {
    const folder = temporary();
    const { asked } = await init({ folder, interactive: true }, ["etcd", "test, live", "no"]);
    expect(asked).toHaveLength(3);
    expect(asked[2]).toContain("workflows");
    expect(allFiles(folder).filter((path) => path.includes("workflows"))).toEqual([]);
    expect(asked[0]).toContain("directory");
    expect(yaml(folder, "trueup.yaml")).toMatchObject({
      environments: { test: {}, live: { protected: true } },
      targets: { config: { type: "etcd" } },
    });
  });

  it("have defaults, and are not asked for when they are given", async () => {
    const folder = temporary();
    const { asked } = await init({ folder, interactive: true, target: "directory" }, [""]);
    expect(asked).toHaveLength(2);
    expect(allFiles(folder)).toContain(".github/workflows/apply.yml");
    expect(Object.keys(yaml(folder, "trueup.yaml")["environments"] as object)).toEqual(["dev", "staging", "prod"]);
  });

  it.each([
    [{}, "--env and --target are not given"],
    [{ env: ["dev"] }, "--target is not given"],
    [{ target: "etcd" }, "--env is not given"],
  ])("that are missing are an error naming the flag, never a question: %j", async (given, message) => {
    const folder = temporary();
    const error: unknown = await init({ folder, ...given }, ["etcd"]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(message),
      fix: expect.stringContaining("--yes"),
    });
    expect(allFiles(folder)).toEqual([]);
  });

  it.each([
    [{ target: "consul" }, "--target"],
    [{ target: "ectd" }, "--target"],
    [{ env: ["Prod"] }, "--env"],
    [{ env: ["base"] }, "--env"],
    [{ env: ["dev", "dev"] }, "--env"],
    [{ env: [] }, "--env"],
    [{ system: "a b" }, "--system"],
  ])("that are not possible are refused before anything is written: %j", async (given, flag) => {
    const folder = temporary();
    await expect(init({ folder, yes: true, ...given })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(flag),
    });
    expect(allFiles(folder)).toEqual([]);
  });
});

const ORDERS = {
  "trueup.yaml": "version: 1\n",
  "apps/orders/base.yaml": `# yaml-language-server: $schema=./schema.yaml
http:
  port: 8080
  timeout_ms: 3000 # milliseconds
database:
  host: "{{env}}.db #1"
  password: "{{secret.db_password}}"
  pool: { min: 2, max: 10 }
  cert: |
    -----BEGIN
hosts:
  - a
  - b
empty:
`,
  "apps/orders/prod.yaml": "http:\n  port: 1\n",
  "apps/orders/schema.yaml": "# what is allowed\ntitle: orders\ntype: object\n",
  "apps/orders/secrets.yaml": "db_password: { description: of Postgres }\n",
};

describe("new --like", () => {
  it("copies the values, each marked TODO, the schema and the names of secrets", () => {
    const folder = temporary(ORDERS);
    const { text, created } = add({ folder, name: "payments", like: "orders" });
    expect(created).toEqual(["apps/payments/base.yaml", "apps/payments/schema.yaml", "apps/payments/secrets.yaml"]);
    expect(text)
      .toBe(`  created  apps/payments/base.yaml              14 lines, values copied from orders and marked TODO
  created  apps/payments/schema.yaml            copied from orders
  created  apps/payments/secrets.yaml           names copied from orders, never a value
  next     edit base.yaml, then: trueup validate payments
`);
    expect(read(folder, "apps/payments/base.yaml")).toBe(`# yaml-language-server: $schema=./schema.yaml
http:
  port: 8080 # TODO
  timeout_ms: 3000 # milliseconds TODO
database:
  host: "{{env}}.db #1" # TODO
  password: "{{secret.db_password}}" # TODO
  pool: { min: 2, max: 10 } # TODO
  cert: | # TODO
    -----BEGIN
hosts: # TODO
  - a
  - b
empty: # TODO
`);
    expect(yaml(folder, "apps/payments/base.yaml")).toEqual(yaml(folder, "apps/orders/base.yaml"));
    expect(read(folder, "apps/payments/schema.yaml")).toBe("# what is allowed\ntitle: payments\ntype: object\n");
  });

  it("stays in the group of the model, so that references lead where they led", () => {
    const folder = temporary({ "trueup.yaml": "", "apps/checkout/orders/base.yaml": "a: 1\n" });
    const { text, created } = add({ folder, name: "payments", like: "orders" });
    expect(created).toEqual(["apps/checkout/payments/base.yaml"]);
    expect(text).toContain("trueup schema infer payments");
  });

  it("suggests an app that exists", () => {
    const folder = temporary(ORDERS);
    expect(() => add({ folder, name: "payments", like: "ordres" })).toThrow(
      expect.objectContaining({ code: "USAGE", fix: "did you mean orders?" }),
    );
  });
});

describe("new", () => {
  it("starts an app from nothing, fitting its own schema", () => {
    const folder = temporary({ "trueup.yaml": "" });
    const { created } = add({ folder, name: "checkout/payments" });
    expect(created).toEqual(["apps/checkout/payments/base.yaml", "apps/checkout/payments/schema.yaml"]);
    const [base = "", schema = ""] = created;
    expect(complaints(yaml(folder, schema), yaml(folder, base))).toEqual([]);
  });

  it("never overwrites", () => {
    const folder = temporary(ORDERS);
    const { text, kept } = add({ folder, name: "orders" });
    expect(kept).toEqual(["apps/orders/base.yaml", "apps/orders/schema.yaml"]);
    expect(text).toContain("  kept     apps/orders/base.yaml");
    expect(read(folder, "apps/orders/base.yaml")).toBe(ORDERS["apps/orders/base.yaml"]);
  });

  it.each(["../evil", "a/b/c", "", "a b", "-x", "con", "a/", "x\n"])("refuses the name %j", (name) => {
    const folder = temporary(ORDERS);
    const before = allFiles(dirname(folder));
    expect(() => add({ folder, name })).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(allFiles(dirname(folder))).toEqual(before);
  });

  it("refuses a name that another group has, and a folder that is no config repo", () => {
    const folder = temporary({ "trueup.yaml": "", "apps/checkout/orders/base.yaml": "a: 1\n" });
    expect(() => add({ folder, name: "orders" })).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(() => add({ folder: temporary(), name: "orders" })).toThrow(
      expect.objectContaining({ code: "USAGE", fix: "run trueup init first" }),
    );
  });
});
