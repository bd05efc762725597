/**
 * The last step of every printer for people: lines of pieces become text. Nothing else in this folder makes a line, so
 * nothing can be printed that has not been made harmless here.
 */
import { breakCommands, safePiece } from "./redact.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export interface Span {
  readonly text: string;
  readonly style: Style;
}
/** Raw text, plain or with a style. Line feeds in it are shown, not obeyed. */
export type Piece = string | Span;
export type Line = readonly Piece[];

const CODES: { readonly [style in Style]: readonly [open: number, close: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colour repeats what words or symbols already say. */
export function styled(style: Style, text: string): Span {
  return { text, style };
}

export function textOf(piece: Piece): string {
  return typeof piece === "string" ? piece : piece.text;
}

/** One text for all lines, each ended by a line feed. `color` adds ANSI codes. */
export function print(lines: readonly Line[], color: boolean): string {
  return lines.map((line) => `${printLine(line, color)}\n`).join("");
}

/** One line without its line feed. */
export function printLine(line: Line, color: boolean): string {
  const safe = line.map((piece) => ({ piece, text: safePiece(textOf(piece)) }));
  const plain = safe.map(({ text }) => text).join("");
  const broken = breakCommands(plain);
  // Pieces may form a command only together; such a line goes without colour.
  if (!color || broken !== plain) return broken;
  return safe.map(({ piece, text }) => paint(piece, text)).join("");
}

function paint(piece: Piece, text: string): string {
  if (typeof piece === "string" || text === "") return text;
  const [open, close] = CODES[piece.style];
  return `\x1b[${open}m${text}\x1b[${close}m`;
}
