/** Where each character of a scalar's text stands in the file: through quotes, escapes, folded lines and indentation. */
import { CHOMPING_MODE, SCALAR_STYLE } from "js-yaml";
import type { ScalarEvent } from "js-yaml";

const { DOUBLE_QUOTED, SINGLE_QUOTED, LITERAL_BLOCK, FOLDED_BLOCK, PLAIN } = SCALAR_STYLE;
const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const BACKSLASH = 92;
const APOSTROPHE = 39;

/**
 * One offset into `source` per UTF-16 unit of the decoded text, and one more for its end. As long as
 * `getScalarValue(source, event)` plus one; a property test holds the two together.
 */
export function offsetsOf(source: string, event: ScalarEvent): number[] {
  const { valueStart, valueEnd, style } = event;
  if (valueStart === -1) return [0];
  if (style === LITERAL_BLOCK || style === FOLDED_BLOCK) return blockOffsets(source, event);
  return flowOffsets(source, valueStart, valueEnd, style);
}

/** Plain and quoted text: line breaks fold into a space, white space around them is dropped, escapes stand for one character. */
function flowOffsets(source: string, start: number, end: number, style: number): number[] {
  const offsets: number[] = [];
  // White space is dropped if a line break follows: only the first `kept` offsets are certain.
  let kept = 0;
  let at = start;
  while (at < end) {
    const char = source.charCodeAt(at);
    if (char === NEWLINE || char === RETURN) {
      offsets.length = kept;
      const fold = foldFrom(source, at, end);
      for (let i = 0; i < Math.max(fold.breaks - 1, 1); i++) offsets.push(at);
      at = fold.next;
    } else if (char === BACKSLASH && style === DOUBLE_QUOTED) at = readEscape(source, at, end, offsets);
    else {
      offsets.push(at);
      at += char === APOSTROPHE && style === SINGLE_QUOTED ? 2 : 1;
      if (char === SPACE || char === TAB) continue;
    }
    kept = offsets.length;
  }
  if (style === PLAIN) offsets.length = kept;
  offsets.push(end);
  return offsets;
}

function foldFrom(source: string, start: number, end: number): { readonly next: number; readonly breaks: number } {
  let breaks = 0;
  let next = start;
  for (; next < end; next++) {
    const char = source.charCodeAt(next);
    if (char === RETURN && source.charCodeAt(next + 1) === NEWLINE) continue;
    if (char === NEWLINE || char === RETURN) breaks++;
    else if (char !== SPACE && char !== TAB) break;
  }
  return { next, breaks };
}

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Returns where the escape ends. An escaped line break stands for nothing. */
function readEscape(source: string, at: number, end: number, offsets: number[]): number {
  const char = source.charAt(at + 1);
  if (char === "\n" || char === "\r") return foldFrom(source, at + 1, end).next;
  const digits = HEX_DIGITS[char] ?? 0;
  offsets.push(at);
  if (Number.parseInt(source.slice(at + 2, at + 2 + digits), 16) > 0xffff) offsets.push(at);
  return at + 2 + digits;
}

/** Text of `|` and `>`: mirrors the parser's rules, with an offset for every character they produce. */
function blockOffsets(source: string, event: ScalarEvent): number[] {
  const offsets: number[] = [];
  const folded = event.style === FOLDED_BLOCK;
  const indent = Math.max(event.indent, 0);
  let started = false;
  let empty = 0;
  let deeper = false;
  let lineEnd = event.valueStart;
  for (const line of linesOf(source, event.valueStart, event.valueEnd)) {
    let column = 0;
    while (column < indent && source.charCodeAt(line.start + column) === SPACE) column++;
    if (event.indent < 0 || column >= line.end - line.start) {
      empty++;
      continue;
    }
    const first = source.charCodeAt(line.start + indent);
    const more = first === SPACE || first === TAB;
    let breaks = started ? 1 + empty : empty;
    if (folded && !more) {
      if (deeper) breaks = empty + 1;
      else if (empty === 0) breaks = started ? 1 : 0;
      else breaks = empty;
    }
    if (folded) deeper = more;
    for (let i = 0; i < breaks; i++) offsets.push(lineEnd);
    for (let at = line.start + indent; at < line.end; at++) offsets.push(at);
    started = true;
    empty = 0;
    lineEnd = line.end;
  }
  const kept = event.chomping === CHOMPING_MODE.KEEP ? (started ? 1 + empty : empty) : 0;
  const last = event.chomping === CHOMPING_MODE.CLIP && started ? 1 : kept;
  for (let i = 0; i < last; i++) offsets.push(lineEnd);
  offsets.push(lineEnd);
  return offsets;
}

function linesOf(source: string, start: number, end: number): { readonly start: number; readonly end: number }[] {
  const lines: { start: number; end: number }[] = [];
  let from = start;
  for (let at = start; at < end; at++) {
    const char = source.charCodeAt(at);
    if (char !== NEWLINE && char !== RETURN) continue;
    lines.push({ start: from, end: at });
    if (char === RETURN && source.charCodeAt(at + 1) === NEWLINE) at++;
    from = at + 1;
  }
  if (from < end) lines.push({ start: from, end });
  return lines;
}
