/** Writing whole values: on one line, or as indented lines in the style of the file. */
import type { Plain, PlainMap } from "../model.ts";
import { isPlainMap } from "../tree.ts";
import type { Quotes } from "./nodes.ts";
import { scalarText } from "./scalar.ts";

/** How a file is indented. */
export interface Style {
  /** Columns per level. */
  readonly step: number;
  /** Columns of `-` under the key that holds the list: 0 or {@link step}. */
  readonly listStep: number;
}

/** A list of scalars goes on one line if it is no longer than this. */
const FLOW_WIDTH = 80;

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** The value on one line: a scalar, or a flow collection. */
export function inlineText(value: Plain, flow: boolean, like?: Quotes): string {
  if (isList(value)) return `[${value.map((item) => inlineText(item, true)).join(", ")}]`;
  if (isPlainMap(value)) {
    const pairs = Object.entries(value).map(([key, item]) => `${scalarText(key, true)}: ${inlineText(item, true)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return scalarText(value, flow, like);
}

/** The lines below a key, or undefined if the value goes on the line of the key. */
export function bodyLines(value: Plain, indent: number, style: Style, listAsBlock = false): string[] | undefined {
  if (isPlainMap(value))
    return Object.keys(value).length === 0 ? undefined : mapLines(value, indent + style.step, style);
  if (!isList(value) || value.length === 0) return undefined;
  const scalars = value.every((item) => typeof item !== "object" || item === null);
  if (scalars && !listAsBlock && inlineText(value, false).length <= FLOW_WIDTH) return undefined;
  return value.flatMap((item) => itemLines(item, indent + style.listStep, style));
}

/** `key: value` and everything below it, `indent` columns deep. */
export function pairLines(key: string, value: Plain, indent: number, style: Style): string[] {
  const head = `${" ".repeat(indent)}${scalarText(key, false)}:`;
  const literal = literalLines(value, indent + style.step);
  if (literal !== undefined) return [`${head} ${literal.header}`, ...literal.lines];
  const body = bodyLines(value, indent, style);
  return body === undefined ? [`${head} ${inlineText(value, false)}`] : [head, ...body];
}

function mapLines(map: PlainMap, indent: number, style: Style): string[] {
  return Object.entries(map).flatMap(([key, value]) => pairLines(key, value, indent, style));
}

function itemLines(item: Plain, indent: number, style: Style): string[] {
  const dash = `${" ".repeat(indent)}- `;
  if (!isPlainMap(item) || Object.keys(item).length === 0) return [`${dash}${inlineText(item, false)}`];
  const [first = "", ...rest] = mapLines(item, indent + 2, style);
  return [`${dash}${first.trimStart()}`, ...rest];
}

/** Text of several lines as a literal block (`|`), if that shows it truly; undefined: quote it. */
export function literalLines(
  value: Plain,
  indent: number,
): { readonly header: string; readonly lines: readonly string[] } | undefined {
  if (typeof value !== "string" || !/^[^\s].*\n./su.test(value) || value.endsWith("\n\n")) return undefined;
  if (/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u.test(value)) return undefined;
  const ends = value.endsWith("\n");
  const lines = (ends ? value.slice(0, -1) : value).split("\n");
  if (lines.some((line) => line !== "" && line.trim() === "")) return undefined;
  return { header: ends ? "|" : "|-", lines: lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line)) };
}
