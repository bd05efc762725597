/** Writing and reading key paths and addresses: `orders@prod.us-east-2:database."a.b/c".max`. */
import type { KeyPath } from "./model.ts";

const BARE = /^[^\s."'@:*?{}\\[\]]+$/u;

/** Dotted text of a key path; segments that hold dots, quotes or other special characters are quoted as JSON strings. */
export function formatPath(path: KeyPath): string {
  return path.map((segment) => (BARE.test(segment) ? segment : JSON.stringify(segment))).join(".");
}

/** Inverse of {@link formatPath}. Returns undefined if the text is not a path. */
export function parsePath(text: string): KeyPath | undefined {
  const segments: string[] = [];
  let rest = text;
  while (true) {
    const quoted = /^"(?:[^"\\]|\\.)*"/u.exec(rest)?.[0];
    const raw = quoted ?? /^[^."]+/u.exec(rest)?.[0];
    if (raw === undefined) return undefined;
    const segment = quoted === undefined ? raw : unquote(quoted);
    if (segment === undefined) return undefined;
    segments.push(segment);
    rest = rest.slice(raw.length);
    if (rest === "") return segments;
    if (!rest.startsWith(".")) return undefined;
    rest = rest.slice(1);
  }
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** An address with globs in any part; parts left out match everything. */
export interface AddressPattern {
  readonly app: string;
  readonly place: string;
  readonly key: string;
}

/** Splits `app@place:key`; `orders`, `@prod`, `:http.*` and `*@prod:database.**` are all fine. */
export function parseAddress(text: string): AddressPattern {
  const colon = text.indexOf(":");
  const left = colon < 0 ? text : text.slice(0, colon);
  const at = left.indexOf("@");
  return {
    app: (at < 0 ? left : left.slice(0, at)) || "*",
    place: (at < 0 ? "" : left.slice(at + 1)) || "*",
    key: (colon < 0 ? "" : text.slice(colon + 1)) || "**",
  };
}

/** Where a value lives: `orders@prod:http.port`. */
export function formatAddress(unit: string, path: KeyPath): string {
  return `${unit}:${formatPath(path)}`;
}

/**
 * `*` stays inside one segment, `**` crosses segments, `?` is one character; the separator is `.`, everything else is
 * literal. All ways are followed at once, so the time is at most the length of the glob times that of the text: a
 * regular expression would try them one after the other, and `*a*a*a*a*b` for ever.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const tokens = glob.match(/\*{2,}|[^]/gu) ?? [];
  const isStar = (at: number): boolean => tokens[at]?.startsWith("*") === true;
  if (!/[*?]/u.test(glob)) return (text) => text === glob;
  /** Adds a position, and those behind stars that take nothing. */
  const reach = (positions: Set<number>, at: number): void => {
    for (let next = at; !positions.has(next); next++) {
      positions.add(next);
      if (!isStar(next)) return;
    }
  };
  return (text) => {
    let here = new Set<number>();
    reach(here, 0);
    for (const character of text) {
      const next = new Set<number>();
      for (const at of here) {
        const token = tokens[at];
        if (isStar(at) && (token !== "*" || character !== ".")) reach(next, at);
        else if (token === "?" ? character !== "." : token === character) reach(next, at + 1);
      }
      if (next.size === 0) return false;
      here = next;
    }
    return here.has(tokens.length);
  };
}

/** Matches a place by its id, by its environment alone (`prod` covers `prod.us-east-2`), or by a glob. */
export function placeMatcher(glob: string): (place: { readonly id: string; readonly env: string }) => boolean {
  const matches = globMatcher(glob);
  return (place) => matches(place.id) || matches(place.env);
}
