/** The entry of the bundle: does one task in a process of its own and sends what came of it. */
import { readFileSync } from "node:fs";
import { type Scope, explore } from "./exhaustive.ts";
import { scenarioOf } from "./generate.ts";
import type { Violation } from "./invariants.ts";
import type { Scenario, StoreKind } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

export type Task =
  | {
      readonly kind: "seeds";
      readonly from: number;
      readonly count: number;
      /** Every how many-th seed is this worker's. */
      readonly step: number;
      readonly store: StoreKind | undefined;
      /** Ends with so many failures. */
      readonly most: number;
      /** Runs every n-th seed twice and compares. */
      readonly twice: number;
    }
  | { readonly kind: "files"; readonly files: readonly string[] }
  | { readonly kind: "trace"; readonly scenario: Scenario }
  | { readonly kind: "seed"; readonly seed: number; readonly store: StoreKind | undefined }
  | { readonly kind: "shrink"; readonly seed: number; readonly store: StoreKind | undefined }
  | { readonly kind: "explore"; readonly store: StoreKind; readonly scope: Scope; readonly most: number };

const parent = process.ppid;
const tell = (message: object): void => {
  // Whoever asked may have been killed, and a loop without an end hears nothing of it.
  if (process.ppid !== parent) process.exit(1);
  process.send?.(message);
};
// Stack traces cost more than everything else that a failure does.
Error.stackTraceLimit = 0;

function failed(seed: number, violation: Violation | undefined, hash: number): object {
  return { seed, rule: violation?.rule, text: violation?.text, hash };
}

function runSeeds({ from, count, step, store, most, twice }: Extract<Task, { kind: "seeds" }>): void {
  const counts = new Map<string, number>();
  const stores = new Map<string, number>();
  const failures: object[] = [];
  let [seeds, events, repeated] = [0, 0, 0];
  const began = process.cpuUsage();
  for (let seed = from; seed < from + count && failures.length < most; seed += step) {
    const scenario = scenarioOf(seed, store);
    const outcome = simulate(scenario);
    seeds++;
    events += outcome.events;
    for (const [what] of outcome.counts) counts.set(what, (counts.get(what) ?? 0) + 1);
    stores.set(scenario.store, (stores.get(scenario.store) ?? 0) + 1);
    if (outcome.violations.length > 0) {
      failures.push(failed(seed, outcome.violations[0], outcome.hash));
      tell({ kind: "progress", seeds, failure: failures.at(-1) });
    }
    if (twice > 0 && seed % twice === 0) {
      repeated++;
      const second = simulate(scenarioOf(seed, store));
      if (second.hash !== outcome.hash || second.events !== outcome.events)
        failures.push(
          failed(seed, { rule: "determinism", text: "the same seed ran differently the second time" }, second.hash),
        );
    }
    if (seeds % 2000 === 0) tell({ kind: "progress", seeds });
  }
  const { user, system } = process.cpuUsage(began);
  tell({
    kind: "done",
    seeds,
    events,
    repeated,
    counts: Object.fromEntries(counts),
    stores: Object.fromEntries(stores),
    failures,
    cpuSeconds: (user + system) / 1e6,
  });
}

// The channel ends with its last listener, and the process with it.
process.once("message", (task: Task) => {
  switch (task.kind) {
    case "seeds":
      runSeeds(task);
      break;
    case "files":
      tell({
        kind: "done",
        files: task.files.map((file) => {
          const scenario = JSON.parse(readFileSync(file, "utf8")) as Scenario;
          const [first, second] = [simulate(scenario, { thorough: true }), simulate(scenario, { thorough: true })];
          return { file, violations: first.violations, same: first.hash === second.hash, hash: first.hash };
        }),
      });
      break;
    case "trace":
    case "seed": {
      const scenario = task.kind === "trace" ? task.scenario : scenarioOf(task.seed, task.store);
      const outcome = simulate(scenario, { traced: true });
      tell({ kind: "done", ...outcome, counts: Object.fromEntries(outcome.counts) });
      break;
    }
    case "shrink":
      tell({ kind: "done", scenario: shrink(scenarioOf(task.seed, task.store)) });
      break;
    case "explore":
      tell({
        kind: "done",
        ...explore(task.store, task.scope, task.most, (found) => tell({ kind: "progress", ...found })),
      });
      break;
  }
});
