/** What a directory can hold, known without looking at one. */
import type { Limits } from "../store.ts";

const MAX_KEY_BYTES = 1024;
const MAX_TEXT_BYTES = 1024 * 1024;

export const limits: Limits = {
  atomic: "apply",
  staleWrites: "refused",
  refuses({ key }, text) {
    if (!key.startsWith("/"))
      return { message: "the key does not start with a slash", fix: "Begin the path of the target with a slash." };
    if (!isText(key))
      return {
        message: "the key holds a character that is not text (NUL or half a surrogate pair)",
        fix: "Rename it.",
      };
    const bytes = Buffer.byteLength(key);
    if (bytes > MAX_KEY_BYTES)
      return {
        message: `the key has ${bytes} bytes; a directory store takes keys of at most ${MAX_KEY_BYTES} bytes`,
        fix: "Shorten the names in it, or the path of the target.",
      };
    if (text === undefined) return undefined;
    if (!isText(text))
      return {
        message: "the value holds a character that is not text (NUL or half a surrogate pair)",
        fix: "Remove it, or write the value as base64.",
      };
    const size = Buffer.byteLength(text);
    if (size <= MAX_TEXT_BYTES) return undefined;
    return {
      message: `the value has ${size} bytes; a directory store takes values of at most ${MAX_TEXT_BYTES} bytes`,
      fix: "Split it into several keys (layout: keys or groups), or keep it where files belong.",
    };
  },
};

function isText(text: string): boolean {
  return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
}
