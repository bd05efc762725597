/** Every target: what is kept, and a bounded number of new inputs. Longer: `npm run fuzz -- --target NAME --seconds N`. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { randomOf } from "../leaks/random.ts";
import { faultOf } from "./check.ts";
import { readCorpus } from "./corpus.ts";
import { mutated } from "./mutate.ts";
import { type FuzzTarget, must } from "./target.ts";
import { TARGETS } from "./targets.ts";

const CORPUS = join(import.meta.dirname, "corpus");

/** The first fault of many inputs; a finding is told with the input that it takes to see it again. */
async function firstFault(target: FuzzTarget, inputs: Iterable<Buffer>): Promise<string | undefined> {
  for (const input of inputs) {
    const fault = await faultOf(target, input);
    if (fault !== undefined) return `${fault}\ninput (base64): ${input.toString("base64")}`;
  }
  return undefined;
}

function* fresh(target: FuzzTarget, kept: readonly Buffer[], seed: number): Generator<Buffer> {
  const random = randomOf(seed);
  const pick = (): Buffer => kept[random.int(kept.length)] ?? Buffer.alloc(0);
  for (let i = 0; i < target.fresh; i++) yield mutated(pick(), random, target.dictionary, pick());
}

describe("fuzzing", () => {
  it.each(Object.keys(TARGETS))(
    "%s: the kept corpus, and new inputs made from it",
    { timeout: 120_000 },
    async (name) => {
      const target = await TARGETS[name]?.();
      if (target === undefined) throw new Error(`no target ${name}`);
      try {
        expect(target.name).toBe(name);
        const { inputs } = readCorpus(CORPUS, target);
        expect(inputs.length).toBeGreaterThan(2);
        expect(await firstFault(target, inputs)).toBeUndefined();
        expect(await firstFault(target, fresh(target, inputs, 20_261_121))).toBeUndefined();
      } finally {
        await target.close?.();
      }
    },
  );

  it("sees faults: a false answer, an error, a polluted object, too much time", async () => {
    const target = (run: () => void): FuzzTarget => ({ name: "x", dictionary: [], seeds: [], fresh: 0, run });
    expect(
      await faultOf(
        target(() => must(false, "a promise", 1)),
        Buffer.alloc(0),
      ),
    ).toBe("a promise · 1");
    expect(
      await faultOf(
        target(() => JSON.parse("{")),
        Buffer.alloc(0),
      ),
    ).toContain("threw SyntaxError");
    const pollute = target(() => {
      (Object.prototype as Record<string, unknown>)["polluted"] = 1;
    });
    expect(await faultOf(pollute, Buffer.alloc(0))).toBe("something is in every object");
    delete (Object.prototype as Record<string, unknown>)["polluted"];
    const slow = target(() => {
      let sum = 0;
      for (let i = 0; i < 2e7; i++) sum += Math.sqrt(i);
      must(sum > 0, "a sum");
    });
    expect(await faultOf(slow, Buffer.alloc(0), 1)).toContain("takes more than 1 ms");
  });

  it("keeps a corpus for targets and for nothing else, small in all", () => {
    expect(readdirSync(CORPUS).filter((name) => !Object.hasOwn(TARGETS, name))).toEqual([]);
    expect(readdirSync(CORPUS).length).toBeGreaterThan(8);
    const sizes = readdirSync(CORPUS, { recursive: true, encoding: "utf8" }).map((name) =>
      statSync(join(CORPUS, name)),
    );
    expect(sizes.reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0)).toBeLessThan(300_000);
  });
});
