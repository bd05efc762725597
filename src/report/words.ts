/** Numbers, nouns and times as people write them. The same on every machine: no locale. */

/** `10000` → `10,000`. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/gu, ",");
}

/** `plural(1, "key")` → `1 key`; `plural(2, "entry", "entries")` → `2 entries`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `0.4 s`, `41 s`, `4 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The first words, and how many more: `a, b and 7 more`. */
export function some(words: readonly string[], limit: number): string {
  if (words.length <= limit) return words.join(", ");
  return `${words.slice(0, limit).join(", ")} and ${count(words.length - limit)} more`;
}

/** Commits are shown with seven digits, as Git does; other names are left alone. */
export function shortCommit(commit: string): string {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u.test(commit) ? commit.slice(0, 7) : commit;
}
