/** A share of the repos of the leak test: shares run side by side. */
import { expect, it } from "vitest";
import { commandLines } from "./lines.ts";
import { randomOf } from "./random.ts";
import { leakRepo } from "./repo.ts";
import { leakLines, runRepos } from "./tally.ts";

const REPOS = 500;
/** Command lines of each repo beside those that make and fill it. */
const LINES = 3;

/** Every command, whatever its format, must have run, and most of them with success: a command that fails says little. */
const COMMANDS = new Set(
  commandLines(leakRepo(1), randomOf(1)).map(({ args: [verb = "", second = ""] }) =>
    verb === "secrets" ? `${verb} ${second}` : verb,
  ),
);
const NEEDS_MORE = new Set(["rollback", "permissions", "secrets set", "why"]);

export function leakShard(number: number): void {
  it(`finds no secret where none belongs, in ${REPOS} repos`, { timeout: 600_000 }, async () => {
    const tally = await runRepos(number * REPOS, REPOS, { lines: LINES });
    expect(leakLines(tally.leaks)).toEqual([]);
    // What follows is that there was something to find.
    expect(tally.delivered).toBeGreaterThan(REPOS / 2);
    expect(tally.revealed).toBeGreaterThan(REPOS / 50);
    expect(tally.mistakes.size).toBeGreaterThan(20);
    const exits = [...tally.exits.keys()];
    const ran = (command: string, codes: RegExp): boolean =>
      exits.some((exit) => exit.startsWith(command) && codes.test(exit));
    expect([...COMMANDS].filter((command) => !ran(command, /\d+$/u))).toEqual([]);
    expect([...COMMANDS].filter((command) => !NEEDS_MORE.has(command) && !ran(command, / [02]$/u))).toEqual([]);
  });
}
