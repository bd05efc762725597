/**
 * What a comment remembers about itself: data in a hidden last line. Everybody who may write in the repository can edit
 * the comment, so what is read back is judged like any input: bounded, checked field by field, and dropped as a whole
 * when anything is wrong.
 */
import { marker } from "../markdown.ts";

/** A body on GitHub has at most 65,536 characters. */
const BODY = 70_000;
const BLOCK = 48_000;

/** The last line of a comment. Base64 has neither dashes nor `>`, so nothing in the data can end it early. */
export function hide(kind: string, data: object): string {
  return `<!-- trueup:${kind} ${Buffer.from(JSON.stringify(data)).toString("base64")} -->`;
}

/** What {@link hide} put into the last line of a body; undefined if there is nothing that can be read. */
export function unhide(kind: string, body: string): unknown {
  if (body.length > BODY) return undefined;
  const text = body.trimEnd();
  const last = text.slice(text.lastIndexOf("\n") + 1).trim();
  const head = `<!-- trueup:${kind} `;
  if (!last.startsWith(head) || !last.endsWith(" -->") || last.length > BLOCK) return undefined;
  const block = last.slice(head.length, -" -->".length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(block)) return undefined;
  try {
    return JSON.parse(Buffer.from(block, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}

/** How the first line of a comment of ours starts, by which it is found again. */
export function markOf(kind: "plan" | "receipt" | "drift" | "fork", root: string): string {
  return marker(kind, { root }).slice(0, -"-->".length);
}

/** Readers of fields that may hold anything; `undefined` is "not what it should be". */
export function fieldsOf(value: unknown): { readonly [name: string]: unknown } | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

export function textField(value: unknown, most: number): string | undefined {
  return typeof value === "string" && value.length <= most ? value : undefined;
}

export function patternField(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === "string" && value.length <= 200 && pattern.test(value) ? value : undefined;
}

export function countField(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Every item read; undefined if there are too many or one of them cannot be read. */
export function listField<T>(value: unknown, most: number, read: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const items = value.flatMap((item) => read(item) ?? []);
  return items.length === value.length ? items : undefined;
}

export const COMMIT = /^[0-9a-f]{7,64}$/u;
export const PLAN_ID = /^p-[0-9a-f]{16}$/u;
