/** The built command as a process of its own: what the system's list of processes, its children and debugging flags tell. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, gitRepo, type TestRepo, trueup } from "../cli/run.ts";
import { IDENTITY, RECIPIENT } from "./age-keys.ts";
import { type Canary, canaryOf } from "./canary.ts";
import { detectorOf } from "./detector.ts";
import { randomOf } from "./random.ts";

const random = randomOf(20_261_121);
const KINDS = ["ascii", "json", "pem", "unicode"] as const;
const [db, external, token, credential] = KINDS.map((kind) => canaryOf(kind, random, kind)) as [
  Canary,
  Canary,
  Canary,
  Canary,
];
const detector = detectorOf([db, external, token, credential]);
/** Secrets that only trueup knows; credentials stand in the environment of everything it starts. */
const own = detectorOf([db, external, token]);

const REPO = {
  "trueup.yaml": `version: 1
system: shop
environments: { dev: {} }
targets:
  all: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  ".sops.yaml": `creation_rules:\n  - age: ${RECIPIENT}\n`,
  "apps/orders/base.yaml":
    'http: { port: 8080 }\ncred:\n  dsn: "{{secret.db}}"\n  url: "https://u:{{secret.token}}@x/"\n  key: "{{secret.ext}}"\n',
  "apps/orders/secrets.yaml": "db: { from: sops }\ntoken: { from: sops }\next: { from: external }\n",
};

let repo: TestRepo;
let temp: string;
let seen: string;
const said: [string, string][] = [];

function environment(): Record<string, string> {
  return {
    SOPS_AGE_KEY: IDENTITY,
    AWS_SECRET_ACCESS_KEY: credential.text,
    HOME: "/nowhere",
    XDG_CONFIG_HOME: "/nowhere",
    TMPDIR: temp,
    TRUEUP_DEBUG: "1",
    NODE_DEBUG: "fs,module,http,net,timer",
    DEBUG: "*",
    ACTIONS_STEP_DEBUG: "true",
    GITHUB_STEP_SUMMARY: join(temp, "summary"),
    GITHUB_OUTPUT: join(temp, "output"),
    PATH: `${seen}:${process.env["PATH"] ?? ""}`,
  };
}

function run(args: readonly string[], input?: string): number | null {
  const { code, out, err } = trueup(repo.folder, args, environment(), input);
  said.push([`stdout of ${args.join(" ")}`, out], [`stderr of ${args.join(" ")}`, err]);
  return code;
}

beforeAll(() => {
  repo = gitRepo(REPO);
  const made = join(repo.folder, ".trueup");
  [temp, seen] = [join(made, "temp"), join(made, "seen")];
  for (const folder of [temp, seen]) mkdirSync(folder, { recursive: true });
  const git = execFileSync("/bin/sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  // Notes what it was started with, and by whom, then is git.
  const spy = `#!/bin/sh
tr '\\0' '\\n' < /proc/$$/environ > ${seen}/environ.$$
tr '\\0' '\\n' < /proc/$$/cmdline > ${seen}/cmdline.$$
tr '\\0' '\\n' < /proc/$PPID/cmdline > ${seen}/parent.$$
exec ${git} "$@"
`;
  writeFileSync(join(seen, "git"), spy);
  chmodSync(join(seen, "git"), 0o755);
});
afterAll(() => repo.dispose());

describe.skipIf(process.platform !== "linux")("the command as a process", () => {
  it("takes secrets in, writes them, and shows nothing of them", { timeout: 90_000 }, () => {
    expect(run(["secrets", "set", "orders", "db", "--env", "dev"], db.text)).toBe(0);
    expect(run(["secrets", "set", "orders", "token", "--env", "dev"], token.text)).toBe(0);
    expect(run(["diff", "-v"])).toBe(0);
    expect(run(["apply", "--yes", "-v", "--allow", "dirty"])).toBe(0);
    expect(run(["secrets", "set", "orders", "ext", "--env", "dev"], external.text)).toBe(0);
    for (const args of [
      ["drift"],
      ["doctor"],
      ["render"],
      ["secrets", "list"],
      ["get", "orders@dev:cred.dsn"],
      ["apply", "--yes", "--format", "json"],
    ])
      run(args);
    for (const [sink, text] of said) expect([sink, detector.search(text)]).toEqual([sink, []]);
  });

  it("tells its children nothing, and the list of processes neither", () => {
    const dumps = readdirSync(seen).filter((name) => name !== "git");
    expect(dumps.filter((name) => name.startsWith("environ")).length).toBeGreaterThan(5);
    for (const name of dumps) {
      const text = readFileSync(join(seen, name), "utf8");
      expect([name, own.search(text)]).toEqual([name, []]);
      if (!name.startsWith("environ")) expect([name, detector.search(text)]).toEqual([name, []]);
    }
  });

  it("leaves nothing in the temporary folder, the repo, or beside the values in the store", () => {
    const files = filesBelow(repo.folder);
    const entry = /^\.trueup\/live(?:\.generations\/\d+)?\/cfg\/dev\/orders\/cred\//u;
    const found = [...files].filter(([path]) => !entry.test(path) && !path.startsWith(".trueup/seen/environ"));
    for (const [path, { text }] of found) expect([path, detector.search(text)]).toEqual([path, []]);
    // Where the values belong, they are.
    const stored = [...files].filter(([path]) => entry.test(path)).map(([, { text }]) => text);
    for (const { text } of [db, external]) expect(stored).toContain(text);
    expect(stored).toContain(`https://u:${token.text}@x/`);
  });

  it("refuses what Node would print by itself", () => {
    const debug = (what: string, args: readonly string[]): string => {
      const { out, err } = trueup(repo.folder, args, { ...environment(), NODE_DEBUG: what }, db.text);
      return out + err;
    };
    const printed = [
      debug("stream", ["secrets", "set", "orders", "db", "--env", "dev"]),
      debug("child_process", ["exec", "orders@dev", "--", "/bin/true"]),
    ];
    for (const text of printed) {
      expect(text).toContain("error[REFUSED]: NODE_DEBUG=");
      expect(own.search(text)).toEqual([]);
    }
  });

  it("gives a program its values in the environment, and not on a command line", async () => {
    const script = "cat /proc/$$/cmdline /proc/$PPID/cmdline > cmd; env > got; read wait";
    const child = spawn(
      process.execPath,
      [
        process.env["TRUEUP_CLI"] ?? "dist/cli.cjs",
        "-C",
        repo.folder,
        "exec",
        "orders@dev",
        "--",
        "/bin/sh",
        "-c",
        `cd ${temp}; ${script}`,
      ],
      {
        env: environment(),
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.stdin.end("\n");
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).toBe(0);
    expect(readFileSync(join(temp, "got"), "utf8")).toContain(db.text.split("\n")[0]);
    expect(detector.search(readFileSync(join(temp, "cmd"), "utf8"))).toEqual([]);
    expect(detector.search(Buffer.concat(output).toString("utf8"))).toEqual([]);
  });
});
