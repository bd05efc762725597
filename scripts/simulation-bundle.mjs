/**
 * Bundles the simulation: the real stages and drivers, with Node's clock, timers and wires replaced by those of a world.
 * `patches` are seeded bugs: texts in product files replaced by others. One whose text is not found is an error.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const SIMULATION = join(ROOT, "test/simulation");
const standIn = (name) => join(SIMULATION, "stand-ins", `${name}.ts`);

/** What is replaced: the module as it is imported, and a folder or file of the importer where it matters. */
const REPLACED = [
  { path: /^@aws-sdk\/client-ssm$/u, by: "ssm-sdk" },
  { path: /^node:timers\/promises$/u, by: "timers" },
  { path: /^node:os$/u, from: "src/stores/directory/", by: "os" },
  { path: /^node:fs\/promises$/u, from: "src/stores/directory/lock.ts", by: "proc" },
  { path: /^node:crypto$/u, from: "src/stores/directory/", by: "random" },
  { path: /\/connection\.ts$/u, from: "src/stores/etcd/", by: "etcd-connection" },
  { path: /\/probe\.ts$/u, from: "src/stores/etcd/", by: "nothing" },
  // The real ones, which remember what they worked out: their results depend on nothing but their arguments.
  { path: /\/canonical\.ts$/u, by: "canonical" },
  { path: /\/records\.ts$/u, by: "records" },
  { path: /\/key-path\.ts$/u, from: "src/stores/directory/", by: "key-path" },
  { path: /\/map\/map\.ts$/u, from: "src/pipeline.ts", by: "nothing" },
  { path: /\/wanted\.ts$/u, from: "src/pipeline.ts", by: "wanted" },
  { path: /\/secrets\/reveal\.ts$/u, from: "src/pipeline.ts", by: "wanted" },
];

/** The text of the bundle. */
export async function bundleSimulation(outfile, patches = []) {
  const open = new Set(patches);
  const plugin = {
    name: "simulation",
    setup(task) {
      task.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const from = relative(ROOT, importer);
        if (!from.startsWith("src/")) return undefined;
        const found = REPLACED.find((each) => each.path.test(path) && from.startsWith(each.from ?? ""));
        return found === undefined ? undefined : { path: standIn(found.by) };
      });
      if (patches.length === 0) return;
      task.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const own = patches.filter(({ file }) => file === relative(ROOT, path));
        if (own.length === 0) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const patch of own) {
          const parts = contents.split(patch.find);
          if (parts.length !== 2) throw new Error(`${patch.file} has ${parts.length - 1} times: ${patch.find}`);
          contents = parts.join(patch.replace);
          open.delete(patch);
        }
        return { contents, loader: "ts" };
      });
    },
  };
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SIMULATION, "worker.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    preserveSymlinks: true,
    external: ["@aws-sdk/credential-providers"],
    alias: { "source-map": "./scripts/nothing.cjs" },
    define: {
      Date: "SimulatedDate",
      "performance.now": "monotonicNow",
      "Math.random": "poison",
      setTimeout: "poison",
      setInterval: "poison",
      setImmediate: "poison",
      fetch: "poison",
      "process.pid": "simulated.pid",
      "process.kill": "simulatedKill",
    },
    inject: [join(SIMULATION, "platform.ts")],
    plugins: [plugin],
    banner: {
      js: 'import { createRequire as trueupRequire } from "node:module"; const require = trueupRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  for (const patch of open) throw new Error(`${patch.file} is not part of the simulation`);
}
