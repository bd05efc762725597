/** Fuzzing led by coverage: inputs that reach a new block are kept, and new inputs are made from those kept. */
import { randomOf } from "../leaks/random.ts";
import { faultOf } from "./check.ts";
import { type Coverage, makeReached, type Reached } from "./coverage.ts";
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
  /** The shortest first, and of the others only those that reach something that no shorter one did. */
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
  const found = new Map<string, Found>();
  let inputs = 0;
  const runAll = async (batch: readonly Buffer[]): Promise<void> => {
    orders.before?.(batch);
    for (const input of batch) {
      inputs++;
      const fault = await faultOf(target, input);
      const kind = fault?.split(/[\d·]/u, 1)[0] ?? "";
      const known = found.get(kind)?.input.length ?? LONGEST + 1;
      if (fault !== undefined && known > input.length) found.set(kind, { input, fault });
    }
  };
  /** Those of the inputs that reach something new, one after the other. */
  const reaching = async (batch: readonly Buffer[], reached: Reached): Promise<Buffer[]> => {
    const chosen: Buffer[] = [];
    for (const input of batch) {
      await runAll([input]);
      if (reached.add(await coverage.taken())) chosen.push(input);
    }
    return chosen;
  };

  const all = makeReached();
  const kept = await reaching(shortest(start), all);
  const pick = (): Buffer => {
    const recent = Math.min(8, kept.length);
    return kept[random.chance(0.3) ? kept.length - 1 - random.int(recent) : random.int(kept.length)] ?? Buffer.alloc(0);
  };
  const began = performance.now();
  const before = inputs;
  // A look at the whole batch first: most batches reach nothing new.
  const batched = makeReached();
  while (performance.now() < began + orders.seconds * 1000 && found.size < 10) {
    const batch = Array.from({ length: BATCH }, () => mutated(pick(), random, target.dictionary, pick()));
    await runAll(batch);
    if (batched.add(await coverage.taken())) kept.push(...(await reaching(batch, all)));
  }
  const [count, seconds] = [inputs - before, (performance.now() - began) / 1000];
  const fewest = await reaching(shortest(kept), makeReached());
  return { inputs: count, seconds, blocks: all.count(), kept: fewest, found: [...found.values()] };
}

function shortest(inputs: readonly Buffer[]): Buffer[] {
  return inputs.toSorted((a, b) => a.length - b.length);
}
