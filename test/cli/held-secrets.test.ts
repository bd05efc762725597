/** Secrets that trueup makes up or reads from another key, as people use them, on a real etcd and on the directory store. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../project.ts";
import { complaints } from "../stages/report/schemas.ts";
import { type EtcdServer, describeWithEtcd, startEtcd } from "../stores/etcd-server.ts";
import { type TestRepo, commit, done, gitRepo, stored, trueup } from "./run.ts";

const CANARY = "canary-0-Zq7!";
const NEXT = "canary-1-Zq7!";
const REPO = (connection: string, prefix = ""): Record<string, string> => ({
  "trueup.yaml": `version: 1
system: shop
environments: { dev: {}, prod: {} }
secrets: { sources: ["${prefix}/platform/{{env}}/"] }
targets:
  main: { ${connection}, path: "${prefix}/cfg/{{env}}/{{app}}/{{key}}" }
`,
  "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\nurl: "pg://u:{{secret.db}}@h"\nsmtp: "{{shared.secret.smtp}}"\n',
  "apps/orders/secrets.yaml": "db: { from: generate }\n",
  "apps/orders/app.yaml": "places: [dev]\n",
  "apps/users/base.yaml": 'smtp: "smtp://{{shared.secret.smtp}}"\n',
  "apps/users/app.yaml": "places: [dev]\n",
  "shared/secrets.yaml": `smtp: { from: ref, path: "${prefix}/platform/{{env}}/smtp" }\n`,
});

let repo: TestRepo;
afterEach(() => repo?.dispose());
const change = (path: string, from: string, to: string): void => {
  const text = readFileSync(join(repo.folder, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
  writeFiles(repo.folder, { [path]: text.replace(from, to) });
  commit(repo.folder);
};

describeWithEtcd("on etcd", () => {
  let server: EtcdServer;
  let prefix = "";
  let stories = 0;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    prefix = `/story${++stories}`;
    repo = gitRepo(REPO(`type: etcd, connection: { endpoints: ${JSON.stringify(server.endpoints)} }`, prefix));
    await server.ctl("put", `${prefix}/platform/dev/smtp`, CANARY);
  });
  const held = async (key: string): Promise<string> =>
    (await server.ctl("get", "--print-value-only", `${prefix}/cfg/dev/${key}`)).replace(/\n$/u, "");
  /** Every key with its revision, to see whether anything at all was written. */
  const revisions = async (): Promise<string> => {
    const { kvs = [] } = JSON.parse(await server.ctl("get", "--prefix", prefix, "-w", "json")) as {
      kvs?: { key: string; mod_revision: number }[];
    };
    return JSON.stringify(kvs.map(({ key, mod_revision: revision }) => [key, revision]));
  };

  it("are written once, found again for a new use, and made anew with a new version", async () => {
    done(repo.folder, ["apply", "--yes"]);
    const value = await held("orders/db");
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/u);
    expect(await held("orders/url")).toBe(`pg://u:${value}@h`);
    expect([await held("orders/smtp"), await held("users/smtp")]).toEqual([CANARY, `smtp://${CANARY}`]);
    const before = await revisions();
    expect(trueup(repo.folder, ["apply", "--yes"]).out).toContain("Nothing to do");
    expect(await revisions()).toBe(before);

    change("apps/orders/base.yaml", "a: 1", 'a: 1\nnew: "x{{secret.db}}"');
    done(repo.folder, ["apply", "--yes"]);
    expect(await held("orders/new")).toBe(`x${value}`);

    change("apps/orders/secrets.yaml", "from: generate", "from: generate, version: 2");
    expect(done(repo.folder, ["diff"]).out).toContain("a new value is made up by the apply");
    done(repo.folder, ["apply", "--yes"]);
    const raised = await held("orders/db");
    expect(raised).not.toBe(value);
    expect([await held("orders/new"), await held("orders/url")]).toEqual([`x${raised}`, `pg://u:${raised}@h`]);
  });

  it("follow their source, and stop an apply that has none", async () => {
    done(repo.folder, ["apply", "--yes"]);
    await server.ctl("put", `${prefix}/platform/dev/smtp`, NEXT);
    const plan = done(repo.folder, ["diff"]);
    expect(plan.out).toMatch(/source moved v\d+ → v\d+ \(\/story\d+\/platform\/dev\/smtp\)/u);
    done(repo.folder, ["apply", "--yes"]);
    expect([await held("orders/smtp"), await held("users/smtp")]).toEqual([NEXT, `smtp://${NEXT}`]);

    change("shared/secrets.yaml", "/smtp", "/smpt");
    const before = await revisions();
    for (const args of [["diff"], ["apply", "--yes"]]) {
      const { code, out } = trueup(repo.folder, args);
      expect([args, code]).toEqual([args, 4]);
      expect(out).toContain(`${prefix}/platform/dev/smpt is not there; did you mean ${prefix}/platform/dev/smtp?`);
    }
    expect(await revisions()).toBe(before);
  });

  it("can be compared with Git where no store answers", () => {
    change("apps/orders/secrets.yaml", "from: generate", "from: generate, version: 2");
    change("shared/secrets.yaml", "/smtp", "/other");
    change("trueup.yaml", JSON.stringify(server.endpoints), '["http://127.0.0.1:9"]');
    const { out } = done(repo.folder, ["diff", "--against", "main~3"]);
    expect(out).toContain("a new value is made up by the apply");
    expect(out).toContain("new source in Git, or new text around it");
    expect(out).not.toContain("is not there");
  });
});

describe("on the directory store", () => {
  const key = (name: string): string => join(repo.folder, ".trueup/live", name);
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(key(name)), { recursive: true });
    writeFileSync(key(name), text);
    chmodSync(key(name), 0o600);
  };
  beforeEach(() => {
    repo = gitRepo(REPO("type: directory"));
    writeFiles(repo.folder, { "apps/orders/base.yaml": "a: 1\n", "apps/users/base.yaml": "a: 1\n" });
    done(repo.folder, ["apply", "--yes"]);
    put("platform/dev/smtp", CANARY);
    const { "apps/orders/base.yaml": orders = "", "apps/users/base.yaml": users = "" } = REPO("");
    writeFiles(repo.folder, { "apps/orders/base.yaml": orders, "apps/users/base.yaml": users });
    commit(repo.folder);
  });

  it("are listed with who holds them, and where they have a value", () => {
    const list = () => done(repo.folder, ["secrets", "list"]).out;
    expect(list()).toMatch(/orders\.db +generate +– .*orders:db, orders:url/u);
    expect(list()).toMatch(/shared\.smtp +ref +– /u);
    done(repo.folder, ["apply", "--yes"]);
    expect(list()).toMatch(/orders\.db +generate +✔/u);
    expect(list()).toMatch(/shared\.smtp +ref +✔/u);
    expect(done(repo.folder, ["secrets", "where", "orders.db"]).out).toContain(
      "made up by trueup: version 1, alphanumeric; raise the version for a new value",
    );
    expect(done(repo.folder, ["secrets", "where", "shared.smtp"]).out).toContain(
      "read from /platform/dev/smtp (main@dev)",
    );
    change("shared/secrets.yaml", "/smtp", "/smpt");
    expect(list()).toMatch(/shared\.smtp +ref +✖/u);
    expect(list()).toContain("shared.smtp: the source does not exist");
    const json = JSON.parse(done(repo.folder, ["secrets", "list", "--format", "json"]).out) as { secrets: object[] };
    expect(json.secrets).toMatchObject([
      { name: "orders.db", holder: "generate", states: { dev: "filled" } },
      { name: "shared.smtp", holder: "ref", states: { dev: "no source" } },
    ]);
  });

  it("are not set by hand", () => {
    const set = (app: string, name: string) =>
      trueup(repo.folder, ["secrets", "set", app, name, "--env", "dev"], {}, "typed\n");
    done(repo.folder, ["apply", "--yes"]);
    const before = stored(repo.folder);
    expect(set("orders", "db")).toMatchObject({ code: 1, err: expect.stringContaining("raise its version") });
    expect(set("shared", "smtp")).toMatchObject({
      code: 1,
      err: expect.stringContaining("is read from another key (from: ref)"),
    });
    expect(stored(repo.folder)).toEqual(before);
  });

  it("reach programs through exec and get, and files through export", () => {
    done(repo.folder, ["apply", "--yes"]);
    const value = readFileSync(key("cfg/dev/orders/db"), "utf8");
    expect(done(repo.folder, ["get", "orders@dev:db", "--reveal"]).out).toBe(`${value}\n`);
    expect(trueup(repo.folder, ["get", "orders@dev:db"]).code).toBe(4);
    const show = [process.execPath, "-e", "process.stdout.write([process.env.URL, process.env.SMTP].join())"];
    expect(done(repo.folder, ["exec", "orders@dev", "--", ...show]).out).toBe(`pg://u:${value}@h,${CANARY}`);
    writeFiles(repo.folder, { ".gitignore": ".trueup/\nout.env\n" });
    done(repo.folder, ["export", "orders@dev", "--out", "out.env"]);
    expect(readFileSync(join(repo.folder, "out.env"), "utf8")).toContain(`pg://u:${value}@h`);
  });

  it("are in a plan for machines, and in no output at all as values", () => {
    const outputs = ["human", "json", "markdown"].map((format) => done(repo.folder, ["diff", "--format", format]).out);
    expect(complaints("plan", outputs[1] ?? "")).toEqual([]);
    const { edits } = JSON.parse(outputs[1] ?? "") as { edits: { key: string; secret: boolean }[] };
    expect(edits.filter(({ secret }) => secret)).toMatchObject([
      { key: "db", holders: ["generate"], made: true },
      { key: "smtp", holders: ["ref"], sources: [{ key: "/platform/dev/smtp", from: null, to: expect.anything() }] },
      { key: "url", holders: ["generate"], made: true },
      { key: "smtp", holders: ["ref"] },
    ]);
    const receipt = done(repo.folder, ["apply", "--yes", "--format", "json"]);
    const value = readFileSync(key("cfg/dev/orders/db"), "utf8");
    change("shared/secrets.yaml", "/smtp", "/smpt");
    const later = ["human", "json", "markdown"].map((format) => trueup(repo.folder, ["diff", "--format", format]).out);
    expect(complaints("plan", later[1] ?? "")).toEqual([]);
    expect((JSON.parse(later[1] ?? "") as { missing_sources: object[] }).missing_sources).toMatchObject([
      { unit: "orders@dev", secret: "shared.smtp", source: "/platform/dev/smpt", near: ["/platform/dev/smtp"] },
      { unit: "users@dev", needed: true },
    ]);
    expect(later[2]).toContain("this plan will not be applied");
    const more = [["explain", "orders@dev:url"], ["render", "orders@dev"], ["validate"], ["drift"]].map(
      (args) => trueup(repo.folder, args).out,
    );
    for (const text of [...outputs, receipt.out, receipt.err, ...later, ...more]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(CANARY);
    }
    expect(more[0]).toContain("(secret db, generate)");
  });

  it("that break their schema are refused with a code and a path", () => {
    writeFiles(repo.folder, {
      "apps/orders/schema.yaml": "type: object\nproperties: { smtp: { type: string, pattern: '^[0-9]+$' } }\n",
    });
    commit(repo.folder);
    const before = stored(repo.folder);
    const { code, out, err } = trueup(repo.folder, ["apply", "--yes"]);
    expect([code, err]).toEqual([1, expect.stringContaining("TU3002 orders@dev:smtp: smtp must match")]);
    expect(out + err).not.toContain(CANARY);
    expect(stored(repo.folder)).toEqual(before);
  });
});
