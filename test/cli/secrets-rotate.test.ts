/** Rotation of secrets: two values valid for a while, one in the end, and every step told to the next person. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { HAS_SOPS, IDENTITIES, RECIPIENTS, sops } from "../secrets/sops-files.ts";
import { describeWithEtcd, startEtcd } from "../stores/etcd-server.ts";
import type { EtcdServer } from "../stores/etcd-server.ts";
import { startDouble } from "../stores/ssm-double/double.ts";
import type { SsmDouble } from "../stores/ssm-double/double.ts";
import { setTestCredentials } from "../stores/ssm-double/open.ts";
import { type Inside, inside } from "./inside.ts";
import { type Ran, filesBelow, stored } from "./run.ts";

const [OLD, NEW, THIRD] = ["canary-old-7Qz", "canary-new-7Qz", "canary-third-7Qz"];
const NOON = "2026-11-21T12:00:00.000Z";
const LATER = "2026-11-22T12:00:01.000Z";

/** `api` accepts both values, `web` sends the present one; both in two regions. */
const files = (target: string): Record<string, string> => ({
  "trueup.yaml": `version: 1\nsystem: shop\nenvironments:\n  dev: { regions: [east] }\n  prod: { regions: [east, west] }\ntargets:\n  main: { ${target} }\n`,
  "shared/secrets.yaml": "token: { rotate: { previous: token_previous } }\ntoken_previous: {}\n",
  "apps/api/base.yaml":
    'tokens: { now: "{{shared.secret.token}}", before: "{{shared.secret.token_previous}}" }\nport: 80\n',
  "apps/web/base.yaml": 'token: "{{shared.secret.token}}"\n',
});
const DIRECTORY = 'type: directory, path: "/cfg/{{env}}/{{region}}/{{app}}/{{key}}"';

let folder: string;
let dispose: () => void;
const said: string[] = [];
let env: Record<string, string> = {};

async function trueup(line: string, given: Inside = {}): Promise<Ran> {
  const ran = await inside(folder, line.split(" "), { now: NOON, ...given, env: { ...env, ...given.env } });
  said.push(ran.out, ran.err);
  return ran;
}
async function ok(line: string, given: Inside = {}): Promise<string> {
  const { code, out, err } = await trueup(line, given);
  expect([line, code, err]).toEqual([line, 0, expect.any(String)]);
  return out;
}
const rotate = (value: string, more = "", given: Inside = {}): Promise<Ran> =>
  trueup(`secrets rotate shared token --env prod${more}`, { value, ...given });

/** A repo on a store, applied, with a first value. */
async function start(target: string, extra: Readonly<Record<string, string>> = {}): Promise<void> {
  ({ folder, dispose } = tempFolder({ ...files(target), ...extra }));
  await ok("apply --yes");
  await ok("secrets set shared token --env prod", { value: OLD });
}
afterEach(() => {
  for (const text of said.splice(0)) expect(text).not.toMatch(/canary|Y2FuYXJ5/u);
  dispose?.();
  env = {};
});

describe("on the directory store", () => {
  beforeEach(() => start(DIRECTORY));
  const values = (): (string | undefined)[] => {
    const all = stored(folder);
    return ["api/tokens/now", "api/tokens/before", "web/token"].flatMap((key) =>
      ["east", "west"].map((region) => all[`cfg/prod/${region}/${key}`]?.replace(/^TRUEUP_PLACEHOLDER.*/u, "?")),
    );
  };
  const state = async (now = NOON): Promise<string> => {
    const out = await ok("secrets list", { now });
    return /^.*shared\.token .*$/mu.exec(out)?.[0].replace(/ +/gu, " ").trim() ?? "";
  };

  it("keeps the value of before, tells everybody, and ends with one value", async () => {
    expect(values()).toEqual([OLD, OLD, "?", "?", OLD, OLD]);
    const { code, out } = await rotate(NEW);
    expect([code, out]).toEqual([
      0,
      [
        "  1  new value  given",
        "  2  before     shared.token_previous keeps the value of before: 2 values of 1 app in 2 places, 2 physical keys",
        "  3  written    shared.token: 4 values of 2 apps in 2 places, 4 physical keys",
        "  4  finish     from 2026-11-22 12:00 UTC on: trueup secrets rotate shared token --env prod --finish",
        "",
      ].join("\n"),
    ]);
    expect(values()).toEqual([NEW, NEW, OLD, OLD, NEW, NEW]);
    expect(await state("2026-11-21T12:40:00Z")).toContain("✔ ↻ 40 min");
    expect(await ok("doctor --env prod", { now: LATER })).toContain("a rotation of shared.token is open for 24 h");
    const early = await rotate("", " --finish");
    expect([early.code, early.out]).toEqual([4, ""]);
    expect(early.err).toContain("may use the value of before until 2026-11-22 12:00 UTC");
    expect(values()).toEqual([NEW, NEW, OLD, OLD, NEW, NEW]);
    const end = await rotate("", " --finish", { now: LATER });
    expect([end.code, end.out]).toEqual([0, expect.stringContaining("shared.token has one valid value in 2 places")]);
    expect(values()).toEqual([NEW, NEW, NEW, NEW, NEW, NEW]);
    expect(await state()).not.toContain("↻");
    expect((await rotate("", " --finish")).err).toContain("no rotation of shared.token is open here");
  });

  it("is lifted with --now, and open in one region alone", async () => {
    await rotate(NEW, " --region east");
    expect(values()).toEqual([NEW, OLD, OLD, "?", NEW, OLD]);
    expect(await state()).toContain("↻");
    expect((await rotate("", " --finish --now")).err).toContain("is not complete");
    expect(await rotate("", " --finish --now --region east")).toMatchObject({ code: 0 });
    expect(values()).toEqual([NEW, OLD, NEW, "?", NEW, OLD]);
  });

  it("stays open through an apply, and goes on with the same value only", async () => {
    await rotate(NEW);
    writeFiles(folder, { "apps/api/base.yaml": files(DIRECTORY)["apps/api/base.yaml"]?.replace("80", "81") ?? "" });
    await ok("apply --yes");
    expect(await state()).toContain("↻");
    const again = await rotate(THIRD);
    expect([again.code, again.err]).toEqual([
      4,
      expect.stringContaining("is open since 2026-11-21 12:00, with another value"),
    ]);
    expect(await rotate(NEW)).toMatchObject({ code: 0, out: expect.stringContaining("has this value already") });
    expect((await rotate("", " --generate")).code).toBe(4);
    expect(values()).toEqual([NEW, NEW, OLD, OLD, NEW, NEW]);
  });

  it("refuses the value that is there already", async () => {
    const { code, err } = await rotate(OLD);
    expect([code, err]).toEqual([1, expect.stringContaining("this is the value that shared.token has already")]);
    expect(values()).toEqual([OLD, OLD, "?", "?", OLD, OLD]);
  });

  it("needs a value, an environment and a name that exist", async () => {
    const fails = async (line: string, words: string, code = 1): Promise<void> => {
      const ran = await trueup(line, { value: NEW });
      expect([line, ran.code, ran.out]).toEqual([line, code, ""]);
      expect(ran.err).toContain(words);
    };
    await fails("secrets rotate shared token", "--env says where");
    await fails("secrets rotate shared tokn --env prod", "did you mean shared.token?");
    await fails("secrets rotate token --env prod", "token names no secret");
    await fails("secrets rotate shared token --env dev", "has no value yet in dev");
    await fails("secrets rotate shared token --env prod --now", "--now belongs to --finish");
    await fails("secrets rotate shared token --env prod --length 20", "belong to --generate");
    await fails("secrets rotate shared token --env prod --generate --length 3", "from 16 to 512");
    await fails("secrets rotate shared token --env prod --generate --alphabet abc", "there is no alphabet abc");
    await fails("secrets rotate shared.token_previous --env prod --finish", "has no previous value");
  });

  it("gives a generated value its length and alphabet, one that fits the schema", async () => {
    writeFiles(folder, {
      "apps/web/schema.yaml":
        "type: object\nproperties: { token: { type: string, pattern: '[0-9]$', x-secret: true } }\n",
    });
    expect(await rotate("", " --generate --length 20 --alphabet hex")).toMatchObject({ code: 0 });
    expect(values()[4]).toMatch(/^[0-9a-f]{19}[0-9]$/u);
    expect(new Set([values()[0], values()[1], values()[4], values()[5]]).size).toBe(1);
    expect(await rotate("", " --finish --now")).toMatchObject({ code: 0 });
    writeFiles(folder, {
      "apps/web/schema.yaml": "type: object\nproperties: { token: { type: string, maxLength: 3, x-secret: true } }\n",
    });
    const refused = await rotate("", " --generate");
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("token must have at most 3 characters")]);
  });

  it("without a previous secret says that there is no grace", async () => {
    writeFiles(folder, { "shared/secrets.yaml": "token: {}\ntoken_previous: {}\n" });
    const { code, out } = await rotate(NEW);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("3  no grace   readers of the value of before fail until"),
    ]);
    expect(values()).toEqual([NEW, NEW, "?", "?", NEW, NEW]);
    expect(await state()).not.toContain("↻");
    expect((await rotate("", " --finish")).err).toContain("has no previous value");
  });

  it("with a previous secret that nothing uses is refused, and one that cannot be is a problem", async () => {
    writeFiles(folder, { "apps/api/base.yaml": 'tokens: { now: "{{shared.secret.token}}" }\n' });
    expect((await rotate(NEW)).err).toContain("no value uses it here");
    for (const [text, words] of [
      ["token: { rotate: { previous: token_previos } }\ntoken_previous: {}\n", "did you mean shared.token_previous?"],
      ["token: { rotate: { previous: token } }\n", "cannot keep its own previous value"],
      ["token: { rotate: { previous: b } }\nb: { from: sops }\n", "held by external, but shared.b by sops"],
      [
        "token: { rotate: { previous: b } }\nb: {}\nc: { rotate: { previous: b } }\n",
        "keeps the previous value of shared.token already",
      ],
      ["token: { rotate: { previous: b, grace: soon } }\nb: {}\n", "a number with a unit"],
    ] as const) {
      writeFiles(folder, { "shared/secrets.yaml": text });
      const ran = await trueup("validate");
      expect([text, ran.code, ran.out + ran.err]).toEqual([text, 3, expect.stringContaining(words)]);
    }
    expect(await ok("why TU4021")).toContain("rotation that cannot work");
  });

  it("names the app's own rule and the key where a value does not fit, and writes nothing", async () => {
    writeFiles(folder, {
      "apps/web/schema.yaml": "type: object\nproperties: { token: { type: string, minLength: 99, x-secret: true } }\n",
    });
    for (const line of ["rotate", "set"]) {
      const ran = await trueup(`secrets ${line} shared token --env prod`, { value: NEW });
      expect([ran.code, ran.out]).toEqual([3, ""]);
      expect(ran.err).toContain(
        "the value given for shared.token does not fit: token must have at least 99 characters",
      );
      expect(ran.err).toContain("apps/web/base.yaml:1");
      expect(ran.err).toContain("minLength: 99");
    }
    expect(values()).toEqual([OLD, OLD, "?", "?", OLD, OLD]);
  });
});

describe("in one JSON for each app", () => {
  it("changes both values in one text, and leaves the others", async () => {
    await start('type: directory, layout: blob, shape: env, path: "/env/{{env}}/{{region}}/{{app}}"', {
      "apps/api/secrets.yaml": "own: {}\n",
      "apps/api/base.yaml":
        'now: "{{shared.secret.token}}"\nbefore: "{{shared.secret.token_previous}}"\nown: "{{secret.own}}"\nport: 80\n',
    });
    const blob = (): unknown => JSON.parse(stored(folder)["env/prod/east/api"] ?? "");
    expect(await ok("secrets list")).toMatch(/api\.own +external +\? +\?/u);
    await rotate(NEW);
    expect(blob()).toEqual({ NOW: NEW, BEFORE: OLD, PORT: "80", OWN: expect.stringContaining("PLACEHOLDER") });
    const base = readFileSync(join(folder, "apps/api/base.yaml"), "utf8");
    writeFiles(folder, { "apps/api/base.yaml": `${base}extra: 1\n` });
    await ok("apply --yes");
    expect(blob()).toMatchObject({ NOW: NEW, BEFORE: OLD, EXTRA: "1" });
    expect(await ok("secrets list --app api")).toMatch(/shared\.token +external +\? +. ↻ 0 min/u);
    await rotate("", " --finish --now");
    expect(blob()).toMatchObject({ NOW: NEW, BEFORE: NEW, PORT: "80" });
  });
});

describe("encrypted in Git", () => {
  const FILE = "apps/api/prod.sops.yaml";
  const git = {
    "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { prod: {} }\ntargets:\n  main: { ${DIRECTORY.replace("/{{region}}", "")} }\n`,
    ".sops.yaml": `creation_rules: [{ age: ${RECIPIENTS.one} }]\n`,
    "shared/secrets.yaml": "",
    "apps/web/base.yaml": "a: 1\n",
    "apps/api/base.yaml": 'url: "u:{{secret.token}}@h"\nbefore: "{{secret.before}}"\n',
    "apps/api/secrets.yaml":
      "token: { from: sops, rotate: { previous: before, grace: 2d } }\nbefore: { from: sops }\nother: { from: sops }\n",
  };
  beforeEach(async () => {
    ({ folder, dispose } = tempFolder({ ...files(DIRECTORY), ...git }));
    env = { SOPS_AGE_KEY: IDENTITIES.one };
    for (const name of ["token", "other"]) await ok(`secrets set api ${name} --env prod`, { value: OLD });
  });
  const rotated = (value: string, more = "", given: Inside = {}): Promise<Ran> =>
    trueup(`secrets rotate api token --env prod${more}`, { value, ...given });
  const text = (): string => readFileSync(join(folder, FILE), "utf8");
  const line = (name: string): string => new RegExp(`^${name}: .*$`, "mu").exec(text())?.[0] ?? "";

  it("changes the file, keeps the others' bytes, and finishes after the time since the file was changed", async () => {
    const other = line("other");
    const { code, out } = await rotated(NEW);
    expect([code, out]).toEqual([
      0,
      `  wrote ${FILE}: before, token\nCommit ${FILE}: the new value reaches the stores with the next apply\nFinish from 2026-11-23 12:00 UTC on: trueup secrets rotate api token --env prod --finish\n`,
    ]);
    expect(line("other")).toBe(other);
    await ok("apply --yes");
    expect(stored(folder)).toMatchObject({ "cfg/prod/api/url": `u:${NEW}@h`, "cfg/prod/api/before": OLD });
    expect(await rotated(NEW)).toMatchObject({ code: 0, out: expect.stringContaining("holds this value already") });
    expect(await rotated(THIRD)).toMatchObject({
      code: 4,
      err: expect.stringContaining("is open in apps/api/prod.sops.yaml"),
    });
    expect(await rotated("", " --finish", { now: LATER })).toMatchObject({ code: 4, out: "" });
    expect(await rotated("", " --finish", { now: "2026-11-23T12:00:01Z" })).toMatchObject({ code: 0 });
    await ok("apply --yes");
    expect(stored(folder)).toMatchObject({ "cfg/prod/api/url": `u:${NEW}@h`, "cfg/prod/api/before": NEW });
    expect((await rotated("", " --finish")).err).toContain("no rotation of api.token is open here");
    if (HAS_SOPS) expect(sops(["-d"], { path: "x.yaml", text: text() }).output).toContain(`before: ${NEW}`);
  });

  it("leaves the file alone where the key, the value or the rule is not there", async () => {
    const before = text();
    expect(await rotated(NEW, "", { env: { SOPS_AGE_KEY: IDENTITIES.stranger } })).toMatchObject({ code: 1, out: "" });
    writeFiles(folder, {
      "apps/api/schema.yaml": "type: object\nproperties: { url: { type: string, maxLength: 5, x-secret: true } }\n",
    });
    expect(await rotated(NEW)).toMatchObject({
      code: 3,
      err: expect.stringContaining("url must have at most 5 characters"),
    });
    expect((await trueup("secrets rotate api before --env prod", { value: NEW })).err).toContain(
      "no value of api.before to rotate",
    );
    expect(text()).toBe(before);
    expect(existsSync(join(folder, ".trueup"))).toBe(false);
  });
});

describe("a secret that nobody gives a value", () => {
  it.each([
    ["{ from: generate }", "raise its version in apps/web/secrets.yaml"],
    ["{ from: ref, path: /platform/x }", "change it there"],
  ])("%s: is told where its value comes from", async (definition, words) => {
    ({ folder, dispose } = tempFolder({ ...files(DIRECTORY), "apps/web/secrets.yaml": `made: ${definition}\n` }));
    for (const command of ["set", "rotate"]) {
      const ran = await trueup(`secrets ${command} web made --env prod`, { value: NEW });
      expect([command, ran.code, ran.out]).toEqual([command, 1, ""]);
      expect(ran.err).toContain(words);
    }
  });
});

describeWithEtcd("on etcd", () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
  }, 30_000);
  afterAll(() => etcd?.stop());

  it("writes a place in one transaction, and refuses to write over somebody else", async () => {
    await start(
      `type: etcd, path: "/cfg/{{env}}/{{region}}/{{app}}/{{key}}", connection: { endpoints: ["${etcd.endpoints[0]}"] }`,
    );
    await rotate(NEW);
    const read = async (key: string): Promise<string | undefined> =>
      (await etcd.everything("/cfg/prod/")).get(`/cfg/prod/${key}`);
    expect([await read("east/api/tokens/now"), await read("west/api/tokens/before")]).toEqual([NEW, OLD]);
    const revisions = async (key: string): Promise<string> =>
      /"mod_revision":(\d+)/u.exec(await etcd.ctl("get", `/cfg/prod/east/${key}`, "-w", "json"))?.[1] ?? "";
    expect(new Set([await revisions("api/tokens/now"), await revisions("api/tokens/before")]).size).toBe(1);
    for (const [, text] of await etcd.everything("/cfg/.trueup/")) expect(text).not.toContain("canary");
    await rotate("", " --finish --now");
    expect(await read("west/api/tokens/before")).toBe(NEW);
    const meanwhile = async (): Promise<string> => {
      await etcd.ctl("put", "/cfg/prod/east/web/token", "by somebody else");
      return THIRD;
    };
    const late = await trueup("secrets rotate shared token --env prod --region east", { value: meanwhile });
    expect([late.code, late.err]).toEqual([
      5,
      expect.stringContaining("/cfg/prod/east/web/token was changed by somebody else"),
    ]);
    expect(await read("east/web/token")).toBe("by somebody else");
  });
});

describe("on SSM, which writes one key at a time", () => {
  let ssm: SsmDouble;
  const SSM =
    'type: aws-ssm, path: "/shop/{{env}}/{{region}}/{{app}}/{{key}}", connection: { region: us-east-2, rates: { read: 9999, write: 9999, describe: 9999, delete: 9999 } }';
  beforeEach(async () => {
    setTestCredentials();
    ssm = await startDouble();
    process.env["AWS_ENDPOINT_URL_SSM"] = ssm.endpoint;
    await start(SSM);
  }, 30_000);
  afterEach(async () => {
    delete process.env["AWS_ENDPOINT_URL_SSM"];
    await ssm.stop();
  });
  const puts = (): string[] =>
    ssm.calls
      .filter(({ operation, names }) => operation === "PutParameter" && !names[0]?.includes(".trueup"))
      .map(({ names }) => names[0]?.replace("/shop/prod/", "") ?? "");
  const value = (key: string): string | undefined => ssm.everything("/shop/prod/").get(`/shop/prod/${key}`);

  it("writes the value of before everywhere first, and names the versions without a grace", async () => {
    ssm.calls.splice(0);
    await rotate(NEW);
    const order = puts();
    expect(order.slice(0, 2).toSorted()).toEqual(["east/api/tokens/before", "west/api/tokens/before"]);
    expect(order.slice(2).toSorted()).toEqual([
      "east/api/tokens/now",
      "east/web/token",
      "west/api/tokens/now",
      "west/web/token",
    ]);
    await rotate("", " --finish --now");
    writeFiles(folder, { "shared/secrets.yaml": "token: {}\ntoken_previous: {}\n" });
    const { out } = await rotate(THIRD);
    expect(out).toContain("/shop/prod/east/web/token:3 still has the value of before");
  }, 60_000);

  it("that fails on the way says what is done and what is not, and goes on with the same value", async () => {
    ssm.fault = ({ operation, names }) =>
      operation === "PutParameter" && names[0] === "/shop/prod/west/web/token" ? "deny" : undefined;
    const broken = await rotate(NEW);
    expect([broken.code, broken.out]).toEqual([5, ""]);
    expect(broken.err).toContain("5 of 6 values are done");
    expect(broken.err).toMatch(/done +main@prod\.east +\/shop\/prod\/east\/web\/token/u);
    expect(broken.err).toMatch(/not done +main@prod\.west +\/shop\/prod\/west\/web\/token/u);
    expect(broken.err).toContain("with the same value: it goes on where it stopped");
    expect(["west/web/token", "west/api/tokens/now", "west/api/tokens/before"].map(value)).toEqual([OLD, NEW, OLD]);
    ssm.fault = () => undefined;
    expect(await rotate(THIRD)).toMatchObject({ code: 4 });
    expect((await rotate("", " --finish --now")).err).toContain("is not complete");
    ssm.calls.splice(0);
    expect(await rotate(NEW)).toMatchObject({ code: 0 });
    expect(puts()).toEqual(["west/web/token"]);
    expect(["west/web/token", "west/api/tokens/before"].map(value)).toEqual([NEW, OLD]);
    expect(await rotate("", " --finish --now")).toMatchObject({ code: 0 });
    expect(["east", "west"].map((region) => value(`${region}/api/tokens/before`))).toEqual([NEW, NEW]);
  }, 90_000);

  it("goes on after a failure with the value that was generated", async () => {
    ssm.fault = ({ operation, names }) =>
      operation === "PutParameter" && names[0] === "/shop/prod/west/web/token" ? "deny" : undefined;
    expect((await rotate("", " --generate")).code).toBe(5);
    ssm.fault = () => undefined;
    expect(await rotate("", " --generate")).toMatchObject({ code: 0 });
    expect(
      new Set(["east", "west"].flatMap((region) => [value(`${region}/web/token`), value(`${region}/api/tokens/now`)]))
        .size,
    ).toBe(1);
  }, 60_000);

  it("refuses a value that SSM would not take before it writes any", async () => {
    ssm.calls.splice(0);
    const ran = await rotate("{{canary}}");
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining("which SSM takes for a reference")]);
    expect(puts()).toEqual([]);
  }, 30_000);
});

describe("records", () => {
  it("hold no value, and nothing made of one", async () => {
    await start(DIRECTORY);
    await rotate(NEW);
    const own = [...filesBelow(join(folder, ".trueup/live"))].filter(([path]) => path.includes(".trueup/"));
    expect(own.length).toBeGreaterThan(2);
    for (const [, { text }] of own) expect(text).not.toContain("canary");
  });
});
