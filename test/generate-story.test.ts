/** Secrets that trueup makes up: one value for each place, in every use, kept nowhere but in the stores. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Plan, drivers, folderSource, formatPath, openProject, want } from "../src/index.ts";
import { humanPlan } from "../src/report/plan/human.ts";
import { type RunOptions, run, tempFolder, writeFiles } from "./project.ts";

const CONFIG = `version: 1
system: shop
environments: { dev: {}, prod: {} }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`;
const TWO = `${CONFIG}  blob:
    type: directory
    layout: blob
    shape: env
    path: "/blob/{{env}}/{{app}}"
    connection: { directory: .trueup/second }
`;
let folder: string;
let dispose: () => void;

const apply = (options: RunOptions = {}) => run(folder, "apply", options);
const plan = async (options: RunOptions = {}): Promise<Plan> => (await run(folder, "plan", options)).plan;
const live = (key: string): string => join(folder, ".trueup/live", key);
const read = (key: string): string => readFileSync(live(key), "utf8");
/** The blob of an app in the second store, and the loss of all that store. */
const second = (app: string): Record<string, string> =>
  JSON.parse(readFileSync(join(folder, ".trueup/second/blob/dev", app), "utf8")) as Record<string, string>;
const lose = (): void => {
  for (const name of ["second", "second.generations"]) rmSync(join(folder, ".trueup", name), { recursive: true });
};
const rows = (made: Plan): string[] =>
  made.destinations
    .flatMap((destination) =>
      destination.units.flatMap((unit) =>
        unit.changes.flatMap((change) =>
          change.members.map(
            (member) =>
              `${change.kind} ${unit.unit}:${formatPath(member.path)} ${member.action}${member.made === true ? " made" : ""}`,
          ),
        ),
      ),
    )
    .toSorted();
const refused = (made: Plan): string[] => made.refusals.filter((one) => !one.lifted).map((one) => one.guard);
const secrets = (text: string): void => writeFiles(folder, { "apps/orders/secrets.yaml": text });
const values = (text: string): void => writeFiles(folder, { "apps/orders/base.yaml": text });

async function problems(): Promise<string[]> {
  const project = await openProject(folderSource(folder), drivers);
  const desired = want(project, {});
  const found = "problems" in desired ? desired.problems : desired.wanted.problems;
  return found.map((one) => `${one.severity} ${one.code} ${one.message} → ${one.fix ?? ""}`);
}

beforeEach(() => {
  ({ folder, dispose } = tempFolder({
    "trueup.yaml": CONFIG,
    "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\nurl: "postgres://u:{{secret.db}}@h/x"\n',
    "apps/orders/secrets.yaml": "db: { from: generate }\n",
    "apps/orders/app.yaml": "places: [dev]\n",
  }));
});
afterEach(() => dispose());

describe("one generated secret", () => {
  it("is made once, written to all its uses, and then left alone", async () => {
    const made = await plan();
    expect(rows(made)).toEqual([
      "create orders@dev:a add",
      "create orders@dev:db add made",
      "create orders@dev:url add made",
    ]);
    await apply();
    const value = read("cfg/dev/orders/db");
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/u);
    expect(read("cfg/dev/orders/url")).toBe(`postgres://u:${value}@h/x`);
    const again = await apply({ random: () => expect.fail("a value was made twice") });
    expect([rows(again.plan), again.receipts]).toEqual([[], []]);
    expect(read("cfg/dev/orders/db")).toBe(value);
  });

  it("gives a use that is added later the same value", async () => {
    await apply();
    const value = read("cfg/dev/orders/db");
    values('a: 1\ndb: "{{secret.db}}"\nurl: "mysql://{{secret.db}}"\nlist: [x, "{{base64 secret.db}}"]\n');
    const made = await plan();
    expect(rows(made)).toEqual(["create orders@dev:list add", "update orders@dev:url change"]);
    await apply({ random: () => expect.fail("a value was made twice") });
    expect(read("cfg/dev/orders/url")).toBe(`mysql://${value}`);
    expect(JSON.parse(read("cfg/dev/orders/list"))).toEqual(["x", Buffer.from(value).toString("base64")]);
    expect(rows(await plan())).toEqual([]);
  });

  it("gets a new value with a new version, and another one with the old version again", async () => {
    await apply();
    const first = read("cfg/dev/orders/db");
    const before = (await plan()).digest;
    secrets("db: { from: generate, version: 2 }\n");
    const made = await plan();
    expect(rows(made)).toEqual(["update orders@dev:db change made", "update orders@dev:url change made"]);
    expect(made.digest).not.toBe(before);
    await apply();
    const other = read("cfg/dev/orders/db");
    expect(other).not.toBe(first);
    expect(read("cfg/dev/orders/url")).toBe(`postgres://u:${other}@h/x`);
    secrets("db: { from: generate }\n");
    await apply();
    expect([first, other]).not.toContain(read("cfg/dev/orders/db"));
    expect(read("cfg/dev/orders/url")).toContain(read("cfg/dev/orders/db"));
  });

  it("has a value of its own in every place, and for every secret", async () => {
    writeFiles(folder, { "apps/orders/app.yaml": "places: [dev, prod]\n" });
    values('db: "{{secret.db}}"\nother: "{{secret.other}}"\n');
    secrets("db: { from: generate }\nother: { from: generate }\n");
    await apply();
    const all = ["dev", "prod"].flatMap((env) => ["db", "other"].map((key) => read(`cfg/${env}/orders/${key}`)));
    expect(new Set(all).size).toBe(4);
    values('db: "{{secret.other}}"\nother: "{{secret.db}}"\n');
    expect(rows(await plan())).toHaveLength(4);
  });

  it("is deleted with its last use", async () => {
    await apply();
    values("a: 1\n");
    expect(rows((await apply()).plan)).toEqual(["delete orders@dev:db remove", "delete orders@dev:url remove"]);
    expect(() => read("cfg/dev/orders/db")).toThrow(/ENOENT/u);
  });
});

describe("a secret of shared/", () => {
  const both = {
    "apps/orders/base.yaml": 'key: "{{shared.secret.key}}"\n',
    "apps/orders/secrets.yaml": "{}\n",
    "apps/users/base.yaml": 'url: "x://{{shared.secret.key}}"\n',
    "apps/users/app.yaml": "places: [dev]\n",
    "shared/secrets.yaml": "key: { from: generate, alphabet: hex }\n",
  };

  it("is one value for all apps of a place, in all targets", async () => {
    writeFiles(folder, { ...both, "trueup.yaml": TWO });
    await apply();
    const value = read("cfg/dev/orders/key");
    expect(value).toMatch(/^[0-9a-f]{32}$/u);
    expect(read("cfg/dev/users/url")).toBe(`x://${value}`);
    expect(second("users")).toEqual({ URL: `x://${value}` });
  });

  it("is found in another app or target that the command is not about", async () => {
    writeFiles(folder, both);
    await apply();
    const value = read("cfg/dev/orders/key");
    writeFiles(folder, { "apps/users/base.yaml": 'url: "y://{{shared.secret.key}}"\n', "trueup.yaml": TWO });
    await apply({ scope: { apps: ["users"], targets: ["blob"] } });
    expect(second("users")).toEqual({ URL: `y://${value}` });
  });

  it("is not made for a part of its uses", async () => {
    writeFiles(folder, both);
    await expect(apply({ scope: { apps: ["orders"] } })).rejects.toMatchObject({
      code: "REFUSED",
      message: expect.stringContaining("users@dev in local@dev uses it too"),
    });
    expect(readdirSync(folder)).not.toContain(".trueup");
    expect(rows((await run(folder, "plan", { scope: { apps: ["orders"] } })).plan)).toHaveLength(1);
  });
});

describe("a change by hand", () => {
  beforeEach(async () => {
    await apply();
    writeFileSync(live("cfg/dev/orders/db"), "by hand");
  });

  it("is drift, and stays unless told; then all uses get a new value", async () => {
    const { plan: made } = await apply();
    expect([rows(made), made.summary.drift]).toEqual([[], 1]);
    expect(read("cfg/dev/orders/db")).toBe("by hand");
    await apply({ allow: ["drift"] });
    const value = read("cfg/dev/orders/db");
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/u);
    expect(read("cfg/dev/orders/url")).toBe(`postgres://u:${value}@h/x`);
    expect(rows(await plan())).toEqual([]);
  });

  it("that deletes the key is mended with a new value for all uses", async () => {
    rmSync(live("cfg/dev/orders/db"));
    expect([rows(await plan()), (await plan()).summary.drift]).toEqual([[], 1]);
    await apply({ allow: ["drift"] });
    expect(read("cfg/dev/orders/url")).toBe(`postgres://u:${read("cfg/dev/orders/db")}@h/x`);
  });

  it("is never copied into a new use", async () => {
    values('a: 1\ndb: "{{secret.db}}"\nurl: "mysql://{{secret.db}}"\n');
    const made = await plan();
    expect(refused(made)).toEqual(["conflict"]);
    await apply({ allow: ["conflict"] });
    expect(read("cfg/dev/orders/url")).toBe(`mysql://${read("cfg/dev/orders/db")}`);
    expect(read("cfg/dev/orders/db")).not.toBe("by hand");
  });

  it("does not matter while another key holds the value", async () => {
    dispose();
    ({ folder, dispose } = tempFolder({
      "trueup.yaml": CONFIG,
      "apps/orders/base.yaml": 'db: "{{secret.db}}"\ncopy: "{{secret.db}}"\n',
      "apps/orders/secrets.yaml": "db: { from: generate }\n",
      "apps/orders/app.yaml": "places: [dev]\n",
    }));
    await apply();
    const value = read("cfg/dev/orders/db");
    writeFileSync(live("cfg/dev/orders/copy"), "by hand");
    await apply({ allow: ["drift"] });
    expect(read("cfg/dev/orders/copy")).toBe(value);
  });
});

describe("an apply that was interrupted", () => {
  it("goes on with the value that is there", async () => {
    writeFiles(folder, { "trueup.yaml": TWO });
    await apply();
    const value = read("cfg/dev/orders/db");
    // As if the apply had stopped before its second target.
    lose();
    await apply({ random: () => expect.fail("a value was made twice") });
    expect(second("orders")).toMatchObject({ DB: value, URL: `postgres://u:${value}@h/x` });
    expect(rows(await plan())).toEqual([]);
  });

  it("writes all uses anew if only texts around the value were written", async () => {
    writeFiles(folder, {
      "trueup.yaml": TWO.replace("local: {", "local: { apps: [users],").replace(
        "type: directory\n",
        "type: directory\n    apps: [orders]\n",
      ),
      "apps/orders/base.yaml": 'key: "{{shared.secret.key}}"\n',
      "apps/orders/secrets.yaml": "{}\n",
      "apps/users/base.yaml": 'url: "x://{{shared.secret.key}}"\n',
      "apps/users/app.yaml": "places: [dev]\n",
      "shared/secrets.yaml": "key: { from: generate }\n",
    });
    await apply();
    const url = read("cfg/dev/users/url");
    // As if the apply had stopped before the target that holds the value alone.
    lose();
    const made = await plan();
    expect(rows(made)).toEqual(["create orders@dev:key add made", "update users@dev:url change made"]);
    await apply();
    expect(read("cfg/dev/users/url")).toBe(`x://${second("orders")["KEY"]}`);
    expect(read("cfg/dev/users/url")).not.toBe(url);
    expect(rows(await plan())).toEqual([]);
  });
});

describe("validate", () => {
  it("refuses a secret that no key holds alone", async () => {
    values('url: "postgres://u:{{secret.db}}@h"\nb64: "{{base64 secret.db}}"\n');
    expect(await problems()).toEqual([
      'error TU4011 no key holds the generated secret db alone, so its value could not be read back for another use → give it a key of its own: "{{secret.db}}"; or from: sops, or from: external with the whole text as the secret',
    ]);
  });

  it.each([
    ["length: 10", "10 characters of 62 different ones could be tried out → length: 11 or more (64 bits)"],
    [
      "length: 19, alphabet: '0123456789'",
      "19 characters of 10 different ones could be tried out → length: 20 or more",
    ],
    ["alphabet: alphanumric", "its alphabet is almost the name of one, and not quite → did you mean alphanumeric?"],
    ["alphabet: aab", "its alphabet names a character twice"],
    ["alphabet: 'ab {'", "its alphabet holds something other than visible ASCII"],
  ])("refuses { %s }", async (settings, message) => {
    secrets(`db: { from: generate, ${settings} }\n`);
    expect(await problems()).toEqual([
      expect.stringContaining(`error TU4012 the secret db cannot be made: ${message}`),
    ]);
  });

  it("refuses a length that the schema does not take", async () => {
    writeFiles(folder, {
      "apps/orders/schema.yaml":
        "type: object\nproperties: { db: { type: string, maxLength: 20 }, a: {}, url: {} }\nadditionalProperties: false\n",
    });
    expect(await problems()).toEqual([
      "error TU4012 the secret db has 32 characters, and the schema of db wants at most 20 → length: 20",
    ]);
  });
});

describe("the schema", () => {
  it("is held against the made value, before anything is written", async () => {
    writeFiles(folder, {
      "apps/orders/schema.yaml": "type: object\nproperties: { db: { type: string, pattern: '^[0-9]+$' } }\n",
    });
    const random = (count: number) => new Uint8Array(count);
    await expect(apply({ random })).rejects.toMatchObject({
      code: "UNFIT",
      details: ["TU3002 orders@dev:db: db must match ^[0-9]+$"],
    });
    expect(readdirSync(folder)).not.toContain(".trueup");
    secrets("db: { from: generate, alphabet: '0123456789' }\n");
    await apply();
    expect(read("cfg/dev/orders/db")).toMatch(/^[0-9]{32}$/u);
  });
});

describe("the value", () => {
  it("stands in its own keys and nowhere else", async () => {
    const { plan: made, receipts } = await apply();
    const value = read("cfg/dev/orders/db");
    const world = { places: [], apps: 1, units: 1 };
    const text = humanPlan(made, {
      color: false,
      width: 100,
      verbose: true,
      maxValueWidth: 80,
      world,
      locate: () => undefined,
    });
    expect(text).toContain("new secret, its value is made up by the apply");
    const said = JSON.stringify([made, receipts, await plan(), text]);
    const holding = readdirSync(live(""), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "utf8").includes(value))
      .map((entry) => entry.name);
    expect(said).not.toContain(value);
    expect(holding.toSorted()).toEqual(["db", "url"]);
  });
});
