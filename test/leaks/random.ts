/** Chance that a seed brings back. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** Whole, from 0 up to, not including, `below`. */
  int(below: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** `count` of the items, each once, in an order of its own. */
  some<T>(items: readonly T[], count: number): T[];
  /** Letters and digits, never two the same in a row. */
  text(length: number): string;
  digits(length: number): string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** mulberry32 (public domain): 32 bits of state, good enough to make texts that never meet by accident. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  const from = (alphabet: string, length: number): string => {
    let text = "";
    while (text.length < length) {
      const letter = alphabet.charAt(int(alphabet.length));
      if (!text.endsWith(letter)) text += letter;
    }
    return text;
  };
  return {
    next,
    int,
    chance: (share) => next() < share,
    pick: (items) => items[int(items.length)] ?? items[0],
    some: (items, count) =>
      items
        .map((item) => ({ item, rank: next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, count)
        .map(({ item }) => item),
    text: (length) => from(ALPHABET, length),
    // No zero in front: it has to look like a number.
    digits: (length) => `${1 + int(9)}${from("0123456789", length - 1)}`,
  };
}
