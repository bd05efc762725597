/** What the doctor makes of facts: statuses, words and cures, without a store. */
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import type { DestinationFacts, PathFacts, Relation, ToolFacts } from "../../src/doctor/facts.ts";
import { checkConnections, checkPaths } from "../../src/doctor/paths.ts";
import { checkSecrets } from "../../src/doctor/secrets.ts";
import { checkTargets } from "../../src/doctor/targets.ts";
import { OLDEST_NODE, checkTool } from "../../src/doctor/tool.ts";
import type { Entry, Head, LedgerRecord, Live, Place } from "../../src/model.ts";
import { type Check, doctorJson, doctorText } from "../../src/report/look/doctor.ts";
import { secret } from "../../src/secret.ts";
import type { SecretUseSite } from "../../src/secrets/uses.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const place = (env: string, region?: string, long?: string): Place => ({
  id: region === undefined ? env : `${env}.${region}`,
  env,
  region,
  protected: false,
  vars: long === undefined ? {} : { long },
});
const head = (state: Head["state"], commit: string | null = COMMIT): NonNullable<Live["head"]> => ({
  head: { generation: 3, commit, applyId: "a", plan: "p", state, at: "2026-11-01T10:00:00Z", by: "ann", tool: "0.1.0" },
  version: "1",
});
const live = (parts: Partial<Live> = {}): Live => ({
  entries: new Map(),
  head: undefined,
  ledger: new Map(),
  ...parts,
});
const record = (parts: Partial<LedgerRecord> = {}): { record: LedgerRecord; version: string } => ({
  record: { unit: "orders@prod", commit: COMMIT, applyId: "a", settings: new Map(), ...parts },
  version: "1",
});
const target = (at: Place, outcome: DestinationFacts["outcome"], type = "etcd"): DestinationFacts => ({
  destination: { id: `config@${at.id}`, place: at, storeId: "s", target: { name: "config", type } },
  outcome,
});
const read = (of: Live, relation?: Relation): DestinationFacts["outcome"] => ({ kind: "read", live: of, relation });
const brief = (checks: readonly Check[]): string[] => checks.map(({ status, name }) => `${status} ${name}`);

describe("program and repo", () => {
  const fine: ToolFacts = {
    node: "20.19.0",
    trueup: "0.1.0",
    config: { errors: 0, warnings: 0, apps: 1, places: 2 },
    git: { kind: "repo", shallow: false, head: { commit: COMMIT, branch: "main" } },
    ci: undefined,
  };
  const statuses = (parts: Partial<ToolFacts>): string[] =>
    brief(checkTool({ ...fine, ...parts })).filter((text) => !text.startsWith("ok"));

  it("is fine with what package.json asks for", () => {
    expect(manifest.engines.node).toBe(`>=${OLDEST_NODE.join(".")}`);
    expect(statuses({})).toEqual([]);
    expect(statuses({ node: "24.1.0" })).toEqual([]);
  });

  it.each(["20.18.9", "18.20.0"])("Node %s is too old", (node) => {
    expect(statuses({ node })).toEqual(["problem node"]);
  });

  it("tells errors and warnings of the configuration apart", () => {
    expect(statuses({ config: { ...fine.config, errors: 2 } })).toEqual(["problem trueup.yaml"]);
    expect(statuses({ config: { ...fine.config, warnings: 2 } })).toEqual(["warning trueup.yaml"]);
  });

  it("warns without Git, of a shallow clone, and of CI without a commit", () => {
    expect(statuses({ git: { kind: "none" }, ci: "CI" })).toEqual(["warning git", "warning ci"]);
    expect(statuses({ git: { kind: "repo", shallow: true, head: { commit: COMMIT, branch: undefined } } })).toEqual([
      "warning git",
    ]);
    const trouble = { message: "git is not installed", details: ["looked in PATH"], fix: "install Git" };
    const found = checkTool({ ...fine, git: { kind: "failed", trouble } }).find(({ name }) => name === "git");
    expect(found).toEqual({
      group: "tool",
      name: "git",
      status: "problem",
      message: "git is not installed (looked in PATH)",
      fix: "install Git",
    });
  });
});

describe("targets", () => {
  it("fold to environments, or to places where only some of them differ", () => {
    const trouble = { message: "closed", details: [], fix: "open it" };
    const failed = { kind: "failed", trouble, unreachable: true } as const;
    const ready = read(live({ head: head("ready") }), "same");
    const checks = checkTargets([
      target(place("dev"), ready),
      target(place("prod", "eu"), ready),
      target(place("prod", "us"), failed),
    ]);
    expect(brief(checks)).toEqual(["ok config dev, prod.eu", "problem config prod.us", "ok config dev, prod.eu"]);
    expect(checks[1]).toMatchObject({ message: "closed", fix: "open it" });
  });

  it("name every variable that is missing", () => {
    const credentials = [
      { name: "username", variable: "ETCD_USER" },
      { name: "password", variable: "ETCD_PASSWORD" },
    ];
    const [check] = checkTargets([target(place("prod"), { kind: "missing", credentials })]);
    expect(check?.message).toContain("ETCD_USER and ETCD_PASSWORD are not set");
    expect(check?.message).toContain("connection.username and connection.password");
    expect(check?.status).toBe("problem");
  });

  it.each<[Relation | undefined, string]>([
    ["same", "ok"],
    ["ahead", "ok"],
    [undefined, "ok"],
    ["behind", "warning"],
    ["diverged", "problem"],
    ["unknown", "problem"],
  ])("a live commit that is %s: %s", (relation, status) => {
    const [, check] = checkTargets([target(place("prod"), read(live({ head: head("ready") }), relation))]);
    expect(check).toMatchObject({ status });
    expect(check?.message).toContain("commit 0123456 is live");
    expect(check?.fix === undefined).toBe(status === "ok");
  });

  it("an apply that did not end is to be run again", () => {
    const unfinished = new Map([["orders@prod", record({ pending: new Map([["/a", null]]) })]]);
    for (const state of [
      live({ head: head("partial") }),
      live({ head: head("applying") }),
      live({ head: head("ready"), ledger: unfinished }),
    ]) {
      const [, check] = checkTargets([target(place("prod"), read(state, "same"))]);
      expect(check?.status).toBe("problem");
      expect(check?.fix).toContain("run trueup apply again");
    }
  });

  it("where nothing was applied there is a warning; outside Git there is none", () => {
    expect(checkTargets([target(place("prod"), read(live()))])[1]?.status).toBe("warning");
    expect(checkTargets([target(place("prod"), read(live({ head: head("ready", null) })))])[1]?.status).toBe("ok");
  });

  it("count SSM parameters against the quota, and only where all could be read", () => {
    const entries = (from: number, to: number): Map<string, Entry> =>
      new Map(
        Array.from({ length: to - from }, (_, i) => {
          const key = `/p/${from + i}`;
          return [key, { key, version: "1@1795273774123", secret: false }];
        }),
      );
    const ssm = (env: string, of: DestinationFacts["outcome"]): DestinationFacts => target(place(env), of, "aws-ssm");
    const quota = (facts: readonly DestinationFacts[]): Check | undefined =>
      checkTargets(facts).find(({ message }) => message.includes("10,000"));
    // One key is read by both; a head and a ledger record are parameters too.
    const small = read(live({ entries: entries(0, 10), head: head("ready"), ledger: new Map([["a@b", record()]]) }));
    const other = read(live({ entries: entries(9, 20) }));
    expect(quota([ssm("dev", small), ssm("prod", other)])).toMatchObject({ status: "ok", name: "config dev, prod" });
    expect(quota([ssm("dev", small), ssm("prod", other)])?.message).toContain("22 of 10,000");
    expect(quota([ssm("dev", read(live({ entries: entries(0, 7999) })))])?.status).toBe("ok");
    const growing = quota([{ ...ssm("dev", read(live({ entries: entries(0, 7999) }))), toCome: 3 }]);
    expect(growing).toMatchObject({ status: "warning" });
    expect(growing?.message).toContain("7,999 of 10,000");
    expect(growing?.message).toContain("8,002 after an apply; what others keep there is not counted");
    expect(quota([ssm("dev", read(live({ entries: entries(0, 8000) })))])?.status).toBe("warning");
    expect(quota([ssm("dev", small), ssm("prod", { kind: "missing", credentials: [] })])).toBeUndefined();
    expect(quota([target(place("dev"), small)])).toBeUndefined();
  });
});

describe("paths", () => {
  const places = [place("dev"), place("staging", undefined, "Preproduction"), place("prod", "eu", "production")];
  const at = (path: string, own: Place | undefined = places[2], app = "orders"): PathFacts => ({
    target: "config",
    unit: `${app}@${own?.id}`,
    app,
    place: own ?? place("prod"),
    path,
  });
  const check = (...paths: readonly PathFacts[]): Check[] => checkPaths(paths, places, "shop");

  it("may name their own environment, or none", () => {
    expect(check(at("/shop/prod/orders/"), at("/SHOP/PRODUCTION/orders/"), at("/shop/eu/orders/"))).toEqual([]);
  });

  it("may not name another one, by name or vars.long, whatever the case", () => {
    expect(check(at("/shop/staging/orders/"))).toEqual([
      {
        group: "targets",
        name: "config prod",
        status: "problem",
        message: "/shop/staging/orders/ names staging but is written by prod (orders@prod.eu)",
        fix: "write {{env}} in targets.config.path, or correct vars of prod",
      },
    ]);
    const [long] = check(at("/SHOP/PREPRODUCTION/orders/"));
    expect(long?.message).toContain("names PREPRODUCTION, which is staging, but is written by prod");
    expect(long?.fix).toContain("{{vars.long}}");
  });

  it("of connections may not either: a warning that does not repeat the text", () => {
    const connection = {
      endpoints: ["https://etcd.Staging.example.com:2379"],
      username: { fromEnv: "PROD_USER" },
      password: { fromEnv: "DEV_PASSWORD" },
    };
    const facts = { target: "config", place: place("prod", "eu"), connection };
    const found = checkConnections([facts, facts], places, "shop");
    expect(found.map(({ status, message }) => [status, message])).toEqual([
      ["warning", "connection.endpoints names staging but is used for prod"],
      ["warning", "connection.password names dev but is used for prod"],
    ]);
    expect(JSON.stringify(found)).not.toContain("example.com");
    const own = { endpoints: ["https://prod-behind-staging.example.com"], directory: "live/prod" };
    expect(checkConnections([{ ...facts, connection: own }], places, "shop")).toEqual([]);
  });

  it("are whole levels, and apps may be called as they like", () => {
    expect(check(at("/shop/prod/dev-tools/"), at("/shop/eu/dev/", undefined, "dev"))).toEqual([]);
    expect(checkPaths([at("/dev/eu/orders/")], places, "dev")).toEqual([]);
  });

  it("that name both are a warning; one line for all units", () => {
    expect(check(at("/dev/prod/orders/")).map(({ status }) => status)).toEqual(["warning"]);
    const [only, ...more] = check(at("/staging/a/", undefined, "a"), at("/staging/b/", undefined, "b"));
    expect(more).toEqual([]);
    expect(only?.message).toContain("a@prod.eu, b@prod.eu");
  });
});

describe("secrets", () => {
  const use = (env: string, name = "orders.db_password", key = "/db"): SecretUseSite => ({
    name,
    secret: name.replace(/^orders\./u, ""),
    app: "orders",
    unit: `orders@${env}`,
    path: ["db", "password"],
    destination: `config@${env}`,
    place: env,
    env,
    key,
    member: "",
    setting: { key, layout: "keys", shape: "nested", secret: true, members: [] },
    whole: secret([{ secret: name, through: [] }]).parts.length === 1,
  });
  const NOW = Date.parse("2026-11-21T00:00:00Z");
  const DAYS = 86_400_000;
  const holding = (env: string, version: string, placeholder?: string): [string, Live] => [
    `config@${env}`,
    live({
      entries: new Map([["/db", { key: "/db", version, secret: true }]]),
      ledger: new Map([
        [
          `orders@${env}`,
          record({
            settings: new Map([
              [
                "/db",
                { digest: undefined, version, secret: true, ...(placeholder === undefined ? {} : { placeholder }) },
              ],
            ]),
          }),
        ],
      ]),
    }),
  ];
  const check = (uses: readonly SecretUseSite[], of: readonly [string, Live][], warnAfterDays?: number): Check[] =>
    checkSecrets({ uses, live: new Map(of), warnAfterDays, now: NOW });

  it("that hold a placeholder need a value, per environment", () => {
    const checks = check([use("dev"), use("prod")], [holding("dev", "4"), holding("prod", "4", "4")]);
    expect(brief(checks)).toEqual(["warning prod"]);
    expect(checks[0]?.message).toContain("orders.db_password");
    expect(checks[0]?.fix).toBe("trueup secrets set orders db_password --env prod");
  });

  it("that somebody filled in since are fine", () => {
    expect(brief(check([use("prod")], [holding("prod", "5", "4")]))).toEqual(["ok values"]);
  });

  it("that could not be read, or are not there yet, are not spoken of", () => {
    expect(check([use("prod")], [])).toEqual([]);
    expect(check([use("prod")], [["config@prod", live()]])).toEqual([]);
  });

  it("have an age where versions carry a date", () => {
    const old = `7@${NOW - 214 * DAYS}`;
    expect(check([use("prod")], [holding("prod", old)], 180)[1]).toMatchObject({
      status: "warning",
      name: "prod",
      message: "1 value is older than 180 days: orders@prod:db.password (214 d)",
    });
    expect(brief(check([use("prod")], [holding("prod", old)]))).toEqual(["ok values"]);
    expect(brief(check([use("prod")], [holding("prod", `7@${NOW - 180 * DAYS}`)], 180))).toEqual(["ok values"]);
    const micros = `t${(NOW - 214 * DAYS) * 1000}`;
    expect(check([use("prod")], [holding("prod", micros)], 180)[1]?.message).toContain("(214 d)");
    const unknown = check([use("prod")], [holding("prod", "88214")], 1);
    expect(brief(unknown)).toEqual(["ok values", "unchecked age"]);
    expect(unknown[1]?.message).toContain("orders.db_password");
  });
});

describe("the report", () => {
  const checks: Check[] = [
    { group: "secrets", name: "prod", status: "warning", message: "1 needs a value", fix: "set it" },
    { group: "tool", name: "node", status: "ok", message: "20.20.0" },
  ];

  it("is grouped, aligned, with the fix below", () => {
    expect(doctorText(checks, { color: false })).toBe(
      "tool and repo\n  ✔ node  20.20.0\n\nsecrets\n  ⚠ prod  1 needs a value\n      fix   set it\n\n⚠ 1 warning\n",
    );
    expect(doctorText(checks.slice(1), { color: false })).toContain("✔ Everything is fine.");
    const open: Check = { group: "targets", name: "config", status: "unchecked", message: "x" };
    expect(doctorText([open], { color: false })).toBe("targets\n  ? config  x\n\n✔ Nothing is wrong; 1 not checked.\n");
  });

  it("is a stable document as JSON", () => {
    expect(JSON.parse(doctorJson(checks))).toEqual({ version: 1, checks });
  });
});
