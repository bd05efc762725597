import { describe, expect, test } from "vitest";
import { load } from "../../../src/load/load.ts";
import type { Loaded, LoadOptions } from "../../../src/load/load.ts";
import { memorySource } from "../../../src/load/source.ts";
import type { TargetTypes } from "../../../src/load/targets.ts";
import { plain, position, where } from "./harness.ts";

const HEAD = "version: 1\nsystem: shop\n";
const ENVS = "environments: [dev, prod]\n";
const TARGETS = "targets: { local: { type: directory } }\n";

function read(text: string, options: LoadOptions = {}): Loaded {
  return load(memorySource({ "trueup.yaml": text }), options);
}

const TYPES: TargetTypes = {
  directory: {
    connectionSchema: {
      type: "object",
      additionalProperties: false,
      properties: { directory: { type: "string", title: "Folder" } },
    },
    defaults: { path: "/{{env}}/{{app}}/{{key}}", layout: "keys", connection: { directory: ".trueup/live" } },
  },
  etcd: {
    connectionSchema: {
      type: "object",
      additionalProperties: false,
      required: ["endpoints"],
      properties: {
        endpoints: { type: "array", minItems: 1, items: { type: "string" } },
        username: { anyOf: [{ type: "string" }, { $ref: "#/definitions/fromEnv" }] },
        tls: {
          oneOf: [
            { type: "object", additionalProperties: false, required: ["ca"], properties: { ca: { type: "string" } } },
            {
              type: "object",
              additionalProperties: false,
              required: ["cert", "key"],
              properties: { cert: { type: "string" }, key: { type: "string" } },
            },
          ],
        },
        password: { anyOf: [{ type: "string" }, { $ref: "#/definitions/fromEnv" }] },
      },
      definitions: {
        fromEnv: {
          type: "object",
          additionalProperties: false,
          required: ["fromEnv"],
          properties: { fromEnv: { type: "string" } },
        },
      },
    },
    defaults: { layout: "groups", connection: {} },
  },
};

describe("the smallest useful file", () => {
  test("is completed with every default", () => {
    const { repo, problems } = read(`${HEAD}${ENVS}${TARGETS}`);
    expect(problems).toEqual([]);
    expect(plain({ ...repo?.config, regions: undefined })).toEqual({
      system: "shop",
      environments: [
        { name: "dev", protected: false, regions: [], vars: {} },
        { name: "prod", protected: false, regions: [], vars: {} },
      ],
      targets: [
        {
          name: "local",
          type: "directory",
          select: "all",
          layout: "keys",
          shape: "nested",
          path: "/{{env}}/{{app}}/{{key}}",
          connection: {},
        },
      ],
      secrets: { default: "external", sources: [] },
      guards: { liftBy: "maintain", maxDelete: 0.3, maxApps: 25, keep: [], freeze: [] },
      drift: { onApply: "report", ignore: [] },
      yaml: { merge: false },
      templates: { blocks: false },
      report: { maxValueWidth: 80 },
    });
    expect(repo?.places.map(({ id, env, region }) => [id, env, region])).toEqual([
      ["dev", "dev", undefined],
      ["prod", "prod", undefined],
    ]);
  });
});

const FULL = `version: 1
system: shop
environments:
  dev:
    regions: [eu-west-1]
    vars: { long: development, net: { zone: a, size: 1 } }
  prod:
    protected: true
    regions: [eu-west-1, us-east-2]
    vars: { long: production, geo: world }
regions:
  eu-west-1: { vars: { geo: eu, net: { zone: b } } }
  us-east-2:
targets:
  config:
    type: etcd
    select: plain
    layout: keys
    path: "/config/{{env}}/{{app}}/{{key}}"
    meta: /config/.own
    connection:
      endpoints: ["https://etcd.{{region}}:2379"]
      username: { fromEnv: ETCD_USERNAME }
  blobs: { type: etcd, layout: blob, shape: env, path: "/blob/{{app}}", apps: [metrics-*], places: [prod, "prod.us*"], connection: { use: config } }
secrets: { default: sops, warn_after: 26w }
guards:
  lift_by: admin
  max_delete: 12.5%
  max_delete_count: 50
  max_apps: 3
  keep: ["*@prod:database.**"]
  freeze:
    - { envs: [prod], from: "2026-12-20T00:00Z", to: "2027-01-02T00:00Z", reason: Holidays }
    - { from: "2026-06-01T00:00+02:00", to: "2026-06-02T00:00:00+02:00", reason: Move }
pull_request: { comment: on-change, max_value_width: 40 }
drift: { on_apply: overwrite, ignore: ["*:runtime.**"] }
yaml: { merge: true }
templates: { blocks: true }
profiles:
  local:
    config: { endpoints: ["http://localhost:2379"], username: null }
`;

describe("the full file", () => {
  test("means what it says", () => {
    const { repo, problems } = read(FULL, { targetTypes: TYPES });
    expect(problems).toEqual([]);
    expect(repo?.config.guards).toEqual({
      liftBy: "admin",
      maxDelete: 0.125,
      maxDeleteCount: 50,
      maxApps: 3,
      keep: ["*@prod:database.**"],
      freeze: [
        { envs: ["prod"], from: "2026-12-20T00:00Z", to: "2027-01-02T00:00Z", reason: "Holidays" },
        { envs: ["dev", "prod"], from: "2026-06-01T00:00+02:00", to: "2026-06-02T00:00:00+02:00", reason: "Move" },
      ],
    });
    expect(repo?.config).toMatchObject({
      secrets: { default: "sops", warnAfterDays: 182, sources: [] },
      drift: { onApply: "overwrite", ignore: ["*:runtime.**"] },
      yaml: { merge: true },
      templates: { blocks: true },
      report: { maxValueWidth: 40 },
    });
    expect(repo?.config.targets[0]).toMatchObject({
      select: "plain",
      layout: "keys",
      meta: "/config/.own",
      apps: undefined,
    });
    expect(repo?.config.targets[1]).toMatchObject({
      layout: "blob",
      shape: "env",
      apps: ["metrics-*"],
      places: ["prod", "prod.us*"],
    });
  });

  test("places overlay the facts of the environment with those of the region", () => {
    const { repo } = read(FULL);
    expect(plain(repo?.places)).toEqual([
      {
        id: "dev.eu-west-1",
        env: "dev",
        region: "eu-west-1",
        protected: false,
        vars: { long: "development", geo: "eu", net: { zone: "b", size: 1 } },
      },
      {
        id: "prod.eu-west-1",
        env: "prod",
        region: "eu-west-1",
        protected: true,
        vars: { long: "production", geo: "eu", net: { zone: "b" } },
      },
      {
        id: "prod.us-east-2",
        env: "prod",
        region: "us-east-2",
        protected: true,
        vars: { long: "production", geo: "world" },
      },
    ]);
  });

  test("a connection may be taken over from another target, and a profile changes both", () => {
    expect(plain(read(FULL).repo?.config.targets.map(({ connection }) => connection))).toEqual([
      { endpoints: ["https://etcd.{{region}}:2379"], username: { fromEnv: "ETCD_USERNAME" } },
      { endpoints: ["https://etcd.{{region}}:2379"], username: { fromEnv: "ETCD_USERNAME" } },
    ]);
    expect(plain(read(FULL, { profile: "local" }).repo?.config.targets.map(({ connection }) => connection))).toEqual([
      { endpoints: ["http://localhost:2379"] },
      { endpoints: ["http://localhost:2379"] },
    ]);
  });
});

describe("kinds of stores", () => {
  test("bring their defaults", () => {
    const { repo } = read(`${HEAD}${ENVS}${TARGETS}`, { targetTypes: TYPES });
    expect(repo?.config.targets[0]).toMatchObject({
      path: "/{{env}}/{{app}}/{{key}}",
      layout: "keys",
      connection: { directory: ".trueup/live" },
    });
    const blob = read(`${HEAD}${ENVS}targets: { local: { type: directory, layout: blob } }\n`, { targetTypes: TYPES });
    expect(blob.repo?.config.targets[0]?.path).toBe("/{{env}}/{{app}}");
  });

  test.each([
    [
      "{ x: { type: etdc } }",
      "TU1016",
      ["targets", "x", "type"],
      'there is no kind of store called "etdc"; did you mean etcd?',
    ],
    ["{ x: { type: toString } }", "TU1016", ["targets", "x", "type"], 'there is no kind of store called "toString"'],
    [
      "{ x: { type: etcd, connection: { endpoints: [a] } } }",
      "TU1016",
      ["targets", "x"],
      "targets.x.path is missing: etcd has no default for it",
    ],
    [
      "{ x: { type: etcd, path: /a, connection: { endponts: [a], endpoints: [b] } } }",
      "TU1016",
      ["targets", "x", "connection", "endponts"],
      "targets.x.connection.endponts is not a setting; did you mean endpoints?",
    ],
    [
      "{ x: { type: etcd, path: /a } }",
      "TU1016",
      ["targets", "x", "connection"],
      "targets.x.connection.endpoints is missing",
    ],
    [
      "{ x: { type: etcd, path: /a, connection: { endpoints: [a], password: 1 } } }",
      "TU1016",
      ["targets", "x", "connection", "password"],
      "targets.x.connection.password must be text or a map",
    ],
    [
      "{ x: { type: etcd, path: /a, connection: { endpoints: [a], password: { fromEvn: A } } } }",
      "TU1016",
      ["targets", "x", "connection", "password", "fromEvn"],
      "targets.x.connection.password.fromEvn is not a setting; did you mean fromEnv?",
    ],
  ])("%s", (targets, code, path, message) => {
    const { problems, repo } = read(`${HEAD}${ENVS}targets: ${targets}\n`, { targetTypes: TYPES });
    expect(problems).toContainEqual(expect.objectContaining({ code, message, at: expect.objectContaining({ path }) }));
    expect(repo).toBeUndefined();
  });

  test("with alternatives: only what is wrong about the nearest one is told", () => {
    const connection = "{ endpoints: [a], tls: { cert: x } }";
    const text = `${HEAD}${ENVS}targets: { x: { type: etcd, path: /a, connection: ${connection} } }\n`;
    expect(read(text, { targetTypes: TYPES }).problems.map(({ message }) => message)).toEqual([
      "targets.x.connection.tls.key is missing",
    ]);
  });

  test("are not checked when nobody names them", () => {
    expect(read(`${HEAD}${ENVS}targets: { x: { type: anything, connection: { a: 1 } } }\n`).problems).toEqual([]);
  });
});

describe("what is wrong, where, and what was probably meant", () => {
  test.each([
    ["", [], "version is missing"],
    [`system: shop\n${ENVS}${TARGETS}`, [], "version is missing"],
    [`version: 2\nsystem: shop\n${ENVS}${TARGETS}`, ["version"], "version must be 1"],
    [`version: 1\nsystem: "a b"\n${ENVS}${TARGETS}`, ["system"], "system is not written as it must be"],
    [`${HEAD}${ENVS}targets: {}\n`, ["targets"], "targets is empty"],
    [
      `${HEAD}${ENVS}targets: { Local: { type: a } }\n`,
      ["targets", "Local"],
      '"Local" cannot be the name of an entry of targets',
    ],
    [`${HEAD}${ENVS}targets: { a: {} }\n`, ["targets", "a"], "targets.a.type is missing"],
    [
      `${HEAD}${ENVS}targets: { a: { type: x, layuot: keys } }\n`,
      ["targets", "a", "layuot"],
      "targets.a.layuot is not a setting; did you mean layout?",
    ],
    [
      `${HEAD}${ENVS}targets: { a: { type: x, layout: key } }\n`,
      ["targets", "a", "layout"],
      "targets.a.layout must be keys, groups or blob; did you mean keys?",
    ],
    [`${HEAD}environments: prod\n${TARGETS}`, ["environments"], "environments must be a list or a map"],
    [`${HEAD}environments: []\n${TARGETS}`, ["environments"], "environments is empty"],
    [`${HEAD}environments: [dev, dev]\n${TARGETS}`, ["environments"], "environments names something twice"],
    [
      `${HEAD}environments: [dev, Prod]\n${TARGETS}`,
      ["environments", "1"],
      "environments.1 is not written as it must be",
    ],
    [`${HEAD}environments: [dev.eu]\n${TARGETS}`, ["environments", "0"], "environments.0 is not written as it must be"],
    [`${HEAD}environments: [base]\n${TARGETS}`, ["environments", "0"], "environments.0 is not written as it must be"],
    [
      `${HEAD}environments: { "10": }\n${TARGETS}`,
      ["environments", "10"],
      '"10" cannot be the name of an entry of environments',
    ],
    [
      `${HEAD}environments: { dev: { region: [a] } }\n${TARGETS}`,
      ["environments", "dev", "region"],
      "environments.dev.region is not a setting; did you mean regions?",
    ],
    [
      `${HEAD}environments: { dev: { regions: [sops] } }\n${TARGETS}`,
      ["environments", "dev", "regions", "0"],
      "environments.dev.regions.0 is not written as it must be",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { max_delte: 1 }\n`,
      ["guards", "max_delte"],
      "guards.max_delte is not a setting; did you mean max_delete?",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { max_delete: 30 }\n`,
      ["guards", "max_delete"],
      "guards.max_delete must be 1 or less",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { max_delete: "many" }\n`,
      ["guards", "max_delete"],
      "guards.max_delete is not written as it must be",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { max_delete: [1] }\n`,
      ["guards", "max_delete"],
      "guards.max_delete must be text or a number",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { max_apps: 1.5 }\n`,
      ["guards", "max_apps"],
      "guards.max_apps must be a whole number",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}secrets: { warn_after: 180 }\n`,
      ["secrets", "warn_after"],
      "secrets.warn_after must be text",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}secrets: { warn_after: 6m }\n`,
      ["secrets", "warn_after"],
      "secrets.warn_after is not written as it must be",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { freeze: [{ from: "2026-01-01T00:00Z", reason: x }] }\n`,
      ["guards", "freeze", "0"],
      "guards.freeze.0.to is missing",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { freeze: [{ from: "2026-01-01", to: "2026-02-01T00:00Z", reason: x }] }\n`,
      ["guards", "freeze", "0", "from"],
      "guards.freeze.0.from is not written as it must be",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { freeze: [{ from: "2026-13-01T00:00Z", to: "2026-02-01T00:00Z", reason: x }] }\n`,
      ["guards", "freeze", "0", "from"],
      "the freeze begins on a day or at a time that does not exist",
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { freeze: [{ from: "2026-03-01T00:00Z", to: "2026-02-01T00:00Z", reason: x }] }\n`,
      ["guards", "freeze", "0", "to"],
      "the freeze ends before it begins",
    ],
    [`- a\n`, [], "the file must be a map"],
  ])("%j", (text, path, message) => {
    const { problems, repo } = read(text);
    expect(problems).toContainEqual(expect.objectContaining({ code: "TU1016", severity: "error", message }));
    expect(problems.find((one) => one.message === message)?.at).toMatchObject({ file: "trueup.yaml", path });
    expect(repo).toBeUndefined();
  });

  test.each([
    [`${HEAD}${ENVS}targets: { a: { type: x, places: [prd] } }\n`, 'there is no place "prd"; did you mean prod?'],
    [
      `${HEAD}${ENVS}targets: { a: { type: x, connection: { use: confg } }, config: { type: x } }\n`,
      'there is no other target "confg"; did you mean config?',
    ],
    [
      `${HEAD}${ENVS}${TARGETS}guards: { freeze: [{ envs: [prd], from: "2026-01-01T00:00Z", to: "2026-02-01T00:00Z", reason: x }] }\n`,
      'there is no environment "prd"; did you mean prod?',
    ],
    [`${HEAD}${ENVS}${TARGETS}profiles: { x: { lokal: {} } }\n`, 'there is no target "lokal"; did you mean local?'],
  ])("names in %j", (text, message) => {
    expect(read(text).problems).toMatchObject([{ code: "TU1017", severity: "error", message }]);
  });

  test("connections taken over in a circle, or from another kind of store", () => {
    const circle = read(
      `${HEAD}${ENVS}targets: { a: { type: x, connection: { use: b } }, b: { type: x, connection: { use: a } } }\n`,
    );
    const message = "targets take over each other's connection in a circle";
    expect(circle.problems).toMatchObject([
      { code: "TU1016", message, at: { path: ["targets", "a", "connection", "use"] } },
      { code: "TU1016", message, at: { path: ["targets", "b", "connection", "use"] } },
    ]);
    const other = read(`${HEAD}${ENVS}targets: { a: { type: x, connection: { use: b } }, b: { type: q } }\n`);
    expect(other.problems).toMatchObject([
      { code: "TU1016", message: "the target b is another kind of store: its connection does not fit" },
    ]);
  });

  test("a profile that nobody defined", () => {
    expect(read(FULL, { profile: "locl" }).problems).toMatchObject([
      { code: "TU1017", message: 'there is no profile "locl"; did you mean local?' },
    ]);
  });

  test("a region without an environment is a warning", () => {
    const { problems, repo } = read(
      `${HEAD}environments: { prod: { regions: [us-east-2] } }\nregions: { us-esat-2: }\n${TARGETS}`,
    );
    expect(problems).toMatchObject([
      {
        code: "TU1017",
        severity: "warning",
        message: "no environment has the region us-esat-2; did you mean us-east-2?",
      },
    ]);
    expect(repo).toBeDefined();
  });

  test("a target for apps nobody knows", () => {
    const files = {
      "trueup.yaml": `${HEAD}${ENVS}targets: { a: { type: x, apps: [orders, ordres, legacy-*] } }\n`,
      "apps/orders/base.yaml": "",
    };
    expect(load(memorySource(files)).problems).toMatchObject([
      {
        code: "TU1017",
        message: 'there is no app "ordres"; did you mean orders?',
        at: { path: ["targets", "a", "apps", "1"] },
      },
    ]);
  });

  test("the place is the line and column of the setting", () => {
    const text = `${HEAD}${ENVS}${TARGETS}guards:\n  max_apps: 5\n  max_delte: 1\n`;
    const loaded = read(text);
    expect(position(loaded, { "trueup.yaml": text }, loaded.problems[0])).toBe("7:3-7:12");
  });

  test("every fault at once", () => {
    const { problems } = read("version: 2\nenvironments: [Dev]\ntargets: { a: { typ: x } }\nunknown: 1\n");
    expect(problems.map(({ message }) => message).toSorted()).toEqual([
      "environments.0 is not written as it must be",
      "system is missing",
      "targets.a.typ is not a setting; did you mean type?",
      "targets.a.type is missing",
      "unknown is not a setting",
      "version must be 1",
    ]);
  });

  test("a file that is not there, or goes by another name", () => {
    expect(load(memorySource({})).problems).toMatchObject([
      { code: "TU1016", message: "there is no trueup.yaml here" },
    ]);
    expect(where(load(memorySource({ "trueup.yml": "" })).problems)).toEqual(["TU1007 trueup.yml"]);
  });

  test("file names are still checked when only another part of trueup.yaml is wrong", () => {
    const files = { "trueup.yaml": `${HEAD}${ENVS}${TARGETS}guards: 1\n`, "apps/a/prd.yaml": "" };
    expect(where(load(memorySource(files)).problems)).toEqual(["TU1016 trueup.yaml", "TU1007 apps/a/prd.yaml"]);
    const unknown = { ...files, "trueup.yaml": `${HEAD}environments: 1\n${TARGETS}` };
    expect(where(load(memorySource(unknown)).problems)).toEqual(["TU1016 trueup.yaml"]);
  });
});
