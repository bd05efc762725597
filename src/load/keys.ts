/** Which keys a file may have. */
import { describeLetter, hasHidden, showName } from "./characters.ts";
import { formatCount, LIMITS } from "./limits.ts";
import type { Code } from "../problem.ts";
import { judgePlain, resolvePlain } from "./spelling.ts";

export interface KeyFault {
  readonly code: Code;
  readonly message: string;
  readonly label?: string;
  readonly fix?: string;
  readonly notes?: readonly { readonly name: string; readonly text: string }[];
}

/** Names that JavaScript programs stumble over (CVE-2019-10744 and many like it). */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const SIMPLE = /^[A-Za-z_][A-Za-z0-9_-]{0,199}$/u;
const CHARSET = /^[A-Za-z0-9_./:@%+-]+(?: [A-Za-z0-9_./:@%+-]+)*$/u;
const ALLOWED_TEXT = "letters a to z, digits, and . _ - / : @ % + (a space only between words)";
/** Words that {@link SIMPLE} lets through and that need a look when they are not quoted. */
const WORDS: ReadonlySet<string> = new Set(
  ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].flatMap((word) => [
    word,
    word.toUpperCase(),
    `${word.charAt(0).toUpperCase()}${word.slice(1)}`,
  ]),
);

/** Quick check that lets nearly every key of real files pass; all others go through {@link judgeKey}. */
export function isSimpleKey(key: string): boolean {
  return SIMPLE.test(key) && !WORDS.has(key) && !FORBIDDEN.has(key);
}

/** The key as it is typed in a file: in quotes only where it needs them. */
export function writeKey(key: string): string {
  return isSimpleKey(key) || /^[A-Za-z_][A-Za-z0-9_]*[./-][A-Za-z0-9_./-]*$/u.test(key) ? key : JSON.stringify(key);
}

/**
 * Why a key is not allowed; undefined if it is. `plain`: it stands there without quotes. `raw`: as written in the file.
 * `any`: keys of a JSON Schema may hold any visible character.
 */
export function judgeKey(key: string, raw: string, options: { plain: boolean; any: boolean }): KeyFault | undefined {
  if (key === "") return { code: "TU1009", message: "a key is empty", fix: "give the key a name" };
  if (FORBIDDEN.has(key))
    return {
      code: "TU1009",
      message: `the key ${showName(key)} is not allowed: programs written in JavaScript take it for a part of the language`,
      fix: "choose another name",
    };
  const bytes = Buffer.byteLength(key);
  if (bytes > LIMITS.keyBytes)
    return {
      code: "TU1011",
      message: `the key ${showName(key)} has ${formatCount(bytes)} bytes; ${LIMITS.keyBytes} are allowed`,
      fix: "shorten the key; long texts belong into values",
    };
  if (options.plain) {
    const spelling = judgeSpelling(key);
    if (spelling !== undefined) return spelling;
  }
  return judgeCharacters(key, raw, options.any);
}

/** A key is text for us. Parsers that make `true`, `1.10` or `010` something else would look for another key. */
function judgeSpelling(key: string): KeyFault | undefined {
  const value = resolvePlain(key);
  const finding = judgePlain(key);
  if (typeof value === "number" && String(value) === key) return undefined;
  if (typeof value === "string" && finding === undefined) return undefined;
  const because =
    finding?.because ??
    (typeof value === "number"
      ? `is the number ${value} for many parsers`
      : `is not text but ${String(value)} for many parsers`);
  return {
    code: "TU1004",
    message: `the key ${showName(key)} ${because}`,
    label: "typed without quotes",
    fix: `${JSON.stringify(key)}:`,
  };
}

function judgeCharacters(key: string, raw: string, any: boolean): KeyFault | undefined {
  // Hidden characters that stand in the file itself are reported where they stand, by `hidden.ts`.
  if (hasHidden(key)) return hasHidden(raw) ? undefined : hiddenByEscape(key);
  if (any || (CHARSET.test(key) && key !== "." && key !== "..")) return undefined;
  if (key.includes("{{"))
    return {
      code: "TU1009",
      message: `the key ${showName(key)} holds a template; templates work in values only`,
      fix: "write the key out; what differs between environments goes into their files",
    };
  const strange = /[^\0-\x7F]/u.exec(key)?.[0];
  if (strange !== undefined)
    return {
      code: "TU1010",
      message: `the key ${showName(key)} holds ${describeLetter(strange)}`,
      fix: "type the key again with plain letters",
      notes: [{ name: "allowed", text: ALLOWED_TEXT }],
    };
  return {
    code: "TU1009",
    message: `the key ${showName(key)} ${reason(key)}`,
    notes: [{ name: "allowed", text: ALLOWED_TEXT }],
  };
}

function reason(key: string): string {
  if (key === "." || key === "..") return "is a path step, not a name";
  if (/^\s|\s$/u.test(key)) return "starts or ends with a space, which some stores cut off";
  if (/\s{2}|[\t\n\r]/u.test(key)) return "holds white space that cannot be told apart";
  const char = /[^A-Za-z0-9_./:@%+ -]/u.exec(key)?.[0];
  return `holds ${showName(char ?? "")}, which keys may not have`;
}

function hiddenByEscape(key: string): KeyFault {
  return {
    code: "TU1010",
    message: `the key ${showName(key)} holds an invisible character, written as an escape`,
    fix: "remove the escape",
  };
}
