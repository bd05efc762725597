/** Finding lines, columns and comments in a text. All offsets are UTF-16 units. */

/** Line break of the file: `\r\n` if its first line ends so. */
export function breakOf(text: string): string {
  const first = text.indexOf("\n");
  return first > 0 && text[first - 1] === "\r" ? "\r\n" : "\n";
}

/** Offset of the first character of the line. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Offset of the line break that ends the line (of its `\r`, if there is one), or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  if (at < 0) return text.length;
  return at > offset && text[at - 1] === "\r" ? at - 1 : at;
}

/** Offset of the first character of the next line, or the end of the text. */
export function nextLine(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  return at < 0 ? text.length : at + 1;
}

/** Columns before the offset on its line. A byte order mark takes none. */
export function column(text: string, offset: number): number {
  return text.slice(lineStart(text, offset), offset).replace("\uFEFF", "").length;
}

/** The column of the `#` if the line that starts here is nothing but a comment. */
export function commentColumn(text: string, start: number): number | undefined {
  const line = text.slice(start, lineEnd(text, start));
  return /^[ \t]*#/u.test(line) ? line.indexOf("#") : undefined;
}

/** The text with `[from, to)` replaced. */
export function splice(text: string, from: number, to: number, replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}
