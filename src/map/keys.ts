/** Physical keys: slashes between levels, everything reversible. */
import type { Key, KeyPath } from "../model.ts";

/**
 * One level of a physical key. `%` and `/` are percent-encoded; a level of dots only has its dots encoded, because
 * many tools treat `.` and `..` specially; an empty level is a lone `%`.
 */
export function encodeSegment(segment: string): string {
  if (segment === "") return "%";
  if (/^\.+$/u.test(segment)) return segment.replaceAll(".", "%2E");
  return /[%/]/u.test(segment) ? segment.replaceAll("%", "%25").replaceAll("/", "%2F") : segment;
}

/** Inverse of {@link encodeSegment}. */
export function decodeSegment(text: string): string {
  if (text === "%") return "";
  return text.includes("%") ? text.replaceAll("%2F", "/").replaceAll("%2E", ".").replaceAll("%25", "%") : text;
}

export function encodePath(path: KeyPath): string {
  return path.length === 1 ? encodeSegment(path[0] ?? "") : path.map(encodeSegment).join("/");
}

export function decodePath(text: string): KeyPath {
  return text.split("/").map(decodeSegment);
}

/** Why a physical key cannot be used in any store; undefined if it can. */
export function keyFault(key: Key): string | undefined {
  if (!key.startsWith("/")) return "does not start with a slash";
  if (key.endsWith("/")) return "ends with a slash";
  if (key.includes("//")) return "has an empty level";
  if (/(?:^|\/)\.{1,2}(?:\/|$)/u.test(key)) return "has a level . or ..";
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?:^|\/) | (?:\/|$)/u.test(key))
    return "has an invisible character, or a space at the edge of a level";
  return undefined;
}
