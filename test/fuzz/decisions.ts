/** Bytes as decisions: any input leads to some value, and a small change of the input to a small change of the value. */
import type { Plain } from "../../src/model.ts";

export interface Decisions {
  /** Whole, from 0 up to, not including, `below`. 0 when the input is used up, so that everything ends. */
  int(below: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Up to `most` characters of the input itself. */
  text(most: number): string;
  readonly isOver: boolean;
}

export function decisionsOf(input: Buffer): Decisions {
  let at = 0;
  const int = (below: number): number => (input[at++] ?? 0) % below;
  return {
    int,
    pick: (items) => items[int(items.length)] ?? items[0],
    text: (most) => {
      const length = int(most + 1);
      const piece = input.subarray(at, at + length).toString("utf8");
      at += length;
      return piece;
    },
    get isOver() {
      return at >= input.length;
    },
  };
}

const KEYS = ["a", "b", "c", "d.e", "f/g", "1", "01", "toString", "hasOwnProperty", "valueOf", "é", ""] as const;

/** Any plain value, maps and lists up to `depth` levels. */
export function plainFrom(from: Decisions, depth = 4): Plain {
  switch (from.isOver ? 0 : from.int(depth > 0 ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return from.int(2) === 1;
    case 2:
      return from.int(256) - 128;
    case 3:
      return from.pick([0.5, 1e21, 1e-7, 9_007_199_254_740_991, -1.25]);
    case 4:
      return from.pick(["", "a", "true", "1", "null", "{{a}}", "\u2028", "x y"]);
    case 5:
      return from.text(12);
    case 6:
      return Array.from({ length: from.int(4) }, () => plainFrom(from, depth - 1));
    default:
      return mapFrom(from, depth);
  }
}

export function mapFrom(from: Decisions, depth = 4): { [key: string]: Plain } {
  const length = from.int(5);
  return Object.fromEntries(Array.from({ length }, () => [keyFrom(from), plainFrom(from, depth - 1)]));
}

export function keyFrom(from: Decisions): string {
  return from.pick(KEYS);
}

/** The same value with the keys of every map the other way round. */
export function turned(value: Plain): Plain {
  if (Array.isArray(value)) return value.map((item: Plain) => turned(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries<Plain>(value)
      .toReversed()
      .map(([key, child]) => [key, turned(child)]),
  );
}

/** Frozen at every level: whoever writes to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) frozen(child);
    Object.freeze(value);
  }
  return value;
}
