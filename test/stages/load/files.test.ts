import { describe, expect, test } from "vitest";
import { memorySource } from "../../../src/load/source.ts";
import { load } from "../../../src/load/load.ts";
import { plain, repo, SMALL, where } from "./harness.ts";

describe("apps and their files", () => {
  test("every file has its place", () => {
    const { repo: loaded, problems } = repo({
      "apps/orders/base.yaml": "a: 1\n",
      "apps/orders/prod.yaml": "a: 2\n",
      "apps/orders/prod.us-east-2.yaml": "$remove: [b.c, 'x.\"y.z\"']\na: 3\n",
      "apps/orders/secrets.yaml": "db_password:\n  description: Postgres\n  owner: team\nstripe_key: { from: sops }\n",
      "apps/orders/schema.yaml": "type: object\n",
      "apps/orders/app.yaml":
        "owner: team-orders\ndescription: Takes orders\nplaces: [staging, prod.us-east-2]\ntargets: [local]\n",
      "apps/orders/files/nginx.conf.hbs": "server {{http.port}}\n",
      "apps/orders/prod.sops.yaml": "sops: {}\nunread: [\n",
      "apps/orders/README.md": "# Orders\n",
      "apps/orders/.base.yaml.swp": "\u0000",
      "apps/checkout/cart/base.yaml": "",
      "apps/checkout/README.md": "a group\n",
      "shared/base.yaml": "kafka: x\n",
      "shared/prod.yaml": "kafka: z\n",
      "shared/secrets.yaml": "smtp_password:\n",
      "schemas/common.yaml": "definitions: {}\n",
      "schemas/more/deep.json": '{"a": 1e3}\n',
      "docs/prd.yaml": "not: [ours\n",
    });
    expect(problems).toEqual([]);
    expect(loaded?.apps.map(({ name, folder }) => [name, folder])).toEqual([
      ["cart", "apps/checkout/cart"],
      ["orders", "apps/orders"],
    ]);
    const orders = loaded?.apps[1];
    expect([...(orders?.layers.keys() ?? [])].toSorted()).toEqual(["base", "prod", "prod.us-east-2"]);
    expect(orders?.layers.get("prod.us-east-2")).toMatchObject({
      file: "apps/orders/prod.us-east-2.yaml",
      remove: [
        ["b", "c"],
        ["x", "y.z"],
      ],
    });
    expect(plain(orders?.layers.get("prod.us-east-2")?.values)).toEqual({ a: 3 });
    expect(orders).toMatchObject({
      owner: "team-orders",
      description: "Takes orders",
      places: ["staging", "prod.us-east-2"],
      targets: ["local"],
      schema: "apps/orders/schema.yaml",
      files: [{ name: "nginx.conf", file: "apps/orders/files/nginx.conf.hbs", text: "server {{http.port}}\n" }],
    });
    expect(orders?.secrets.get("db_password")).toEqual({
      id: "db_password",
      holder: "external",
      description: "Postgres",
      owner: "team",
      at: { file: "apps/orders/secrets.yaml", path: ["db_password"], part: "key" },
    });
    expect(orders?.secrets.get("stripe_key")?.holder).toBe("sops");
    expect(plain(loaded?.apps[0]?.layers.get("base")?.values)).toEqual({});
    expect(loaded?.apps[0]).toMatchObject({
      owner: undefined,
      places: undefined,
      targets: undefined,
      schema: undefined,
    });
    expect([...(loaded?.shared.layers.keys() ?? [])]).toEqual(["base", "prod"]);
    expect([...(loaded?.shared.secrets.keys() ?? [])]).toEqual(["shared.smtp_password"]);
    expect([...(loaded?.schemas.keys() ?? [])].toSorted()).toEqual([
      "apps/orders/schema.yaml",
      "schemas/common.yaml",
      "schemas/more/deep.json",
    ]);
    expect(loaded?.sources.get("apps/orders/prod.yaml")?.text).toBe("a: 2\n");
    expect([...(orders?.sops ?? [])]).toEqual([["prod", "apps/orders/prod.sops.yaml"]]);
    expect(loaded?.sources.has("apps/orders/prod.sops.yaml")).toBe(true);
  });

  test("an app may consist of template files only, and schema.json is as good as schema.yaml", () => {
    const { repo: loaded, problems } = repo({
      "apps/proxy/files/a.conf.hbs": "x",
      "apps/b/schema.json": "{}",
      "apps/b/base.yaml": "",
    });
    expect(problems).toEqual([]);
    expect(loaded?.apps.map(({ name, schema }) => [name, schema])).toEqual([
      ["b", "apps/b/schema.json"],
      ["proxy", undefined],
    ]);
  });

  test("two apps of one name, whatever their groups", () => {
    const { problems, repo: loaded } = repo({
      "apps/a/orders/base.yaml": "",
      "apps/b/orders/base.yaml": "",
      "apps/orders/base.yaml": "",
    });
    expect(where(problems)).toEqual(["TU1014 apps/b/orders/base.yaml", "TU1014 apps/orders/base.yaml"]);
    expect(loaded?.apps).toHaveLength(1);
  });
});

describe("names that mean nothing", () => {
  test.each([
    ["apps/orders/prd.yaml", '"prd" is not an environment; did you mean prod?', "rename it to prod.yaml"],
    [
      "apps/orders/prd.us-east-2.yaml",
      '"prd" is not an environment; did you mean prod?',
      "rename it to prod.us-east-2.yaml",
    ],
    ["apps/orders/Prod.yaml", '"Prod" is not an environment; did you mean prod?', "rename it to prod.yaml"],
    ["apps/orders/secret.yaml", '"secret" is not an environment; did you mean secrets?', "rename it to secrets.yaml"],
    [
      "apps/orders/prod.us-est-2.yaml",
      '"us-est-2" is not a region of prod; did you mean us-east-2?',
      "rename it to prod.us-east-2.yaml",
    ],
    ["apps/orders/staging.us-east-2.yaml", '"us-east-2" is not a region of staging', undefined],
    ["apps/orders/dev.eu-west-1.yaml", "dev has no regions", undefined],
    ["apps/orders/prod.yml", "prod.yml must end in .yaml", "rename it to prod.yaml"],
    ["apps/orders/prod.json", "prod.json is not read: values are written in YAML", "rename it to prod.yaml"],
    ["apps/orders/prd.sops.yaml", '"prd" is not an environment; did you mean prod?', "rename it to prod.sops.yaml"],
    ["apps/orders/base.sops.yaml", '"base" is not an environment', undefined],
    ["apps/orders/values-of-everything.yaml", '"values-of-everything" is not an environment', undefined],
    [
      "apps/orders/nginx.conf.hbs",
      "nginx.conf.hbs stands in the wrong place: templates of whole files belong into files/",
      undefined,
    ],
    [
      "apps/orders/files/nginx.conf",
      '"nginx.conf" must end in .hbs, as every file in files/',
      "rename it to nginx.conf.hbs",
    ],
    ["apps/orders/files/a/b.hbs", "files/ has no folders", "move the file up into files/"],
    [
      "apps/orders/sub/base.yaml",
      "apps/orders is an app, and apps have no folders but files/",
      "move the file into the folder of an app",
    ],
    ["apps/base.yaml", "a file right in apps/ belongs to no app", "move it into apps/<app>/, or into shared/"],
    ["apps/g/h/i/base.yaml", "apps may be grouped one level deep only", "move the file into the folder of an app"],
    ["shared/schema.yaml", '"schema" is not an environment', undefined],
    ["shared/sub/base.yaml", "shared/ has no folders", "move the file up into shared/"],
    ["schemas/common.yml", '"common.yml" must end in .yaml', "rename it"],
    ["Apps/orders/base.yaml", '"Apps" is not read; did you mean apps?', "rename it to apps"],
  ])("%s", (path, message, fix) => {
    const { problems } = repo({ "apps/orders/base.yaml": "", [path]: "" });
    expect(problems.find(({ code }) => code === "TU1007")).toMatchObject({
      severity: "error",
      message,
      at: { file: path.startsWith("Apps") ? "Apps" : path },
    });
    expect(problems.find(({ code }) => code === "TU1007")?.fix).toBe(fix);
  });

  test("an app with two schemas", () => {
    const { problems } = repo({ "apps/a/schema.yaml": "", "apps/a/schema.json": "{}" });
    expect(where(problems)).toEqual(["TU1007 apps/a/schema.yaml"]);
  });

  test.each([
    "apps/my app/base.yaml",
    "apps/a@b/base.yaml",
    "apps/größe/base.yaml",
    "apps/-x/base.yaml",
    "apps/a/files/my file.hbs",
    "schemas/a b.yaml",
  ])("%s cannot be addressed", (path) => {
    const { problems } = repo({ [path]: "" });
    expect(where(problems)).toEqual([`TU1013 ${path}`]);
  });

  test("files that are no configuration are nobody's business", () => {
    const { problems } = repo({
      "apps/orders/base.yaml": "",
      "apps/orders/CODEOWNERS": "",
      "apps/orders/base.yaml~": "",
      "apps/orders/.hidden.yaml": "[",
      "apps/orders/files/README.md": "",
      "apps/README.md": "",
      "shared/notes.txt": "",
      "schemas/README.md": "",
      ".github/workflows/x.yml": "[",
      "compose.yaml": "[",
    });
    expect(problems).toEqual([]);
  });
});

describe("content", () => {
  test("a layer holds a map", () => {
    const { problems, repo: loaded } = repo({
      "apps/a/base.yaml": "- 1\n",
      "apps/b/base.yaml": "text\n",
      "shared/base.yaml": "1\n",
    });
    expect(where(problems)).toEqual(["TU1015 shared/base.yaml", "TU1015 apps/a/base.yaml", "TU1015 apps/b/base.yaml"]);
    expect(loaded?.apps.map(({ layers }) => layers.size)).toEqual([0, 0]);
  });

  test.each(["x", "{ a: b }", "[1]", "[[a]]", "['a..b']", "['']", "[a, ~]"])(
    "$remove: %s has the wrong shape",
    (value) => {
      const { problems } = repo({ "apps/a/dev.yaml": `$remove: ${value}\n` });
      expect(problems).toMatchObject([
        { code: "TU1016", at: { file: "apps/a/dev.yaml", path: expect.arrayContaining(["$remove"]) } },
      ]);
    },
  );

  test.each([
    ["db: { form: sops }\n", ["db", "form"], "db.form is not a setting; did you mean from?"],
    ["db: { from: vault }\n", ["db", "from"], "db.from must be external, sops, generate or ref"],
    ["db: hunter2\n", ["db"], "db must be a map or empty"],
    ["db.password:\n", ["db.password"], '"db.password" cannot be the name of an entry of the file'],
    ["db: { from: ref }\n", ["db"], "db.path is missing"],
    ["db: { path: /platform/db }\n", ["db"], "db.from is missing"],
    ["db: { from: sops, length: 20 }\n", ["db", "from"], "db.from must be generate"],
    ["- db\n", [], "the file must be a map or empty"],
  ])("secrets.yaml: %j", (text, path, message) => {
    const { problems } = repo({ "apps/a/secrets.yaml": text });
    expect(problems).toMatchObject([{ code: "TU1016", at: { file: "apps/a/secrets.yaml", path }, message }]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test("secrets may say more about how they are made", () => {
    const text =
      "a: { from: generate, length: 40, alphabet: hex, version: 2 }\nb: { from: ref, path: '/platform/{{env}}/b' }\n";
    const { problems, repo: loaded } = repo({ "apps/x/secrets.yaml": text });
    expect(problems).toEqual([]);
    expect([...(loaded?.apps[0]?.secrets.values() ?? [])]).toMatchObject([
      { holder: "generate", generate: { length: 40, alphabet: "hex", version: 2 } },
      { holder: "ref", path: "/platform/{{env}}/b" },
    ]);
  });

  test.each([
    ["places: [staging, prd]\n", "TU1017", ["places", "1"], 'there is no place "prd"; did you mean prod?'],
    ["targets: [locl]\n", "TU1017", ["targets", "0"], 'there is no target "locl"; did you mean local?'],
    ["place: [prod]\n", "TU1016", ["place"], "place is not a setting; did you mean places?"],
    ["places: prod\n", "TU1016", ["places"], "places must be a list"],
    ["places: []\n", "TU1016", ["places"], "places is empty"],
    ["places: [prod, prod]\n", "TU1016", ["places"], "places names something twice"],
  ])("app.yaml: %j", (text, code, path, message) => {
    const { problems } = repo({ "apps/a/base.yaml": "", "apps/a/app.yaml": text });
    expect(problems).toMatchObject([{ code, at: { file: "apps/a/app.yaml", path }, message }]);
  });

  test("what is wrong in one file does not hide another, nor trueup.yaml the rest", () => {
    const files = {
      "apps/a/base.yaml": "x: no\n",
      "apps/b/prod.yaml": "z: [\n",
      "apps/b/secrets.yaml": "q: 1\n",
      "schemas/s.yaml": "a: 1\na: 2\n",
    };
    const expected = [
      "TU1004 apps/a/base.yaml",
      "TU1001 apps/b/prod.yaml",
      "TU1016 apps/b/secrets.yaml",
      "TU1002 schemas/s.yaml",
    ];
    expect(where(repo(files).problems)).toEqual(expected);
    expect(repo(files).repo?.apps).toHaveLength(2);
    const broken = load(memorySource({ ...files, "trueup.yaml": "version: 2\n" }));
    expect(broken.repo).toBeUndefined();
    expect(where(broken.problems).filter((one) => !one.includes("trueup.yaml"))).toEqual(expected);
  });

  test("a schema may be empty or true (SCH-10), but not too large", () => {
    const { problems, repo: loaded } = repo({
      "schemas/empty.yaml": "# nothing yet\n",
      "schemas/true.yaml": "true\n",
      "schemas/large.json": `{"description": "${"x".repeat(10_000_000)}"}`,
    });
    expect(where(problems)).toEqual(["TU1011 schemas/large.json"]);
    expect([...(loaded?.schemas ?? [])]).toEqual([
      ["schemas/empty.yaml", {}],
      ["schemas/true.yaml", true],
    ]);
  });

  test("something that looks like a parsed template is a map like any other (TPL-03)", () => {
    const { problems, repo: loaded } = repo({
      "apps/a/base.yaml": "a: { type: Program, body: [], blockParams: [] }\n",
    });
    expect(problems).toEqual([]);
    expect(plain(loaded?.apps[0]?.layers.get("base")?.values)).toEqual({
      a: { type: "Program", body: [], blockParams: [] },
    });
  });

  test("merge keys follow trueup.yaml", () => {
    const files = { "apps/a/base.yaml": "b: &b { x: 1 }\nc: { <<: *b }\n" };
    expect(where(repo(files).problems)).toEqual(["TU1006 apps/a/base.yaml"]);
    const merging = load(memorySource({ ...files, "trueup.yaml": `${SMALL}yaml: { merge: true }\n` }));
    expect(merging.problems).toEqual([]);
    expect(plain(merging.repo?.apps[0]?.layers.get("base")?.values)).toEqual({ b: { x: 1 }, c: { x: 1 } });
  });

  test("invisible characters in template files are a warning: they have no escapes", () => {
    const { problems, repo: loaded } = repo({ "apps/a/files/x.hbs": "a\u200Bb" });
    expect(where(problems)).toEqual(["TU1010 apps/a/files/x.hbs?"]);
    expect(loaded?.apps[0]?.files).toHaveLength(1);
  });

  test("a byte order mark is no part of the text", () => {
    const { problems, repo: loaded } = repo({ "apps/a/base.yaml": "\uFEFFa: 1\n" });
    expect(problems).toEqual([]);
    expect(loaded?.sources.get("apps/a/base.yaml")?.text).toBe("a: 1\n");
  });
});
