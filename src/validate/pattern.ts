/** Regular expressions of schemas: read, and refused where no machine can promise to be quick with them. */

/** Longest pattern, in UTF-16 units. */
export const PATTERN_LENGTH = 512;
/** Largest number in `{n,m}`; the same limit as RE2's. */
export const PATTERN_REPEAT = 1000;

/** The structure of a pattern. Single characters stay source text: V8 itself says which characters they accept. */
export type Part =
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Part[] }
  | { readonly kind: "repeat"; readonly part: Part; readonly min: number; readonly max: number }
  | { readonly kind: "assertion"; readonly which: "^" | "$" | "b" | "B" };

export type ParsedPattern =
  | { readonly part: Part }
  /** `wrong`: not a regular expression at all. `slow`: a feature that cannot be matched in linear time. */
  | { readonly wrong: string }
  | { readonly slow: string };

/** One escaped character or class escape, as the `u` flag allows it. */
const ESCAPE =
  /\\(?:u\{[0-9a-f]+\}|u[Dd][89ab][0-9a-f]{2}\\u[Dd][c-f][0-9a-f]{2}|u[0-9a-f]{4}|x[0-9a-f]{2}|c[a-z]|p\{[^}]*\}|.)/isuy;
const CLASS = /\[(?:[^\]\\]|\\.)*\]/suy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/uy;
const REFUSED = new Map([
  ["(?=", "looks ahead"],
  ["(?!", "looks ahead"],
  ["(?<=", "looks behind"],
  ["(?<!", "looks behind"],
]);

/**
 * Reads a pattern as JavaScript reads it with the `u` flag (which is what JSON Schema recommends). Look-around and
 * back-references are `slow`: no linear machine matches them.
 */
export function parsePattern(source: string): ParsedPattern {
  if (source.length > PATTERN_LENGTH)
    return { slow: `is ${source.length} characters long; ${PATTERN_LENGTH} are allowed` };
  try {
    // Only parsed here, never run: V8 compiles a pattern when it is first used.
    void new RegExp(source, "u");
  } catch (error) {
    return { wrong: reason(error) };
  }
  try {
    const reader = { source, at: 0 };
    return { part: readChoice(reader) };
  } catch (error) {
    if (error instanceof TooSlow) return { slow: error.message };
    throw error;
  }
}

class TooSlow extends Error {}

interface Reader {
  readonly source: string;
  at: number;
}

function reason(error: unknown): string {
  // V8 says: "Invalid regular expression: /a(/u: Unterminated group". The last part is what people need.
  const text = error instanceof Error ? error.message : "";
  return text.slice(text.lastIndexOf(": ") + 2) || "invalid";
}

function readChoice(reader: Reader): Part {
  const parts = [readSequence(reader)];
  while (reader.source[reader.at] === "|") {
    reader.at++;
    parts.push(readSequence(reader));
  }
  return parts.length === 1 ? (parts[0] as Part) : { kind: "choice", parts };
}

function readSequence(reader: Reader): Part {
  const parts: Part[] = [];
  while (reader.at < reader.source.length && !"|)".includes(reader.source[reader.at] as string))
    parts.push(readQuantified(reader, readAtom(reader)));
  return { kind: "sequence", parts };
}

function readQuantified(reader: Reader, part: Part): Part {
  const found = matchAt(QUANTIFIER, reader);
  if (found === undefined) return part;
  const [text, from, comma, to] = found;
  const min = from === undefined ? (text.startsWith("+") ? 1 : 0) : Number(from);
  const max =
    from === undefined
      ? text.startsWith("?")
        ? 1
        : Infinity
      : comma === undefined
        ? min
        : to === ""
          ? Infinity
          : Number(to);
  if (min > PATTERN_REPEAT || (max !== Infinity && max > PATTERN_REPEAT))
    throw new TooSlow(`repeats more than ${PATTERN_REPEAT} times`);
  return { kind: "repeat", part, min, max };
}

function readAtom(reader: Reader): Part {
  const { source, at } = reader;
  const first = source[at] as string;
  if (first === "(") return readGroup(reader);
  if (first === "^" || first === "$") {
    reader.at++;
    return { kind: "assertion", which: first };
  }
  if (first === "[") return character(reader, CLASS);
  if (first !== "\\") return literal(reader);
  const second = source[at + 1] as string;
  if (second === "b" || second === "B") {
    reader.at += 2;
    return { kind: "assertion", which: second };
  }
  if (/[1-9k]/u.test(second)) throw new TooSlow("refers back to an earlier group");
  return character(reader, ESCAPE);
}

function readGroup(reader: Reader): Part {
  const rest = reader.source.slice(reader.at, reader.at + 4);
  for (const [start, why] of REFUSED) if (rest.startsWith(start)) throw new TooSlow(why);
  const name = /^\(\?<[^>]*>/u.exec(reader.source.slice(reader.at))?.[0];
  const start = name ?? (rest.startsWith("(?:") ? "(?:" : "(");
  if (start === "(" && rest.startsWith("(?")) throw new TooSlow("switches flags inside a group");
  reader.at += start.length;
  const part = readChoice(reader);
  reader.at++;
  return part;
}

function literal(reader: Reader): Part {
  const text = String.fromCodePoint(reader.source.codePointAt(reader.at) as number);
  reader.at += text.length;
  return { kind: "character", source: text };
}

function character(reader: Reader, shape: RegExp): Part {
  const found = matchAt(shape, reader);
  if (found === undefined) throw new TooSlow("has a part that trueup cannot read");
  return { kind: "character", source: found[0] };
}

function matchAt(shape: RegExp, reader: Reader): RegExpExecArray | undefined {
  shape.lastIndex = reader.at;
  const found = shape.exec(reader.source);
  if (found === null) return undefined;
  reader.at = shape.lastIndex;
  return found;
}
