/** Which lines and comments belong to a key. */
import { column, commentColumn, lineEnd, lineStart, nextLine } from "./lines.ts";
import type { Pair } from "./nodes.ts";

/** Comments that speak to tools and never belong to one key. */
const MODELINE = /^\s*#\s*(?:yaml-language-server:|vim:|-\*-)/u;

/** Start of the first line after the pair: behind its value, and behind deeper comments right below a map or list. */
export function endOfComments(text: string, pair: Pair): number {
  const { end } = pair.value;
  let next = end > 0 && lineStart(text, end) === end ? end : nextLine(text, end);
  if (pair.value.kind !== "map" && pair.value.kind !== "list") return next;
  const indent = column(text, pair.start);
  while (next < text.length) {
    const found = commentColumn(text, next);
    if (found === undefined || found <= indent) break;
    next = nextLine(text, next);
  }
  return next;
}

/**
 * Start of the comment lines that stand directly above the pair, in its column and without a blank line between.
 * A comment that opens the file is about the file, and stays.
 */
export function startOfComments(text: string, pair: Pair): number {
  const indent = column(text, pair.start);
  const own = lineStart(text, pair.start);
  let start = own;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (commentColumn(text, above) !== indent || MODELINE.test(text.slice(above, lineEnd(text, above)))) return start;
    start = above;
  }
  return own;
}

/** Start of the blank lines above a removed paragraph, if blank lines or the end of the file follow it too; else `from`. */
export function startOfBlanks(text: string, from: number, to: number): number {
  if (!isBlankLine(text, to)) return from;
  let start = from;
  while (start > 0 && isBlankLine(text, lineStart(text, start - 1))) start = lineStart(text, start - 1);
  return start;
}

function isBlankLine(text: string, start: number): boolean {
  return text.slice(start, lineEnd(text, start)).trim() === "";
}
