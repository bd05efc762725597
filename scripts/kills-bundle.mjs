/** Builds what is killed (around the built library, which must be there) and what kills it. */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, fromSource } from "./from-source.mjs";

const FOLDER = join(ROOT, "dist/kills");

/** The child runs the library as it is shipped. */
const shipped = {
  name: "shipped",
  setup(plugin) {
    plugin.onResolve({ filter: /src\/index\.ts$/ }, () => ({ path: "../index.js", external: true }));
  },
};

const sources = { ...fromSource, alias: { vitest: join(ROOT, "test/stores/no-vitest.ts") } };

export async function buildKills() {
  if (!existsSync(join(ROOT, "dist/index.js"))) throw new Error("Run node scripts/build.mjs first.");
  copyKeys();
  const [child, preload, many] = ["child", "disk-points", "many"].map((name) => join(FOLDER, `${name}.mjs`));
  await build({ ...fromSource, entryPoints: ["test/kills/child.ts"], outfile: child, plugins: [shipped] });
  await build({ ...fromSource, entryPoints: ["test/kills/disk-points.ts"], outfile: preload });
  await build({ ...sources, entryPoints: ["test/kills/many.ts"], outfile: many });
  return { child, preload, many };
}

export async function buildChaos() {
  copyKeys();
  const many = join(FOLDER, "chaos.mjs");
  await build({ ...sources, entryPoints: ["test/chaos/many.ts"], outfile: many });
  return many;
}

/** The throw-away keys of the tests are read from beside the program. */
function copyKeys() {
  cpSync(join(ROOT, "test/secrets/fixtures"), join(FOLDER, "fixtures"), { recursive: true });
}
