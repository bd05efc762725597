/** A share of the repos of the leak test: shares run side by side. */
import { expect, it } from "vitest";
import { ACTIONS } from "../../src/actions/inputs.ts";
import { HOLDERS } from "./apps.ts";
import { CANARY_KINDS } from "./canary.ts";
import { commandLines } from "./lines.ts";
import { leakRepo } from "./make-repo.ts";
import { randomOf } from "./random.ts";
import { leakLines, runRepos } from "./tally.ts";
import { nameOf } from "./world.ts";

const REPOS = 500;
/** Command lines of each repo beside those that make and fill it. */
const LINES = 3;

/** Every command in every format must have run, and most commands with success: one that fails says little. */
const NAMES = new Set(commandLines(leakRepo(1), randomOf(1)).map(({ args }) => nameOf(args)));
const COMMANDS = new Set([...NAMES].map((name) => /^(?:(?:secrets|schema) )?\S+/u.exec(name)?.[0] ?? name));
/** Needs a target in SSM: see `ssm.test.ts`. */
const ELSEWHERE = new Set(["permissions"]);
const TRAITS = [
  "stored in memory",
  "stored in directory",
  "in Git",
  ...HOLDERS.map((holder) => `held by ${holder}`),
  ...[...CANARY_KINDS, "made up"].map((kind) => `kind ${kind}`),
];

export function leakShard(number: number): void {
  it(`finds no secret where none belongs, in ${REPOS} repos`, { timeout: 600_000 }, async () => {
    const tally = await runRepos(number * REPOS, REPOS, { lines: LINES });
    expect(leakLines(tally.leaks)).toEqual([]);
    // What follows is that there was something to find.
    expect(tally.delivered).toBeGreaterThan(REPOS / 2);
    expect(tally.revealed).toBeGreaterThan(REPOS / 100);
    expect(tally.mistakes.size).toBeGreaterThan(30);
    expect(TRAITS.filter((trait) => !tally.traits.has(trait))).toEqual([]);
    const exits = [...tally.exits.keys()];
    const ended = (name: string, codes: RegExp): boolean =>
      exits.some((exit) => exit.startsWith(`${name} `) && codes.test(exit));
    expect([...NAMES].filter((name) => !ended(name, /\d+$/u))).toEqual([]);
    expect([...COMMANDS].filter((name) => !ELSEWHERE.has(name) && !ended(name, / [02]$/u))).toEqual([]);
    expect(ACTIONS.filter((name) => !ended(`action ${name}`, / [02]$/u))).toEqual([]);
  });
}
