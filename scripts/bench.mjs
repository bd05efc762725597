/** `npm run bench -- NAME [args]`: builds and runs one benchmark of test/bench/. Without a name: lists them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, fromSource } from "./from-source.mjs";

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(ROOT, "test/bench")).flatMap((file) =>
  file.endsWith(".bench.ts") ? [file.slice(0, -".bench.ts".length)] : [],
);
if (!names.includes(name)) {
  process.stdout.write(`npm run bench -- NAME, where NAME is one of: ${names.join(", ")}\n`);
  process.exit(name === undefined ? 0 : 1);
}
const out = join(ROOT, "dist/bench");
mkdirSync(out, { recursive: true });
const file = join(out, `${name}.mjs`);
await build({ ...fromSource, entryPoints: [`test/bench/${name}.bench.ts`], outfile: file, sourcemap: false });
process.exit(spawnSync(process.execPath, ["--expose-gc", file, ...args], { cwd: ROOT, stdio: "inherit" }).status ?? 1);
