/** Variables for later steps of a GitHub Actions job, and the masks that keep secrets out of its log. */
import type { Named } from "./format.ts";

/**
 * One block of the file that GITHUB_ENV names (actions/runner, EnvFileKeyValuePairs). Everything up to a line that is
 * the delimiter is the value.
 */
export function githubBlock({ name, text }: Named, delimiter: string): string {
  return `${name}<<${delimiter}\n${text}\n${delimiter}\n`;
}

/** A shorter mask would star out half of the log and so tell what it hides. */
const SHORTEST_MASK = 6;
const COMMON = new Set(
  "changeme default disabled enabled example localhost master nothing password production public secret staging string undefined unknown".split(
    " ",
  ),
);

/**
 * The pieces of a secret that the runner should mask: its lines, trimmed, as far as they are long enough and no common
 * word. The runner itself masks base64, JSON and URL spellings of each. Empty: the secret cannot be hidden in a log.
 */
export function masksOf(text: string): readonly string[] {
  const pieces = text.split(/\r\n|\r|\n/u).map((line) => line.trim());
  return [...new Set(pieces.filter((piece) => piece.length >= SHORTEST_MASK && !COMMON.has(piece.toLowerCase())))];
}

/** The command that makes the runner mask a text; the runner does not show the line itself. */
export function maskCommand(piece: string): string {
  return `::add-mask::${piece.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")}\n`;
}
