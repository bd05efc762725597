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
 * Glob to regular expression: `*` stays inside one segment, `**` crosses segments, `?` is one character.
 * The separator is `.`; everything else is literal. Linear: a glob cannot backtrack badly because `*` never crosses
 * a separator and neighbouring stars are merged.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const source = glob
    .replace(/\*{3,}/gu, "**")
    .replace(/\*\*|\*|\?|[.+^${}()|[\]\\/]/gu, (token) =>
      token === "**" ? ".*" : token === "*" ? "[^.]*" : token === "?" ? "[^.]" : `\\${token}`,
    );
  const pattern = new RegExp(`^${source}$`, "su");
  return (text) => pattern.test(text);
}

/** Matches a place by its id, by its environment alone (`prod` covers `prod.us-east-2`), or by a glob. */
export function placeMatcher(glob: string): (place: { readonly id: string; readonly env: string }) => boolean {
  const matches = globMatcher(glob);
  return (place) => matches(place.id) || matches(place.env);
}
