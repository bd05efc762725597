/**
 * `npm run fuzz -- [--target NAME] [--seconds 60] [--seed 1] [--dry-run]`: fuzzes one target, or each in turn, led by
 * the blocks that inputs reach. Keeps the smallest corpus that reaches them all in test/fuzz/corpus/, prints one line
 * for each target, and ends with 1 if it found a fault; the input stands in dist/fuzz/.
 */
import { fork } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { ROOT, fromSource } from "./from-source.mjs";

const OUT = join(ROOT, "dist/fuzz");
/** Milliseconds without a sign of life after which a batch is said to hang. */
const PATIENCE = 120_000;
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    "dry-run": { type: "boolean", default: false },
  },
});
const say = (text) => process.stdout.write(`${text}\n`);
const bundle = join(OUT, "bundle/main.mjs");

function run(target) {
  const args = ["--seconds", values.seconds, "--seed", values.seed, "--corpus", join(ROOT, "test/fuzz/corpus")];
  const now = join(OUT, `${target}.now.json`);
  const more = target === "" ? [] : ["--target", target, "--bundle", bundle, "--now", now];
  const child = fork(bundle, [...args, ...more, ...(values["dry-run"] ? ["--dry-run"] : [])], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: ["--enable-source-maps"],
  });
  return new Promise((resolve, reject) => {
    let text = "";
    let watch;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`${target} hangs in one of the inputs of ${now}`));
      }, PATIENCE);
    };
    alive();
    child.stdout.on("data", (chunk) => (text += chunk));
    child.on("message", alive);
    child.on("close", (code) => {
      clearTimeout(watch);
      if (code === 0) resolve(JSON.parse(text.trimEnd().split("\n").at(-1)));
      else reject(new Error(`${target || "the list of targets"} ended with ${code}`));
    });
  });
}

rmSync(join(OUT, "bundle"), { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
await build({
  ...fromSource,
  entryPoints: ["test/fuzz/main.ts"],
  outdir: join(OUT, "bundle"),
  outExtension: { ".js": ".mjs" },
  splitting: true,
});
const { targets } = await run("");
let faults = 0;
for (const target of values.target === undefined ? targets : [values.target]) {
  const { inputs, seconds, blocks, kept, found } = await run(target);
  const rate = Math.round(inputs / seconds);
  say(
    `${target.padEnd(12)} ${inputs} inputs in ${seconds.toFixed(0)} s (${rate}/s), ${blocks} blocks, ${kept} kept, ${found.length} faults`,
  );
  for (const [i, { fault, input }] of found.entries()) {
    const file = join(OUT, `${target}.fault-${i}`);
    writeFileSync(file, Buffer.from(input, "base64"));
    say(`  ${fault}\n  ${file}`);
  }
  faults += found.length;
}
process.exitCode = faults === 0 ? 0 : 1;
