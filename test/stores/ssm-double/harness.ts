/** What the contract's moves need, over the real driver on a double. */
import { realClock } from "../../../src/stores/ssm/clock.ts";
import type { Clock } from "../../../src/stores/ssm/clock.ts";
import type { Options } from "../../../src/stores/ssm/options.ts";
import { ssm } from "../../../src/stores/ssm/ssm.ts";
import type { Harness } from "../contract-moves.ts";
import type { Call, Fault, SsmDouble } from "./double.ts";
import { openOn } from "./open.ts";

export async function ssmHarness(
  double: SsmDouble,
  prefix: string,
  changes: Partial<Options> = {},
  clock: Clock = realClock,
): Promise<Harness> {
  const store = await openOn(double.endpoint, changes, clock);
  return {
    store,
    limits: ssm.limits,
    prefix,
    handPut: (key, text) => Promise.resolve(double.handPut(key, text)),
    handDelete: (key) => Promise.resolve(double.handDelete(key)),
    readRaw: (below) => Promise.resolve(double.everything(below)),
    failReads: () => Promise.resolve(),
    dispose: () => store.close(),
  };
}

/** What happens at the first, second, … put of a key: a fault, or something that somebody else does just before it. */
export function atPuts(double: SsmDouble, key: string, ...steps: readonly (() => Fault | undefined | void)[]): void {
  let n = 0;
  double.fault = (call) => (isPutOf(call, key) ? steps[n++]?.() : undefined);
}

export function isPutOf({ operation, names }: Call, key: string): boolean {
  return operation === "PutParameter" && names[0] === key;
}
