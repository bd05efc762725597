/** Columns that line up on a terminal. */
import { type Line, type Piece, textOf } from "./print.ts";
import { safePiece } from "./redact.ts";
import { cutTokens, displayWidth } from "./width.ts";

/** The text, or as much of it as fits into `width` cells with a `…` at the end. */
export function cutText(text: string, width: number): string {
  const safe = safePiece(text);
  if (displayWidth(safe) <= width) return safe;
  return `${cutTokens(safe.match(/\\u\{[0-9a-f]+\}|[\s\S]\p{M}*/gu) ?? [], width - 1)}…`;
}

/** A cell: nothing, one piece or several. */
export type Cell = Piece | readonly Piece[];

/**
 * Rows of cells as lines: `indent` spaces, then every column as wide as its widest cell, `gap` spaces apart. No line
 * ends with spaces. Columns in `center` are centred.
 */
export function alignColumns(
  rows: readonly (readonly Cell[])[],
  options: { readonly indent?: number; readonly gap?: number; readonly center?: ReadonlySet<number> } = {},
): Line[] {
  const { indent = 0, gap = 2, center } = options;
  const widths = columnWidths(rows);
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => cellWidth(cell) > 0);
    const line: Piece[] = [" ".repeat(indent)];
    row.slice(0, last + 1).forEach((cell, i) => {
      const free = (widths[i] ?? 0) - cellWidth(cell);
      const before = center?.has(i) === true ? Math.floor(free / 2) : 0;
      line.push(" ".repeat(before), ...pieces(cell));
      if (i < last) line.push(" ".repeat(free - before + gap));
    });
    return line;
  });
}

/** Width of each column: its widest cell. */
export function columnWidths(rows: readonly (readonly Cell[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cellWidth(cell))));
  return widths;
}

function pieces(cell: Cell): readonly Piece[] {
  return typeof cell === "string" || "text" in cell ? [cell] : cell;
}

function cellWidth(cell: Cell): number {
  return pieces(cell).reduce((sum, piece) => sum + displayWidth(safePiece(textOf(piece))), 0);
}
