/** Many repos, one after the other, and what came of them. */
import { type Leak, type RepoResult, type RunOptions, runRepo } from "./run.ts";

export interface Tally {
  repos: number;
  commands: number;
  searched: number;
  delivered: number;
  revealed: number;
  readonly leaks: Leak[];
  readonly exits: Map<string, number>;
  readonly mistakes: Map<string, number>;
  readonly traits: Map<string, number>;
}

export function emptyTally(): Tally {
  return {
    repos: 0,
    commands: 0,
    searched: 0,
    delivered: 0,
    revealed: 0,
    leaks: [],
    exits: new Map(),
    mistakes: new Map(),
    traits: new Map(),
  };
}

export function add(tally: Tally, result: RepoResult): void {
  tally.repos++;
  tally.commands += result.commands;
  tally.searched += result.searched;
  tally.delivered += result.delivered;
  tally.revealed += result.revealed;
  tally.leaks.push(...result.leaks);
  for (const [name, times] of result.exits) tally.exits.set(name, (tally.exits.get(name) ?? 0) + times);
  const count = (names: readonly string[], into: Map<string, number>): void => {
    for (const name of names) into.set(name, (into.get(name) ?? 0) + 1);
  };
  count(result.mistakes, tally.mistakes);
  count([...new Set(result.traits)], tally.traits);
}

/** Repos of the seeds from `first` on. `each` is told after every one. */
export async function runRepos(
  first: number,
  count: number,
  options: RunOptions,
  each: (tally: Tally) => void = () => undefined,
): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = first; seed < first + count; seed++) {
    add(tally, await runRepo(seed, options));
    each(tally);
  }
  return tally;
}

/** One line a leak, the same leak of other seeds left out. */
export function leakLines(leaks: readonly Leak[]): string[] {
  const lines = new Map<string, string>();
  for (const { seed, sink, encoding, canary, mistakes, excerpt } of leaks) {
    const id = `${sink} ${encoding} ${mistakes.join()}`;
    const text = `seed ${seed}: ${canary.role} (${canary.kind}) as ${encoding} in ${sink} [${mistakes.join()}]\n    ${excerpt}`;
    if (!lines.has(id)) lines.set(id, text);
  }
  return [...lines.values()];
}
