/** What the scripts that run `src/` and `test/` outside of vitest have in common: how they are built, and shares of the work. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { etcdProto } from "./etcd-proto-plugin.mjs";

export const ROOT = join(import.meta.dirname, "..");

/** Options of esbuild. */
export const fromSource = {
  absWorkingDir: ROOT,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  mainFields: ["module", "main"],
  sourcemap: "inline",
  logLevel: "warning",
  plugins: [etcdProto],
  // CommonJS packages ask for Node's own modules through require.
  banner: {
    js: 'import { createRequire as trueupRequire } from "node:module"; const require = trueupRequire(import.meta.url);',
  },
};

/** Runs one share, which prints JSON lines; `told` hears each. Resolves with the last one, which has `done`. */
export function runShare(args, told) {
  const child = spawn(process.execPath, ["--enable-source-maps", ...args.map(String)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let last;
    createInterface({ input: child.stdout }).on("line", (line) => {
      last = JSON.parse(line);
      told(last);
    });
    child.on("close", (code) =>
      code === 0 && last?.done ? resolve(last) : reject(new Error(`a share ended with ${code}`)),
    );
  });
}
