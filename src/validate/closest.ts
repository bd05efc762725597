/** Of several alternatives that all fail, the one that the author most likely meant. */
import type { Mistake } from "./mistakes.ts";

/** The alternative with the right type, then the right tag, then the fewest mistakes, then the deepest. */
export function closest(mistake: Mistake): { readonly index: number; readonly mistakes: readonly Mistake[] } {
  const ranked = mistake.branches
    .map((mistakes, index) => ({ index, mistakes, rank: rankOf(mistake, mistakes) }))
    .toSorted((a, b) => compare(a.rank, b.rank));
  return ranked[0] ?? { index: 0, mistakes: [] };
}

/** Smaller is closer. */
function rankOf(outer: Mistake, mistakes: readonly Mistake[]): readonly number[] {
  const depth = outer.path.length;
  const wrongType = mistakes.some((each) => each.keyword === "type" && each.path.length === depth);
  // A constant directly below says which alternative was meant: `kind: tcp`.
  const wrongTag = mistakes.some(
    (each) => (each.keyword === "const" || each.keyword === "enum") && each.path.length <= depth + 1,
  );
  const deepest = Math.max(0, ...mistakes.map((each) => each.path.length));
  return [Number(wrongType), Number(wrongTag), mistakes.length, -deepest];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
