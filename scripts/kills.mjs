/**
 * `npm run kills -- --kills 10000 [--seed 1] [--store directory|ssm|etcd] [--kind first] [--each 40] [--shares 2]`: applies of many plans, each
 * killed (SIGKILL) at every point where it writes, one process for each; then the store is looked at, and the apply run again.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runShare } from "./from-source.mjs";
import { buildKills } from "./kills-bundle.mjs";

const { values: chosen } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    store: { type: "string", default: "all" },
    kind: { type: "string", default: "" },
    each: { type: "string", default: "400" },
    shares: { type: "string", default: `${availableParallelism()}` },
  },
});
const shares = Number(chosen.shares);
const say = (text) => process.stdout.write(`${text}\n`);

/** What `many` is called with. */
const argsOf = (built, share) => [
  built.many,
  Math.ceil(Number(chosen.kills) / shares),
  Number(chosen.seed) + share,
  shares,
  chosen.store,
  built.child,
  built.preload,
  chosen.kind,
  chosen.each,
];

/** All stores of all shares, added up. */
function sum(results) {
  const stores = {};
  for (const { stores: found } of results)
    for (const [kind, { kills, hits, missed, findings }] of Object.entries(found)) {
      stores[kind] ??= { kills: 0, missed: 0, hits: {}, findings: [] };
      stores[kind].kills += kills;
      stores[kind].missed += missed;
      stores[kind].findings.push(...findings);
      for (const [name, count] of Object.entries(hits))
        stores[kind].hits[name] = (stores[kind].hits[name] ?? 0) + count;
    }
  return stores;
}

const built = await buildKills();
const started = performance.now();
const progress = new Map();
const told = new Set();
let shown = 0;
const results = await Promise.all(
  Array.from({ length: shares }, (_, share) =>
    runShare(argsOf(built, share), (message) => {
      progress.set(share, message);
      const stores = sum([...progress.values()]);
      for (const finding of Object.values(stores).flatMap(({ findings }) => findings)) {
        const line = `${finding.store}, plan ${finding.plan}, ${finding.how} ${finding.at} (${finding.point}): ${finding.text}`;
        if (!told.has(line)) say(`FINDING ${line}`);
        told.add(line);
      }
      const done = Object.values(stores).reduce((total, { kills }) => total + kills, 0);
      if (done - shown < 200) return;
      shown = done;
      say(`${done} kills, ${told.size} findings, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }),
  ),
);
for (const [kind, { kills, missed, hits, findings }] of Object.entries(sum(results))) {
  say(`${kind}: ${kills} kills, ${missed} missed, ${findings.length} findings`);
  for (const [name, count] of Object.entries(hits).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${`${count}`.padStart(6)}  ${name}`);
}
say(
  `plans ${results.reduce((total, { plans }) => total + plans, 0)}, time ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
process.exitCode = told.size === 0 ? 0 : 1;
