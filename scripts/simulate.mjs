/**
 * `npm run simulate`: runs the real engine and drivers in simulated worlds, a world for each seed, and says what went
 * wrong. See docs/reliability.md.
 *
 *   --seeds N [--seed S] [--store etcd|ssm|directory]   N worlds, from seed S on (1)
 *   --replay FILE | --seed S --trace                    one world, with everything that happens in it
 *   --shrink FILE --seed S [--store …]                  makes a failing seed small and writes it to a file
 *   --regressions                                       all files of test/simulation/regressions, twice each
 *   --mutants [--most N] [--only NAME]                  seeded bugs: each must be found
 *   --exhaustive [--store S] [--lost 2] [--crashes 1]   all interleavings of a small world
 *
 * `--workers N` (2) and `--json` (the summary as JSON) go with all of them. Exit 1: something is wrong.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS } from "../test/simulation/mutants.mjs";
import { findNode24 } from "./node24.mjs";
import { bundleSimulation } from "./simulation-bundle.mjs";

const REGRESSIONS = join(import.meta.dirname, "../test/simulation/regressions");

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string", default: "1" },
    store: { type: "string" },
    trace: { type: "boolean", default: false },
    replay: { type: "string" },
    shrink: { type: "string" },
    regressions: { type: "boolean", default: false },
    mutants: { type: "boolean", default: false },
    exhaustive: { type: "boolean", default: false },
    most: { type: "string" },
    only: { type: "string" },
    turns: { type: "string" },
    lost: { type: "string", default: "2" },
    crashes: { type: "string", default: "1" },
    sample: { type: "string" },
    workers: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});
const seed = Number(given.seed);
const workers = Number(given.workers);
const folder = mkdtempSync(join(tmpdir(), "trueup-simulation-"));
const say = (text) => void (given.json ? undefined : process.stdout.write(text));

/** A world is mostly short-lived objects: one thread cleans them up as it goes, and seldom. */
const V8 = ["--single-threaded-gc", "--max-semi-space-size=64", "--no-allocation-site-pretenuring"];
/** Node 24 runs the worlds half as fast again; what happens in them is the same. */
const NODE = findNode24() ?? process.execPath;

/** Runs one task in a process of its own; gives its last message. */
function work(bundle, task, progress = () => undefined) {
  return new Promise((resolve, reject) => {
    const worker = fork(bundle, { execPath: NODE, execArgv: V8, serialization: "advanced" });
    worker.send(task);
    let done;
    worker.on("message", (message) => (message.kind === "done" ? (done = message) : progress(message)));
    worker.on("error", reject);
    worker.on("exit", () =>
      done === undefined ? reject(new Error("a worker ended without a result")) : resolve(done),
    );
  });
}

async function bundled(name, patches) {
  const file = join(folder, `${name}.mjs`);
  await bundleSimulation(file, patches);
  return file;
}

function finish(summary, isFine, text) {
  process.stdout.write(given.json ? `${JSON.stringify(summary)}\n` : text);
  process.exitCode = isFine ? 0 : 1;
}

function addAll(into, counts) {
  for (const [what, count] of Object.entries(counts)) into[what] = (into[what] ?? 0) + count;
}

async function runSeeds(count) {
  const bundle = await bundled("worker", []);
  const began = performance.now();
  const reached = Array.from({ length: workers }, () => 0);
  const parts = await Promise.all(
    reached.map((_, n) =>
      work(
        bundle,
        {
          kind: "seeds",
          from: seed + n,
          count: count - n,
          step: workers,
          store: given.store,
          most: Number(given.most ?? 5),
          twice: 97,
        },
        ({ seeds, failure }) => {
          reached[n] = seeds;
          if (failure !== undefined) say(`\nseed ${failure.seed}: ${failure.rule}: ${failure.text}\n`);
          const sum = reached.reduce((a, b) => a + b, 0);
          say(`\r${sum} of ${count} seeds, ${Math.round((sum / (performance.now() - began)) * 1000)} a second `);
        },
      ),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  const total = { seeds: 0, events: 0, repeated: 0, cpuSeconds: 0, counts: {}, stores: {}, failures: [] };
  for (const part of parts) {
    for (const name of ["seeds", "events", "repeated", "cpuSeconds"]) total[name] += part[name];
    addAll(total.counts, part.counts);
    addAll(total.stores, part.stores);
    total.failures.push(...part.failures);
  }
  const rows = Object.entries(total.counts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, many]) => `  ${String(many).padStart(8)}  ${what}\n`);
  const failures = total.failures.map(
    (each) =>
      `seed ${each.seed}: ${each.rule}: ${each.text}\n  npm run simulate -- --seed ${each.seed} --trace${given.store ? ` --store ${given.store}` : ""}\n`,
  );
  finish(
    { ...total, seconds },
    total.failures.length === 0,
    `\r${total.seeds} seeds (${Object.entries(total.stores)
      .map(([name, many]) => `${name} ${many}`)
      .join(", ")}), ${total.events} events, ${total.repeated} of them run twice, in ${seconds.toFixed(1)} s: ` +
      `${Math.round(total.seeds / seconds)} seeds a second, ${Math.round(total.seeds / total.cpuSeconds)} for each second of a core\n` +
      `seeds in which it happened:\n${rows.join("")}${failures.join("")}${total.failures.length} violations\n`,
  );
}

async function trace(task) {
  const found = await work(await bundled("worker", []), task);
  const lines = found.violations.map(({ rule, text }) => `${rule}: ${text}\n`);
  finish(found, lines.length === 0, `${found.trace.join("\n")}\n${lines.join("")}hash ${found.hash}\n`);
}

const isFine = ({ violations, same }) => violations.length === 0 && same;

async function runFiles(files) {
  const found = await work(await bundled("worker", []), { kind: "files", files });
  finish(
    found,
    found.files.every(isFine),
    found.files
      .map(
        (each) =>
          `${isFine(each) ? "fine" : "FAILS"} ${each.file} ${each.violations.map(({ rule, text }) => `${rule}: ${text}`).join("; ")}\n`,
      )
      .join(""),
  );
}

/** Each seeded bug against so many seeds at most; a few of them with `--sample`. */
async function runMutants() {
  const every = given.sample === undefined ? 1 : Math.max(1, Math.ceil(MUTANTS.length / Number(given.sample)));
  const chosen = MUTANTS.filter(({ name }, n) =>
    given.only === undefined ? n % every === 0 : name.includes(given.only),
  );
  const open = chosen.entries();
  const found = [];
  const began = performance.now();
  const next = async () => {
    for (const [n, { name, store, patch }] of open) {
      const bundle = await bundled(`mutant${n}`, [patch]);
      const task = {
        kind: "seeds",
        from: seed,
        count: Number(given.seeds ?? 10_000),
        step: 1,
        store,
        most: 1,
        twice: 0,
      };
      const { seeds, failures } = await work(bundle, task);
      rmSync(bundle);
      const [first] = failures;
      found.push({ name, store, seeds, rule: first?.rule });
      say(
        `${first === undefined ? "NOT FOUND" : "found"} ${store} ${name}: ${seeds} seeds${first === undefined ? "" : `, ${first.rule}`}\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: workers }, next));
  const missed = found.filter(({ rule }) => rule === undefined);
  const seconds = (performance.now() - began) / 1000;
  finish(
    { found, missed, seconds },
    missed.length === 0,
    `${found.length - missed.length} of ${found.length} seeded bugs found in ${seconds.toFixed(1)} s\n`,
  );
}

const line = ({ store, turns, schedules, states, ends, complete, failures }) =>
  `\r${store}, ${turns} turns: ${schedules} schedules, ${states} states, ${ends} ends, ${complete ? "all there are" : "not all"}, ${failures.length} violations\n` +
  failures.map(({ rule, text }) => `  ${rule}: ${text}\n`).join("");

/** All orders of a small world; `--turns` bounds how often processes alternate, `--most` how many orders are tried. */
async function runExhaustive() {
  const bundle = await bundled("worker", []);
  // The others have too many calls: their worlds do not come to an end. `--turns` and `--most` bound them.
  const stores = [given.store ?? "etcd"];
  const began = performance.now();
  const results = await Promise.all(
    stores.map(async (store) => {
      const turns = given.turns === undefined ? (store === "etcd" ? Infinity : 1) : Number(given.turns);
      const task = {
        kind: "explore",
        store,
        scope: { lost: Number(given.lost), crashes: Number(given.crashes), turns },
        most: Number(given.most ?? Infinity),
      };
      const result = await work(bundle, task, ({ schedules, states }) =>
        say(`\r${store}: ${schedules} schedules, ${states} states `),
      );
      return { store, turns: turns === Infinity ? "all" : turns, ...result };
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  finish(
    { results, seconds },
    results.every(({ failures }) => failures.length === 0),
    `${results.map(line).join("")}${seconds.toFixed(1)} s\n`,
  );
}

const regressions = () =>
  readdirSync(REGRESSIONS)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(REGRESSIONS, name));

try {
  if (given.replay !== undefined)
    await trace({ kind: "trace", scenario: JSON.parse(readFileSync(given.replay, "utf8")) });
  else if (given.shrink !== undefined) {
    const { scenario } = await work(await bundled("worker", []), { kind: "shrink", seed, store: given.store });
    writeFileSync(given.shrink, `${JSON.stringify(scenario, undefined, 2)}\n`);
    await trace({ kind: "trace", scenario });
  } else if (given.trace) await trace({ kind: "seed", seed, store: given.store });
  else if (given.exhaustive) await runExhaustive();
  else if (given.mutants) await runMutants();
  else if (given.regressions) await runFiles(regressions());
  else await runSeeds(Number(given.seeds ?? 2000));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
