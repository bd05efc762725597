/**
 * Builds `dist/`: the command line and the library as ES modules, store SDKs in chunks that load on first use.
 * Everything is bundled, so that the published package installs nothing and starts fast. `--types` also writes the
 * type declarations.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { etcdProto } from "./etcd-proto-plugin.mjs";
import { precompiledSchemas } from "./precompile-plugin.mjs";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist");

rmSync(OUT, { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: { cli: "src/cli/bin.ts", index: "src/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  mainFields: ["module", "main"],
  // Readable stack traces are worth more than bytes; white space is not.
  minifyWhitespace: true,
  legalComments: "linked",
  logLevel: "warning",
  plugins: [etcdProto, precompiledSchemas],
  // CommonJS packages ask for Node's own modules through require.
  banner: {
    js: 'import { createRequire as trueupRequire } from "node:module"; const require = trueupRequire(import.meta.url);',
  },
});
chmodSync(join(OUT, "cli.js"), 0o755);
if (process.argv.includes("--types")) {
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
    cwd: ROOT,
    stdio: "inherit",
  });
}
