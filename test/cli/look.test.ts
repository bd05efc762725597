/** The commands that look, tidy and start: render, explain, compare, fmt, schema infer, why, init, new. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CODES } from "../../src/index.ts";
import { tempFolder, writeFiles } from "../project.ts";
import { ROOT, done, filesBelow, stored, trueup } from "./run.ts";

const TEMPLATE = join(ROOT, "config-repo-template");
const at = (...args: readonly string[]) => trueup(TEMPLATE, args);

describe("render", () => {
  it("shows values with the line each comes from", () => {
    const { code, out, err } = at("render", "orders@prod.us-east-2");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(
      /^# orders@prod\.us-east-2 · 16 values \(1 secret\) · from base\.yaml, prod\.yaml, prod\.us-east-2\.yaml\n/u,
    );
    expect(out).toMatch(/^ {4}max: 60 +# prod\.us-east-2\.yaml:3$/mu);
    expect(out).toMatch(/^ {2}timeout_ms: 1500 +# prod\.yaml:4$/mu);
    expect(out).toMatch(/^ {2}password: \(secret db_password, external\) +# base\.yaml:13$/mu);
    expect(out).not.toContain("debug_toolbar");
  });

  it("is plain YAML and JSON for programs, the same each time", () => {
    const json = at("render", "orders@prod.us-east-2", "--format", "json");
    const units = (JSON.parse(json.out) as { units: Record<string, unknown> }).units;
    expect(Object.keys(units)).toEqual(["orders@prod.us-east-2"]);
    expect(units["orders@prod.us-east-2"]).toMatchObject({
      version: "1.10",
      database: {
        host: "orders.us-east-2.db.example.com",
        pool: { min: 2, max: 60 },
        password: { $secret: "db_password" },
      },
    });
    expect(at("render", "orders@prod.us-east-2", "--format", "json").out).toBe(json.out);
    const yaml = at("render", "orders@prod.us-east-2", "--format", "yaml");
    expect(yaml.out).toContain('version: "1.10"\n');
    expect(yaml.out).not.toContain("#");
    expect(at("render", "orders@prod.us-east-2", "--no-source").out).toBe(yaml.out);
  });

  it("--physical lists the keys of the store", () => {
    const { code, out } = at("render", "orders@prod.us-east-2", "--physical");
    expect(code).toBe(0);
    expect(out).toMatch(/^directory +\/config\/prod\/us-east-2\/orders\/database\/pool\/max += "60"$/mu);
    expect(out).toMatch(/orders\/database\/password += \(secret\)$/mu);
  });

  it("--out dir= writes a file for every unit, and nothing else is printed", () => {
    const { folder, dispose } = tempFolder();
    try {
      const { code, out, err } = trueup(folder, ["render", "-C", TEMPLATE, "--out", "dir=rendered"]);
      expect([code, out, err]).toEqual([0, "", "wrote 8 units to rendered\n"]);
      expect([...filesBelow(join(folder, "rendered")).keys()]).toContain("prod.us-east-2/gateway.files/nginx.conf");
      expect(filesBelow(join(folder, "rendered")).get("prod.us-east-2/orders.yaml")?.text).toBe(
        at("render", "orders@prod.us-east-2", "--format", "yaml").out,
      );
    } finally {
      dispose();
    }
  });

  it("says what does not exist", () => {
    expect(at("render", "ordrs")).toMatchObject({ code: 1, out: "" });
    expect(at("render", "ordrs").err).toContain("did you mean orders?");
    expect(at("render", "--format", "toml").err).toContain("one of: human, yaml, json");
  });
});

describe("explain", () => {
  it("an address: every layer, the winner, the schema, the key in the store", () => {
    const { code, out, err } = at("explain", "orders@prod.us-east-2:database.pool.max");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^orders@prod\.us-east-2:database\.pool\.max = 60$/mu);
    expect(out).toMatch(
      /60 +apps\/orders\/prod\.us-east-2\.yaml:3 +◀ wins\n +40 +apps\/orders\/prod\.yaml:6 +shadowed\n +10 +apps\/orders\/base\.yaml:14 +shadowed\n/u,
    );
    expect(out).toMatch(/schema +integer, 1 … 200 +apps\/orders\/schema\.yaml:\d+/u);
    expect(out).toContain("/config/prod/us-east-2/orders/database/pool/max");
    expect(out).toMatch(/as env +DATABASE_POOL_MAX/u);
  });

  it("a glob, as JSON", () => {
    const { code, out } = at("explain", "orders@*:database.pool.*", "--format", "json");
    expect(code).toBe(0);
    const { values } = JSON.parse(out) as { values: { path: string[]; value: unknown; units: string[] }[] };
    expect(values).toHaveLength(8);
    expect(values.find((item) => item.units[0] === "orders@prod.us-east-2" && item.path.at(-1) === "max")?.value).toBe(
      60,
    );
  });

  it("inside a list, with what each name of the template stands for", () => {
    const { code, out } = at("explain", "gateway@dev:upstreams.orders.servers.0");
    expect(code).toBe(0);
    expect(out).toContain('= "orders-1.eu-west-1.dev.example.com:8080"');
    expect(out).toContain('"orders-1.{{region}}.{{vars.domain}}:8080"');
    expect(out).toMatch(/region +"eu-west-1"/u);
    expect(out).toMatch(/vars\.domain +"dev\.example\.com" +trueup\.yaml:9/u);
  });

  it("a value of shared/, followed to its line", () => {
    const { out } = at("explain", "orders@prod.eu-west-1:kafka.brokers");
    expect(out).toMatch(/shared\.kafka\.brokers +"kafka-1\.eu\.example\.com:9092,.*" +shared\/base\.yaml:3/u);
  });

  it("a secret, without a value", () => {
    const { code, out } = at("explain", "orders@dev:database.password");
    expect(code).toBe(0);
    expect(out).toContain("(secret db_password, external)");
  });

  it("a whole text file", () => {
    const { code, out } = at("explain", 'gateway@dev:files."nginx.conf"');
    expect(code).toBe(0);
    expect(out).toContain("apps/gateway/files/nginx.conf.hbs:1");
    expect(out).toContain("/config/dev/eu-west-1/gateway/files/nginx.conf");
  });

  it("backwards from a key in the store", () => {
    const { code, out } = at("explain", "/config/prod/us-east-2/orders/database/pool/max");
    expect(code).toBe(0);
    expect(out).toMatch(/orders@prod\.us-east-2:database\.pool\.max +.*60.*apps\/orders\/prod\.us-east-2\.yaml:3/u);
  });

  it("backwards from a member of a JSON blob", () => {
    const repo = join(ROOT, "test/cases/team-1-etcd-groups/repo");
    const whole = trueup(repo, ["explain", "/config/prod/myapp/database"]);
    expect(whole.out.trim().split("\n")).toHaveLength(4);
    const { out } = trueup(repo, ["explain", "/config/prod/myapp/database#pool.max"]);
    expect(out).toMatch(/^myapp@prod:database\.pool\.max +.*40.*apps\/myapp\/prod\.yaml:2\n$/u);
    expect(trueup(repo, ["explain", "myapp@prod:database.pool.max"]).out).toContain(
      "/config/prod/myapp/database#pool.max",
    );
  });

  it.each([
    ["orders@prod:database.hots", "did you mean database.host?"],
    ["ordrs@prod:database.host", "did you mean orders?"],
    ["/config/prod/us-east-2/orders/database/pol/max", "did you mean /config/prod/us-east-2/orders/database/pool/max?"],
    ["orders@prod", "for example orders@prod:http.port"],
    ["zzz", "names no key"],
  ])("%s is not there, and it says what was meant", (what, words) => {
    const { code, out, err } = at("explain", what);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(words);
  });
});

describe("compare", () => {
  it("an app in all its places, differences only", () => {
    const { code, out } = at("compare", "orders");
    expect(code).toBe(0);
    expect(out).toMatch(/^orders {2}10 of 17 keys differ/u);
    expect(out).toMatch(/^ +database\.pool\.max +10 +10 +40 +60$/mu);
    expect(out).toMatch(/^ +features\.debug_toolbar +true +true +– +–$/mu);
    expect(out).not.toContain("http.port");
    expect(at("compare", "orders", "--all").out).toMatch(/^ +http\.port +8080 +8080 +8080 +8080$/mu);
  });

  it("--real leaves out what only a template makes different", () => {
    const { out } = at("compare", "orders", "--real");
    expect(out).toContain("database.pool.max");
    expect(out).not.toContain("database.host");
  });

  it("two environments, counted; --exit-code 2 if they differ", () => {
    const { code, out } = at("compare", "dev", "prod", "--stat", "--exit-code");
    expect(code).toBe(2);
    expect(out).toMatch(/orders +\d+/u);
    expect(out).toMatch(/gateway +\d+/u);
    expect(at("compare", "orders@prod.us-east-2", "--exit-code").code).toBe(0);
  });

  it("as JSON, without values of secrets", () => {
    const { code, out } = at("compare", "orders", "--all", "--format", "json");
    expect(code).toBe(0);
    const { apps } = JSON.parse(out) as {
      apps: { app: string; rows: { key: string; values: Record<string, unknown> }[] }[];
    };
    const row = (key: string) => apps[0]?.rows.find((candidate) => candidate.key === key)?.values;
    expect(row("database.pool.max")).toEqual({
      "dev.eu-west-1": 10,
      "staging.eu-west-1": 10,
      "prod.eu-west-1": 40,
      "prod.us-east-2": 60,
    });
    expect(Object.values(row("database.password") ?? {})).toEqual(Array.from({ length: 4 }, () => "(secret)"));
  });
});

describe("fmt", () => {
  it("quotes templates, removes overrides that change nothing, keeps comments, and is done after one run", () => {
    const { folder, dispose } = tempFolder({
      "trueup.yaml": "version: 1\nsystem: s\nenvironments: [dev, prod]\ntargets: { local: { type: directory } }\n",
      "apps/a/base.yaml": "# the host\nhost: {{env}}.example.com # by place\nport: 80\n",
      "apps/a/prod.yaml": "# why prod differs\nport: 80\nhost: prod.example.com # its own\n",
      "apps/a/dev.yaml": "port: 80\n",
    });
    try {
      const texts = () => filesBelow(join(folder, "apps"));
      const before = texts();
      const check = trueup(folder, ["fmt", "--check"]);
      expect(check.code).toBe(2);
      expect(check.out).toContain("apps/a/base.yaml: quoted templates");
      expect(check.out).toContain("3 of 3 files would change");
      expect(texts()).toEqual(before);
      expect(trueup(folder, ["validate"]).code).toBe(3);

      done(folder, ["fmt"]);
      expect(readFileSync(join(folder, "apps/a/base.yaml"), "utf8")).toBe(
        '# the host\nhost: "{{env}}.example.com" # by place\nport: 80\n',
      );
      const prod = readFileSync(join(folder, "apps/a/prod.yaml"), "utf8");
      expect(prod).toContain("host: prod.example.com # its own\n");
      expect(prod).not.toContain("port:");
      expect(prod).toContain("# why prod differs");
      expect(existsSync(join(folder, "apps/a/dev.yaml"))).toBe(false);

      const after = texts();
      const again = done(folder, ["fmt"]);
      expect(again.out).toMatch(/^✔ 2 files are as fmt would write them\n$/u);
      expect(texts()).toEqual(after);
      expect(trueup(folder, ["fmt", "--check"]).code).toBe(0);
      expect(trueup(folder, ["validate", "--strict"]).code).toBe(0);
    } finally {
      dispose();
    }
  });
});

describe("why", () => {
  it("lists all codes, and explains each of them", () => {
    const { code, out } = at("why");
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => line.slice(0, 6)),
    ).toEqual(Object.keys(CODES));
    const one = at("why", "tu3002");
    expect(one.code).toBe(0);
    expect(one.out).toMatch(/^TU3002 {2}value outside the limits of the schema\n[^]*Usual causes[^]*To proceed/u);
  });

  it("suggests the code that was meant", () => {
    expect(at("why", "TU3020")).toMatchObject({ code: 1, out: "" });
    expect(at("why", "TU302").err).toContain("did you mean TU3002?");
  });
});

describe("from an empty folder", () => {
  let folder: string;
  let dispose: () => void;
  beforeAll(() => {
    ({ folder, dispose } = tempFolder());
  });
  afterAll(() => dispose());

  it("init asks nothing it cannot, and does nothing then", () => {
    const { code, err } = trueup(folder, ["init"]);
    expect(code).toBe(1);
    expect(err).toContain("trueup init --yes");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("init makes a repo that validates, plans and applies at once", () => {
    const { out } = done(folder, ["init", "--yes", "--system", "shop", "--env", "dev,prod"]);
    expect(out).toMatch(/created +trueup\.yaml/u);
    expect(done(folder, ["validate", "--strict"]).out).toMatch(/^✔ 1 app in 2 places \(2 units\), 8 keys/u);
    expect(trueup(folder, ["diff", "--detailed-exitcode"]).code).toBe(2);
    done(folder, ["apply", "--yes"]);
    expect(stored(folder)).toMatchObject({ "dev/hello/greeting": "Hi", "prod/hello/greeting": "Hello" });
    expect(trueup(folder, ["diff", "--detailed-exitcode"]).code).toBe(0);
  });

  it("init again keeps every file", () => {
    writeFiles(folder, { "apps/hello/base.yaml": readFileSync(join(folder, "apps/hello/base.yaml"), "utf8") });
    const before = filesBelow(folder);
    expect(done(folder, ["init", "--yes"]).out).toContain("was there, not touched");
    expect(filesBelow(folder)).toEqual(before);
  });

  it("new adds an app that validates, also one like another", () => {
    expect(done(folder, ["new", "billing"]).out).toMatch(/created +apps\/billing\/base\.yaml/u);
    done(folder, ["new", "greeter", "--like", "hello"]);
    expect(done(folder, ["validate"]).out).toMatch(/^✔ 3 apps in 2 places \(6 units\)/u);
    expect(trueup(folder, ["new", "Bad Name"]).code).toBe(1);
    expect(trueup(folder, ["new", "x", "--like", "helo"]).err).toContain("did you mean hello?");
  });

  it("schema infer writes a schema that the app fits, and never over one that is there", () => {
    expect(trueup(folder, ["schema", "infer", "hello"]).err).toContain("is there already");
    writeFiles(folder, { "apps/plain/base.yaml": 'a: 1\nlist: [x, z]\nmap: { flag: true, text: "{{env}}" }\n' });
    const printed = done(folder, ["schema", "infer", "plain", "--print"]).out;
    expect(existsSync(join(folder, "apps/plain/schema.yaml"))).toBe(false);
    done(folder, ["schema", "infer", "plain"]);
    expect(readFileSync(join(folder, "apps/plain/schema.yaml"), "utf8")).toBe(printed);
    done(folder, ["validate", "plain"]);
    writeFiles(folder, { "apps/plain/dev.yaml": "map: { falg: true }\n" });
    expect(trueup(folder, ["validate", "plain"]).out).toContain("map.falg is not in the schema");
    expect(trueup(folder, ["schema", "infer", "nope"]).code).toBe(1);
  });
});
