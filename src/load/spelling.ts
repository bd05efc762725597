/**
 * What an unquoted scalar means, and whether all YAML parsers agree about it.
 *
 * We read YAML 1.2 core. Programs that read the same files later (PyYAML, Ruby, Go's yaml.v2, Ansible) read 1.1, so
 * wherever the two differ the author must say what is meant. Where all agree but something typed gets lost (`1.10`),
 * a warning is enough.
 */
import type { Scalar } from "../model.ts";

export interface Finding {
  readonly code: "TU1004" | "TU1005";
  readonly severity: "error" | "warning";
  /** Goes on after the token: `010 …is the number 10 here, and 8 for YAML 1.1 parsers`. */
  readonly because: string;
  /** A spelling without quotes on which everybody agrees. */
  readonly instead?: string;
}

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...["~", "null", "Null", "NULL"].map((word): [string, Scalar] => [word, null]),
  ...["true", "True", "TRUE"].map((word): [string, Scalar] => [word, true]),
  ...["false", "False", "FALSE"].map((word): [string, Scalar] => [word, false]),
]);
/** Booleans of YAML 1.1. `y` and `n` are in its text, though PyYAML leaves them out. */
const OLD_BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  ["y", "yes", "on", "n", "no", "off"].flatMap((word, i) =>
    [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`].map((text): [string, boolean] => [
      text,
      i < 3,
    ]),
  ),
);

const TEXT = 0;
const WORD = 1;
const NUMBER = 2;
/** What a scalar can be, by its first character: most are plainly text and need no further look. */
const KIND_BY_FIRST = new Uint8Array(128);
for (const char of "~nNtTfFyYoO") KIND_BY_FIRST[char.charCodeAt(0)] = WORD;
for (const char of "0123456789+-.") KIND_BY_FIRST[char.charCodeAt(0)] = NUMBER;

const SIMPLE_INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/u;
const SIMPLE_DECIMAL = /^-?(?:0|[1-9][0-9]{0,9})\.[0-9]{0,4}[1-9]$/u;
const CORE_INTEGER = /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?[0-9]+)$/u;
const CORE_FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
const SPECIAL_FLOAT = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;

/** True if the text is certainly text, in every dialect: no need to ask {@link judgePlain}. */
export function isPlainlyText(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 128 || KIND_BY_FIRST[first] === TEXT;
}

/** Value of an unquoted scalar in YAML 1.2 core. Infinite and not-a-number come back as such; `-0` as 0. */
export function resolvePlain(text: string): Scalar {
  if (text === "") return null;
  const first = text.charCodeAt(0);
  const kind = first < 128 ? KIND_BY_FIRST[first] : TEXT;
  if (kind === TEXT) return text;
  if (kind === WORD) {
    const word = WORDS.get(text);
    return word === undefined ? text : word;
  }
  if (SIMPLE_INTEGER.test(text)) return Number(text);
  if (SPECIAL_FLOAT.test(text)) return specialFloat(text);
  if (!CORE_INTEGER.test(text) && !CORE_FLOAT.test(text)) return text;
  const value = Number(text) + 0;
  // As js-yaml does: what is too large for a number stays text. `judgePlain` complains about it anyway.
  return Number.isFinite(value) ? value : text;
}

function specialFloat(text: string): number {
  if (text.toLowerCase().endsWith("nan")) return Number.NaN;
  return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Why the unquoted text may be misread; undefined if it is fine. `010`, `no`, `1_000`, `12:30`, `1e3`, `1.10` and friends. */
export function judgePlain(text: string): Finding | undefined {
  const first = text.charCodeAt(0);
  const kind = first < 128 ? KIND_BY_FIRST[first] : TEXT;
  if (kind === WORD) return judgeWord(text);
  if (kind !== NUMBER || SIMPLE_INTEGER.test(text) || SIMPLE_DECIMAL.test(text)) return undefined;
  return judgeNumber(text);
}

function judgeWord(text: string): Finding | undefined {
  const old = OLD_BOOLEANS.get(text);
  if (old === undefined) return undefined;
  return ambiguous(`is text here, and the boolean ${old} for YAML 1.1 parsers`, String(old));
}

const OLD = "for YAML 1.1 parsers";
const DATE =
  /^[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)$/u;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/u;
const UNDERSCORES =
  /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+][0-9]+)?)?|\.[0-9_]+(?:[eE][-+][0-9]+)?)$/u;
const BINARY = /^[-+]?0b[01]+$/u;
const SIGNED_HEX = /^[-+]0x[0-9a-fA-F]+$/u;
const LEADING_ZERO = /^[-+]?0[0-9]+$/u;
const EXPONENT = /[eE]/u;
/** Forms of a decimal number that YAML 1.1 (as PyYAML implements it) takes for a number too. */
const OLD_FLOAT = /^(?:[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?)$/u;

function judgeNumber(text: string): Finding | undefined {
  if (DATE.test(text)) return ambiguous(`is text here, and a date ${OLD}`);
  if (BASE_60.test(text)) return ambiguous(`is text here, and ${baseSixty(text)} (base 60) ${OLD}`);
  if (SPECIAL_FLOAT.test(text)) return inexact("is not a number that JSON or a store can hold");
  if (text.includes("_")) return UNDERSCORES.test(text) ? judgeUnderscores(text) : undefined;
  if (BINARY.test(text)) return ambiguous(`is text here, and ${signed(text, 2)} (binary) ${OLD}`, signed(text, 2));
  if (SIGNED_HEX.test(text)) return ambiguous(`is text here, and ${signed(text, 16)} ${OLD}`, signed(text, 16));
  if (CORE_INTEGER.test(text)) return judgeInteger(text);
  return CORE_FLOAT.test(text) ? judgeFloat(text) : undefined;
}

function judgeUnderscores(text: string): Finding {
  const digits = text.replaceAll("_", "");
  return ambiguous(
    `is text here, and the number ${digits} ${OLD}`,
    /^[-+]?[1-9][0-9]*$/u.test(digits) ? digits : undefined,
  );
}

function judgeInteger(text: string): Finding | undefined {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return inexact("is too large: numbers are exact up to 9007199254740991 (2^53 - 1)");
  if (text.startsWith("0o")) return ambiguous(`is the number ${value} here, and text ${OLD}`, String(value));
  if (LEADING_ZERO.test(text)) {
    const octal = /^[-+]?[0-7]+$/u.test(text) ? signed(text, 8) : undefined;
    const other = octal === undefined ? "text" : `${octal} (octal)`;
    return ambiguous(`is the number ${value} here, and ${other} ${OLD}`, String(value));
  }
  if (text.startsWith("+")) return lossy(`is the number ${value}: the plus sign is lost`, String(value));
  return undefined;
}

function judgeFloat(text: string): Finding | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) {
    // Three digits are somebody's huge number; more are nobody's: `12e5678` is the id of a commit.
    return /[eE][-+]?[0-9]{1,3}$/u.test(text)
      ? inexact("is too large for a number")
      : ambiguous("is text here, and an infinite number for other parsers");
  }
  const digits = significant(text);
  if (value === 0 && digits !== "") return inexact("is too small for a number: it becomes 0");
  if (!OLD_FLOAT.test(text)) {
    const plain = String(value);
    return ambiguous(`is the number ${plain} here, and text ${OLD}`, EXPONENT.test(plain) ? undefined : plain);
  }
  if (EXPONENT.test(text)) return undefined;
  if (digits !== significant(String(value)) && !EXPONENT.test(String(value)))
    return { ...inexact("has more digits than a number can hold"), severity: "warning" };
  if (text.startsWith("+")) return lossy(`is the number ${value}: the plus sign is lost`, String(value));
  if (/^-?0[0-9]/u.test(text)) return lossy(`is the number ${value}: the leading zero is lost`, String(value));
  if (/\.(?:[0-9]*0)?$/u.test(text)) return lossy(`is the number ${value}: the zero at the end is lost`, String(value));
  return undefined;
}

/** Digits that count: `-0.0150` → `15`. */
function significant(text: string): string {
  return text
    .replace(/[eE].*$/u, "")
    .replace(/[-+.]/gu, "")
    .replace(/^0+/u, "")
    .replace(/0+$/u, "");
}

function signed(text: string, radix: 2 | 8 | 16): string {
  const value = Number.parseInt(text.replace(/^[-+]/u, "").replace(/^0[bx]/u, ""), radix);
  return String(text.startsWith("-") ? -value : value);
}

function baseSixty(text: string): string {
  const value = text
    .replace(/^[-+]/u, "")
    .replaceAll("_", "")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return String(text.startsWith("-") ? -value : value);
}

function ambiguous(because: string, instead?: string): Finding {
  return { code: "TU1004", severity: "error", because, ...(instead === undefined ? {} : { instead }) };
}

function lossy(because: string, instead: string): Finding {
  return { code: "TU1004", severity: "warning", because, instead };
}

function inexact(because: string): Finding {
  return { code: "TU1005", severity: "error", because };
}
