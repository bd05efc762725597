/**
 * `npm run mutate [-- FILE…]`: changes the code of plans, guards and applies in small ways (StrykerJS), and says which
 * changes no test notices. Works on a copy of the repository; StrykerJS stands in a cache of its own, for it would
 * treble what a developer installs. Ends with 1 below 90 %. The whole report: dist/mutation/report.json.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist/mutation");
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "trueup/stryker");
const STRYKER = "9.6.1";
/** What is changed. */
const CODE = ["src/plan/**/*.ts", "src/apply/**/*.ts", "src/canonical.ts", "src/report/redact.ts"];
/** Who must notice: tests in this process that take milliseconds, for each is run hundreds of times. */
const TESTS = [
  "test/canonical.test.ts",
  "test/stages/apply/",
  "test/stages/plan/",
  "test/stages/report/redact.test.ts",
];

const vitest = JSON.parse(readFileSync(join(ROOT, "node_modules/vitest/package.json"), "utf8")).version;
install({ "@stryker-mutator/core": STRYKER, "@stryker-mutator/vitest-runner": STRYKER, vitest });
const copy = mkdtempSync(join(tmpdir(), "trueup-mutate-"));
try {
  const files = repositoryFiles();
  const tests = files.filter((file) => file.endsWith(".test.ts") && TESTS.some((start) => file.startsWith(start)));
  copyInto(copy, files);
  const named = process.argv.slice(2).map((file) => relative(ROOT, join(process.cwd(), file)));
  process.exitCode = mutate(copy, tests, named.length === 0 ? CODE : named);
  mkdirSync(OUT, { recursive: true });
  cpSync(join(copy, "report.json"), join(OUT, "report.json"));
  checkAllRan(tests);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function install(wanted) {
  const isThere = ([name, version]) => {
    const file = join(CACHE, "node_modules", name, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version;
  };
  const packages = Object.entries(wanted);
  if (packages.every(isThere)) return;
  const specs = packages.map(([name, version]) => `${name}@${version}`);
  mkdirSync(CACHE, { recursive: true });
  execFileSync("npm", ["i", "--prefix", CACHE, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", ...specs], {
    stdio: "inherit",
  });
}

/** Files that Git knows or would know, as they are now. */
function repositoryFiles() {
  const list = [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "src",
    "test",
    "schemas",
    "package.json",
  ];
  const files = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" }).split("\0");
  return files.filter((file) => file !== "" && existsSync(join(ROOT, file)));
}

function copyInto(folder, files) {
  for (const file of files) cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

function mutate(folder, tests, code) {
  const modules = join(CACHE, "node_modules/@stryker-mutator");
  writeFileSync(
    join(folder, "vitest.config.mjs"),
    `export default ${JSON.stringify({ test: { include: tests, testTimeout: 20_000 } })};\n`,
  );
  writeFileSync(
    join(folder, "stryker.json"),
    JSON.stringify({
      mutate: code,
      inPlace: true,
      testRunner: "vitest",
      plugins: [join(modules, "vitest-runner/dist/src/index.js")],
      vitest: { configFile: "vitest.config.mjs", related: false },
      coverageAnalysis: "perTest",
      concurrency: 2,
      // Stryker reads it with the API of an older TypeScript; types are stripped, not checked.
      tsconfigFile: "none.json",
      reporters: ["clear-text", "json"],
      clearTextReporter: { logTests: false, allowColor: false, allowEmojis: false },
      jsonReporter: { fileName: "report.json" },
      thresholds: { high: 95, low: 90, break: 90 },
    }),
  );
  const args = [join(modules, "core/bin/stryker.js"), "run", "stryker.json"];
  return spawnSync(process.execPath, args, { cwd: folder, stdio: "inherit" }).status ?? 1;
}

/** A file that cannot be loaded runs no test, and Stryker says nothing of it. */
function checkAllRan(tests) {
  const { testFiles } = JSON.parse(readFileSync(join(OUT, "report.json"), "utf8"));
  const silent = tests.filter((file) => !(testFiles[file]?.tests.length > 0));
  if (silent.length > 0) throw new Error(`no test of these files ran: ${silent.join(", ")}`);
}
