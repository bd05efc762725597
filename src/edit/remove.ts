/** Removing one key from a YAML file, everything else byte for byte as it was. */
import { formatPath } from "../address.ts";
import type { KeyPath } from "../model.ts";
import { type Edited, checked, refused } from "./edited.ts";
import { type Step, findPath } from "./find.ts";
import { lineEnd, lineStart, nextLine, splice } from "./lines.ts";
import type { MapNode, Pair } from "./nodes.ts";
import { parseText } from "./parse.ts";
import { endOfComments, startOfBlanks, startOfComments } from "./remove-lines.ts";

/**
 * Removes the key at `path`, and each map around it that has nothing else in it. The comment lines directly above the
 * removed key go with it, because below they would explain the next one; a comment that opens the file stays. A file
 * may end up empty: see `isEmptyFile`.
 */
export function removeKey(text: string, path: KeyPath): Edited {
  const parsed = parseText(text);
  if (!parsed.ok) return refused(`the file cannot be edited as it is: ${parsed.why}`);
  const { steps, blocked } = findPath(parsed.root, path);
  if (blocked !== undefined) return refused(blocked);
  if (path.length === 0 || steps.length < path.length) return refused(`${formatPath(path)} is not in the file`);
  const target = steps.findLast(({ map }, index) => index === 0 || map.pairs.length > 1);
  if (target === undefined) return refused(`${formatPath(path)} is not in the file`);
  const expected = without(parsed.value, path) ?? {};
  if (target.map.flow) return checked(removeFlow(text, target), expected);
  const from = startOfComments(text, target.pair);
  const to = endOfComments(text, target.pair);
  const tidy = checked(splice(text, startOfBlanks(text, from, to), to, ""), expected);
  // Blank lines can be part of the value above (`|+`).
  return tidy.ok ? tidy : checked(splice(text, from, to, ""), expected);
}

/** Takes a pair out of `{ a: 1, b: 2 }`, with one of the commas around it. */
function removeFlow(text: string, { map, pair }: Step): string {
  const index = map.pairs.indexOf(pair);
  const comma = /^\s*,/u.exec(text.slice(pair.end))?.[0].length ?? 0;
  const end = pair.end + comma;
  if (standsAlone(text, pair.start, end)) return splice(text, startOfComments(text, pair), nextLine(text, end), "");
  const next = map.pairs[index + 1];
  if (next !== undefined) {
    const gap = /^[ \t]*/u.exec(text.slice(end))?.[0].length ?? 0;
    return splice(text, pair.start, end + gap, "");
  }
  return splice(text, startOfLast(text, map, pair), pair.end, "");
}

/** Where the last pair of a flow map begins, with the comma before it unless a comment stands between. */
function startOfLast(text: string, map: MapNode, pair: Pair): number {
  const previous = map.pairs.at(-2);
  return previous === undefined || text.slice(previous.end, pair.start).includes("#") ? pair.start : previous.end;
}

/** True if nothing but a comment shares the lines with `[start, end)`. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(lineStart(text, start), start);
  return /^[ \t]*$/u.test(before) && /^[ \t]*(?:#.*)?$/u.test(text.slice(end, lineEnd(text, end)));
}

/** The value without the key and without maps that became empty; undefined if nothing is left. */
function without(value: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return undefined;
  const map = value as { readonly [key: string]: unknown };
  const inner = rest.length === 0 ? undefined : without(map[key], rest);
  const kept = Object.entries(map).flatMap(([name, item]) =>
    name !== key ? [[name, item] as const] : inner === undefined ? [] : [[name, inner] as const],
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
