/** The parser's complaints about syntax, in words a person understands and at the place where the fault was made. */
import { lineAt, lineStart } from "./report.ts";
import type { Fault } from "./report.ts";

type Words = Pick<Fault, "message" | "label" | "fix">;

/**
 * Where the fault was probably made: the parser notices some far behind. `reason` is the parser's, or our own for
 * faults that it describes by their consequences.
 */
export function locateFault(source: string, reason: string, offset: number): { reason: string; offset: number } {
  const at = Math.min(offset, source.length);
  if (/within a (?:single|double) quoted|flow collection|deficient indentation/u.test(reason)) {
    const opener = findOpener(source, at);
    return opener === undefined ? { reason, offset: at } : opener;
  }
  if (reason.includes("multiline key")) return { reason, offset: previousContent(source, at) };
  if (reason.includes("end of the stream or a document")) return firstLine(source) ?? { reason, offset: at };
  if (reason.includes("unknown escape") || /name of an al|name of an anchor/u.test(reason))
    return { reason, offset: at - 1 };
  if (
    reason.includes("bad indentation of a mapping") &&
    source.charAt(at) === ":" &&
    !/:\s/u.test(beforeOn(source, at))
  )
    return { reason, offset: at - beforeOn(source, at).trimStart().length };
  return { reason, offset: at };
}

/** A quote or bracket that was opened on this line or one of the two hundred above and not closed on its line. */
function findOpener(source: string, offset: number): { reason: string; offset: number } | undefined {
  let start = lineStart(source, offset);
  for (let lines = 0; lines < 200 && start >= 0; lines++) {
    const open = openAtEnd(lineAt(source, start));
    if (open !== undefined) return { reason: open.quote ? "open quote" : "open bracket", offset: start + open.index };
    if (start === 0) return undefined;
    start = lineStart(source, start - 1);
  }
  return undefined;
}

/** The quote or bracket that is still open at the end of a line. */
function openAtEnd(line: string): { index: number; quote: boolean } | undefined {
  const brackets: number[] = [];
  let quote = -1;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (quote >= 0) {
      if (char === "\\" && line.charAt(quote) === '"') i++;
      else if (char === line.charAt(quote)) quote = -1;
    } else if ((char === '"' || char === "'") && /(?:^|[\s[{,:])$/u.test(line.slice(0, i))) quote = i;
    else if (char === "#" && /(?:^|\s)$/u.test(line.slice(0, i))) break;
    else if ((char === "[" || char === "{") && /(?:^|[[{,:-])\s*$/u.test(line.slice(0, i))) brackets.push(i);
    else if (char === "]" || char === "}") brackets.pop();
  }
  if (quote >= 0) return { index: quote, quote: true };
  const [bracket] = brackets;
  return bracket === undefined ? undefined : { index: bracket, quote: false };
}

/** Start of the content of the last line above that is not blank. */
function previousContent(source: string, offset: number): number {
  const end = source.slice(0, offset).trimEnd().length;
  const start = lineStart(source, end);
  return start + (lineAt(source, start).length - lineAt(source, start).trimStart().length);
}

/** What is odd about the first line of content, if that made the whole file one text. */
function firstLine(source: string): { reason: string; offset: number } | undefined {
  const match = /^(?!#|---|[ \t]*(?:#|$))[^\n\r]*/mu.exec(source);
  if (match === null) return undefined;
  const [line] = match;
  if (/^\s/u.test(line)) return { reason: "first line indented", offset: match.index };
  if (/^[^\s:"'[{]+:[^\s:]/u.test(line)) return { reason: "no space", offset: match.index };
  return /^[^:"'[{]*$/u.test(line) ? { reason: "multiline key", offset: match.index } : undefined;
}

function beforeOn(source: string, offset: number): string {
  return source.slice(lineStart(source, offset), offset);
}

/** Message, label and cure for a fault that {@link locateFault} has placed. */
export function explain(source: string, reason: string, offset: number): Fault {
  const words = explainByLine(source, reason, offset) ?? EXPLAINED.find(([part]) => reason.includes(part))?.[1];
  const code = /\btag\b|directive/u.test(reason) ? "TU1006" : "TU1001";
  const unknown = { message: `YAML cannot be read: ${reason}`, discreet: { message: "YAML cannot be read" } };
  return { code, ...(words ?? unknown) };
}

/** Faults that show in the line itself. */
function explainByLine(source: string, reason: string, offset: number): Words | undefined {
  const line = lineAt(source, offset);
  const before = beforeOn(source, offset);
  const char = source.charAt(offset);
  if (reason.includes("multiline key") && /^\s*[^\s:"']+:[^\s:]/u.test(line)) return NO_SPACE;
  if (!/bad indentation|expected ':'|end of the stream or|missed comma/u.test(reason)) return undefined;
  if (/[@`%,\]}]/u.test(char) && /(?:^|[:\-,[{]\s)\s*$/u.test(before))
    return {
      message: `text that starts with ${char} needs quotes`,
      label: `YAML keeps ${char} for itself`,
      fix: "put the value in quotes",
    };
  if (char === ":" && /:\s/u.test(before))
    return {
      message: "text with a colon and a space in it needs quotes",
      label: "this looks like a second key on the line",
      fix: "put the value in quotes",
    };
  if (char === "-" && /:\s+$/u.test(before))
    return {
      message: "a list starts on the line below its key",
      label: "an entry cannot stand here",
      fix: "move the entry to the next line, or write [a, b]",
    };
  if (/:\s+(?:"[^"]*"|'[^']*')\s*$/u.test(before))
    return {
      message: "something follows a text in quotes",
      label: "the value ended before this",
      fix: 'take the whole value into the quotes; inside of them, write \\" for a quote',
    };
  return /^\s*\t/u.test(line) ? TAB : undefined;
}

const TAB: Words = {
  message: "tab used for indentation",
  label: "YAML indents with spaces only",
  fix: "replace tabs by spaces; most editors can do it for the whole file",
};
const NO_SPACE: Words = {
  message: "space is missing after the colon",
  label: "YAML wants `key: value`",
  fix: "add a space after the colon",
};
const UNQUOTED: Words = {
  message: "text in quotes has no end",
  label: "opened here and never closed",
  fix: "add the closing quote",
};

/** Part of the parser's message → what to tell people. First match wins. */
const EXPLAINED: readonly (readonly [string, Words])[] = [
  ["tab characters", TAB],
  ["open quote", UNQUOTED],
  ["within a double quoted", UNQUOTED],
  ["within a single quoted", UNQUOTED],
  ["no space", NO_SPACE],
  ["whitespace character is expected", NO_SPACE],
  [
    "first line indented",
    {
      message: "first line is indented further than those below",
      label: "starts in another column",
      fix: "line keys of one map up in the same column",
    },
  ],
  [
    "open bracket",
    { message: "bracket has no end", label: "opened here and never closed", fix: "add the closing ] or }" },
  ],
  [
    "bad indentation of a sequence entry",
    {
      message: "list entry is indented wrongly",
      label: "does not line up with the entries above",
      fix: "start every entry of a list in the same column",
    },
  ],
  [
    "bad indentation of a mapping entry",
    {
      message: "line is indented wrongly, or something follows a value that had ended",
      label: "does not belong to anything above",
      fix: "line keys of one map up in the same column; put text with special characters in quotes",
    },
  ],
  ["deficient indentation", { message: "line is indented less than what it continues", fix: "indent it further" }],
  [
    "missed comma",
    {
      message: "comma is missing between entries of […] or {…}",
      label: "a comma or a closing bracket belongs before this",
      fix: "add the comma, or put text with special characters in quotes",
    },
  ],
  ["expected the node content", { message: "nothing stands between two commas", fix: "remove one comma" }],
  [
    "within a flow collection",
    { message: "bracket has no end", label: "opened here and never closed", fix: "add the closing ] or }" },
  ],
  [
    "expected ':' after a mapping key",
    {
      message: "colon is missing after a key",
      label: "neither a key nor part of the value above",
      fix: "write `key: value`, or indent a continued text",
    },
  ],
  [
    "multiline key",
    {
      message: "colon is missing after a key",
      label: "not part of `key: value`",
      fix: "write `key: value`, or indent a continued text",
    },
  ],
  [
    "unknown escape",
    {
      message: 'backslash in "…" starts an escape that YAML does not know',
      label: "no such escape",
      fix: "double the backslash, or use single quotes",
    },
  ],
  [
    "expected hexadecimal",
    { message: "escape needs more hexadecimal digits", fix: "write \\xNN, \\uNNNN or \\UNNNNNNNN" },
  ],
  [
    "line break is expected",
    {
      message: "text of | or > starts on the next line",
      label: "only +, - or a digit may stand here",
      fix: "move the text to the next line",
    },
  ],
  ["indentation width", { message: "digit after | or > is not a width of indentation", fix: "remove the digit" }],
  ["chomping mode", { message: "| or > is followed by more than one + or -", fix: "keep one" }],
  [
    "end of the stream or a document",
    {
      message: "something follows the value of the file",
      label: "not part of any key",
      fix: "write the file as `key: value` lines",
    },
  ],
  [
    "alias n",
    {
      message: "text that starts with * needs quotes",
      label: "YAML reads * as a reference",
      fix: "put the value in quotes",
    },
  ],
  [
    "anchor",
    {
      message: "text that starts with & needs quotes",
      label: "YAML reads & as a mark to refer to",
      fix: "put the value in quotes",
    },
  ],
  [
    "tag",
    {
      message: "text that starts with ! needs quotes",
      label: "YAML reads ! as the type of a value",
      fix: "put the value in quotes",
    },
  ],
  ["directive", { message: "lines that start with % are directives, which are not supported", fix: "remove the line" }],
  ["non-printable", { message: "control character in the text", fix: "remove it" }],
  ["JSON character", { message: "control character in the text", fix: "remove it" }],
];
