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

/**
 * The same for long texts of which more has to be known, by few short words. The text is asked for as it is: one that was
 * asked for before is found without being read once more.
 */
export function rememberedAbout<T>(
  work: (text: string, ...about: string[]) => T,
): (text: string, ...about: string[]) => T {
  const known = new Map<string, Map<string, T>>();
  return (text, ...about) => {
    if (known.size >= KEPT) known.clear();
    const words = about.join("\n");
    const ofText = known.get(text) ?? new Map<string, T>();
    if (ofText.size === 0) known.set(text, ofText);
    const result = ofText.get(words) ?? work(text, ...about);
    ofText.set(words, result);
    return result;
  };
}
