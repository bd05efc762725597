/** Parses YAML, and says in words that a person understands what is wrong with it. */
import { parseEvents } from "js-yaml";
import type { Event } from "js-yaml";
import { leadBefore, unquotedFault, unquotedTemplate } from "./braces.ts";
import type { Span } from "./braces.ts";
import { LIMITS } from "./limits.ts";
import { lineAt } from "./report.ts";
import type { Fault, Report } from "./report.ts";

export interface Parsed {
  readonly events: readonly Event[];
  /** The text the events point into: that of the file, with faulty templates overwritten by `x`. */
  readonly source: string;
}

/**
 * Events of the text; undefined if it is no YAML. A template without quotes breaks the syntax: it is reported, covered
 * up, and the rest is parsed all the same, so that its problems come to light in the same run.
 */
export function parse(text: string, report: Report | undefined): Parsed | undefined {
  let source = text;
  // One parser object level more than collections: the scalar inside the innermost counts too.
  const options = { maxDepth: LIMITS.depth + 1 };
  for (let work = 0; ; work += source.length) {
    try {
      return { events: parseEvents(source, options), source };
    } catch (error) {
      const { reason, offset } = readError(error);
      const place = refine(source, reason, offset);
      const span = work > 4 * LIMITS.fileBytes ? undefined : unquotedTemplate(source, place);
      if (span === undefined) {
        reportSyntax(report, source, reason, place);
        return undefined;
      }
      report?.at(span.start, span.end - span.start, unquotedFault(text, span, leadBefore(text, span.start)));
      source = cover(source, span);
    }
  }
}

function cover(source: string, span: Span): string {
  return source.slice(0, span.start) + "x".repeat(span.end - span.start) + source.slice(span.end);
}

function readError(error: unknown): { reason: string; offset: number } {
  const { reason, mark } = error as { reason?: unknown; mark?: { position?: unknown } };
  return {
    reason: typeof reason === "string" ? reason : "unreadable",
    offset: typeof mark?.position === "number" ? mark.position : 0,
  };
}

/** The parser notices some faults far behind the place where they were made. */
function refine(source: string, reason: string, offset: number): number {
  if (reason.includes("of the stream within a double quoted") || reason.includes("of the document within a double"))
    return Math.max(lastUnescaped(source.slice(0, offset)), 0);
  if (reason.includes("within a single quoted")) return Math.max(source.slice(0, offset).lastIndexOf("'"), 0);
  if (reason.includes("within a flow collection")) return openBracket(source) ?? offset;
  return Math.min(offset, source.length);
}

function lastUnescaped(text: string): number {
  let at = text.lastIndexOf('"');
  while (at > 0 && text.charAt(at - 1) === "\\") at = text.lastIndexOf('"', at - 1);
  return at;
}

/** The last line that opens a bracket without closing it is the likeliest culprit. */
function openBracket(source: string): number | undefined {
  let at: number | undefined;
  let start = 0;
  for (const line of source.split("\n")) {
    const opened = (line.match(/[[{]/gu) ?? []).length - (line.match(/[\]}]/gu) ?? []).length;
    if (opened > 0 && !line.trimStart().startsWith("#")) at = start + line.search(/[[{]/u);
    start += line.length + 1;
  }
  return at;
}

function reportSyntax(report: Report | undefined, source: string, reason: string, offset: number): void {
  if (report === undefined) return;
  if (reason.startsWith("nesting exceeded")) {
    report.at(offset, 1, {
      code: "TU1011",
      message: `maps and lists are nested more than ${LIMITS.depth} levels deep`,
      fix: "flatten the structure",
    });
    return;
  }
  const rest = lineAt(source.slice(offset), 0);
  report.at(offset, Math.max(rest.trimEnd().length, 1), { ...explain(source, reason, offset), valueShown: true });
}

type Words = Pick<Fault, "message" | "label" | "fix">;

function explain(source: string, reason: string, offset: number): Fault {
  const words = explainByLine(source, reason, offset) ?? EXPLAINED.find(([part]) => reason.includes(part))?.[1];
  return { code: /tag|directive/u.test(reason) ? "TU1006" : "TU1001", ...(words ?? { message: `YAML cannot be read: ${reason}` }) };
}

/** Faults that show in the line itself. */
function explainByLine(source: string, reason: string, offset: number): Words | undefined {
  const line = lineAt(source, offset);
  const before = line.slice(0, line.length - lineAt(source.slice(offset), 0).length);
  const char = source.charAt(offset);
  if (!/bad indentation|expected ':'|end of the stream or|missed comma/u.test(reason)) return undefined;
  if (/[@`%]/u.test(char) && /(?:^|[:\-,[{]\s)\s*$/u.test(before))
    return { message: `text that starts with ${char} needs quotes`, label: `YAML keeps ${char} for itself`, fix: "put the value in quotes" };
  if (char === ":" && /:\s/u.test(before))
    return { message: "text with a colon and a space in it needs quotes", label: "this looks like a second key on the line", fix: "put the value in quotes" };
  if (/:\s+(?:"[^"]*"|'[^']*')\s*$/u.test(before))
    return { message: "something follows a text in quotes", label: "the value ended before this", fix: "take the whole value into the quotes" };
  return /^\s*\t/u.test(line) ? TAB : undefined;
}

const TAB: Words = {
  message: "tab used for indentation",
  label: "YAML indents with spaces only",
  fix: "replace tabs by spaces; most editors can do it for the whole file",
};
const UNQUOTED: Words = {
  message: "text in quotes has no end",
  label: "opened here and never closed",
  fix: "add the closing quote",
};

/** Part of the parser's message → what to tell people. First match wins. */
const EXPLAINED: readonly (readonly [string, Words])[] = [
  ["tab characters", TAB],
  ["within a double quoted", UNQUOTED],
  ["within a single quoted", UNQUOTED],
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
  ["within a flow collection", { message: "bracket has no end", label: "opened here and never closed", fix: "add the closing ] or }" }],
  [
    "whitespace character is expected",
    { message: "space is missing after the colon", label: "YAML wants `key: value`", fix: "add a space after the colon" },
  ],
  [
    "expected ':' after a mapping key",
    { message: "colon is missing after a key", label: "neither a key nor part of the value above", fix: "write `key: value`, or indent a continued text" },
  ],
  [
    "multiline key",
    { message: "colon is missing after a key", label: "not part of `key: value`", fix: "write `key: value`, or indent a continued text" },
  ],
  [
    "unknown escape",
    { message: 'backslash in "…" starts an escape that YAML does not know', label: "no such escape", fix: "double the backslash, or use single quotes" },
  ],
  ["expected hexadecimal", { message: "escape needs more hexadecimal digits", fix: "write \\xNN, \\uNNNN or \\UNNNNNNNN" }],
  ["line break is expected", { message: "text of | or > starts on the next line", label: "only +, - or a digit may stand here", fix: "move the text to the next line" }],
  ["indentation width", { message: "digit after | or > is not a width of indentation", fix: "remove the digit" }],
  ["chomping mode", { message: "| or > is followed by more than one + or -", fix: "keep one" }],
  ["end of the stream or a document", { message: "something follows the value of the file", label: "not part of any key", fix: "write the file as `key: value` lines" }],
  ["alias n", { message: "text that starts with * needs quotes", label: "YAML reads * as a reference", fix: "put the value in quotes" }],
  ["anchor", { message: "text that starts with & needs quotes", label: "YAML reads & as a mark to refer to", fix: "put the value in quotes" }],
  ["tag", { message: "text that starts with ! needs quotes", label: "YAML reads ! as the type of a value", fix: "put the value in quotes" }],
  ["directive", { message: "lines that start with % are directives, which are not supported", fix: "remove the line" }],
  ["non-printable", { message: "control character in the text", fix: "remove it" }],
  ["JSON character", { message: "control character in the text", fix: "remove it" }],
];
