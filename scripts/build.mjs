/**
 * Builds `dist/`: the command line as one CommonJS file (`run.cjs`, which `cli.cjs` starts from kept bytecode), the library
 * as ES modules, the actions as CommonJS in one file and what some of them load later, and one file for every client library of a store, loaded when its store (or Git) is first used. Everything is bundled, so that the published package installs nothing. `--types` also writes
 * the type declarations, `--sizes` lists what was written.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { build, transform } from "esbuild";
import { etcdProto } from "./etcd-proto-plugin.mjs";
import { precompiledSchemas } from "./precompile-plugin.mjs";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist");
/** Large, and not needed by most commands: `file in dist → package`. */
const LAZY = {
  "sdk-etcd": "etcd3",
  "sdk-git": "simple-git",
  "sdk-ssm": "@aws-sdk/client-ssm",
  "sdk-kms": "@aws-sdk/client-kms",
  "sdk-aws-roles": "@aws-sdk/credential-providers",
  "sdk-age": "age-encryption",
  "sdk-github": "@actions/github",
};

/** One shared bundle, and a file of two lines for each: `actions/<name>/action.yml` points at it. */
const ACTIONS = ["validate", "render", "diff", "apply", "drift"];

/** `folder`: where those files are, seen from the file that is built. */
const lazyFiles = (folder) => ({
  name: "lazy-files",
  setup(task) {
    task.onResolve({ filter: /^[^.]/ }, ({ path, kind }) => {
      const file = Object.keys(LAZY).find((name) => LAZY[name] === path);
      return kind === "dynamic-import" && file !== undefined
        ? { path: `${folder}/${file}.js`, external: true }
        : undefined;
    });
  },
});

/**
 * `@actions/core` loads an HTTP client and a process starter when it starts, 0.5 MB, for functions that are not used
 * here, and all of `node:fs/promises` for summaries. None does anything but define functions, so what nobody calls may go; esbuild cannot know that by itself.
 */
const leanToolkit = {
  name: "lean-toolkit",
  setup(task) {
    task.onResolve(
      { filter: /^(?:\.\/(?:oidc-utils|platform|summary)\.js|@actions\/(?:exec|http-client.*)|undici)$/ },
      (args) => {
        if (args.pluginData === leanToolkit || !args.importer.includes("/@actions/")) return undefined;
        const { path, importer, resolveDir, kind } = args;
        return task
          .resolve(path, { importer, resolveDir, kind, pluginData: leanToolkit })
          .then((found) => ({ ...found, sideEffects: false }));
      },
    );
  },
};

/** Of what needs `node:crypto`, which takes Node 5 ms to load, much is loaded and little is called. */
const CRYPTO = [
  "createCipheriv",
  "createDecipheriv",
  "createHash",
  "hash",
  "randomBytes",
  "randomUUID",
  "timingSafeEqual",
];
const lateCrypto = {
  name: "late-crypto",
  setup(task) {
    task.onResolve({ filter: /^(?:node:)?crypto$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "crypto", namespace: "late" } : undefined,
    );
    task.onLoad({ filter: /./, namespace: "late" }, () => ({
      contents: CRYPTO.map(
        (name) => `export const ${name} = (...args) => require("node:crypto").${name}(...args);`,
      ).join("\n"),
    }));
  },
};

/** Commander starts programs for commands that are files of their own, which ours are not: 10 ms of Node's modules less. */
const leanCommander = {
  name: "lean-commander",
  setup(task) {
    task.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: join(ROOT, "scripts/nothing.cjs") } : undefined,
    );
  },
};

/**
 * What loads later finds everything of the start in one file: each later part is told to come after the whole start.
 * Without that esbuild makes a file for every group of modules that some of the later parts share with it, thirteen of
 * them, and each costs more to open than to read.
 */
const afterTheStart = (start) => ({
  name: "after-the-start",
  setup(task) {
    task.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || pluginData === afterTheStart) return undefined;
      const found = await task.resolve(path, { kind, importer, resolveDir, pluginData: afterTheStart });
      // Below the root, so that the build is the same wherever it is made.
      return found.external ? found : { path: relative(ROOT, found.path), namespace: "later" };
    });
    task.onLoad({ filter: /./, namespace: "later" }, ({ path }) => {
      const name = JSON.stringify(`./${path}`);
      const whole = path.startsWith("src")
        ? ""
        : `import * as all from ${name};\nexport default all["default"] ?? all;\n`;
      return {
        contents: `import ${JSON.stringify(`./${start}`)};\nexport * from ${name};\n${whole}`,
        resolveDir: ROOT,
      };
    });
  },
});

const common = {
  absWorkingDir: ROOT,
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  mainFields: ["module", "main"],
  // Readable stack traces are worth more than bytes; white space is not.
  minifyWhitespace: true,
  legalComments: "linked",
  // Names of files get into the build: they must not depend on where node_modules really is.
  preserveSymlinks: true,
  logLevel: "warning",
  logOverride: { "import-is-undefined": "silent" },
  // Handlebars uses it only for source maps, which nobody sees, and does without where it is missing.
  // Of Handlebars its ES modules: without what a server asks of it, and without what makes CommonJS of them.
  alias: { "source-map": "./scripts/nothing.cjs", handlebars: "handlebars/lib/handlebars.js" },
  // CommonJS packages ask for Node's own modules through require.
  banner: {
    js: 'import { createRequire as trueupRequire } from "node:module"; const require = trueupRequire(import.meta.url);',
  },
};

rmSync(OUT, { recursive: true, force: true });
/** CommonJS knows the place of a file by other names, and needs no `require` made. */
const commonJs = {
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  banner: {},
  define: { "import.meta.dirname": "__dirname" },
};
await build({
  ...commonJs,
  entryPoints: { run: "src/cli/run.ts" },
  plugins: [precompiledSchemas, lazyFiles("."), leanCommander, lateCrypto],
});
// Code that comes from bytecode cannot `import()` on Node 20, so it asks `cli.cjs` to (src/cli/compiled.ts).
const code = readFileSync(join(OUT, "run.cjs"), "latin1").replaceAll("await import(", "await importFor(");
if (/\bimport\(/u.test(code)) throw new Error("run.cjs imports in a way that compiled.ts does not serve");
writeFileSync(join(OUT, "run.cjs"), code, "latin1");
const digest = createHash("sha256").update(code).digest("hex");
await build({
  ...commonJs,
  entryPoints: { cli: "src/cli/bin.ts" },
  define: { BUILD: JSON.stringify(digest.slice(0, 16)) },
});
await build({
  ...common,
  entryPoints: { index: "src/index.ts" },
  splitting: true,
  chunkNames: "part-[hash]",
  plugins: [precompiledSchemas, lazyFiles(".")],
});
// esbuild splits ES modules only. As CommonJS they start sooner: Node links nothing, and a builtin module loads without
// all that its ES face has to show (of `node:fs` the promises, and with them readline).
const actions = await build({
  ...common,
  target: "node24",
  outdir: "dist/actions",
  entryPoints: { action: "src/actions/main.ts" },
  splitting: true,
  chunkNames: "part-[hash]",
  outExtension: { ".js": ".cjs" },
  banner: {},
  define: { "import.meta.dirname": "__dirname" },
  write: false,
  plugins: [
    afterTheStart("src/actions/main.ts"),
    precompiledSchemas,
    lazyFiles(".."),
    leanToolkit,
    leanCommander,
    lateCrypto,
  ],
});
mkdirSync(join(OUT, "actions"), { recursive: true });
for (const { path, text } of actions.outputFiles) {
  const file = join(OUT, "actions", basename(path));
  if (!file.endsWith(".cjs")) {
    writeFileSync(file, text);
    continue;
  }
  const made = await transform(text, { format: "cjs", platform: "node", target: "node24", minifyWhitespace: true });
  writeFileSync(file, made.code.replaceAll(/\bimport\(("\.\/[\w-]+\.cjs")\)/gu, "Promise.resolve(require($1))"));
}
for (const action of ACTIONS)
  writeFileSync(join(OUT, `actions/${action}.cjs`), `void require("./action.cjs").act(${JSON.stringify(action)});\n`);
for (const [file, name] of Object.entries(LAZY)) {
  const contents = `import * as all from ${JSON.stringify(name)};\nexport * from ${JSON.stringify(name)};\nexport default all["default"] ?? all;\n`;
  await build({
    ...common,
    stdin: { contents, resolveDir: ROOT, sourcefile: `${file}.js` },
    outdir: undefined,
    outfile: `dist/${file}.js`,
    plugins: [etcdProto],
  });
}
chmodSync(join(OUT, "cli.cjs"), 0o755);
if (process.argv.includes("--types")) {
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
    cwd: ROOT,
    stdio: "inherit",
  });
}
if (process.argv.includes("--sizes")) {
  const files = readdirSync(OUT, { recursive: true }).filter((name) => /\.c?js$/u.test(name));
  for (const name of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    const kilobytes = (statSync(join(OUT, name)).size / 1000).toFixed(1);
    process.stdout.write(`${kilobytes.padStart(9)} kB  ${name}\n`);
  }
}
