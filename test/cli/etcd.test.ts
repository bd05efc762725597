/** The outcome: what Git says is in a real etcd, read back with etcdctl; changed, undone, protected, refused in words. */
import { cpSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { type EtcdServer, describeWithEtcd, freePort, startEtcd } from "../stores/etcd-server.ts";
import { ROOT, type TestRepo, commit, done, git, gitRepo, stored, trueup } from "./run.ts";

const PLACEHOLDER = "TRUEUP_PLACEHOLDER: this secret has no value yet";
const read = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");

/** Everything below a prefix by key, without trueup's own records. */
async function held(server: EtcdServer, prefix: string): Promise<Record<string, string>> {
  const all = await server.everything(prefix);
  return Object.fromEntries([...all].filter(([key]) => !/\/\.trueup(?:\/|$)/u.test(key)));
}

/** A repository whose one target is etcd, with everything below a prefix of its own. */
function etcdRepo(source: string, connection: string, prefix: string): TestRepo {
  const made = gitRepo(source);
  const config = read(made.folder, "trueup.yaml")
    .replace("type: directory", "type: etcd")
    .replace(/connection: .*/u, `connection: ${connection}`)
    .replace('path: "/config', `path: "${prefix}`);
  writeFiles(made.folder, { "trueup.yaml": config });
  commit(made.folder, "use etcd");
  return made;
}

const repos: TestRepo[] = [];
afterEach(() => {
  for (const repo of repos.splice(0)) repo.dispose();
});
const keep = (repo: TestRepo): string => {
  repos.push(repo);
  return repo.folder;
};

describeWithEtcd("the same repo on etcd", () => {
  let server: EtcdServer;
  let connection: string;
  beforeAll(async () => {
    server = await startEtcd();
    connection = `{ endpoints: ${JSON.stringify(server.endpoints)} }`;
  });
  afterAll(() => server?.stop());

  it("holds the JSON groups of the first team, to the byte", async () => {
    const test = join(ROOT, "test/cases/team-1-etcd-groups");
    const folder = keep(etcdRepo(join(test, "repo"), connection, "/config"));
    const plan = trueup(folder, ["diff", "--against", "live", "--detailed-exitcode"]);
    expect([plan.code, plan.err]).toEqual([2, ""]);
    expect(await held(server, "/config/")).toEqual({});
    const { code, out } = trueup(folder, ["apply", "--yes"]);
    expect(code).toBe(0);
    expect(out).toContain("is now live in dev, staging and PROD");
    const promised = JSON.parse(read(test, "expected/store.json")) as Record<string, Record<string, string>>;
    expect(await held(server, "/config/")).toEqual(Object.assign({}, ...Object.values(promised)));
    const asPeopleSee = await server.ctl("get", "--prefix", "/config/prod/myapp/database");
    expect(asPeopleSee).toBe(
      '/config/prod/myapp/database\n{"host":"prod.db.example.com","pool":{"max":40,"min":2},"port":5432}\n',
    );
    expect(trueup(folder, ["diff", "--detailed-exitcode"]).code).toBe(0);
  });

  it("is changed by a commit, undone by a revert, and leaves other people's keys alone", async () => {
    const folder = keep(etcdRepo(join(ROOT, "config-repo-template"), connection, "/life"));
    await server.ctl("put", "/life/dev/eu-west-1/orders/theirs", "not ours");
    done(folder, ["apply", "--yes"]);
    const first = await held(server, "/life/");
    expect(Object.keys(first)).toHaveLength(123);
    expect(first).toMatchObject({
      "/life/dev/eu-west-1/orders/theirs": "not ours",
      "/life/dev/eu-west-1/orders/database/pool/max": "10",
      "/life/prod/us-east-2/orders/database/pool/max": "60",
      "/life/prod/us-east-2/orders/database/password": PLACEHOLDER,
      "/life/staging/eu-west-1/orders/features/express_checkout": "true",
      "/life/prod/eu-west-1/gateway/upstreams/search/servers": '["search.eu-west-1.example.com:8080"]',
    });
    expect(first["/life/prod/eu-west-1/gateway/files/nginx.conf"]).toContain("\n  worker_connections 4096;\n");

    const base = "apps/orders/base.yaml";
    writeFiles(folder, { [base]: read(folder, base).replace("max: 10", "max: 20") });
    commit(folder, "larger pool");
    done(folder, ["apply", "--yes"]);
    expect(await held(server, "/life/")).toEqual({
      ...first,
      "/life/dev/eu-west-1/orders/database/pool/max": "20",
      "/life/staging/eu-west-1/orders/database/pool/max": "20",
    });

    git(folder, "revert", "--no-edit", "HEAD");
    done(folder, ["apply", "--yes"]);
    expect(await held(server, "/life/")).toEqual(first);
    const revisions = await server.ctl("get", "--prefix", "/life/", "-w", "json");
    expect(trueup(folder, ["apply", "--yes"]).out).toContain("Nothing to do");
    expect((JSON.parse(await server.ctl("get", "--prefix", "/life/", "-w", "json")) as { kvs: unknown }).kvs).toEqual(
      (JSON.parse(revisions) as { kvs: unknown }).kvs,
    );
  });

  it("holds exactly the keys and texts that the directory store holds", async () => {
    const folder = keep(gitRepo(join(ROOT, "config-repo-template")));
    done(folder, ["apply", "--yes"]);
    const inFolder = Object.fromEntries(Object.entries(stored(folder)).map(([path, text]) => [`/${path}`, text]));
    const other = keep(etcdRepo(join(ROOT, "config-repo-template"), connection, "/both"));
    expect(trueup(other, ["apply", "--yes"]).code).toBe(0);
    const inEtcd = await held(server, "/both/");
    expect(
      Object.fromEntries(Object.entries(inEtcd).map(([key, text]) => [key.replace("/both", "/config"), text])),
    ).toEqual(inFolder);
  });

  it("shows a hand edit as drift, and as a conflict once Git wants something else", async () => {
    const folder = keep(etcdRepo(join(ROOT, "config-repo-template"), connection, "/hand"));
    done(folder, ["apply", "--yes"]);
    const key = "/hand/prod/eu-west-1/orders/http/timeout_ms";
    await server.ctl("put", key, "1600");
    const drift = trueup(folder, ["diff", "--detailed-exitcode"]);
    expect(drift.code).toBe(0);
    expect(drift.out).toMatch(/http\.timeout_ms[^\n]*1600|1600[^\n]*http\.timeout_ms/u);
    done(folder, ["apply", "--yes"]);
    expect(await held(server, key)).toEqual({ [key]: "1600" });

    writeFiles(folder, { "apps/orders/prod.yaml": read(folder, "apps/orders/prod.yaml").replace("1500", "1700") });
    commit(folder, "slower");
    const before = await held(server, "/hand/");
    const refused = trueup(folder, ["apply", "--yes"]);
    expect(refused.code).toBe(4);
    expect(refused.out).toContain("--allow conflict");
    expect(await held(server, "/hand/")).toEqual(before);
    expect(trueup(folder, ["apply", "--yes", "--allow", "conflict"]).code).toBe(0);
    expect(await held(server, key)).toEqual({ [key]: "1700" });
  });

  it("writes nothing anywhere if one of the stores is down", async () => {
    const folder = keep(etcdRepo(join(ROOT, "test/cases/team-1-etcd-groups/repo"), connection, "/half"));
    const up = new URL(server.endpoints[0] ?? "").port;
    writeFiles(folder, {
      "trueup.yaml": read(folder, "trueup.yaml")
        .replace("dev: {}", `dev: { vars: { port: "${up}" } }`)
        .replace("staging: {}", `staging: { vars: { port: "${up}" } }`)
        .replace("prod: { protected: true }", `prod: { vars: { port: "${await freePort()}" } }`)
        .replace(/endpoints: .*\]/u, 'endpoints: ["http://127.0.0.1:{{vars.port}}"]'),
    });
    commit(folder, "a cluster each");
    const { code, out, err } = trueup(folder, ["apply", "--yes"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^error\[UNREACHABLE\]: .*127\.0\.0\.1/u);
    expect(err).not.toMatch(/^ +at /mu);
    expect(await held(server, "/half/")).toEqual({});
    expect(trueup(folder, ["apply", "--yes", "--env", "dev"]).code).toBe(0);
    expect(Object.keys(await held(server, "/half/"))).toHaveLength(9);
  });

  const data = resolve(ROOT, "../shared/data");
  const isThere = existsSync(join(data, "govuk/trueup.yaml"));
  describe.skipIf(!isThere)(isThere ? "with real data" : "with real data (skipped: no ../shared/data/govuk)", () => {
    it("holds every key of all 180 units of GOV.UK", async () => {
      const { folder, dispose } = tempFolder();
      try {
        cpSync(join(data, "govuk"), folder, { recursive: true });
        const config = read(folder, "trueup.yaml").replace(/targets:[^]*/u, "");
        writeFiles(folder, {
          "trueup.yaml": `${config}targets:
  config: { type: etcd, path: "/govuk/{{env}}/{{app}}/{{key}}", connection: ${connection} }
`,
        });
        const { code, out, err } = trueup(folder, ["apply", "--yes", "--allow", "wide"]);
        expect([code, code === 0 ? "" : out + err]).toEqual([0, ""]);
        const promised: Record<string, string> = {};
        const oracle = join(data, "govuk.expected");
        const units = readdirSync(oracle).flatMap((env) =>
          readdirSync(join(oracle, env)).map((file) => [env, file] as const),
        );
        expect(units).toHaveLength(180);
        for (const [env, file] of units) {
          const unit = JSON.parse(read(oracle, env, file)) as Record<string, unknown>;
          // An app without any value has no key: nobody could read one.
          const at = `/govuk/${env}/${file.replace(/\.json$/u, "")}`;
          if (Object.keys(unit).length > 0) flatten(at, unit, promised);
        }
        const found = await held(server, "/govuk/");
        expect(Object.keys(found).toSorted()).toEqual(Object.keys(promised).toSorted());
        expect(found).toEqual(promised);
        expect(Object.keys(found).some((key) => key.includes("%2F") && key.includes("."))).toBe(true);
        expect(trueup(folder, ["diff", "--detailed-exitcode"]).code).toBe(0);
      } finally {
        dispose();
      }
    });
  });
});

/** What a unit must be in the store, worked out here and not by trueup: a key for each leaf, slashes in names encoded. */
function flatten(at: string, value: unknown, into: Record<string, string>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if ("$secret" in value) into[at] = PLACEHOLDER;
    else if (entries.length === 0) into[at] = "{}";
    else
      for (const [name, child] of entries)
        flatten(`${at}/${name.replaceAll("%", "%25").replaceAll("/", "%2F")}`, child, into);
  } else into[at] = typeof value === "string" ? value : JSON.stringify(sorted(value));
}

/** The same data with the keys of every map in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}

describeWithEtcd("etcd that asks who is there", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd({ users: { deployer: { password: "canary-right", prefixes: ["/config/dev/"] } } });
  });
  afterAll(() => server?.stop());

  it("lets a user write its prefix, and says in words what is forbidden; nothing is written then", async () => {
    const connection = `{ endpoints: ${JSON.stringify(server.endpoints)}, username: deployer, password: { fromEnv: ETCD_PASSWORD } }`;
    const folder = keep(etcdRepo(join(ROOT, "test/cases/team-1-etcd-groups/repo"), connection, "/config"));
    // trueup's own records go below the prefix too: the user has no rights elsewhere.
    const config = read(folder, "trueup.yaml");
    writeFiles(folder, { "trueup.yaml": `${config}    meta: "/config/{{env}}/.trueup"\n` });
    commit(folder, "records below the prefix");
    const env = { ETCD_PASSWORD: "canary-right" };
    const all = trueup(folder, ["apply", "--yes"], env);
    expect([all.code, all.out]).toEqual([1, ""]);
    expect(all.err).toMatch(/^error\[DENIED\]/u);
    expect(all.err).toContain("deployer");
    expect(all.err).not.toContain("canary-right");
    expect(await held(server, "/config/")).toEqual({});

    expect(trueup(folder, ["apply", "--yes", "--env", "dev"], env).code).toBe(0);
    expect(Object.keys(await held(server, "/config/"))).toHaveLength(9);

    const wrong = trueup(folder, ["apply", "--yes", "--env", "dev"], { ETCD_PASSWORD: "canary-wrong" });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/^error\[DENIED\]/u);
    expect(wrong.err).not.toContain("canary-wrong");
    const unset = trueup(folder, ["apply", "--yes", "--env", "dev"]);
    expect(unset.code).toBe(1);
    expect(unset.err).toContain("the environment variable ETCD_PASSWORD is not set");
  });
});

describeWithEtcd("etcd behind TLS", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd({ tls: true });
  });
  afterAll(() => server?.stop());

  it("is trusted by its authority, and by nobody else's", async () => {
    const endpoints = JSON.stringify(server.endpoints);
    const connection = `{ endpoints: ${endpoints}, tls: { ca: ca.pem } }`;
    const folder = keep(etcdRepo(join(ROOT, "test/cases/team-1-etcd-groups/repo"), connection, "/config"));
    cpSync(join(server.folder, "other-ca.pem"), join(folder, "ca.pem"));
    const stranger = trueup(folder, ["apply", "--yes", "--allow", "dirty"]);
    expect([stranger.code, stranger.out]).toEqual([1, ""]);
    expect(stranger.err).toMatch(/^error\[TLS\].*authority that is not trusted here/mu);
    expect(await held(server, "/config/")).toEqual({});
    cpSync(join(server.folder, "ca.pem"), join(folder, "ca.pem"));
    expect(trueup(folder, ["apply", "--yes", "--allow", "dirty"]).code).toBe(0);
    expect(Object.keys(await held(server, "/config/"))).toHaveLength(27);
  });
});
