import { runRepo } from "./run.ts";
import { leakRepo } from "./repo.ts";
const [from, count, lines] = process.argv.slice(2).map(Number);
const t = performance.now();
let commands = 0, searched = 0, delivered=0, revealed=0;
const exits = new Map<string, number>();
const seen = new Map<string, number>();
for (let s = from!; s < from! + count!; s++) {
  if (process.env["MISTAKES"] && leakRepo(s).mistakes.length === 0) continue;
  const r = await runRepo(s, lines ? { lines } : {});
  commands += r.commands; searched += r.searched; delivered += r.delivered; revealed += r.revealed;
  for (const [k, n] of r.exits) exits.set(k, (exits.get(k) ?? 0) + n);
  for (const l of r.leaks) {
    const id = `${l.sink.replace(/\d+/g,"N")} | ${l.encoding} | ${l.canary.role.replace(/\d+ /,"")} | ${l.mistakes}`;
    if (!seen.has(id)) console.log(`LEAK seed ${l.seed} ${l.canary.kind} ${id}\n   ${l.excerpt.slice(0,260)}`);
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
}
console.log({ commands, searched, delivered, revealed, ms: performance.now() - t, kinds: seen.size });
if (process.env["EXITS"]) console.log([...exits].sort());
