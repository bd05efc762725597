/** Makes a failing scenario small: whatever can go while it still fails in the same way, goes. */
import type { Run, Scenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";

/** Tries of one shrinking, at most. */
const TRIES = 1500;

export function shrink(scenario: Scenario): Scenario {
  const rule = simulate(scenario).violations[0]?.rule;
  if (rule === undefined) return scenario;
  let best = scenario;
  let tries = 0;
  const fails = (candidate: Scenario): boolean => {
    if (tries++ > TRIES) return false;
    return simulate(candidate).violations[0]?.rule === rule;
  };
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (const candidate of smaller(best)) {
      if (JSON.stringify(candidate) === JSON.stringify(best) || !fails(candidate)) continue;
      best = candidate;
      isBetter = true;
      break;
    }
  }
  return best;
}

function* smaller(scenario: Scenario): Generator<Scenario> {
  const { runs, hands, commits, tuning, preset } = scenario;
  for (const n of runs.keys()) yield { ...scenario, runs: without(runs, n) };
  if (scenario.reads !== undefined) yield { ...scenario, reads: [] };
  for (const n of hands.keys()) yield { ...scenario, hands: without(hands, n) };
  for (const key of Object.keys(preset)) yield { ...scenario, preset: withoutKey(preset, key) };
  for (const key of Object.keys(tuning)) yield { ...scenario, tuning: withoutKey(tuning, key) };
  if (scenario.guards.maxDeleteCount !== undefined) yield { ...scenario, guards: {} };
  for (const [n, run] of runs.entries())
    for (const simpler of simplerRuns(run)) yield { ...scenario, runs: runs.with(n, simpler) };
  if (scenario.first !== null) yield { ...scenario, first: null };
  for (const name of new Set(commits.flatMap(({ wants }) => Object.keys(wants)))) {
    yield { ...scenario, commits: commits.map((commit) => ({ ...commit, wants: withoutKey(commit.wants, name) })) };
    for (const [n, commit] of commits.entries())
      if (name in commit.wants)
        yield { ...scenario, commits: commits.with(n, { ...commit, wants: withoutKey(commit.wants, name) }) };
  }
}

function* simplerRuns(run: Run): Generator<Run> {
  for (const n of run.faults.keys()) yield { ...run, faults: without(run.faults, n) };
  for (const word of run.allow) yield { ...run, allow: run.allow.filter((each) => each !== word) };
  for (const key of ["acceptRewrite", "only", "review", "interrupt", "crash", "denied", "expired", "jump"] as const)
    if (run[key] !== undefined) yield withoutKey(run as unknown as Record<string, unknown>, key) as unknown as Run;
  if (run.slow !== 1) yield { ...run, slow: 1 };
}

function without<T>(items: readonly T[], n: number): T[] {
  return items.filter((_, at) => at !== n);
}

function withoutKey<T extends object>(map: T, key: string): T {
  return Object.fromEntries(Object.entries(map).filter(([each]) => each !== key)) as T;
}
