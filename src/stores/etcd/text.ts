/** Bytes of an etcd key or value as text that nothing gets lost in. */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Marks bytes that are not UTF-8. It starts with NUL, which `limits.ts` refuses in our own keys and values, so such a
 * text never equals anything that Git wants, and two different values never look alike.
 */
const NOT_TEXT = "\0base64:";

/** Text of a value. Bytes that are not UTF-8 (somebody else's, below our prefix) come as a marked base64 text. */
export function textOf(bytes: Buffer): string {
  return decode(bytes) ?? NOT_TEXT + bytes.toString("base64");
}

/** Name of a key. One that is not UTF-8 keeps its readable part, so that it still stands below its prefix. */
export function keyOf(bytes: Buffer): string {
  return decode(bytes) ?? bytes.toString("utf8") + NOT_TEXT + bytes.toString("base64");
}

function decode(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
