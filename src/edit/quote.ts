/** Putting quotes around templates. */
import { type Edited, checked, refused } from "./edited.ts";
import { splice } from "./lines.ts";
import type { YamlNode } from "./nodes.ts";
import { parseText } from "./parse.ts";
import { stringText } from "./scalar.ts";
import { type TemplateSpan, templateSpans } from "./templates.ts";

/**
 * Quotes every value that holds an unquoted template: `host: {{env}}.db` becomes `host: "{{env}}.db"`, in maps, lists
 * and flow collections. Text that needs nothing comes back as it is. Refused if the file has another mistake.
 */
export function quoteTemplates(text: string): Edited {
  const parsed = parseText(text);
  if (parsed.ok) {
    const found = parsed.root === undefined ? [] : [...plainTemplates(parsed.root, false)];
    const draft = replaceAll(text, found, (span) => stringText(span.text, span.flow));
    return checked(draft, parsed.value);
  }
  const spans = templateSpans(text);
  if (spans.length === 0) return refused(`the file cannot be edited as it is: ${parsed.why}`);
  const raw = (span: TemplateSpan) => text.slice(span.start, span.end);
  // What the file would mean if each template were an ordinary word: that, with the words put back, is what we want.
  const word = unusedWord(text);
  const inert = parseText(replaceAll(text, spans, (_, index) => `${word}${index}x`));
  if (!inert.ok) return refused(`the file has another mistake: ${inert.why}`);
  const exact = new RegExp(`^${word}(\\d+)x$`, "u");
  const expected = mapStrings(inert.value, (item) => {
    const span = spans[Number(exact.exec(item)?.[1])];
    return span === undefined ? item : raw(span);
  });
  const draft = replaceAll(text, spans, (span) => stringText(raw(span), span.flow));
  return checked(draft, expected);
}

function* plainTemplates(
  node: YamlNode,
  flow: boolean,
): Generator<{ readonly start: number; readonly end: number; readonly text: string; readonly flow: boolean }> {
  if (node.kind === "map") for (const pair of node.pairs) yield* plainTemplates(pair.value, flow || node.flow);
  if (node.kind === "list") for (const item of node.items) yield* plainTemplates(item, flow || node.flow);
  if (node.kind === "scalar" && node.quotes === "plain" && node.text.includes("{{")) yield { ...node, flow };
}

function replaceAll<S extends { readonly start: number; readonly end: number }>(
  text: string,
  spans: readonly S[],
  replacement: (span: S, index: number) => string,
): string {
  // From the back, so that offsets stay true.
  return spans.reduceRight((draft, span, index) => splice(draft, span.start, span.end, replacement(span, index)), text);
}

function unusedWord(text: string): string {
  let word = "TEMPLATE";
  while (text.includes(word)) word += "S";
  return word;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}
