/** A share of `npm run leak`: `many.mjs FIRST COUNT LINES`. Tells on standard output, a line of JSON at a time. */
import { leakLines, runRepos } from "./tally.ts";

const [first = 0, count = 0, lines = 0] = process.argv.slice(2).map(Number);
const EVERY = 50;

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const tally = await runRepos(first, count, { lines }, ({ repos, leaks }) => {
  if (repos % EVERY === 0) say({ repos, leaks: leaks.length });
});
say({
  ...tally,
  exits: Object.fromEntries(tally.exits),
  mistakes: Object.fromEntries(tally.mistakes),
  traits: Object.fromEntries(tally.traits),
  cpu: process.cpuUsage(),
  leaks: tally.leaks.length,
  lines: leakLines(tally.leaks),
  done: true,
});
