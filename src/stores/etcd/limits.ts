/** What etcd can hold, known without connecting to one. */
import type { Limits } from "../store.ts";

/**
 * Bytes of one request. The server's default is 1.5 MiB (`--max-request-bytes`, server/embed/config.go, seen 2026-08)
 * and it counts its own envelope too.
 */
export const DEFAULT_MAX_REQUEST_BYTES = Math.floor(1.4 * 1024 * 1024);
/** Operations on one level of a transaction (`--max-txn-ops`, server/embed/config.go, seen 2026-08). */
export const DEFAULT_MAX_TXN_OPS = 128;
/** etcd sets no limit of its own. We name a key up to five times in one request, so a huge one is surely a mistake. */
const MAX_KEY_BYTES = 4096;
/** Room beside a value for the head, the guards and the names of its request. */
const ENVELOPE_BYTES = 32 * 1024;

export const limits: Limits = {
  // Every unit is a transaction nested in the one transaction of the apply. More than a unit is usually applied whole,
  // but it cannot be promised: an apply over the request size takes several transactions of whole units. A unit that
  // alone is over that size goes in guarded batches behind a write-ahead record: the one exception, see large.ts.
  atomic: "unit",
  staleWrites: "refused",
  refuses({ key }, text) {
    const bytes = Buffer.byteLength(key);
    if (bytes > MAX_KEY_BYTES)
      return {
        message: `the key has ${bytes} bytes; trueup writes keys of at most ${MAX_KEY_BYTES} bytes to etcd`,
        fix: "Shorten the names in it, or the path of the target.",
      };
    if (!isHoldable(key))
      return {
        message: "the key holds a character that is not text (NUL or half a surrogate pair)",
        fix: "Rename it.",
      };
    if (text === undefined) return undefined;
    if (!isHoldable(text))
      return {
        message: "the value holds a character that is not text (NUL or half a surrogate pair)",
        fix: "Remove it, or write the value as base64.",
      };
    const size = Buffer.byteLength(text);
    const most = DEFAULT_MAX_REQUEST_BYTES - ENVELOPE_BYTES;
    if (size <= most) return undefined;
    return {
      message: `the value has ${size} bytes; one request to etcd takes ${most}`,
      fix: "Split it into several keys (layout: keys or groups), or keep it where files belong.",
    };
  },
};

function isHoldable(text: string): boolean {
  return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
}
