/**
 * What tells two writes of a key apart. Of a plain value: a digest of its text, so that saving it again unchanged is
 * no change. Of a secret nothing that comes from its text: the moment it was written.
 */
import { digest } from "../../canonical.ts";
import type { Version } from "../../model.ts";
import type { Disk, Facts } from "./disk.ts";

const PLAIN = "c";
const SECRET = "t";
/** Starts with NUL, which `limits.ts` refuses in our own values: it never equals what Git wants. */
const NOT_TEXT = "\0base64:";
/** Coarsest clock of a file system in use: two seconds (FAT). */
const TICK = 2_000_000n;

export function plainVersion(text: string): Version {
  return PLAIN + digest(text);
}

export function secretVersion(facts: Facts): Version {
  return SECRET + facts.modified;
}

/** The version a file has now, of the same sort as `like`; null where no file is. With its text, if that was read. */
export async function versionNow(
  disk: Disk,
  path: string | undefined,
  like: Version | null,
): Promise<{ readonly version: Version | null; readonly text?: string; readonly facts?: Facts }> {
  if (path === undefined) return { version: null };
  if (like === null || like.startsWith(SECRET)) {
    const facts = await disk.facts(path);
    return facts === undefined ? { version: null } : { version: secretVersion(facts), facts };
  }
  const found = await readText(disk, path);
  return found === undefined ? { version: null } : { version: plainVersion(found.text), ...found };
}

/**
 * Moments to stamp on the secrets of one commit, no two alike, and none that a hand edit from now on could get: they
 * lie one tick of the clock back.
 */
export function secretMoments(now: bigint): (old: Facts | undefined) => bigint {
  let next = now - TICK;
  return (old) => {
    next -= next - 1n === old?.modified ? 2n : 1n;
    return next;
  };
}

/** Text of a file; undefined where no file is. */
export async function readText(
  disk: Disk,
  path: string,
): Promise<{ readonly text: string; readonly facts: Facts } | undefined> {
  const found = await disk.read(path);
  return found && { text: textOf(found.bytes), facts: found.facts };
}

/** Exactly the text of the bytes. Bytes that are not UTF-8 (somebody else's file) become a marked base64 text, so that nothing is bent and no two look alike. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return NOT_TEXT + bytes.toString("base64");
  }
}
