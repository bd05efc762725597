/** Edits of a SOPS file's text that touch nothing but what they mean, so that Git diffs stay small and comments stay. */
import { formatPath } from "../../address.ts";
import type { MapNode, Pair } from "../../edit/nodes.ts";
import { scalarText as yamlText } from "../../edit/scalar.ts";
import { Failure } from "../../failure.ts";
import type { KeyPath } from "../../model.ts";
import type { Span } from "./fault.ts";
import { keyText, leafAt } from "./tree.ts";
import type { SopsTree } from "./tree.ts";

export interface Replacement extends Span {
  readonly text: string;
}

/** The text with some stretches replaced; they must not overlap. */
export function replaceAll(text: string, replacements: readonly Replacement[]): string {
  let result = text;
  for (const { start, end, text: put } of replacements.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + put + result.slice(end);
  return result;
}

/** How a value is written: `ENC[…]` has brackets and commas, so it needs quotes inside `{}` and in JSON. */
export function written(value: string, flow: boolean): string {
  return flow || value === "" ? JSON.stringify(value) : value;
}

/**
 * Where and how a value is put: over the one that is there, or as a new key, at the top level before the sops section.
 * Throws USAGE if the name leads into something that is no map, or is a map or list itself.
 */
export function placeValue(tree: SopsTree, path: KeyPath, value: string): Replacement {
  const leaf = leafAt(tree, path);
  if (leaf !== undefined) {
    const text = written(value, leaf.flow);
    return { start: leaf.start, end: leaf.end, text: leaf.start === leaf.end ? ` ${text}` : text };
  }
  return addValue(tree, path, value);
}

interface Parent {
  readonly map: MapNode;
  readonly flow: boolean;
  /** Keys that are not there yet, at least one. */
  readonly missing: KeyPath;
}

function addValue(tree: SopsTree, path: KeyPath, value: string): Replacement {
  const parent = parentOf(tree, path);
  if (parent.map === tree.root) return addAtTop(tree, parent, value);
  return parent.flow ? addInFlow(tree, parent, value) : addInBlock(tree, parent, value);
}

/** The stretch of a value at the top level with its name: a whole line, or up to the next comma. */
export function takeOut(tree: SopsTree, path: KeyPath): Replacement {
  const { root, file } = tree;
  const index = root.pairs.findIndex((pair) => path.length === 1 && keyText(pair, tree) === path[0]);
  const pair = root.pairs[index];
  if (pair === undefined)
    throw new Failure(
      "USAGE",
      `${formatPath(path)} cannot be removed from ${file.path} by trueup: it is inside a map.`,
      {
        fix: "use sops unset",
      },
    );
  const next = root.pairs[index + 1];
  if (root.flow) {
    // Of two neighbours the comma goes with the one that is taken out.
    const before = root.pairs[index - 1];
    return next === undefined
      ? { start: before?.end ?? pair.start, end: pair.end, text: "" }
      : { start: pair.start, end: next.start, text: "" };
  }
  const start = file.text.lastIndexOf("\n", pair.start - 1) + 1;
  const end = file.text.indexOf("\n", Math.max(pair.end - 1, 0));
  return { start, end: end < 0 ? file.text.length : end + 1, text: "" };
}

/** The innermost map on the way that exists. */
function parentOf(tree: SopsTree, path: KeyPath): Parent {
  let map = tree.root;
  let flow = map.flow;
  for (const [depth, segment] of path.entries()) {
    const found: Pair | undefined = map.pairs.find((pair) => keyText(pair, tree) === segment);
    if (found === undefined) return { map, flow, missing: path.slice(depth) };
    if (found === tree.metadata || found.value.kind !== "map") break;
    map = found.value;
    flow ||= map.flow;
  }
  throw new Failure("USAGE", `${formatPath(path)} cannot be set in ${tree.file.path}: something else has its place.`, {
    fix: "choose another name",
    details: ["it is a map or a list, leads into a plain value, or is the section sops itself"],
  });
}

function addAtTop(tree: SopsTree, parent: Parent, value: string): Replacement {
  const { text } = tree.file;
  const at = tree.metadata.start;
  const gap = gapBefore(text, at);
  if (parent.flow)
    return { start: at, end: at, text: `${flowPair(tree, parent.missing, value)},${gap === "" ? " " : gap}` };
  const column = at - (text.lastIndexOf("\n", at - 1) + 1);
  const lines = blockLines(parent.missing, value, column);
  const newline = newlineOf(text);
  return { start: at, end: at, text: `${lines.join(newline).trimStart()}${newline}${" ".repeat(column)}` };
}

function addInFlow(tree: SopsTree, { map, missing }: Parent, value: string): Replacement {
  const { text } = tree.file;
  const last = map.pairs.at(-1);
  const pair = flowPair(tree, missing, value);
  if (last === undefined) return { start: map.start, end: map.end, text: `{ ${pair} }` };
  const gap = gapBefore(text, last.start);
  return { start: last.end, end: last.end, text: `,${gap === "" ? " " : gap}${pair}` };
}

function addInBlock(tree: SopsTree, { map, missing }: Parent, value: string): Replacement {
  const { text } = tree.file;
  const last = map.pairs.at(-1);
  const start = last?.start ?? map.start;
  const column = start - (text.lastIndexOf("\n", start - 1) + 1);
  const newline = newlineOf(text);
  const end = text.indexOf("\n", Math.max((last?.end ?? start) - 1, 0));
  const lines = blockLines(missing, value, column).join(newline);
  if (end < 0) return { start: text.length, end: text.length, text: newline + lines };
  return { start: end + 1, end: end + 1, text: lines + newline };
}

/** `a:` and below it `b: ENC[…]`, indented by four as SOPS does. */
function blockLines(path: KeyPath, value: string, column: number): string[] {
  return path.map((segment, depth) => {
    const last = depth === path.length - 1;
    return `${" ".repeat(column + depth * 4)}${yamlText(segment, false)}:${last ? ` ${written(value, false)}` : ""}`;
  });
}

function flowPair(tree: SopsTree, [first = "", ...rest]: KeyPath, value: string): string {
  const key = tree.json ? JSON.stringify(first) : yamlText(first, true);
  return `${key}: ${rest.length === 0 ? written(value, true) : `{ ${flowPair(tree, rest, value)} }`}`;
}

/** White space in front of an offset. */
function gapBefore(text: string, offset: number): string {
  const head = text.slice(0, offset);
  return head.slice(head.trimEnd().length);
}

function newlineOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
