/**
 * Share of `npm run kills`: cases of a range of seeds on one store after the other, until enough processes were killed.
 * Prints one line of JSON now and then, and one at the end.
 *
 *   node many.mjs <kills> <first seed> <step> <store, or all> <child> <preload> <kind, or empty> <most kills for each plan>
 */
import { directoryGround } from "./directory-ground.ts";
import { etcdGround } from "./etcd-ground.ts";
import type { Ground } from "./ground.ts";
import { type Choose, killCase, killsIn, nothingYet } from "./kills.ts";
import { KIND_NAMES, diceOf, planOf } from "./plans.ts";

const [kills = "100", first = "1", step = "1", store = "all", program = "", preload = "", only = "", each = "400"] =
  process.argv.slice(2);
const grounds: readonly Ground[] = await Promise.all(
  [
    () => Promise.resolve(directoryGround()),
    async () => (await import("./ssm-ground.ts")).ssmGround(),
    () => etcdGround(),
  ]
    .filter((_, n) => store === "all" || ["directory", "ssm", "etcd"][n] === store)
    .map((start) => start()),
);
let [plans, shown] = [0, 0];
const told = Object.fromEntries(grounds.map(({ kind }) => [kind, nothingYet()]));
const total = (): number => Object.values(told).reduce((sum, one) => sum + killsIn(one), 0);
const tell = (done: boolean): void => {
  const stores = Object.fromEntries(
    Object.entries(told).map(([kind, { hits, missed, findings }]) => [
      kind,
      { kills: killsIn({ hits, missed, findings }), hits: Object.fromEntries(hits), missed, findings },
    ]),
  );
  shown = performance.now();
  process.stdout.write(`${JSON.stringify({ done, plans, stores })}\n`);
};

for (let seed = Number(first); total() < Number(kills); seed += Number(step)) {
  const kind = only === "" ? (KIND_NAMES[seed % KIND_NAMES.length] ?? "") : only;
  for (const ground of grounds) {
    if (kind === "many keys" && ground.kind === "ssm") continue;
    const mine = told[ground.kind] ?? nothingYet();
    const dice = diceOf(seed);
    // Of a very long apply a part will do: its points are alike.
    const most = Math.min(kind === "many keys" ? 60 : 400, Number(each), Number(kills) - total());
    const choose: Choose = (all) => {
      const left = all.map((kill) => (dice.below(6) === 0 ? { ...kill, again: 1 + dice.below(all.length) } : kill));
      return all.length <= most
        ? left
        : Array.from({ length: most }, () => left.splice(dice.below(left.length), 1)).flat();
    };
    await killCase(ground, { program, preload }, await planOf(kind, seed), choose, mine, () => {
      if (performance.now() - shown > 2000) tell(false);
    });
    plans++;
    tell(false);
    if (total() >= Number(kills)) break;
  }
}
for (const ground of grounds) await ground.stop();
tell(true);
