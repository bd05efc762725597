/** One text for one value, and its digest. Independent of key order, line endings and locale. */
import { hash } from "node:crypto";
import type { Plain } from "./model.ts";

/** JSON without spaces, keys sorted by UTF-16 code unit. Equal values give equal text, on any machine. */
export function canonicalJson(value: Plain): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const map = value as { readonly [key: string]: Plain };
  const parts = Object.keys(map)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(map[key] as Plain)}`);
  return `{${parts.join(",")}}`;
}

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

/**
 * Short digest for the ledger: the first 128 bits of SHA-256 in base64url (22 characters), because a store may
 * allow only 4 KB a key. Never call it with a secret.
 */
export function digest(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 22);
}
