/**
 * A process to be killed, for `directory-crash.test.ts`: commits again and again, telling on standard output what it does.
 *
 *   node directory-child.js <live> <keys> <rounds> <killAt>
 *
 * Kills itself right before the change of the file system number `killAt` (0: never). Every operation prints a dot,
 * every finished commit its round.
 */
import { writeSync } from "node:fs";
import { group, look, nextHead, put, putSecret, run, type Harness } from "./contract-moves.ts";
import { isChange, watchedDisk } from "./directory-harness.ts";
import { directory } from "../../src/stores/directory/directory.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";

const [live = "", keys = "0", rounds = "0", killAt = "0"] = process.argv.slice(2);
let changes = 0;
const disk = watchedDisk((operation) => {
  if (isChange(operation) && ++changes === Number(killAt)) process.kill(process.pid, "SIGKILL");
  writeSync(1, ".");
});

const never = () => Promise.reject(new Error("not in this process"));
const h: Harness = {
  store: openDirectory(live, { disk }),
  limits: directory.limits,
  prefix: "/p/",
  handPut: never,
  handDelete: never,
  readRaw: never,
  failReads: never,
  dispose: never,
};
for (let n = 0; n < Number(rounds); n++) {
  const known = await look(h);
  const round = `${(known.head?.head.generation ?? 0) + 1}`;
  const writes = Array.from({ length: Number(keys) }, (_, index) => {
    const key = `/p/app/${index}`;
    const expected = known.entries.get(key)?.version ?? null;
    return index % 10 === 9 ? putSecret(key, round, expected) : put(key, round, expected);
  });
  await run(h, nextHead(h, known), [group(h, known, "app", writes)]);
  writeSync(1, `<${round}>`);
}
writeSync(1, `changes:${changes}`);
