/** YAML nodes with the offsets of everything an edit may have to touch, built from js-yaml's flat events. */
import {
  type Event,
  type ScalarEvent,
  CHOMPING_MODE,
  COLLECTION_STYLE,
  EVENT_ID,
  SCALAR_STYLE,
  getScalarValue,
} from "js-yaml";

export type Quotes = "plain" | "single" | "double" | "block";

/** Offsets are UTF-16 units into the text; `end` is exclusive. Anchors and tags stand before `start`. */
interface Span {
  readonly start: number;
  readonly end: number;
}
interface ScalarNode extends Span {
  readonly kind: "scalar";
  readonly quotes: Quotes;
  /** Text after unescaping; not yet resolved to a number or boolean. */
  readonly text: string;
  /** Nothing is written (`key:`); `start` and `end` are where a value would go. */
  readonly absent: boolean;
  /** A block scalar whose trailing blank lines belong to it (`|+`). */
  readonly keep: boolean;
}
interface AliasNode extends Span {
  readonly kind: "alias";
}
interface ListNode extends Span {
  readonly kind: "list";
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
}
export interface MapNode extends Span {
  readonly kind: "map";
  readonly flow: boolean;
  readonly pairs: readonly Pair[];
}
export interface Pair extends Span {
  readonly key: YamlNode;
  /** Text of the key; undefined if it is not a scalar. */
  readonly name: string | undefined;
  /** Offset of the `:`; undefined where a flow map leaves it out. */
  readonly colon: number | undefined;
  readonly value: YamlNode;
}
export type YamlNode = ScalarNode | AliasNode | ListNode | MapNode;

interface Walk {
  readonly text: string;
  readonly events: readonly Event[];
  /** Next event. */
  next: number;
  /** End of what was last seen in the text. */
  cursor: number;
}

/** The content of the first document; undefined if it has none. */
export function buildNodes(text: string, events: readonly Event[]): YamlNode | undefined {
  const walk: Walk = { text, events, next: 0, cursor: 0 };
  const first = events[walk.next++];
  if (first?.type !== EVENT_ID.DOCUMENT) return undefined;
  return isPop(walk) ? undefined : node(walk);
}

function isPop(walk: Walk): boolean {
  const event = walk.events[walk.next];
  return event === undefined || event.type === EVENT_ID.POP;
}

function node(walk: Walk): YamlNode {
  const event = walk.events[walk.next++];
  if (event?.type === EVENT_ID.MAPPING) return map(walk, event.start, event.style === COLLECTION_STYLE.FLOW);
  if (event?.type === EVENT_ID.SEQUENCE) return list(walk, event.start, event.style === COLLECTION_STYLE.FLOW);
  if (event?.type === EVENT_ID.ALIAS) {
    walk.cursor = event.anchorEnd;
    return { kind: "alias", start: event.anchorStart - 1, end: event.anchorEnd };
  }
  if (event?.type === EVENT_ID.SCALAR) return scalar(walk, event);
  throw new Error(`unexpected YAML event ${String(event?.type)}`);
}

const QUOTES: Readonly<Record<number, Quotes>> = {
  [SCALAR_STYLE.PLAIN]: "plain",
  [SCALAR_STYLE.SINGLE_QUOTED]: "single",
  [SCALAR_STYLE.DOUBLE_QUOTED]: "double",
};

function scalar(walk: Walk, event: ScalarEvent): ScalarNode {
  const quotes = QUOTES[event.style] ?? "block";
  const text = getScalarValue(walk.text, event);
  const base = { kind: "scalar", quotes, text, absent: false, keep: false } as const;
  if (event.valueStart < 0) {
    // An anchor or a tag may still stand here: `key: &a`.
    const at = Math.max(walk.cursor, event.anchorEnd, event.tagEnd);
    walk.cursor = at;
    return { ...base, absent: true, start: at, end: at };
  }
  if (quotes === "block") return { ...base, ...blockSpan(walk, event) };
  const mark = quotes === "plain" ? 0 : 1;
  walk.cursor = event.valueEnd + mark;
  return { ...base, start: event.valueStart - mark, end: walk.cursor };
}

/** js-yaml starts a block scalar at its first line and ends it after the blank lines below; we want `|` and the last line. */
function blockSpan(walk: Walk, event: ScalarEvent): Span & { readonly keep: boolean } {
  const keep = event.chomping === CHOMPING_MODE.KEEP;
  const header = Math.max(walk.cursor, event.anchorEnd, event.tagEnd);
  const start = header + walk.text.slice(header).search(/[|>]/u);
  const content = walk.text.slice(event.valueStart, event.valueEnd);
  const end = keep ? event.valueEnd : event.valueStart + content.replace(/[ \t\r\n]+$/u, "").length;
  walk.cursor = Math.max(end, start + 1);
  return { start, end: walk.cursor, keep };
}

function list(walk: Walk, start: number, flow: boolean): ListNode {
  walk.cursor = flow ? start + 1 : start;
  const items: YamlNode[] = [];
  while (!isPop(walk)) items.push(node(walk));
  closeCollection(walk, flow);
  return { kind: "list", flow, items, start, end: walk.cursor };
}

function map(walk: Walk, start: number, flow: boolean): MapNode {
  // A single pair inside a flow list (`[a: 1]`) is a flow map without braces.
  const braces = flow && walk.text[start] === "{";
  walk.cursor = braces ? start + 1 : start;
  const pairs: Pair[] = [];
  while (!isPop(walk)) pairs.push(pair(walk));
  closeCollection(walk, braces);
  return { kind: "map", flow, pairs, start, end: walk.cursor };
}

function pair(walk: Walk): Pair {
  const key = node(walk);
  const gap = skip(walk.text, walk.cursor);
  const colon = walk.text[gap] === ":" ? gap : undefined;
  if (colon !== undefined) walk.cursor = colon + 1;
  const value = node(walk);
  return { key, name: key.kind === "scalar" ? key.text : undefined, colon, value, start: key.start, end: walk.cursor };
}

function closeCollection(walk: Walk, bracketed: boolean): void {
  walk.next++;
  if (bracketed) walk.cursor = skip(walk.text, walk.cursor, ",:?") + 1;
}

/** First offset that is neither space, line break nor comment, nor one of `more`. */
function skip(text: string, from: number, more = ""): number {
  let at = from;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "#" && /[\s]/u.test(text[at - 1] ?? "\n")) {
      const line = text.indexOf("\n", at);
      at = line < 0 ? text.length : line;
    } else if (/\s/u.test(char) || (more !== "" && more.includes(char))) at++;
    else break;
  }
  return at;
}
