/** Equality of parsed YAML values. */

/**
 * Deep equality, order of keys included. Parts that aliases share are compared once, so that a file with many
 * aliases cannot make it slow.
 */
export function sameValue(a: unknown, b: unknown, seen = new Map<unknown, unknown>()): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameValue(item, b[index], seen))
    );
  const left = Object.entries(a);
  const right = Object.entries(b);
  return (
    left.length === right.length &&
    left.every(([key, value], index) => {
      const other = right[index];
      return other !== undefined && other[0] === key && sameValue(value, other[1], seen);
    })
  );
}
