/** Keeps calls below the quota of the account: a token bucket that halves when SSM throttles, and recovers. */
import type { Clock } from "./clock.ts";

export interface Pace {
  /** Waits until one more call may be sent. Returns early when `signal` aborts. */
  take(signal?: AbortSignal): Promise<void>;
  /** SSM refused a call for its rate. */
  throttled(): void;
}

/** A rate is cut at most once in this time: calls in flight together are refused together. Milliseconds. */
const ONE_CUT = 1000;
/** The slowest a bucket gets, as a share of its rate. */
const FLOOR = 1 / 16;
/** What a bucket regains in a second without throttling, as a share of its rate. */
const REGAIN = 1 / 20;

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** `most` is in calls per second. As many may go at once after a pause, at least one. */
export function paceOf(most: number, clock: Clock): Pace {
  const burst = Math.max(1, most);
  let rate = most;
  let tokens = burst;
  let seen = clock.now();
  let lastCut = Number.NEGATIVE_INFINITY;
  let line: Promise<void> = Promise.resolve();

  const refill = (): void => {
    const now = clock.now();
    const seconds = (now - seen) / 1000;
    tokens = Math.min(burst, tokens + seconds * rate);
    if (now - lastCut > ONE_CUT) rate = Math.min(most, rate + seconds * most * REGAIN);
    seen = now;
  };
  const isFree = (): boolean => {
    refill();
    return tokens >= 1;
  };
  const wait = async (signal: AbortSignal | undefined): Promise<void> => {
    while (!isFree() && !isStopped(signal)) await clock.sleep(Math.ceil(((1 - tokens) / rate) * 1000), signal);
    tokens -= 1;
  };
  return {
    take(signal) {
      // One after the other, in the order of asking.
      line = line.then(() => wait(signal));
      return line;
    },
    throttled() {
      const now = clock.now();
      if (now - lastCut < ONE_CUT) return;
      refill();
      lastCut = now;
      rate = Math.max(most * FLOOR, rate / 2);
      tokens = Math.min(tokens, 0);
    },
  };
}
