/** Replacing the value of a key that is there. */
import type { Plain } from "../model.ts";
import type { Step } from "./find.ts";
import { breakOf, column, lineEnd, splice } from "./lines.ts";
import type { Pair, YamlNode } from "./nodes.ts";
import { endOfComments } from "./remove-lines.ts";
import type { Context } from "./set-add.ts";
import { bodyLines, inlineText, literalLines } from "./write.ts";

/** The text with the pair's value replaced. A comment behind the value stays; comments inside an old list or map go. */
export function replaceValue(context: Context, { map, pair }: Step, value: Plain): string {
  const old = pair.value;
  const inFlow = map.flow || pair.colon === undefined;
  const flow = inFlow || ((old.kind === "map" || old.kind === "list") && old.flow);
  if (!flow) {
    const indent = column(context.text, pair.start);
    const literal = old.kind === "scalar" ? literalLines(value, indent + context.style.step) : undefined;
    if (literal !== undefined) return replaceInline(context, pair, [literal.header, ...literal.lines]);
    const body = bodyLines(value, indent, context.style, old.kind === "list");
    if (body !== undefined) return replaceByLines(context, pair, body);
  }
  const like = old.kind === "scalar" && old.quotes !== "block" ? old.quotes : "plain";
  return replaceInline(context, pair, [inlineText(value, inFlow, like)]);
}

/** Puts the first line where the old value stood and the rest below. */
function replaceInline({ text }: Context, pair: Pair, lines: readonly string[]): string {
  const written = lines.join(breakOf(text));
  const old = pair.value;
  if (isBlockCollection(old)) {
    const head = lineEnd(text, pair.colon ?? pair.key.end);
    const cut = splice(text, head, endOfBlock(text, pair), "");
    return splice(cut, (pair.colon ?? pair.key.end) + 1, (pair.colon ?? pair.key.end) + 1, ` ${written}`);
  }
  if (old.kind === "scalar" && old.absent)
    return splice(text, old.start, old.end, pair.colon === undefined ? `: ${written}` : ` ${written}`);
  // A comment behind a value that becomes a literal block goes behind the `|`.
  const [first = "", ...rest] = lines;
  if (rest.length === 0) return splice(text, old.start, old.end, written);
  const end = lineEnd(text, old.end);
  const tail = text.slice(old.end, end).trimEnd();
  return splice(text, old.start, end, [first + tail, ...rest].join(breakOf(text)));
}

/** Takes the old value off the line of the key and puts lines below it. */
function replaceByLines({ text }: Context, pair: Pair, lines: readonly string[]): string {
  const after = (pair.colon ?? pair.key.end) + 1;
  const nl = breakOf(text);
  const below = lines.map((line) => nl + line).join("");
  if (isBlockCollection(pair.value)) return splice(text, lineEnd(text, after), endOfBlock(text, pair), below);
  const end = lineEnd(text, pair.value.end);
  const tail = text.slice(pair.value.end, end).trimEnd();
  return splice(text, after, end, tail + below);
}

function isBlockCollection(node: YamlNode): boolean {
  return (node.kind === "map" || node.kind === "list") && !node.flow;
}

/** End of the last line of a block collection, without its line break. */
function endOfBlock(text: string, pair: Pair): number {
  const next = endOfComments(text, pair);
  if (next === 0 || text[next - 1] !== "\n") return next;
  return text[next - 2] === "\r" ? next - 2 : next - 1;
}
