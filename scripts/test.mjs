/**
 * `npm test`: builds, then runs every test. Tests that need a server start their own on loopback; where the programs
 * are missing they are skipped with a word how to get them, unless REQUIRE_SERVERS=1, which makes that a failure.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { GET_NODE24, findNode24 } from "./node24.mjs";

const ROOT = join(import.meta.dirname, "..");
const run = (args) => spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
const has = (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

const PROGRAMS = {
  etcd: "apt-get install etcd-server",
  etcdctl: "apt-get install etcd-client",
  openssl: "apt-get install openssl",
  git: "apt-get install git",
  moto_server: "pip install 'moto[server,ssm]'",
  aws: "pip install awscli",
  zizmor: "pip install zizmor",
};
const missing = Object.keys(PROGRAMS).filter((program) => !has(program));
if (findNode24() === undefined) {
  PROGRAMS["Node 24"] = GET_NODE24;
  missing.push("Node 24");
}
if (missing.length > 0) {
  const list = missing.map((program) => `  ${program}: ${PROGRAMS[program]}\n`).join("");
  process.stdout.write(`Not found, so tests that need them are skipped. To run them too:\n${list}`);
  if (process.env.REQUIRE_SERVERS === "1") process.exit(1);
}
const built = run([join(ROOT, "scripts/build.mjs")]);
process.exit(
  built === 0 ? run([join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)]) : built,
);
