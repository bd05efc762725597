/**
 * `npm run coverage [-- AREA…]`: runs the tests that reach an area in process, and names every branch of it that none of
 * them takes. Exits 1 if there is one. Needs the servers of the tests (etcd, moto): nothing is skipped. Takes minutes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const STORIES = ["cases", "story", "generate-story", "ref-story", "sops-story"].map((name) => `test/${name}.test.ts`);
const ENGINE = ["test/stages", "test/secrets", "test/canonical.test.ts", ...STORIES];

/** What has to be covered, and by which tests. */
const AREAS = {
  apply: { files: ["src/apply/"], tests: ENGINE },
  plan: { files: ["src/plan/"], tests: ENGINE },
  stores: { files: ["src/stores/"], tests: ["test/stores/"] },
  redactor: {
    files: ["src/report/redact.ts", "src/report/print.ts", "src/secret.ts", "src/actions/log.ts", "src/sure.ts"],
    tests: ["test/stages/report", "test/secret.test.ts", "test/actions/log.test.ts"],
  },
  canonical: { files: ["src/canonical.ts"], tests: ["test/canonical.test.ts", "test/stages/map"] },
};
/** They run programs of their own: nothing of that counts here. */
const ELSEWHERE = ["test/stores/*-bundle.test.ts", "test/stores/directory-crash.test.ts"];

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(AREAS);
const unknown = names.filter((name) => !Object.hasOwn(AREAS, name));
if (unknown.length > 0) {
  process.stderr.write(`No such area: ${unknown.join(", ")}. There are ${Object.keys(AREAS).join(", ")}.\n`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "trueup-coverage-"));
try {
  const failed = measure(names.map((name) => AREAS[name]));
  const open = tell(names);
  process.exitCode = failed === 0 && open === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(areas) {
  const args = [
    "run",
    ...new Set(areas.flatMap(({ tests }) => tests)),
    ...ELSEWHERE.map((pattern) => `--exclude=${pattern}`),
    "--coverage",
    ...areas.flatMap(({ files }) => files).map((file) => `--coverage.include=${file.replace(/\/$/u, "/**")}`),
    "--coverage.reporter=json",
    "--coverage.reportOnFailure",
    `--coverage.reportsDirectory=${folder}`,
  ];
  const env = { ...process.env, REQUIRE_SERVERS: "1" };
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  return spawnSync(process.execPath, [vitest, ...args], { cwd: ROOT, stdio: "inherit", env }).status ?? 1;
}

/** Prints the open branches and one line for each area; returns how many are open. */
function tell(wanted) {
  const found = Object.values(JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8"))).map((file) => ({
    path: relative(ROOT, file.path),
    branches: Object.entries(file.b).flatMap(([id, counts]) => counts.map((count, n) => branch(file, id, n, count))),
  }));
  let open = 0;
  for (const name of wanted) {
    const files = found.filter(({ path }) => AREAS[name].files.some((start) => path.startsWith(start)));
    const all = files.flatMap(({ branches }) => branches);
    const left = all.filter(({ count }) => count === 0);
    for (const { place, kind } of left) process.stdout.write(`${place}: ${kind} is never taken\n`);
    process.stdout.write(`${name}: ${all.length - left.length} of ${all.length} branches\n`);
    open += left.length;
  }
  return open;
}

function branch({ path, branchMap }, id, n, count) {
  const { type, loc, locations } = branchMap[id];
  const start = locations[n]?.start?.line === undefined ? loc.start : locations[n].start;
  return { count, kind: `${type} ${n + 1}`, place: `${relative(ROOT, path)}:${start.line}:${start.column + 1}` };
}
