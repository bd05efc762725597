/** Characters that people cannot see or take for others: in keys and values an attack or an accident, never a wish. */

/**
 * Invisible, directional and control characters, without tab and line ends: zero-width space, soft hyphen, bidi
 * controls (Trojan Source, CVE-2021-42574), tag characters, variation selectors, Hangul fillers, line separators.
 */
const HIDDEN_CLASS =
  "(?![\\t\\n\\r])[\\p{Default_Ignorable_Code_Point}\\p{Bidi_Control}\\p{Cc}\\u2028\\u2029\\u2800\\uFFF9-\\uFFFB]";
const HIDDEN = new RegExp(HIDDEN_CLASS, "u");
const HIDDEN_ALL = new RegExp(HIDDEN_CLASS, "gu");
/** Parts of honest emoji, and joiners that some scripts need: no reason to complain about a comment. */
const FINE_IN_COMMENTS: ReadonlySet<number> = new Set([0x200c, 0x200d, 0xfe0e, 0xfe0f]);
const UNUSUAL = /[^\t\n\r -~]/u;

export interface HiddenCharacter {
  readonly offset: number;
  readonly length: number;
  readonly code: number;
}

/** True for text without anything to look at more closely. One pass, fast: nearly every file is plain ASCII. */
export function isOrdinary(text: string): boolean {
  return !UNUSUAL.test(text);
}

export function hasHidden(text: string): boolean {
  return HIDDEN.test(text);
}

/** Every hidden character of the text, at most `limit`. */
export function findHidden(text: string, limit: number): HiddenCharacter[] {
  const found: HiddenCharacter[] = [];
  for (const match of text.matchAll(HIDDEN_ALL)) {
    found.push({ offset: match.index, length: match[0].length, code: match[0].codePointAt(0) ?? 0 });
    if (found.length >= limit) break;
  }
  return found;
}

/** True for what may stand in a comment: joiners and variation selectors of emoji. */
export function isFineInComment(code: number): boolean {
  return FINE_IN_COMMENTS.has(code);
}

/** `U+202E (changes the direction of text)`. */
export function describeHidden(code: number): string {
  return `${codePoint(code)} (${nature(code)})`;
}

function nature(code: number): string {
  const char = String.fromCodePoint(code);
  if (/\p{Bidi_Control}/u.test(char)) return "changes the direction of the text around it";
  if (/\p{Cc}/u.test(char)) return "a control character";
  if (/[\u2028\u2029]/u.test(char)) return "an invisible line break";
  return "invisible";
}

export function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Spelling in a double-quoted YAML string: `\u200B`, `\U000E0001`. */
export function escapeInYaml(code: number): string {
  const hex = code.toString(16).toUpperCase();
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** Letters of other scripts (Cyrillic, Greek, others) that look like a Latin one: those that fit into everyday words. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    ["\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u04BB\u0501\u051B\u051D", "aeopcyxisjhdqw"],
    ["\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0423\u0425\u0406\u0405\u0408", "ABEKMHOPCTYXISJ"],
    ["\u03BF\u03B1\u03BD\u03C1\u03C5\u03B9\u03BA", "oavpuik"],
    ["\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7", "ABEZHIKMNOPTYX"],
    ["\u0131\u0261\u2113", "igl"],
  ].flatMap(([strange = "", latin = ""]) => Array.from(strange, (char, i): [string, string] => [char, latin[i] ?? ""])),
);

/** What a character outside ASCII is, and what it looks like: `"а" (U+0430, Cyrillic) looks like the Latin "a"`. */
export function describeLetter(char: string): string {
  const script = /\p{Script=Cyrillic}/u.test(char) ? ", Cyrillic" : /\p{Script=Greek}/u.test(char) ? ", Greek" : "";
  const twin = LOOKALIKES.get(char) ?? compatible(char);
  const code = codePoint(char.codePointAt(0) ?? 0);
  const named = /\p{M}/u.test(char) ? `the combining mark ${code}` : `"${char}" (${code}${script})`;
  return twin === undefined ? named : `${named}, which looks like the Latin "${twin}"`;
}

/** Full-width and other compatibility forms: `１` → `1`. */
function compatible(char: string): string | undefined {
  const plain = char.normalize("NFKC");
  return plain !== char && /^[\x21-\x7E]$/u.test(plain) ? plain : undefined;
}

/** A name for people: hidden characters as `\u200B`, at most 60 characters, in double quotes. */
export function showName(name: string): string {
  const cut = name.length > 60 ? `${name.slice(0, 60).replace(/[\uD800-\uDBFF]$/u, "")}…` : name;
  const visible = cut
    .replace(HIDDEN_ALL, (char) => escapeInYaml(char.codePointAt(0) ?? 0))
    .replace(/[\t\n\r\u00A0]|\p{Surrogate}/gu, (char) => escapeInYaml(char.codePointAt(0) ?? 0));
  return `"${visible}"`;
}
