/** Templates without quotes: `host: {{env}}.db`, which YAML takes for the start of a map inside a map. */
import { lineStart } from "./report.ts";
import type { Fault } from "./report.ts";

/** A stretch of text, by characters; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The whole text that the author meant as one value, from a `{{` on. In a block it reaches to the end of the line
 * (without a comment); inside `[…]` and `{…}` to the next comma or bracket.
 */
export function templateSpan(source: string, start: number, inFlow: boolean): Span {
  const line = restOfLine(source, start);
  let end = line.search(/\s#/u);
  if (end < 0) end = line.length;
  if (inFlow) {
    const close = Math.max(line.indexOf("}}"), 0);
    const stop = line.slice(close + 2).search(/[,\]}]/u);
    if (stop >= 0) end = Math.min(end, close + 2 + stop);
  }
  return { start, end: start + line.slice(0, end).trimEnd().length };
}

/**
 * The unquoted template on the line where the parser gave up; undefined if there is none. `{{` inside quotes or after
 * a `#` does not count.
 */
export function unquotedTemplate(source: string, offset: number): Span | undefined {
  const begin = lineStart(source, offset);
  const line = restOfLine(source, begin);
  const brace = bareBraces(line);
  if (brace === undefined) return undefined;
  const before = line.slice(0, brace);
  const inFlow = /[[{]/u.test(before);
  // Inside a flow collection a template in the middle of a text ends the text: go back to where it began.
  const begun = /(?:^|[[{,]|:\s)\s*(?<text>[^[{,]*)$/u.exec(before)?.groups?.text ?? "";
  const lead = inFlow ? (begun.split(/:\s/u).at(-1)?.trimStart() ?? "") : "";
  return { ...templateSpan(source, begin + brace, inFlow), start: begin + brace - lead.length };
}

/** The nearest unquoted template on the lines above, at most fifty of them. */
export function unquotedAbove(source: string, offset: number): Span | undefined {
  let at = offset;
  for (let lines = 0; lines < 50; lines++) {
    at = lineStart(source, at) - 1;
    if (at < 0) return undefined;
    const span = unquotedTemplate(source, at);
    if (span !== undefined) return span;
  }
  return undefined;
}

/** Index of the first `{{` of a line that stands outside quotes and comments. */
function bareBraces(line: string): number | undefined {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (quote !== "") {
      if (char === "\\" && quote === '"') i++;
      else if (char === quote) quote = "";
    } else if ((char === '"' || char === "'") && /(?:^|[\s[{,:])$/u.test(line.slice(Math.max(0, i - 1), i)))
      quote = char;
    else if (char === "#" && (i === 0 || /\s/u.test(line.charAt(i - 1)))) return undefined;
    else if (char === "{" && line.charAt(i + 1) === "{") return i;
  }
  return undefined;
}

const QUOTE = "put the whole value in double quotes";

/** The problem, with the very text to type. `lead` is what stands before the value: `host: `. */
export function unquotedFault(source: string, span: Span, lead: string): Fault {
  const text = source.slice(span.start, span.end);
  return {
    code: "TU1003",
    message: "template is not quoted",
    label: "YAML reads an unquoted {{ as the start of a map, not as text",
    fix: text.length > 200 ? QUOTE : `${lead}${inQuotes(text)}`,
    discreet: { fix: QUOTE },
  };
}

/** What stands before the value on its line, without indentation: `host: `, `- `. Nothing inside `[…]` and `{…}`. */
export function leadBefore(source: string, start: number): string {
  const lead = source.slice(lineStart(source, start), start).trimStart();
  return lead.length > 200 || /[[{]/u.test(lead) ? "" : lead;
}

function inQuotes(text: string): string {
  if (!/["\\]/u.test(text)) return `"${text}"`;
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

function restOfLine(source: string, start: number): string {
  const length = source.slice(start, start + 10_000).search(/[\n\r]/u);
  return length < 0 ? source.slice(start, start + 10_000) : source.slice(start, start + length);
}
