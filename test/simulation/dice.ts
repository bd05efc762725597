/** Chance that comes from a seed: the same seed, the same numbers, on any machine. */

export interface Dice {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Seeds may be any numbers; several are mixed, so that streams for one seed do not look alike (mulberry32). */
export function diceOf(...seeds: readonly number[]): Dice {
  let state = 0x9e3779b9;
  for (const seed of seeds) state = mix(state ^ (seed | 0)) ^ mix(Math.floor(seed / 4_294_967_296));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), 1 | value);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return (mixed ^ (mixed >>> 14)) | 0;
}
