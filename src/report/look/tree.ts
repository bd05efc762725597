/** Keys as a tree, each with its value. */
import type { KeyPath, Plain } from "../../model.ts";
import type { ReportOptions } from "../context.ts";
import { type Line, print, styled } from "../print.ts";
import { quoteValue } from "../redact.ts";
import { type Cell, alignColumns } from "../table.ts";

export interface TreeRow {
  readonly path: KeyPath;
  readonly secret: boolean;
  /** Undefined for a secret, and where a store has none. */
  readonly value: Plain | undefined;
}

/** One tree after the other, each under its name. */
export function treeText(trees: ReadonlyMap<string, readonly TreeRow[]>, options: ReportOptions): string {
  const lines = [...trees].flatMap(([name, rows], index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    [styled("bold", name)],
    ...alignColumns(branches(grown(rows), "", options)),
  ]);
  return print(lines, options.color);
}

interface Node {
  readonly children: Map<string, Node>;
  row: TreeRow | undefined;
}

function grown(rows: readonly TreeRow[]): Node {
  const root: Node = { children: new Map(), row: undefined };
  for (const row of rows) {
    let node = root;
    for (const segment of row.path) {
      const next: Node = node.children.get(segment) ?? { children: new Map(), row: undefined };
      node.children.set(segment, next);
      node = next;
    }
    node.row = row;
  }
  return root;
}

function branches(node: Node, before: string, options: ReportOptions): (readonly Cell[])[] {
  const children = [...node.children];
  return children.flatMap(([name, child], index) => {
    const last = index === children.length - 1;
    const stem: Cell = [styled("dim", `${before}${last ? "└─ " : "├─ "}`), name];
    return [[stem, valueText(child.row, options)], ...branches(child, `${before}${last ? "   " : "│  "}`, options)];
  });
}

function valueText(row: TreeRow | undefined, options: ReportOptions): string {
  if (row === undefined) return "";
  return row.secret ? "(secret)" : quoteValue(row.value, { width: options.maxValueWidth });
}
