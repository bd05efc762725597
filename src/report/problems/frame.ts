/** The piece of the user's file that a problem is about, with what is wrong marked below it. */
import type { Position, SourceFile } from "../../model.ts";
import type { LocatedProblem } from "../../problem.ts";
import { type Line, styled } from "../print.ts";
import { safePiece } from "../redact.ts";
import { cutTokens, displayWidth } from "../width.ts";

/** Always the same number, so that nothing is told about what stands there. */
const MASK = "•".repeat(16);
const TAB = "  ";

/** Lines that hold a value which may be secret: masked in every frame, not only in that of their own problem. */
export type MaskedLines = ReadonlyMap<string, ReadonlySet<number>>;

export function maskedLines(problems: readonly LocatedProblem[]): MaskedLines {
  const lines = new Map<string, Set<number>>();
  for (const { masked, position } of problems) {
    if (masked !== true || position === undefined) continue;
    const set = lines.get(position.file) ?? new Set();
    lines.set(position.file, set);
    // A block scalar may be long; a mask never needs more lines than a frame can show around it.
    for (let line = position.line; line <= Math.min(position.endLine, position.line + 1000); line++) set.add(line);
  }
  return lines;
}

export interface FrameContext {
  readonly sources: ReadonlyMap<string, SourceFile>;
  readonly masked: MaskedLines;
  readonly width: number;
}

/** Empty where the file is not known. `label` goes under the mark. */
export function frameLines(
  position: Position,
  label: string | undefined,
  severity: "error" | "warning",
  ctx: FrameContext,
): Line[] {
  const source = ctx.sources.get(position.file);
  const text = source === undefined ? undefined : lineAt(source.text, position.line);
  const gutter = Math.max(2, String(position.line).length);
  const side = " ".repeat(gutter + 1);
  const head: Line = [
    styled("dim", `${side}╭─[`),
    `${position.file}:${position.line}:${position.column}`,
    styled("dim", "]"),
  ];
  if (text === undefined) return [head, [styled("dim", `${side}╰────`)]];
  const masked = ctx.masked.get(position.file)?.has(position.line) === true;
  const shown = masked ? maskLine(text, position) : windowOf(text, position, ctx.width - gutter - 4);
  return [
    head,
    ...parentLine(source?.text ?? "", position.line, text, gutter, ctx),
    [styled("dim", `${String(position.line).padStart(gutter)} │ `), shown.text],
    ...markLines(shown, label, severity, side),
    [styled("dim", `${side}╰────`)],
  ];
}

/** A line as shown: tabs widened, hidden characters visible, cut to a window; the mark in columns of the screen. */
interface Shown {
  readonly text: string;
  readonly start: number;
  readonly length: number;
}

function markLines(shown: Shown, label: string | undefined, severity: "error" | "warning", side: string): Line[] {
  const style = severity === "error" ? "red" : "yellow";
  const before = " ".repeat(shown.start);
  if (label === undefined || label === "")
    return [[styled("dim", `${side}· `), before, styled(style, "─".repeat(shown.length))]];
  const middle = Math.floor(shown.length / 2);
  const bar = `${"─".repeat(middle)}┬${"─".repeat(shown.length - middle - 1)}`;
  return [
    [styled("dim", `${side}· `), before, styled(style, bar)],
    [styled("dim", `${side}· `), before + " ".repeat(middle), styled(style, "╰─ "), label],
  ];
}

/**
 * The line above, only if it is the bare key of the map that the marked line is in. It helps to find the place, and
 * a line without a value can hold no secret.
 */
function parentLine(source: string, line: number, marked: string, gutter: number, ctx: FrameContext): Line[] {
  const above = line > 1 ? lineAt(source, line - 1) : undefined;
  if (above === undefined || !/^ *(?:- )*[\w."'-]+: *$/u.test(above)) return [];
  if (indentOf(above) >= indentOf(marked) || displayWidth(above) > ctx.width - gutter - 4) return [];
  return [[styled("dim", `${String(line - 1).padStart(gutter)} │ `), above.trimEnd()]];
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Line `number` (from 1) without its line break; undefined beyond the end. */
function lineAt(text: string, number: number): string | undefined {
  let start = 0;
  for (let line = 1; line < number; line++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/u, "");
}

/** Shows the key, if nothing but the key stands before the value; everything else becomes dots. */
function maskLine(text: string, position: Position): Shown {
  const before = text.slice(0, position.column - 1);
  const isKey = /^ *(?:- )*(?:[\w.-]+|"[\w.-]+"|'[\w.-]+'): *$/u.test(before);
  const kept = isKey ? before : (/^ */u.exec(text)?.[0] ?? "");
  return { text: kept + MASK, start: kept.length, length: MASK.length };
}

function windowOf(text: string, position: Position, width: number): Shown {
  const from = Math.min(position.column - 1, text.length);
  const oneLine = position.endLine === position.line;
  const to = oneLine ? Math.min(position.endColumn - 1, text.length) : text.trimEnd().length;
  const before = widen(text.slice(0, from));
  const inside = widen(text.slice(from, Math.max(from, to)));
  const after = widen(text.slice(Math.max(from, to)));
  const length = Math.max(1, displayWidth(inside));
  const start = displayWidth(before);
  if (displayWidth(before + inside + after) <= width) return { text: before + inside + after, start, length };
  return cutWindow(before, inside, after, Math.max(20, width));
}

/** Keeps the marked piece in view: cuts what stands before it to a third of the width, the rest on the right. */
function cutWindow(before: string, inside: string, after: string, width: number): Shown {
  const room = Math.floor(width / 3);
  const lead = displayWidth(before) <= room ? before : `…${tail(before, room - 1)}`;
  const start = displayWidth(lead);
  const rest = inside + after;
  const fits = displayWidth(rest) <= width - start;
  const text = lead + (fits ? rest : `${cutTokens(charactersOf(rest), width - start - 1)}…`);
  const length = Math.min(Math.max(1, displayWidth(inside)), displayWidth(text) - start);
  return { text, start, length: Math.max(1, length) };
}

function tail(text: string, width: number): string {
  const characters = charactersOf(text);
  let used = 0;
  const first = characters.findLastIndex((character) => (used += displayWidth(character)) > width);
  return characters.slice(first + 1).join("");
}

function charactersOf(text: string): string[] {
  return text.match(/\\u\{[0-9a-f]+\}|[\s\S]\p{M}*/gu) ?? [];
}

function widen(text: string): string {
  return safePiece(text.replaceAll("\t", TAB));
}
