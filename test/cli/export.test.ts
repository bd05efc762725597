/** get, tree, export and exec as users run them, on the directory store. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../project.ts";
import { ROOT, done, gitRepo, trueup } from "./run.ts";
import { runnerEnv } from "../export/readers.ts";

const SECRET = "c4nary-9f31-value";
const FILES = {
  "trueup.yaml": `version: 1
system: shop
environments:
  dev: {}
  prod: { protected: true }
targets:
  config: { type: directory, select: plain, path: "/cfg/{{env}}/{{app}}/{{key}}" }
  secrets: { type: directory, select: secrets, layout: blob, shape: env, path: "/sec/{{env}}/{{app}}" }
`,
  "apps/orders/base.yaml": `database:
  host: "db.{{env}}.example.com"
  pool: { max: 10 }
  password: "{{secret.db_password}}"
motd: "it's free; $(touch pwned)"
features: [a, b]
`,
  "apps/orders/prod.yaml": "database: { pool: { max: 40 } }\n",
  "apps/orders/secrets.yaml": "db_password: {}\n",
  "apps/orders/schema.yaml": `type: object
properties:
  database: { type: object, properties: { host: { type: string, x-env: PGHOST } } }
`,
};

let folder: string;
let dispose: () => void;
const at = (path: string): string => join(folder, path);
const fill = (): void => {
  done(folder, ["apply", "--yes", "--allow", "dirty"]);
  const blob = at(".trueup/live/sec/dev/orders");
  writeFileSync(blob, JSON.stringify({ DATABASE_PASSWORD: SECRET }));
};
/** A program that prints its arguments and what trueup gave it. */
const SHOW = `const { PGHOST, DATABASE_POOL_MAX, DATABASE_PASSWORD, MOTD, FEATURES, EXTRA } = process.env;
console.log(JSON.stringify({ argv: process.argv.slice(2), PGHOST, DATABASE_POOL_MAX, DATABASE_PASSWORD, MOTD, FEATURES, EXTRA }));`;

beforeEach(() => {
  ({ folder, dispose } = gitRepo(FILES));
  writeFiles(folder, { "show.js": SHOW });
});
afterEach(() => dispose());

describe("get", () => {
  it("prints one value, as text and as JSON, from Git and from live", () => {
    expect(done(folder, ["get", "orders@prod:database.pool.max"]).out).toBe("40\n");
    expect(done(folder, ["get", "orders@dev:features"]).out).toBe('["a","b"]\n');
    expect(JSON.parse(done(folder, ["get", "orders@prod:database.pool", "--format", "json"]).out)).toEqual({
      version: 1,
      address: "orders@prod:database.pool",
      value: { max: 40 },
    });
    fill();
    writeFileSync(at(".trueup/live/cfg/prod/orders/database/pool/max"), "77");
    expect(done(folder, ["get", "orders@prod:database.pool.max"]).out).toBe("40\n");
    expect(done(folder, ["get", "orders@prod:database.pool.max", "--from", "live"]).out).toBe("77\n");
  });

  it("says what is near when there is no such key, and exits 1", () => {
    const typo = trueup(folder, ["get", "orders@prod:database.pool.mx"]);
    expect(typo).toMatchObject({ code: 1, out: "" });
    expect(typo.err).toContain("did you mean database.pool.max");
    expect(trueup(folder, ["get", "orders@prod:pool.max"]).err).toContain("did you mean database.pool.max");
    expect(trueup(folder, ["get", "order@prod:motd"]).err).toContain("orders");
  });

  it("prints the default for a key that is not there, never for one that is", () => {
    expect(done(folder, ["get", "orders@prod:nothing.here", "--default", "7"]).out).toBe("7\n");
    expect(done(folder, ["get", "orders@prod:database.pool.max", "--default", "7"]).out).toBe("40\n");
  });

  it("asks for one place where places differ", () => {
    expect(trueup(folder, ["get", "orders:database.pool.max"]).err).toContain("orders@dev, orders@prod");
    expect(done(folder, ["get", "orders:features"]).out).toBe('["a","b"]\n');
  });

  it("shows no secret unless told to", () => {
    fill();
    const refused = trueup(folder, ["get", "orders@dev:database.password", "--from", "live"]);
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).not.toContain(SECRET);
    expect(done(folder, ["get", "orders@dev:database.password", "--reveal"]).out).toBe(`${SECRET}\n`);
    expect(trueup(folder, ["get", "orders@prod:database.password", "--reveal"])).toMatchObject({ code: 1, out: "" });
  });

  it("prints nothing that the CI runner would obey", () => {
    writeFiles(folder, { "apps/orders/dev.yaml": 'motd: "::set-env name=X::y"\n' });
    expect(done(folder, ["get", "orders@dev:motd"]).out).toBe("::set-env name=X::y\n");
    const ci = trueup(folder, ["get", "orders@dev:motd"], { GITHUB_ACTIONS: "true" });
    expect(ci).toMatchObject({ code: 4, out: "" });
    expect(ci.err).toContain("--format json");
  });
});

describe("tree", () => {
  it("shows keys as a tree, by name or by path in the stores", () => {
    const tree = done(folder, ["tree", "orders@dev"]).out;
    expect(tree).toBe(`orders@dev
├─ database
│  ├─ host      "db.dev.example.com"
│  ├─ pool
│  │  └─ max    10
│  └─ password  (secret)
├─ motd         "it's free; $(touch pwned)"
└─ features     ["a", "b"]
`);
    const physical = done(folder, ["tree", "orders@dev:database.p*.**", "--physical"]).out;
    expect(physical).toContain("directory config@dev\n└─ cfg\n   └─ dev\n");
    expect(done(folder, ["tree", "orders@dev:database.password", "--physical"]).out).toContain("#DATABASE_PASSWORD");
  });

  it("never reads secrets from live", () => {
    fill();
    const { out, err } = done(folder, ["tree", "--from", "live"]);
    expect(`${out}${err}`).not.toContain(SECRET);
    expect(out).toContain("password  (secret)");
  });
});

describe("export", () => {
  it("names what has no value, exits 1, and never exports a placeholder", () => {
    done(folder, ["apply", "--yes", "--allow", "dirty"]);
    const missing = trueup(folder, ["export", "orders@dev", "--format", "json", "--reveal"]);
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toContain("DATABASE_PASSWORD (database.password)");
    const without = done(folder, ["export", "orders@dev", "--format", "json", "--allow-missing"]);
    expect(JSON.parse(without.out)).toEqual({
      PGHOST: "db.dev.example.com",
      DATABASE_POOL_MAX: "10",
      MOTD: "it's free; $(touch pwned)",
      FEATURES: '["a","b"]',
    });
    expect(without.err).toContain("without DATABASE_PASSWORD");
    expect(trueup(folder, ["export", "orders@dev", "--from", "live", "--format", "json", "--reveal"]).code).toBe(1);
  });

  it("puts secrets on standard output only when told to", () => {
    fill();
    const refused = trueup(folder, ["export", "orders@dev", "--format", "shell"]);
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).not.toContain(SECRET);
    expect(done(folder, ["export", "orders@dev", "--format", "shell", "--reveal"]).out).toContain(SECRET);
  });

  it("writes .env.local for its owner only, keeps the owner's lines and says what changed", () => {
    writeFiles(folder, { ".gitignore": ".trueup/\n.env.local\n", ".env.local": "MINE=1\nDATABASE_POOL_MAX=3\n" });
    writeFiles(folder, {
      "apps/orders/base.yaml": FILES["apps/orders/base.yaml"].replace("it's free; $(touch pwned)", "free"),
    });
    fill();
    chmodSync(at(".env.local"), 0o644);
    const first = done(folder, ["export", "orders@dev", "--out", ".env.local"]);
    expect(first.out).toBe(
      "  + PGHOST   + DATABASE_PASSWORD   + MOTD   + FEATURES      2 lines of your own kept      .env.local is git-ignored ✔\n",
    );
    expect(parseEnv(readFileSync(at(".env.local"), "utf8"))).toEqual({
      MINE: "1", DATABASE_POOL_MAX: "3", PGHOST: "db.dev.example.com", DATABASE_PASSWORD: SECRET, MOTD: "free", FEATURES: '["a","b"]',
    }); // prettier-ignore
    expect(statSync(at(".env.local")).mode & 0o777).toBe(0o600);
    writeFiles(folder, { "apps/orders/dev.yaml": "motd: hello\nfeatures: { $remove: true }\nnew: x\n" });
    const base = readFileSync(at("apps/orders/base.yaml"), "utf8").replace("features: [a, b]\n", "");
    writeFiles(folder, { "apps/orders/base.yaml": base, "apps/orders/dev.yaml": "motd: hello\nnew: x\n" });
    const second = done(folder, ["export", "orders@dev", "--out", ".env.local"]);
    expect(second.out).toBe(
      "  + NEW   ~ MOTD   - FEATURES      2 lines of your own kept      .env.local is git-ignored ✔\n",
    );
    expect(done(folder, ["export", "orders@dev", "--out", ".env.local"]).out).toContain("no changes");
  });

  it("writes no secret into a file that Git would take", () => {
    fill();
    const refused = trueup(folder, ["export", "orders@dev", "--format", "docker", "--out", "orders.env"]);
    expect(refused.code).toBe(4);
    expect(refused.err).toContain(".gitignore");
    expect(existsSync(at("orders.env"))).toBe(false);
  });

  it("gives later steps of a job their variables, masked first", () => {
    fill();
    const env = { GITHUB_ACTIONS: "true", GITHUB_ENV: at(".trueup/env") };
    const ran = done(folder, ["export", "orders@dev", "--format", "github"], env);
    expect(ran.out).toBe(`::add-mask::${SECRET}\n`);
    expect(ran.err).not.toContain(SECRET);
    expect(runnerEnv(readFileSync(env.GITHUB_ENV, "utf8")).get("DATABASE_PASSWORD")).toBe(SECRET);
    writeFileSync(at(".trueup/live/sec/dev/orders"), JSON.stringify({ DATABASE_PASSWORD: "abc" }));
    const short = trueup(folder, ["export", "orders@dev", "--format", "github"], env);
    expect(short).toMatchObject({ code: 4, out: "" });
    expect(trueup(folder, ["export", "orders@dev", "--format", "github"]).code).toBe(1);
  });

  it("prints where each variable comes from with -v", () => {
    fill();
    writeFiles(folder, { ".env.local": "MOTD=mine\n" });
    const { err } = done(folder, ["export", "orders@dev", "-v", "--format", "json", "--reveal"]);
    expect(err).toContain("precedence: shell > .env.local > secrets > values");
    expect(err).toMatch(/PGHOST\s+values\n/u);
    expect(err).toMatch(/DATABASE_PASSWORD\s+secrets\n/u);
    expect(err).toMatch(/MOTD\s+\.env\.local\n/u);
    expect(err).not.toContain(SECRET);
  });
});

describe("exec", () => {
  const show = [process.execPath, "show.js"];

  it("passes values in the environment, tells so in one line, and changes no argument", () => {
    fill();
    const { out, err } = done(folder, ["exec", "orders@dev", "--", ...show, "$HOME", "a b", "--env", "x"]);
    expect(JSON.parse(out)).toEqual({
      argv: ["$HOME", "a b", "--env", "x"],
      PGHOST: "db.dev.example.com",
      DATABASE_POOL_MAX: "10",
      DATABASE_PASSWORD: SECRET,
      MOTD: "it's free; $(touch pwned)",
      FEATURES: '["a","b"]',
    });
    expect(err.split("\n")[0]).toBe(
      "trueup: 5 variables for orders@dev (1 secret from directory, 0 overridden by your shell)",
    );
    expect(err).not.toContain(SECRET);
  });

  it("lets the shell win over .env.local, and that over secrets and values", () => {
    fill();
    writeFiles(folder, { ".env.local": "MOTD=local\nDATABASE_PASSWORD=local-secret\nPGHOST=local\nEXTRA=mine\n" });
    const { out, err } = done(folder, ["exec", "orders@dev", "--", ...show], { PGHOST: "shell" });
    expect(JSON.parse(out)).toMatchObject({
      PGHOST: "shell",
      MOTD: "local",
      DATABASE_PASSWORD: "local-secret",
      EXTRA: "mine",
    });
    expect(err).toContain("(0 secrets, 2 from .env.local, 1 overridden by your shell)");
  });

  it("works without the store when .env.local has the secrets of an earlier export", () => {
    writeFiles(folder, { ".gitignore": ".trueup/\n.env.local\n" });
    writeFiles(folder, {
      "apps/orders/base.yaml": FILES["apps/orders/base.yaml"].replace("it's free; $(touch pwned)", "free"),
    });
    fill();
    done(folder, ["export", "orders@dev", "--out", ".env.local"]);
    writeFiles(folder, { "apps/orders/dev.yaml": "motd: newer\n" });
    const gone = FILES["trueup.yaml"]
      .replaceAll("type: directory", "type: etcd")
      .replaceAll(", path", ', connection: { endpoints: ["http://127.0.0.1:9"] }, path');
    writeFiles(folder, { "trueup.yaml": gone });
    const { out, err } = done(folder, ["exec", "orders@dev", "--", ...show]);
    expect(JSON.parse(out)).toMatchObject({ DATABASE_PASSWORD: SECRET, MOTD: "newer" });
    expect(err).toContain("the store was not reachable");
  });

  it("gives the program's exit code, and does not start it when a value is missing", () => {
    expect(
      trueup(folder, ["exec", "orders@dev", "--allow-missing", "--", process.execPath, "-e", "process.exit(42)"]).code,
    ).toBe(42);
    const missing = trueup(folder, ["exec", "orders@dev", "--", process.execPath, "-e", "console.log(1)"]);
    expect(missing).toMatchObject({ code: 1, out: "" });
    const unknown = trueup(folder, ["exec", "orders@dev", "--allow-missing", "--", "no-such-program-here"]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("no-such-program-here could not be started");
  });

  it("passes signals on and ends as the program does", async () => {
    const script = `process.on("SIGTERM", () => { console.log("heard"); process.exit(9); }); setInterval(() => {}, 1000); console.log("ready");`;
    const command = ["exec", "orders@dev", "--allow-missing", "--", process.execPath, "-e", script];
    const child = spawn(process.execPath, [join(ROOT, "dist/cli.cjs"), ...command], { cwd: folder });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (said === "ready\n") child.kill("SIGTERM");
    });
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, said]).toEqual([9, "ready\nheard\n"]);
  });

  it("counts a program that a signal ended as shells do", () => {
    const end = [
      "exec",
      "orders@dev",
      "--allow-missing",
      "--",
      process.execPath,
      "-e",
      "process.kill(process.pid, 'SIGKILL')",
    ];
    expect(trueup(folder, end).code).toBe(137);
  });

  it("has no value in any command line", () => {
    fill();
    const list = ["exec", "orders@dev", "--", "sh", "-c", "cat /proc/$PPID/cmdline /proc/$$/cmdline"];
    if (spawnSync("test", ["-r", "/proc/self/cmdline"]).status !== 0) return;
    expect(done(folder, list).out).not.toContain(SECRET);
  });

  it("refuses values that would steer the loader", () => {
    writeFiles(folder, { "apps/orders/dev.yaml": "ld_preload: ./evil.so\n" });
    const refused = trueup(folder, ["exec", "orders@dev", "--allow-missing", "--", ...show]);
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).toContain("LD_PRELOAD");
  });
});
