/**
 * What tells two writes of a key apart. Of a plain value: a digest of its text, so that saving it again unchanged is
 * no change. Of a secret nothing that comes from its text: the moment it was written.
 */
import { digest } from "../../canonical.ts";
import type { Version } from "../../model.ts";
import type { Disk, Facts } from "./disk.ts";
import { notUtf8 } from "./failures.ts";

const PLAIN = "c";
const SECRET = "t";
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

/** Text of a file, exactly; undefined where no file is. */
export async function readText(
  disk: Disk,
  path: string,
): Promise<{ readonly text: string; readonly facts: Facts } | undefined> {
  const found = await disk.read(path);
  if (found === undefined) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(found.bytes);
    return { text, facts: found.facts };
  } catch {
    throw notUtf8(path, "content");
  }
}
