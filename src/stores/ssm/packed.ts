/**
 * Ledger records of more than 4 KB. Standard parameters hold no more, and Advanced ones cost, so a long record is
 * compressed, and what still does not fit goes on in further parameters. The record's own parameter is written last and
 * says which ones belong to it: a reader finds the old record or the new one, never a mixture.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Key } from "../../model.ts";
import { PACKED, STANDARD_BYTES } from "./limits.ts";

/** Bytes of a record unpacked, at most: what is larger was not written by trueup. */
const MAX_RECORD = 4 * 1024 * 1024;

export interface Packing {
  readonly root: string;
  /** To be written before the root. */
  readonly parts: readonly { readonly key: Key; readonly text: string }[];
}

export interface Root {
  readonly parts: readonly Key[];
  readonly tag: string;
  readonly chunk: string;
}

/** How to write a record. `next` is the version its parameter is about to get: parts in use are never overwritten. */
export function pack(key: Key, text: string, next: number): Packing {
  if (Buffer.byteLength(text) <= STANDARD_BYTES) return { root: text, parts: [] };
  const data = gzipSync(text, { level: 9 }).toString("base64");
  const tag = createHash("sha256").update(data).digest("hex").slice(0, 12);
  const slot = next % 2 === 0 ? "even" : "odd";
  const room = STANDARD_BYTES - tag.length - 1;
  const rootRoom = STANDARD_BYTES - `${PACKED}9999 even ${tag} `.length;
  const rest = data.slice(rootRoom);
  const chunks = Array.from({ length: Math.ceil(rest.length / room) }, (_, n) => rest.slice(n * room, (n + 1) * room));
  return {
    root: `${PACKED}${chunks.length} ${slot} ${tag} ${data.slice(0, rootRoom)}`,
    parts: chunks.map((chunk, n) => ({ key: partKey(key, slot, n), text: `${tag} ${chunk}` })),
  };
}

/** Undefined if the text is not a packed record. */
export function rootOf(key: Key, text: string): Root | undefined {
  const match = text.startsWith(PACKED)
    ? /^(\d{1,4}) (even|odd) ([0-9a-f]{12}) ([A-Za-z0-9+/=]+)$/u.exec(text.slice(PACKED.length))
    : null;
  if (match === null) return undefined;
  const [, count = "0", slot = "", tag = "", chunk = ""] = match;
  return { parts: Array.from({ length: Number(count) }, (_, n) => partKey(key, slot, n)), tag, chunk };
}

/** The record, from the texts of its parts; undefined if they do not belong together. */
export function unpack(root: Root, texts: ReadonlyMap<Key, string>): string | undefined {
  let data = root.chunk;
  for (const key of root.parts) {
    const text = texts.get(key);
    if (text?.startsWith(`${root.tag} `) !== true) return undefined;
    data += text.slice(root.tag.length + 1);
  }
  try {
    return gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: MAX_RECORD }).toString("utf8");
  } catch {
    return undefined;
  }
}

/** `<meta>units/orders` continues in `<meta>parts/orders/even/0`. */
function partKey(key: Key, slot: string, n: number): Key {
  const at = key.lastIndexOf("/units/");
  const [before, app] = at === -1 ? [key, "record"] : [key.slice(0, at), key.slice(at + "/units/".length)];
  return `${before}/parts/${app}/${slot}/${n}`;
}
