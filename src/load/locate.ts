/** Line and column of a key path, an expression inside a value, a stretch or a file; worked out only when somebody looks. */
import { EVENT_ID, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { Event, ScalarEvent } from "js-yaml";
import type { At, Origin, Position, SourceFile } from "../model.ts";
import { offsetsOf } from "./offsets.ts";
import { parse } from "./syntax.ts";

const { SEQUENCE, MAPPING, SCALAR, ALIAS, POP } = EVENT_ID;
const { PLAIN, LITERAL_BLOCK, FOLDED_BLOCK } = SCALAR_STYLE;

/** A stretch of the text; `end` is exclusive. */
interface Span {
  readonly start: number;
  readonly end: number;
}
interface Node {
  readonly key: Span | undefined;
  /** What marks the value: a scalar with its quotes; of a map or list only where it starts. */
  readonly value: Span;
  readonly scalar: ScalarEvent | undefined;
  readonly children: ReadonlyMap<string, Node>;
}
interface Index {
  readonly lineStarts: readonly number[];
  readonly source: string;
  readonly root: Node | undefined;
}

const INDEXES = new WeakMap<SourceFile, Index>();

/**
 * One-based line and column of a place. A path that is not there falls back to its nearest ancestor that is; a file
 * that was not read, or that is no YAML, to its first character. Maps and lists are marked by their key.
 */
export function locate(at: At, sources: ReadonlyMap<string, SourceFile>): Position | undefined {
  const file = sources.get(at.file);
  if (file === undefined) return { file: at.file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const index = INDEXES.get(file) ?? remember(file);
  const span =
    "offset" in at
      ? { start: at.offset, end: at.offset + at.length }
      : "path" in at
        ? spanOf(at, index)
        : { start: 0, end: 0 };
  const start = positionIn(index.lineStarts, span.start);
  const end = positionIn(index.lineStarts, span.end);
  return { file: at.file, ...start, endLine: end.line, endColumn: end.column };
}

function remember(file: SourceFile): Index {
  const isYaml = /\.(?:ya?ml|json)$/u.test(file.path);
  const parsed = isYaml ? parse(file.text, undefined) : undefined;
  const index: Index = {
    lineStarts: lineStartsOf(file.text),
    source: parsed?.source ?? file.text,
    root: parsed === undefined ? undefined : readTree(parsed.source, parsed.events),
  };
  INDEXES.set(file, index);
  return index;
}

function spanOf(origin: Origin, index: Index): Span {
  const { path, part, within } = origin;
  if (index.root === undefined) return within ?? { start: 0, end: 0 };
  let node = index.root;
  let found = true;
  for (const step of path) {
    const next = node.children.get(step) ?? node.children.get("<<");
    if (next === undefined) {
      found = false;
      break;
    }
    node = next;
  }
  if (node.key !== undefined && (part === "key" || !found)) return node.key;
  if (found && within !== undefined && node.scalar !== undefined) {
    const offsets = offsetsOf(index.source, node.scalar);
    const clamp = (at: number): number => offsets[Math.min(Math.max(at, 0), offsets.length - 1)] ?? node.value.start;
    return { start: clamp(within.start), end: clamp(within.end) };
  }
  return node.value;
}

function readTree(source: string, events: readonly Event[]): Node | undefined {
  let at = 1;
  const readNode = (key: Span | undefined): Node => {
    const event = events[at++];
    const children = new Map<string, Node>();
    if (event?.type === SCALAR) {
      const value = scalarSpan(source, event, key);
      return { key, value, scalar: event.valueStart === -1 ? undefined : event, children };
    }
    if (event?.type === ALIAS) {
      return { key, value: { start: event.anchorStart - 1, end: event.anchorEnd }, scalar: undefined, children };
    }
    if (event?.type === SEQUENCE) {
      for (let i = 0; at < events.length && events[at]?.type !== POP; i++) children.set(String(i), readNode(undefined));
    }
    if (event?.type === MAPPING) {
      while (at < events.length && events[at]?.type !== POP) {
        const name = readNode(undefined);
        const value = readNode(name.value);
        const text = name.scalar === undefined ? undefined : getScalarValue(source, name.scalar);
        if (text !== undefined && !children.has(text)) children.set(text, value);
      }
    }
    at++;
    const start = event !== undefined && "start" in event ? event.start : 0;
    return { key, value: key ?? { start, end: start + 1 }, scalar: undefined, children };
  };
  return events.length < 2 ? undefined : readNode(undefined);
}

/** A scalar as it stands there, with its quotes. An empty one, or text of `|` and `>`, is marked by its key. */
function scalarSpan(source: string, event: ScalarEvent, key: Span | undefined): Span {
  const { valueStart, valueEnd, style } = event;
  if (valueStart === -1) return key ?? { start: 0, end: 0 };
  if (style === LITERAL_BLOCK || style === FOLDED_BLOCK) {
    const firstLine = source.slice(valueStart, valueEnd).search(/[\n\r]|$/u);
    return key ?? { start: valueStart, end: valueStart + firstLine };
  }
  const quotes = style === PLAIN ? 0 : 1;
  return { start: valueStart - quotes, end: valueEnd + quotes };
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r]/gu)) starts.push(index + end.length);
  return starts;
}

function positionIn(lineStarts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}
