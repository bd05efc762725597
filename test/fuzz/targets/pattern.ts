/** Patterns of schemas: where ours takes one, it means what JavaScript means; where JavaScript takes none, neither do we. */
import { patternMatcher } from "../../../src/validate/matcher.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

/** V8 backtracks: longer texts could take it for ever. */
const SHORT = 14;
const LONG = 5000;

export const pattern: FuzzTarget = {
  name: "pattern",
  fresh: 2500,
  dictionary: [
    "(", ")", "(?:", "|", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "[", "[^", "]", "a-z", "\\d", "\\w", "\\S", "\\b", "^", "$", ".", "\\p{L}", "\\P{Lu}",
    "\\u{1F600}", "\\x41", "\\cA", "(?=", "(?<n>", "\\1", "\\k<n>", "😀", "é", "\n", "\\-", "\\/", "[\\]]", "[^]", "[]", "a", "b",
  ], // prettier-ignore
  seeds: [
    "^(a+)+$\naaaa!\nb",
    "^[a-z0-9-]{1,20}$\nabc\n-",
    "\\p{L}+|\\d{2,3}\né1\n12",
    "(?:a|b)*?c\nabac",
    "[^\\s@]+@[^\\s.]+\\.\\w+\na@b.c",
  ],
  run(input) {
    const [source = "", ...texts] = textOf(input).split("\n");
    const made = patternMatcher(source);
    const native = nativeOf(source);
    must(native !== undefined || !("matcher" in made), "what is no pattern is not taken", source);
    must(native === undefined || !("wrong" in made), "what is a pattern is not called wrong", source, made);
    if (native === undefined || !("matcher" in made)) return;
    for (const text of texts) {
      const short = Array.from(text).slice(0, SHORT).join("");
      // V8 looks between the halves of a character for \B, which the standard forbids.
      if (/\\B/u.test(source) && /[\u{10000}-\u{10ffff}]/u.test(short)) continue;
      if (source.length < 60)
        must(made.matcher.test(short) === native.test(short), "the same answer as RegExp", source, short);
    }
    for (const unit of [texts[0] ?? "a", "a", "ab1-"])
      made.matcher.test(`${unit.repeat(Math.ceil(LONG / Math.max(1, unit.length)))}!`);
  },
};

function nativeOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "u");
  } catch {
    return undefined;
  }
}
