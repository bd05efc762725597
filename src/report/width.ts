/** How much room text takes on a terminal: East Asian characters take two cells, combining marks none. */

const ASCII = /^[\x20-\x7e]*$/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff]$/u;
/** Wide and fullwidth characters (Unicode TR 11), in coarse ranges; unassigned neighbours count as wide. */
const WIDE =
  /^(?:[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u;

/** Cells of a terminal that the text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += ASCII.test(character) ? 1 : cells(character);
  return width;
}

function cells(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** As many whole tokens as fit into `width` cells. */
export function cutTokens(tokens: readonly string[], width: number): string {
  let used = 0;
  let end = 0;
  for (const token of tokens) {
    used += displayWidth(token);
    if (used > width) break;
    end++;
  }
  return tokens.slice(0, end).join("");
}
