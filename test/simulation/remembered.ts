/** A pure function that works out each text once: what it did in one world it need not do again in the next. */

/** Texts that are kept; then all are forgotten, so that memory has a bound. */
const KEPT = 5000;

export function remembered<T extends string | object>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= KEPT) known.clear();
    const result = work(text);
    known.set(text, result);
    return result;
  };
}
