/** Which lines of a file may hold a secret in plain text: they are not repeated in messages, frames and annotations. */
import { suggest } from "./suggest.ts";

const SENSITIVE = /pass|secret|token|credential|private|api[_-]?key|access[_-]?key/iu;
/** Keys on a line, inside flow maps too. */
const KEYS = /(?<=^|[\s{,[])(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*:(?=[\s"'{[]|$)/gu;
/** The value is one reference and nothing else: names, which are no secret. */
const REFERENCE = /:\s+["']?\{\{\s*(?:\w+ )?(?:secret|shared|self|vars)\.[\w.]+\s*\}\}["']?\s*$/u;
/** Lines that are looked at above a line: long texts end somewhere. */
const LINES_ABOVE = 500;

/** True if the text sounds as if it held a secret (`db_password: …`). */
export function soundsSecret(text: string): boolean {
  return SENSITIVE.test(text);
}

/**
 * True if the line at an offset stands under a key that is called like a secret, or by one of `names` (keys that a
 * schema says are secret), perhaps misspelt: its own keys, and those above it that it is part of. Goes by the look of
 * the lines, because it is asked about files that cannot be parsed.
 */
export function isPrivateLine(text: string, offset: number, names: ReadonlySet<string>): boolean {
  let start = text.lastIndexOf("\n", Math.max(0, offset - 1)) + 1;
  if (text.charAt(offset) === "\n" && offset === 0) start = 0;
  const line = lineFrom(text, start);
  const isPrivate = (key: string): boolean => soundsSecret(key) || names.has(key) || suggest(key, names) !== undefined;
  const own = keysOf(line);
  if (own.some(isPrivate)) return !REFERENCE.test(line);
  let indent = indentOf(line);
  // A line without a key of its own goes on with what stands above it, however it is indented.
  let isOwned = own.length > 0;
  for (let lines = 0; start > 0 && lines < LINES_ABOVE && !(isOwned && indent === 0); lines++) {
    start = text.lastIndexOf("\n", start - 2) + 1;
    const above = lineFrom(text, start);
    const keys = keysOf(above);
    if (keys.length === 0 || (isOwned && indentOf(above) >= indent)) continue;
    if (keys.some(isPrivate)) return true;
    indent = isOwned ? Math.min(indent, indentOf(above)) : indentOf(above);
    isOwned = true;
  }
  return false;
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  // Only the beginning of a very long line: keys stand in front.
  return text.slice(start, Math.min(end < 0 ? text.length : end, start + 5000));
}

function keysOf(line: string): string[] {
  if (/^\s*#/u.test(line)) return [];
  return [...line.matchAll(KEYS)].map(([, double, single, bare]) => double ?? single ?? bare ?? "");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
