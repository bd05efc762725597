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
const FINE_IN_COMMENTS = /[\u200C\u200D\uFE0E\uFE0F]/u;
const NOT_ASCII = /[^\0-\x7F]/u;
const RAW_CONTROL = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/u;

export interface HiddenCharacter {
  readonly offset: number;
  readonly length: number;
  readonly code: number;
}

/** True for text without anything to look at more closely. One pass, fast: nearly every file is plain ASCII. */
export function isOrdinary(text: string): boolean {
  return !NOT_ASCII.test(text) && !RAW_CONTROL.test(text);
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
  return FINE_IN_COMMENTS.test(String.fromCodePoint(code));
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

/** Letters of other scripts that look like a Latin one. Not complete: the ones that fit into everyday words. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    ["аеорсухіѕјһԁԛԝ", "aeopcyxisjhdqw"],
    ["АВЕКМНОРСТУХІЅЈ", "ABEKMHOPCTYXISJ"],
    ["οανρυικ", "oavpuik"],
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"],
    ["ıɡℓ", "igl"],
  ].flatMap(([strange = "", latin = ""]) => [...strange].map((char, i): [string, string] => [char, latin[i] ?? ""])),
);

/** What a character outside ASCII is, and what it looks like: `"а" (U+0430, Cyrillic) looks like the Latin "a"`. */
export function describeLetter(char: string): string {
  const script = /\p{Script=Cyrillic}/u.test(char) ? ", Cyrillic" : /\p{Script=Greek}/u.test(char) ? ", Greek" : "";
  const twin = LOOKALIKES.get(char) ?? compatible(char);
  const named = `"${char}" (${codePoint(char.codePointAt(0) ?? 0)}${script})`;
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
