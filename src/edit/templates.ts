/** Finding unquoted templates in text that is not valid YAML because of them. */
import { column, lineEnd, nextLine } from "./lines.ts";

/** An unquoted scalar that holds a template. */
export interface TemplateSpan {
  readonly start: number;
  readonly end: number;
  /** It stands inside `[…]` or `{…}`. */
  readonly flow: boolean;
}

const INSIDE = String.raw`(?:[^{}"'\n]|"[^"\n]*"|'[^'\n]*')*`;
const TEMPLATE = new RegExp(String.raw`\{\{\{${INSIDE}\}\}\}|\{\{(?!\{)${INSIDE}\}\}`, "uy");
const QUOTED = /"(?:[^"\\]|\\[^])*"|'(?:[^']|'')*'/uy;
const PROPERTY = /[&!*][^\s,[\]{}]*/uy;
const BLOCK_SCALAR = /[|>][-+\d]*[ \t]*(?:#[^\n]*)?(?=\r?\n|$)/uy;
const INDICATOR = /[-?:](?=\s|$)/uy;
const MARKER = /(?:---|\.\.\.)(?=\s|$)/uy;
const SPACE = /\s+/uy;

interface Scan {
  readonly text: string;
  readonly spans: TemplateSpan[];
  at: number;
  /** Open brackets. */
  depth: number;
  /** Column of the last key or dash: a block scalar is indented deeper. */
  indent: number;
  /** A key with its colon stands before on the same line, so that the rest of the line is its value. */
  isValue: boolean;
}

/**
 * Walks over keys, quoted text, comments, block scalars and brackets as YAML would, but takes `{{…}}` for text. Keys
 * are left out: a key cannot be a template. Not a full parser; the caller verifies what comes of it.
 */
export function templateSpans(text: string): TemplateSpan[] {
  const scan: Scan = { text, spans: [], at: 0, depth: 0, indent: -1, isValue: false };
  while (scan.at < text.length) if (!skipNonScalar(scan)) plain(scan);
  return scan.spans;
}

function skipNonScalar(scan: Scan): boolean {
  const { text, at } = scan;
  const char = text[at] ?? "";
  const space = match(SPACE, scan);
  if (space > 0) {
    if (text.slice(at, at + space).includes("\n")) scan.isValue = false;
    return advance(scan, space);
  }
  if (char === "#" && (at === 0 || /\s/u.test(text[at - 1] ?? ""))) return advance(scan, lineEnd(text, at) - at);
  if (match(TEMPLATE, scan) > 0) return false;
  if ("[{".includes(char)) return bracket(scan, 1);
  if (scan.depth > 0 && "]}".includes(char)) return bracket(scan, -1);
  if (scan.depth > 0 && ",:?".includes(char)) return advance(scan, 1);
  if (scan.depth === 0 && column(text, at) === 0 && match(MARKER, scan) > 0) return advance(scan, 3);
  if (scan.depth === 0 && match(INDICATOR, scan) > 0) {
    if (char === "-") scan.indent = column(text, at);
    return advance(scan, 1);
  }
  if (scan.depth === 0 && match(BLOCK_SCALAR, scan) > 0) return blockScalar(scan);
  if (match(QUOTED, scan) > 0) return quoted(scan);
  return advance(scan, match(PROPERTY, scan));
}

function match(pattern: RegExp, scan: Scan): number {
  pattern.lastIndex = scan.at;
  return pattern.exec(scan.text)?.[0].length ?? 0;
}

function advance(scan: Scan, count: number): boolean {
  scan.at += count;
  return count > 0;
}

function bracket(scan: Scan, step: 1 | -1): boolean {
  scan.depth += step;
  return advance(scan, 1);
}

function quoted(scan: Scan): boolean {
  const start = scan.at;
  advance(scan, match(QUOTED, scan));
  if (scan.depth === 0 && /^[ \t]*:(?:\s|$)/u.test(scan.text.slice(scan.at, lineEnd(scan.text, scan.at) + 1)))
    key(scan, start, scan.text.indexOf(":", scan.at));
  return true;
}

function key(scan: Scan, start: number, colon: number): void {
  scan.indent = column(scan.text, start);
  scan.isValue = true;
  scan.at = colon + 1;
}

function blockScalar(scan: Scan): boolean {
  scan.at = nextLine(scan.text, scan.at);
  while (scan.at < scan.text.length) {
    const line = scan.text.slice(scan.at, lineEnd(scan.text, scan.at));
    if (line.trim() !== "" && line.length - line.trimStart().length <= scan.indent) break;
    scan.at = nextLine(scan.text, scan.at);
  }
  scan.isValue = false;
  return true;
}

/** A plain scalar or key, from here to its end on this line. */
function plain(scan: Scan): void {
  const { text, at: start } = scan;
  const flow = scan.depth > 0;
  const stop = lineEnd(text, start);
  let holdsTemplate = false;
  while (scan.at < stop) {
    const template = match(TEMPLATE, scan);
    const char = text[scan.at] ?? "";
    if (template > 0) {
      holdsTemplate = true;
      scan.at += template;
      continue;
    }
    if (char === "#" && /\s/u.test(text[scan.at - 1] ?? "")) break;
    if (flow && ",[]{}".includes(char)) break;
    if (char === ":" && (flow || !scan.isValue) && /[\s,[\]{}]|^$/u.test(text[scan.at + 1] ?? "")) {
      if (flow) scan.at++;
      else key(scan, start, scan.at);
      return;
    }
    scan.at++;
  }
  const end = start + text.slice(start, scan.at).trimEnd().length;
  if (holdsTemplate) scan.spans.push({ start, end, flow });
}
