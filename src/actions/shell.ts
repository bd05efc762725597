/** Words as a POSIX shell reads them back. */

/** The word itself if it means nothing to a shell, otherwise in single quotes. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
