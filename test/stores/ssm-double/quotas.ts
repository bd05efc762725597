/** Quotas of an account: as many calls a second as it allows, that many at once after a pause. */

/** Calls per second: reads share one quota, everything not named has the last. */
export interface Quotas {
  readonly read: number;
  readonly write: number;
  readonly delete: number;
  readonly other: number;
}

/** What accounts have without the "higher throughput" setting, as users report it (facts.md 1.5, seen 2026-08). */
export const USUAL: Quotas = { read: 40, write: 3, delete: 5, other: 3 };

const GROUPS: Readonly<Record<string, keyof Quotas>> = {
  GetParameters: "read",
  GetParametersByPath: "read",
  PutParameter: "write",
  DeleteParameters: "delete",
};

/** `take` is false for a call that is one too many. */
export function quotasOf(quotas: Quotas | undefined, now: () => number): { take(operation: string): boolean } {
  const buckets = new Map<keyof Quotas, { tokens: number; seen: number }>();
  return {
    take(operation) {
      if (quotas === undefined) return true;
      const group = GROUPS[operation] ?? "other";
      const rate = quotas[group];
      const at = now();
      const bucket = buckets.get(group) ?? { tokens: rate, seen: at };
      const tokens = Math.min(rate, bucket.tokens + ((at - bucket.seen) / 1000) * rate);
      const isFree = tokens >= 1;
      buckets.set(group, { tokens: isFree ? tokens - 1 : tokens, seen: at });
      return isFree;
    },
  };
}
