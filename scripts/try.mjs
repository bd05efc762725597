/**
 * `npm run try`: the whole story of trueup in a temporary folder, with the real command and no network.
 * Every step prints the command it runs and one sentence about what to look at, and checks what it claims.
 * Stops with exit code 1 at the first step that does not do what it should. `--keep` leaves the folder behind.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const CLI = join(ROOT, "dist", "cli.cjs");
const KEEP = process.argv.includes("--keep");
const BASE = "apps/orders/base.yaml";
const POOL = { before: "pool: { min: 2, max: 10 }", after: "pool: { min: 2, max: 20 }" };

/** A step that did not do what it should: told to the user without a stack trace. */
class StepFailed extends Error {}

const COLORED = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code, text) => (COLORED ? `\u001B[${code}m${text}\u001B[0m` : text);
const say = (text = "") => process.stdout.write(`${text}\n`);
const indent = (text) => text.trimEnd().replace(/^/gmu, "    ");

let steps = 0;
function step(title, look) {
  steps += 1;
  say();
  say(paint("1", `${steps}. ${title}`));
  say(`   ${look}`);
}

/** What the commands see: nothing of the caller's Git settings or CI, so that the story is the same everywhere. */
function environment() {
  const hidden = /^(?:GIT_|GITHUB_|TRUEUP_|CI$|FORCE_COLOR$|NO_COLOR$)/u;
  const kept = Object.entries(process.env).filter(([name]) => !hidden.test(name));
  return {
    ...Object.fromEntries(kept),
    ...(COLORED ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
}

/** Runs a program in `folder`, shows what it wrote, and gives its standard output. */
function run(folder, program, args, { shown, quiet = false } = {}) {
  if (shown !== undefined) say(`\n  ${paint("36", `$ ${shown}`)}`);
  const result = spawnSync(program, args, { cwd: folder, env: environment(), encoding: "utf8" });
  if (result.error !== undefined)
    throw new StepFailed(`${program} could not be started (${result.error.code ?? "unknown error"}). Is it installed?`);
  const output = [result.stdout, result.stderr].filter((text) => text !== "").join("");
  if (output.trim() !== "" && (!quiet || result.status !== 0)) say(indent(output));
  if (result.status !== 0)
    throw new StepFailed(
      `"${shown ?? [program, ...args].join(" ")}" ended with ${result.status ?? result.signal}, not with 0.`,
    );
  return result.stdout;
}

const git = (folder, args, shown) => run(folder, "git", args, { shown, quiet: shown === undefined });
const trueup = (folder, ...args) =>
  run(folder, process.execPath, [CLI, ...args], { shown: `trueup ${args.map(quoted).join(" ")}` });

function quoted(argument) {
  return /^[\w@./:=-]+$/u.test(argument) ? argument : `'${argument}'`;
}

function check(condition, message) {
  if (!condition) throw new StepFailed(message);
}

/** Every file below a folder with its text and the time it was written, by path with forward slashes. */
function filesBelow(folder) {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [
        relative(folder, path).split(sep).join("/"),
        { text: readFileSync(path, "utf8"), written: statSync(path, { bigint: true }).mtimeNs },
      ]),
  );
}

/** The text of the one stored key whose path ends like this. */
function stored(live, ending) {
  const found = [...filesBelow(live)].filter(([path]) => path.endsWith(ending));
  check(found.length === 1, `Expected one file ending in ${ending} below ${live}, found ${found.length}.`);
  return found[0][1].text;
}

function checkStored(live, wanted) {
  for (const [place, value] of Object.entries(wanted)) {
    const text = stored(live, `${place}/orders/database/pool/max`).trim();
    check(text === value, `orders' pool in ${place} should be ${value} in the store, but is ${text}.`);
  }
  const told = Object.entries(wanted).map(([place, value]) => `${place} ${value}`);
  say(`\n   ${paint("32", "checked")}: orders' pool is now ${told.join(", ")}`);
}

function showStore(live) {
  const keys = [...filesBelow(live).keys()].filter((path) => !path.includes(".trueup/"));
  const some = keys.filter((path) => path.includes("/us-east-2/"));
  say(`\n  ${paint("36", "$ find .trueup/live -path '*us-east-2*' -type f")}`);
  say(indent(some.join("\n")));
  say(`    … and ${keys.length - some.length} more in the other places`);
  say(`\n  ${paint("36", "$ cat …/prod/us-east-2/gateway/files/nginx.conf")}`);
  say(indent(stored(live, "prod/us-east-2/gateway/files/nginx.conf")));
}

/** Somebody may have tried things inside the template itself; its local store is no part of it. */
const isLocal = (path) => path.endsWith(`${sep}.trueup`);

function prepare(folder) {
  cpSync(join(ROOT, "config-repo-template"), folder, { recursive: true, filter: (path) => !isLocal(path) });
  git(folder, ["-c", "init.defaultBranch=main", "init", "--quiet"]);
  git(folder, ["config", "user.name", "Try"]);
  git(folder, ["config", "user.email", "try@example.com"]);
  git(folder, ["add", "--all"]);
  git(folder, ["commit", "--quiet", "--message", "Configuration of shop"]);
}

function changePool(folder) {
  const file = join(folder, BASE);
  const text = readFileSync(file, "utf8");
  check(text.includes(POOL.before), `${BASE} no longer says "${POOL.before}"; scripts/try.mjs has to follow.`);
  writeFileSync(file, text.replace(POOL.before, POOL.after));
}

function story(folder) {
  const live = join(folder, ".trueup", "live");
  step(
    "A config repo",
    "A copy of config-repo-template, as a new Git repository: two apps, three environments, two regions in prod.",
  );
  prepare(folder);
  git(folder, ["ls-files", "trueup.yaml", "apps", "shared", "schemas"], "git ls-files trueup.yaml apps shared schemas");

  step("Is everything right?", "One line: every unit rendered and checked against its schema and the store's rules.");
  trueup(folder, "validate");

  step(
    "What would be written?",
    "Nothing is written yet. One line for each value, with the places it reaches; PROD is named.",
  );
  trueup(folder, "diff");
  check(filesBelow(live).size === 0, "diff wrote into the store; it must only look.");

  step(
    "Write it",
    "Place after place, dev first. The password is not among the values: it waits for somebody to fill it in.",
  );
  trueup(folder, "apply", "--yes");

  step("What is in the store now", "One file for each key, and nginx.conf rendered whole. Apps would read this.");
  showStore(live);
  checkStored(live, {
    "dev/eu-west-1": "10",
    "staging/eu-west-1": "10",
    "prod/eu-west-1": "40",
    "prod/us-east-2": "60",
  });

  step("Change one value, by a commit", `In ${BASE} the pool grows from 10 to 20.`);
  changePool(folder);
  git(
    folder,
    ["commit", "--all", "--quiet", "--message", "Orders: larger pool"],
    "git commit --all --message 'Orders: larger pool'",
  );
  git(folder, ["show", "--format=%s", "--unified=0"], "git show");

  step(
    "What does the edit reach?",
    "Two places, not four: prod has values of its own, and the plan names the lines that keep them.",
  );
  trueup(folder, "diff");
  trueup(folder, "apply", "--yes");
  checkStored(live, {
    "dev/eu-west-1": "20",
    "staging/eu-west-1": "20",
    "prod/eu-west-1": "40",
    "prod/us-east-2": "60",
  });

  step("Why is this value 60?", "Three files have a say; the last one wins, and the answer names its line.");
  const why = trueup(folder, "explain", "orders@prod.us-east-2:database.pool.max");
  check(why.includes("60"), "explain does not name the value 60.");

  step("Undo", "A rollback is a revert, planned and applied like any change.");
  git(folder, ["revert", "--no-edit", "HEAD"], "git revert --no-edit HEAD");
  trueup(folder, "apply", "--yes");
  checkStored(live, {
    "dev/eu-west-1": "10",
    "staging/eu-west-1": "10",
    "prod/eu-west-1": "40",
    "prod/us-east-2": "60",
  });

  step("Apply again", "There is nothing to do, so nothing is written: not one file is touched.");
  const before = filesBelow(live);
  trueup(folder, "apply", "--yes");
  check(isSame(before, filesBelow(live)), "the second apply touched files in the store.");
  say(`\n   ${paint("32", "checked")}: all ${before.size} files have the same text and the same time of writing`);
}

function isSame(before, after) {
  return (
    before.size === after.size &&
    [...before].every(
      ([path, file]) => after.get(path)?.text === file.text && after.get(path)?.written === file.written,
    )
  );
}

function main() {
  run(ROOT, process.execPath, [join(ROOT, "scripts", "build.mjs")], { quiet: true });
  check(existsSync(CLI), "scripts/build.mjs did not make dist/cli.cjs.");
  const folder = mkdtempSync(join(tmpdir(), "trueup-try-"));
  try {
    story(folder);
    say();
    say("That was all of it. The next five minutes are in config-repo-template/README.md.");
  } finally {
    if (KEEP) say(`The folder is kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  process.stderr.write(`\nStopped${steps === 0 ? "" : ` at step ${steps}`}: ${error.message}\n`);
  if (!KEEP) process.stderr.write("Run it again with --keep (npm run try -- --keep) to look into the folder.\n");
  process.exitCode = 1;
}
