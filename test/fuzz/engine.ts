/** Fuzzing led by coverage: inputs that reach a new block are kept, and new inputs are made from those kept. */
import { randomOf } from "../leaks/random.ts";
import { faultOf } from "./check.ts";
import type { Coverage } from "./coverage.ts";
import { LONGEST, mutated } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

/** Asking V8 takes longer than most inputs, so it is asked once for many. */
const BATCH = 100;

export interface Found {
  readonly input: Buffer;
  readonly fault: string;
}

export interface Fuzzed {
  readonly inputs: number;
  readonly seconds: number;
  readonly blocks: number;
  /** The fewest inputs, by a greedy choice of the shortest first, that together reach every block. */
  readonly kept: readonly Buffer[];
  readonly found: readonly Found[];
}

export interface Orders {
  readonly seconds: number;
  readonly seed: number;
  /** Called before each batch, so that one that never ends can be found. */
  readonly before?: (batch: readonly Buffer[]) => void;
}

/** Runs a target for a time. Stops early at ten different faults. */
export async function fuzz(
  target: FuzzTarget,
  start: readonly Buffer[],
  coverage: Coverage,
  orders: Orders,
): Promise<Fuzzed> {
  const random = randomOf(orders.seed);
  const reached = new Set<string>();
  const found = new Map<string, Found>();
  let inputs = 0;

  const runAll = async (batch: readonly Buffer[]): Promise<void> => {
    orders.before?.(batch);
    for (const input of batch) {
      inputs++;
      const fault = await faultOf(target, input);
      const kind = fault?.split(/[\d·]/u, 1)[0] ?? "";
      if (fault !== undefined && (found.get(kind)?.input.length ?? LONGEST + 1) > input.length)
        found.set(kind, { input, fault });
    }
  };
  const fresh = async (): Promise<readonly string[]> => (await coverage.taken()).filter((block) => !reached.has(block));

  const kept: { readonly input: Buffer; readonly blocks: readonly string[] }[] = [];
  const keep = async (batch: readonly Buffer[]): Promise<void> => {
    for (const input of batch) {
      await runAll([input]);
      const blocks = await coverage.taken();
      if (!blocks.some((block) => !reached.has(block))) continue;
      for (const block of blocks) reached.add(block);
      kept.push({ input, blocks });
    }
  };

  await keep(start.toSorted((a, b) => a.length - b.length));
  const end = performance.now() + orders.seconds * 1000;
  const began = performance.now();
  const before = inputs;
  const pick = (): Buffer =>
    kept[random.chance(0.3) ? kept.length - 1 - random.int(Math.min(8, kept.length)) : random.int(kept.length)]
      ?.input ?? Buffer.alloc(0);
  while (performance.now() < end && found.size < 10) {
    const batch = Array.from({ length: BATCH }, () => mutated(pick(), random, target.dictionary, pick()));
    await runAll(batch);
    if ((await fresh()).length > 0) await keep(batch);
  }
  return {
    inputs: inputs - before,
    seconds: (performance.now() - began) / 1000,
    blocks: reached.size,
    kept: fewest(kept),
    found: [...found.values()],
  };
}

function fewest(kept: readonly { readonly input: Buffer; readonly blocks: readonly string[] }[]): Buffer[] {
  const covered = new Set<string>();
  const chosen: Buffer[] = [];
  for (const { input, blocks } of kept.toSorted((a, b) => a.input.length - b.input.length)) {
    if (blocks.every((block) => covered.has(block))) continue;
    for (const block of blocks) covered.add(block);
    chosen.push(input);
  }
  return chosen;
}
