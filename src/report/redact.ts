/**
 * The only way from a value to text. Secrets never come here; everything else leaves it harmless for a terminal, for
 * the log of a CI runner and for a reader who must see what is really there.
 */
import type { Plain } from "../model.ts";
import { isSecret, SECRET_TEXT } from "../secret.ts";
import { sure } from "../sure.ts";
import { cutTokens, displayWidth } from "./width.ts";

/**
 * Characters that act on the screen or hide: control characters, direction and format marks, zero-width and default
 * ignorable ones, lone surrogates, private use, every space but the plain and the ideographic one. `\n` and `\t` stay.
 */
const UNSAFE =
  /(?![\n\t \u3000])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu;
const PLAIN = /^[\n\t\x20-\x7e]*$/u;

/**
 * What the GitHub runner takes for a command, widened: `::` after any white space at the start of a line, and `##[`
 * anywhere in it (actions/runner, ActionCommand.cs, seen 2026-11). It searches by the rules of a culture, which pass
 * over characters without weight, so anything that is not printable ASCII counts as "nothing in between".
 * Azure Pipelines (`##vso[`) and TeamCity (`##teamcity[`) listen in the same way.
 */
const LED = /^([^\x21-\x7e\n]*):(?=[^\x20-\x7e\n]*:)/gmu;
const BRACKETED = /(#[^\x20-\x7e\n]*#(?:[^\x20-\x7e\n]*(?:vso|teamcity))?[^\x20-\x7e\n]*)\[/giu;

/** Replaces every character that acts or hides by `\u{…}`. Line feeds and tabs stay. */
function escapeControls(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, codePointEscape);
}

/** Breaks everything in the text that a CI runner would read as a command. Expects escaped controls. */
export function breakCommands(text: string): string {
  if (!text.includes(":") && !text.includes("#")) return text;
  return text.replace(LED, String.raw`$1\u{3a}`).replace(BRACKETED, String.raw`$1\u{5b}`);
}

/** Text that may be printed as it is, over any number of lines. Doing it twice changes nothing. */
export function safeText(text: string): string {
  return breakCommands(escapeControls(text));
}

/** A piece of one line: like {@link safeText}, and line feeds and tabs become visible too. */
export function safePiece(text: string): string {
  return breakCommands(escapeControls(text).replace(/[\n\t]/gu, codePointEscape));
}

/**
 * One line for a value: JSON with spaces, at most `width` columns, cut with `…`. `undefined` is `(none)`.
 * A secret that strays in here prints as `(secret)`.
 */
export function quoteValue(value: Plain | undefined, options: { readonly width: number }): string {
  const text = fullText(value);
  if (displayWidth(text) <= options.width) return text;
  return cutQuoted(tokens(text), 0, options.width);
}

/**
 * Both sides of a change, each at most `width` columns. Where a cut would hide the difference, both texts start with
 * `…` a little before it, so that two long values never look alike.
 */
export function quoteChange(
  before: Plain | undefined,
  after: Plain | undefined,
  options: { readonly width: number },
): { readonly before: string; readonly after: string } {
  const { width } = options;
  const [left, right] = [fullText(before), fullText(after)];
  if (displayWidth(left) <= width && displayWidth(right) <= width) return { before: left, after: right };
  const [a, b] = [tokens(left), tokens(right)];
  let same = 0;
  while (a[same] !== undefined && a[same] === b[same]) same++;
  // The first piece that differs must be shown, also if it is an escape: it is what the cut is about.
  const needed = Math.max(displayWidth(a[same] ?? ""), displayWidth(b[same] ?? "")) + MARKS;
  const room = Math.min(LEAD, width - needed);
  const seen = displayWidth(a.slice(0, same).join(""));
  const fits = seen < width - LEAD - 2 && seen + needed <= width;
  const start = fits ? 0 : same - fitting(a.slice(0, same).toReversed(), room);
  return { before: cutQuoted(a, start, width), after: cutQuoted(b, start, width) };
}

/** Columns of common text shown before a difference, at most. */
const LEAD = 8;
/** Columns of `…` on both sides and a quotation mark. */
const MARKS = 3;

/** How many of the first pieces are together no wider than that. */
function fitting(pieces: readonly string[], width: number): number {
  let [count, used] = [0, 0];
  for (const piece of pieces) {
    used += displayWidth(piece);
    if (used > width) break;
    count++;
  }
  return count;
}

function fullText(value: Plain | undefined): string {
  return value === undefined ? "(none)" : safePiece(inlineJson(value));
}

function inlineJson(value: Plain): string {
  if (isSecret(value)) return SECRET_TEXT;
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inlineJson).join(", ")}]`;
  const parts = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inlineJson(item)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/** What must not be torn apart by a cut: an escape, or one character with its combining marks. */
function tokens(text: string): readonly string[] {
  return sure(text.match(/\\u\{[0-9a-f]+\}|\\u[0-9a-f]{4}|\\.|[\s\S]\p{M}*/gu), "a character");
}

function cutQuoted(all: readonly string[], start: number, width: number): string {
  const lead = start > 0 ? "…" : "";
  const rest = all.slice(start);
  if (displayWidth(lead) + displayWidth(rest.join("")) <= width) return lead + rest.join("");
  const close = all[0] === '"' ? '"' : "";
  return `${lead}${cutTokens(rest, width - lead.length - close.length - 1)}…${close}`;
}

function codePointEscape(character: string): string {
  return `\\u{${sure(character.codePointAt(0), "a character").toString(16)}}`;
}
