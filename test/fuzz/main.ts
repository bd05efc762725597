/** What `npm run fuzz` starts for one target: fuzzes it, tells what it found as one line of JSON, and keeps the corpus. */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { nameOf, readCorpus, writeCorpus } from "./corpus.ts";
import { watchBlocks } from "./coverage.ts";
import { fuzz } from "./engine.ts";
import { TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "" },
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    corpus: { type: "string", default: "" },
    /** Where the inputs that are about to run are noted. */
    now: { type: "string", default: "" },
    bundle: { type: "string", default: "" },
    "dry-run": { type: "boolean", default: false },
  },
});
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

if (values.target === "") say({ targets: Object.keys(TARGETS) });
else {
  const target = await TARGETS[values.target]?.();
  if (target === undefined) throw new Error(`there is no target ${values.target}`);
  const coverage = await watchBlocks(dirname(values.bundle));
  const { folder, inputs } = readCorpus(values.corpus, target);
  const result = await fuzz(target, inputs, coverage, {
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    before: (batch) => {
      writeFileSync(values.now, JSON.stringify(batch.map((input) => input.toString("base64"))));
      process.send?.("alive");
    },
  });
  await target.close?.();
  const seeds = new Set(target.seeds.map((seed) => nameOf(Buffer.from(seed))));
  if (!values["dry-run"])
    writeCorpus(
      folder,
      result.kept.filter((input) => !seeds.has(nameOf(input))),
    );
  say({
    target: target.name,
    inputs: result.inputs,
    seconds: result.seconds,
    blocks: result.blocks,
    kept: result.kept.length,
    found: result.found.map(({ input, fault }) => ({ fault, input: input.toString("base64") })),
  });
  process.disconnect?.();
}
