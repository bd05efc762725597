/** A sample of `npm run kills`: a real process is killed once at every named point of every store. */
import { beforeAll, describe, expect, it } from "vitest";
import { buildKills } from "../../scripts/kills-bundle.mjs";
import { describeWithEtcd } from "../stores/etcd-server.ts";
import { directoryGround } from "./directory-ground.ts";
import { etcdGround } from "./etcd-ground.ts";
import type { Child, Ground } from "./ground.ts";
import { type Choose, type Told, killCase, nothingYet } from "./kills.ts";
import { planOf } from "./plans.ts";
import { POINTS } from "./points.ts";
import { ssmGround } from "./ssm-ground.ts";

let child: Child;
beforeAll(async () => {
  const { child: program, preload } = await buildKills();
  child = { program, preload };
});

/** More tries for points that were missed. */
const ROUNDS = 4;

function pointsIn(told: Told): ReadonlySet<string> {
  return new Set([...told.hits.keys()].map((hit) => hit.slice(hit.indexOf(" ") + 1)));
}

/** One kill for each point that was not hit before, each in another way. */
const missing =
  (told: Told): Choose =>
  (all) => {
    const names = pointsIn(told);
    return [...new Set(all.map(({ point }) => point))]
      .filter((point) => !names.has(point))
      .flatMap((point, n) => {
        const ways = all.filter((kill) => kill.point === point);
        const way = ways[n % ways.length];
        return way === undefined ? [] : { ...way, named: point };
      });
  };

/** The moment before the switch, and then the one who cleans up is killed as well. */
const whileCleaningUp: Choose = (all) =>
  all
    .filter(({ point, how }) => point === "rename tmp-link to live" && how === "before")
    .slice(0, 1)
    .flatMap((kill) => Array.from({ length: 8 }, (_, n) => ({ ...kill, again: n + 1 })));

async function killAll(
  start: () => Promise<Ground>,
  cases: readonly (readonly [string, number, Choose?])[],
): Promise<void> {
  const ground = await start();
  const told = nothingYet();
  const open = (): boolean => POINTS[ground.kind].some((point) => !pointsIn(told).has(point));
  try {
    for (const [kind, seed, choose] of cases)
      await killCase(ground, child, await planOf(kind, seed), choose ?? missing(told), told);
    // Calls side by side come in another order now and then, and a kill meets another point than the one meant.
    for (let round = 0; round < ROUNDS && open(); round++)
      for (const [kind, seed, choose] of cases)
        if (choose === undefined && open())
          await killCase(ground, child, await planOf(kind, seed), missing(told), told);
  } finally {
    await ground.stop();
  }
  expect(told.findings).toEqual([]);
  expect([...pointsIn(told)].toSorted()).toEqual(POINTS[ground.kind].toSorted());
}

describe("an apply that is killed", () => {
  it("on a directory leaves one of the committed states, and the next one finishes", { timeout: 180_000 }, () =>
    killAll(
      () => Promise.resolve(directoryGround()),
      [
        ["first", 1],
        ["sops", 4],
        ["mixed", 3],
        ["app gone", 5],
        ["drift beside", 1, whileCleaningUp],
      ],
    ),
  );

  it("on SSM leaves what the next one understands and finishes", { timeout: 180_000 }, () =>
    killAll(ssmGround, [
      ["mixed", 3],
      ["becomes secret", 6],
      ["remove", 1],
    ]),
  );
});

describeWithEtcd("an apply that is killed", () => {
  it("on etcd leaves every unit whole, and the next one finishes", { timeout: 180_000 }, () =>
    killAll(etcdGround, [
      ["mixed", 3],
      ["blob with secrets", 2],
      ["many keys", 2],
    ]),
  );
});
