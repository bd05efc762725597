/** Adding a key that is not there yet. */
import type { Plain } from "../model.ts";
import { breakOf, column, lineEnd, lineStart, splice } from "./lines.ts";
import type { MapNode } from "./nodes.ts";
import { scalarText } from "./scalar.ts";
import { type Style, inlineText, pairLines } from "./write.ts";

export interface Context {
  readonly text: string;
  readonly style: Style;
  readonly root: MapNode | undefined;
}

/** Adds a pair behind the last one of the map. */
export function addPair(context: Context, map: MapNode, key: string, value: Plain): string {
  const last = map.pairs.at(-1);
  const { text } = context;
  if (last === undefined && map === context.root)
    return splice(text, map.start, map.end, pairLines(key, value, 0, context.style).join(breakOf(text)));
  if (map.flow) {
    const pair = `${scalarText(key, true)}: ${inlineText(value, true)}`;
    if (last === undefined) return splice(text, map.start, map.end, `{ ${pair} }`);
    return splice(text, last.end, last.end, `, ${pair}`);
  }
  const indent = last === undefined ? 0 : column(text, last.start);
  return insertBelow(text, last?.end ?? map.start, pairLines(key, value, indent, context.style));
}

/** Adds the first pair to a file that holds only comments, or nothing. */
export function appendPair(context: Context, key: string, value: Plain): string {
  const { text } = context;
  const lines = pairLines(key, value, 0, context.style);
  const nl = breakOf(text);
  const gap = text.length === 0 || text.endsWith("\n") ? "" : nl;
  return text + gap + lines.map((line) => line + nl).join("");
}

/** Puts lines below the line on which `offset` stands; if that is the start of a line, right there. */
function insertBelow(text: string, offset: number, lines: readonly string[]): string {
  const nl = breakOf(text);
  // A `|+` scalar ends at the start of the next line: its blank lines belong to it.
  if (offset > 0 && lineStart(text, offset) === offset)
    return splice(text, offset, offset, lines.map((line) => line + nl).join(""));
  const end = lineEnd(text, offset);
  return splice(text, end, end, lines.map((line) => nl + line).join(""));
}
