/**
 * `npm run leak -- --repos 10000 [--seed 1] [--lines 6]`: generated config repos full of secrets through every command,
 * and all that comes out of them searched. `--seed N --repos 1 --lines 200` runs one repo with everything.
 */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { ROOT, fromSource, runShare } from "./from-source.mjs";

const { values } = parseArgs({
  options: {
    repos: { type: "string", default: "10000" },
    seed: { type: "string", default: "10000" },
    lines: { type: "string", default: "6" },
  },
});
const [repos, seed, lines] = [Number(values.repos), Number(values.seed), Number(values.lines)];
const shares = Math.min(availableParallelism(), repos);
const say = (text) => process.stdout.write(`${text}\n`);

const sum = (results, name) => results.reduce((total, result) => total + result[name], 0);

async function main() {
  mkdirSync(join(ROOT, "dist/leak"), { recursive: true });
  const file = join(ROOT, "dist/leak/many.mjs");
  await build({ ...fromSource, entryPoints: ["test/leaks/many.ts"], outfile: file });
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
  const progress = new Map();
  let shown = 0;
  const results = await Promise.all(
    Array.from({ length: shares }, (_, share) => {
      const [from, to] = [share, share + 1].map((each) => Math.floor((each * repos) / shares));
      return runShare([file, seed + from, to - from, lines], (message) => {
        progress.set(share, message);
        const done = sum([...progress.values()], "repos");
        if (done - shown < 500) return;
        shown = done;
        say(`${done} of ${repos} repos, ${sum([...progress.values()], "leaks")} findings, ${seconds()} s`);
      });
    }),
  );
  for (const line of results.flatMap((result) => result.lines)) say(`LEAK ${line}`);
  const kinds = new Set(results.flatMap(({ exits }) => Object.keys(exits)));
  const mistakes = new Set(results.flatMap((result) => Object.keys(result.mistakes)));
  const traits = new Set(results.flatMap((result) => Object.keys(result.traits)));
  say(`repos     ${sum(results, "repos")} from seed ${seed}, ${mistakes.size} kinds of mistakes`);
  say(`          ${[...traits].toSorted().join(", ")}`);
  say(`commands  ${sum(results, "commands")}, ended in ${kinds.size} ways`);
  say(`searched  ${sum(results, "searched")} characters`);
  say(
    `secrets   ${sum(results, "delivered")} in their stores, ${sum(results, "revealed")} shown where that was asked for`,
  );
  say(`findings  ${sum(results, "leaks")}`);
  const cpu = results.reduce((total, { cpu: { user, system } }) => total + user + system, 0) / 1e6;
  say(`time      ${seconds()} s in ${shares} processes, ${cpu.toFixed(0)} s of CPU`);
  return sum(results, "leaks") === 0 ? 0 : 1;
}

process.exitCode = await main();
