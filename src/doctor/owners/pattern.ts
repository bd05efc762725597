/**
 * Patterns of CODEOWNERS as GitHub reads them: those of gitignore without `!`, `[ ]` and `\#`, and `docs/*` is not about
 * folders below docs (docs.github.com, About code owners, seen 2026-11). Case counts.
 */

/** Tests a path from the top of the repository, without a leading slash. Takes time in proportion to both lengths' product. */
export type PathTest = (path: string) => boolean;

/** `undefined` if the pattern has something in it that GitHub does not take. */
export function ownersPattern(pattern: string): PathTest | undefined {
  if (pattern.startsWith("!") || /[[\]]/u.test(pattern) || pattern.startsWith("\\#")) return undefined;
  const bare = pattern.replace(/^\//u, "").replace(/\/$/u, "");
  if (bare === "") return undefined;
  const isFolder = pattern.endsWith("/");
  const isFixed = pattern.startsWith("/") || bare.includes("/");
  const parts = [...(isFixed ? [] : ["**"]), ...bare.split("/").map((part) => part.replace(/\\(.)/gu, "$1"))];
  // A last `*` after a folder is about its files alone; everything else that names a folder is about all below it.
  const below = isFolder || !(parts.length > 1 && isFixed && parts.at(-1) === "*");
  // Most lines are about another folder.
  const [first = ""] = parts;
  const start = /[*?]/u.test(first) ? "" : first;
  return (path) => path.startsWith(start) && matches(parts, path.split("/"), isFolder, below);
}

/** Which numbers of the path's parts the first parts of the pattern can use up: one row of a table at a time. */
function matches(pattern: readonly string[], path: readonly string[], isFolder: boolean, below: boolean): boolean {
  let row = path.map(() => false);
  row.unshift(true);
  for (const part of pattern) {
    const next = Array.from({ length: path.length + 1 }, () => false);
    for (let used = 0; used <= path.length; used++) {
      if (part === "**") next[used] = row[used] === true || (used > 0 && next[used - 1] === true);
      else if (used > 0) next[used] = row[used - 1] === true && partMatches(part, path[used - 1] ?? "");
    }
    row = next;
  }
  if (row[path.length] === true && !isFolder) return true;
  // A folder on the way: at least one part must be left over.
  return below && row.slice(1, -1).some(Boolean);
}

/** `*` is any text, `?` any character; the usual two fingers, so that nothing backtracks far. */
function partMatches(pattern: string, text: string): boolean {
  let [at, i, star, mark] = [0, 0, -1, 0];
  while (i < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      mark = i;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++mark;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
