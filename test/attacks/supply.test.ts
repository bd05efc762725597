/** Attack cases SUP and INJ-08: what surrounds the command must not get into it, and it must not reach out. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commit, gitRepo, ROOT, type TestRepo, trueup, trueupAside } from "../cli/run.ts";
import { writeFiles } from "../project.ts";

const FILES = {
  "trueup.yaml": `version: 1
system: shop
environments: { dev: {}, prod: {} }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  "apps/orders/base.yaml": 'a: 1\nurl: "https://{{vars.domain}}/"\n',
  "apps/orders/secrets.yaml": "db: { from: external }\n",
  "apps/orders/dev.yaml": 'db: "{{secret.db}}"\n',
};
const CONFIG = FILES["trueup.yaml"].replace(
  "dev: {}, prod: {}",
  "dev: { vars: { domain: dev.test } }, prod: { vars: { domain: prod.test } }",
);

const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");
let repo: TestRepo;
let aside: string;
beforeAll(() => {
  repo = gitRepo({ ...FILES, "trueup.yaml": CONFIG });
  aside = mkdtempSync(join(tmpdir(), "trueup-aside-"));
});
afterAll(() => {
  repo.dispose();
  rmSync(aside, { recursive: true, force: true });
});

/** Loaded before the command: notes every host that is looked up or connected to, and every program that is started. */
const RECORDER = `const { appendFileSync } = require("node:fs");
const note = (kind, what) => appendFileSync(process.env.RECORD, kind + " " + what + "\\n");
const net = require("node:net"), dns = require("node:dns"), dgram = require("node:dgram"), child = require("node:child_process");
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  note("connect", typeof first === "object" ? first.path ?? (first.host ?? "localhost") + ":" + first.port : String(first));
  return connect.apply(this, args);
};
for (const name of ["lookup", "resolve", "resolve4", "resolve6", "resolveSrv", "resolveTxt"]) {
  for (const where of [dns, dns.promises]) {
    const real = where[name];
    where[name] = function (host, ...rest) { note("dns", host); return real.call(this, host, ...rest); };
  }
}
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (...args) { note("udp", "x"); return send.apply(this, args); };
for (const name of ["spawn", "spawnSync", "execFile", "execFileSync", "exec", "execSync", "fork"]) {
  const real = child[name];
  child[name] = function (program, ...rest) { note("start", program); return real.call(this, program, ...rest); };
}
require("node:module").syncBuiltinESMExports();`;

interface Recorded {
  readonly code: number | null;
  /** `connect 127.0.0.1:1`, `dns example.com`, `start git`; each once. */
  readonly did: readonly string[];
}

async function recorded(args: readonly string[], env: Record<string, string> = {}): Promise<Recorded> {
  const [recorder, record] = [join(aside, "recorder.cjs"), join(aside, "record")];
  writeFileSync(recorder, RECORDER);
  writeFileSync(record, "");
  const { code } = await trueupAside(repo.folder, args, {
    NODE_OPTIONS: `--require ${recorder}`,
    RECORD: record,
    ...env,
  });
  return { code, did: [...new Set(readFileSync(record, "utf8").split("\n").filter(Boolean))].toSorted() };
}

describe("SUP-10 what the command reaches", () => {
  it.each([
    ["validate"],
    ["render"],
    ["diff"],
    ["apply", "--yes"],
    ["drift"],
    ["explain", "orders@dev:a"],
    ["doctor"],
    ["tree"],
    ["compare", "orders"],
    ["fmt"],
    ["why", "TU3002"],
    ["secrets", "list"],
    ["--version"],
    ["--help"],
  ])("%s: no host at all, and no program but git", async (...args) => {
    const { code, did } = await recorded(args);
    expect(code).not.toBe(1);
    expect(did.filter((what) => what !== "start git")).toEqual([]);
  });

  it("is the store that is configured, and no other host", async () => {
    writeFiles(repo.folder, {
      "trueup.yaml": CONFIG.replace(
        / {2}local: .*/u,
        '  local: { type: etcd, path: "/cfg/{{env}}/{{app}}/{{key}}", connection: { endpoints: ["http://127.0.0.1:9"], timeout: 500 } }',
      ),
    });
    try {
      const { code, did } = await recorded(["diff", "--against", "live"]);
      expect(code).toBe(1);
      expect(did.filter((what) => what !== "start git")).toEqual(["connect 127.0.0.1:9"]);
    } finally {
      writeFiles(repo.folder, { "trueup.yaml": CONFIG });
    }
  });

  it("would be seen", async () => {
    const probe = join(aside, "probe.mjs");
    writeFileSync(probe, 'import { get } from "node:http"; get("http://127.0.0.1:9/x").on("error", () => {});');
    const { did } = await recorded(["--version"], {
      NODE_OPTIONS: `--require ${join(aside, "recorder.cjs")} --import ${probe}`,
    });
    expect(did).toEqual(["connect 127.0.0.1:9"]);
  });
});

describe("INJ-08 what a pull request plants beside the configuration", () => {
  it("is not run: package.json, node_modules, .npmrc, .env, hooks and settings of Git, a config in JavaScript", () => {
    const mark = join(aside, "planted");
    const plant = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "x");`;
    const shell = `#!/bin/sh\ntouch ${mark}\n`;
    writeFiles(repo.folder, {
      "package.json": JSON.stringify({
        type: "module",
        scripts: { preinstall: `touch ${mark}`, prepare: `touch ${mark}` },
        trueup: { require: "./evil.cjs" },
      }),
      ".npmrc": "node-options=--require ./evil.cjs\nscript-shell=./evil.sh\n",
      ".env": "NODE_OPTIONS=--require ./evil.cjs\n",
      ".env.local": "NODE_OPTIONS=--require ./evil.cjs\n",
      "evil.cjs": plant,
      "evil.sh": shell,
      "trueup.config.js": plant,
      "trueup.js": plant,
      "index.js": plant,
      "node_modules/js-yaml/index.js": plant,
      "node_modules/js-yaml/package.json": '{"main":"index.js"}',
      "node_modules/commander/index.js": plant,
      "node_modules/handlebars/index.js": plant,
      ".gitattributes": "* filter=evil diff=evil\n",
      ".git/hooks/post-checkout": shell,
      ".git/hooks/post-index-change": shell,
      ".trueup/evil.cjs": plant,
      git: shell,
    });
    commit(repo.folder, "planted");
    rmSync(mark, { force: true });
    const outcomes = [["validate"], ["diff"], ["apply", "--yes"], ["doctor"], ["fmt", "--check"]].map(
      (args) => trueup(repo.folder, args).code,
    );
    expect(outcomes.slice(0, 3)).toEqual([0, 0, 0]);
    expect(existsSync(mark)).toBe(false);
  });

  it("and no action or workflow that we ship runs npm there", () => {
    const shipped = [
      ...readdirSync(join(ROOT, "config-repo-template/.github/workflows")).map(
        (name) => `config-repo-template/.github/workflows/${name}`,
      ),
      ...readdirSync(join(ROOT, "actions"), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [`actions/${entry.name}/action.yml`] : [],
      ),
    ];
    expect(shipped.length).toBeGreaterThan(8);
    for (const path of shipped)
      expect(text(path), path).not.toMatch(/^\s*(?:- )?run:.*\b(?:npm|npx|yarn|pnpm)\b|using: ['"]?composite/mu);
  });
});

describe("SUP-05 to SUP-07, SUP-11 our own workflows", () => {
  const release = text(".github/workflows/release.yml");
  const ci = text(".github/workflows/ci.yml");

  it("publish from main only, after a second machine built the same, with people's consent, and no stored token", () => {
    expect(release).toMatch(/^on:\n {2}workflow_dispatch:\n/mu);
    expect(release).toContain("if: github.ref == 'refs/heads/main'");
    const publish = release.slice(release.indexOf("\n  publish:"));
    expect(publish).toMatch(/needs: \[build, verify\]/u);
    expect(publish).toMatch(/^ {4}environment: release\b/mu);
    expect(publish).not.toContain("npm ci");
    expect(release).not.toMatch(/secrets\.|NPM_TOKEN|NODE_AUTH_TOKEN/u);
  });

  it("keep no caches, and run no install script where something is published", () => {
    expect(release + ci).not.toMatch(/actions\/cache|^\s*cache:|restore-keys/mu);
    expect(release.match(/package-manager-cache: false/gu)).toHaveLength(
      (release.match(/actions\/setup-node@/gu) ?? []).length,
    );
    for (const [line] of release.matchAll(/npm (?:ci|install).*/gu)) expect(line).toContain("--ignore-scripts");
    expect(text(".ci/run")).toMatch(/npm ci .*--ignore-scripts/u);
  });

  it("take no dependency that runs a script when it is installed, but the two that are known", () => {
    const lock = JSON.parse(text("package-lock.json")) as {
      packages: Record<string, { hasInstallScript?: boolean; resolved?: string; integrity?: string; link?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([name]) => name !== "");
    expect(packages.filter(([, one]) => one.hasInstallScript === true).map(([name]) => name)).toEqual([
      "node_modules/esbuild",
      "node_modules/protobufjs",
    ]);
    const loose = packages.filter(([, one]) => one.link !== true && one.integrity === undefined);
    expect(loose.map(([name]) => name)).toEqual([]);
    expect(packages.filter(([, one]) => /^(?:git|file|http:)/u.test(one.resolved ?? "")).map(([name]) => name)).toEqual(
      [],
    );
  });

  it("give the tests nothing worth taking", () => {
    expect(ci).not.toMatch(/secrets\.|github\.token|GITHUB_TOKEN|id-token|: write|environment:/u);
    expect(ci).toContain("persist-credentials: false");
  });
});

describe("SUP-08 what the documents tell people to run", () => {
  it("names no package without a version, and pipes nothing into a shell", () => {
    const documents = [
      "README.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "actions/README.md",
      "config-repo-template/README.md",
      ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
    ].filter((path) => path.endsWith(".md"));
    expect(documents.length).toBeGreaterThan(8);
    for (const path of documents) {
      const loose = [
        ...text(path).matchAll(
          /\b(?:npx|npm exec|npm (?:i|install)(?: -\S+)*) +(?!-)(?:--\S+ +)*([@a-z][\w./-]*)(@\S+)?/gu,
        ),
      ].filter(([, name, version]) => name === "trueup" && version === undefined);
      expect(
        loose.map(([line]) => line),
        path,
      ).toEqual([]);
      expect(text(path), path).not.toMatch(/(?:curl|wget)[^\n|]*\|\s*(?:sudo )?(?:ba)?sh/u);
    }
  });
});
