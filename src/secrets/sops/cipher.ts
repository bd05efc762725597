/** One encrypted value of a SOPS file: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` (getsops/sops 3.13, `aes/cipher.go`). */
import { createCipheriv, createDecipheriv } from "node:crypto";

const TYPES = ["str", "int", "float", "bool", "bytes", "time", "comment"] as const;
export type SopsType = (typeof TYPES)[number];

export interface Encrypted {
  readonly data: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly type: SopsType;
}

/** SOPS uses 32 bytes where GCM would want 12; GCM hashes longer ones. */
export const IV_BYTES = 32;
const TAG_BYTES = 16;
const FORM =
  /^ENC\[AES256_GCM,data:(?<data>[A-Za-z0-9+/=]+),iv:(?<iv>[A-Za-z0-9+/=]+),tag:(?<tag>[A-Za-z0-9+/=]+),type:(?<type>[a-z]+)\]$/u;

/** True if the text is meant to be an encrypted value, whole or damaged. */
export function looksEncrypted(text: string): boolean {
  return /^\s*ENC\[AES256_GCM/u.test(text);
}

/** Undefined if the text has not exactly the form. Stricter than SOPS, which takes base64 with stray bits. */
export function parseEncrypted(text: string): Encrypted | undefined {
  const groups = FORM.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const [data, iv, tag] = [groups.data, groups.iv, groups.tag].map((part) => decodeBase64(part ?? ""));
  const type = TYPES.find((name) => name === groups.type);
  if (data === undefined || iv?.length !== IV_BYTES || tag?.length !== TAG_BYTES || type === undefined)
    return undefined;
  return { data, iv, tag, type };
}

/** Bytes of standard base64 with padding; undefined if it is written in any but the one canonical way. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** Plain bytes, or undefined if key, place (`aad`) or a single bit of the value is not the one it was made with. */
export function openValue(value: Encrypted, key: Uint8Array, aad: string): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, value.iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad, "utf8"));
  decipher.setAuthTag(value.tag);
  try {
    return Buffer.concat([decipher.update(value.data), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Encrypts text for one place. `iv` must be {@link IV_BYTES} fresh random bytes. Empty text stays empty, as in SOPS. */
export function sealValue(text: string, key: Uint8Array, aad: string, iv: Uint8Array): string {
  if (text === "") return "";
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad, "utf8"));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const [data64, iv64, tag64] = [data, Buffer.from(iv), cipher.getAuthTag()].map((part) => part.toString("base64"));
  return `ENC[AES256_GCM,data:${data64},iv:${iv64},tag:${tag64},type:str]`;
}

/** Associated data of a value: the names of the maps above it and its own. List positions are not part of it. */
export function placeOf(keys: readonly string[]): string {
  return `${keys.join(":")}:`;
}
