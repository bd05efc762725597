/**
 * `npm test`: builds, then runs every test. Tests that need a server start their own on loopback; where the programs
 * are missing they are skipped with a word how to get them, unless REQUIRE_SERVERS=1, which makes that a failure.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const run = (args) => spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
const has = (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

const missing = ["etcd", "etcdctl", "openssl", "git"].filter((program) => !has(program));
if (missing.length > 0) {
  const how = "apt-get install etcd-server etcd-client openssl git";
  process.stdout.write(`Not found: ${missing.join(", ")}. Tests that need them are skipped. To run them too: ${how}\n`);
  if (process.env.REQUIRE_SERVERS === "1") process.exit(1);
}
const built = run([join(ROOT, "scripts/build.mjs")]);
process.exit(
  built === 0 ? run([join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)]) : built,
);
