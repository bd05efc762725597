/** The same source builds to the same bytes, however slow the disk is and in whatever order files arrive. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "trueup-build-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the plugin makes of etcd3's protocol files where reading one of them takes longer than the others. */
function descriptionWith(slow: string): string {
  const delay = join(folder, "delay.cjs");
  writeFileSync(
    delay,
    `const fs = require("node:fs"), { readFile } = fs;
fs.readFile = (path, ...rest) => setTimeout(() => readFile(path, ...rest), String(path).endsWith(${JSON.stringify(slow)}) ? 200 : 0);`,
  );
  const path = createRequire(join(ROOT, "package.json"))
    .resolve("etcd3")
    .replace(/index\.js$/u, "connection-pool.js");
  const script = `import { etcdProto } from ${JSON.stringify(join(ROOT, "scripts/etcd-proto-plugin.mjs"))};
etcdProto.setup({ onLoad: async (_, load) => process.stdout.write((await load({ path: ${JSON.stringify(path)} })).contents) });`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", delay, "--input-type=module", "--eval", script],
    {
      encoding: "utf8",
    },
  );
  expect(stderr).toBe("");
  return stdout;
}

it("puts the protocol of etcd into the bundle in one order", () => {
  const [first, ...others] = ["none", "kv.proto", "auth.proto", "rpc.proto"].map(descriptionWith);
  expect(first).toContain("proto_loader_1.fromJSON)({");
  for (const other of others) expect(other === first).toBe(true);
});
