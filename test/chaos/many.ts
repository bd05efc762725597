/**
 * What `npm run chaos` runs: trouble after trouble, in an order of chance.
 *
 *   node many.mjs <minutes> <seed> <appliers>
 */
import { diceOf } from "../kills/plans.ts";
import { TROUBLES, chaos } from "./chaos.ts";

const [minutes = "1", seed = "1", appliers = "3"] = process.argv.slice(2);
const dice = diceOf(Number(seed));
const until = performance.now() + Number(minutes) * 60_000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
/** How often each comes in twenty. */
const SHARES = [7, 3, 3, 1, 1, 1, 2, 1, 1];
const bag = TROUBLES.flatMap((trouble, n) => Array.from({ length: SHARES[n] ?? 1 }, () => trouble));

const { verdicts, counts } = await chaos({
  appliers: Number(appliers),
  lasts: 1500,
  peace: 400,
  next: () => (performance.now() < until ? bag[dice.below(bag.length)] : undefined),
  told: (trouble, done) => {
    if (done % 10 === 0)
      say(`${done} troubles, ${((until - performance.now()) / 60_000).toFixed(1)} minutes left; now: ${trouble}`);
  },
});
for (const [trouble, count] of counts) say(`${`${count}`.padStart(6)}  ${trouble}`);
const { wrongs, codes, ...figures } = verdicts;
for (const [name, count] of Object.entries(figures)) say(`${`${count}`.padStart(6)}  ${name}`);
for (const [code, count] of codes) say(`${`${count}`.padStart(6)}  ${code}`);
for (const wrong of wrongs) say(`WRONG ${wrong}`);
say(`${`${wrongs.length}`.padStart(6)}  wrong`);
process.exit(wrongs.length === 0 ? 0 : 1);
