/** Decrypts the values of a loaded file, and proves that they are the ones its author wrote. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../../failure.ts";
import type { SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { openValue, parseEncrypted } from "./cipher.ts";
import { RESTORE } from "./data-key.ts";
import { loadSops } from "./load.ts";
import type { Item, Loaded } from "./load.ts";
import { clearOf } from "./values.ts";
import type { Clear } from "./values.ts";

/** A value and its plain text. */
export interface Opened {
  readonly item: Item;
  readonly clear: Clear;
}

/** Loads a file that somebody wants to decrypt or change; its problems become one CORRUPT failure. */
export function mustLoad(file: SourceFile): Loaded {
  const loaded = loadSops(file);
  if (!("problems" in loaded)) return loaded;
  const details = loaded.problems.map((problem: Problem) => `${problem.code} ${problem.message}`);
  throw new Failure("CORRUPT", `${file.path} cannot be used as an encrypted file.`, { details, fix: RESTORE });
}

/** Decrypts every value. Throws CORRUPT, with the name of the first one that is not what its author wrote there. */
export function openItems({ tree, items }: Loaded, key: Uint8Array): Opened[] {
  return items.map((item) => {
    if (item.encrypted === undefined) return { item, clear: item.clear };
    const bytes = openValue(item.encrypted, key, item.aad);
    const clear = bytes === undefined ? undefined : clearOf(item.encrypted.type, bytes);
    if (clear !== undefined) return { item, clear };
    throw new Failure("CORRUPT", `The encrypted value of ${item.name} in ${tree.file.path} was changed or moved.`, {
      fix: RESTORE,
      details: ["it does not belong to this key, this name and this file"],
    });
  });
}

/** SHA-256 of `sops`: keeps a MAC over encrypted values alone from passing for one over all values. */
const ONLY_ENCRYPTED = createHash("sha256").update("sops").digest();

/**
 * The text that SOPS encrypts as MAC: over all values in order, comments left out. What the format does not prove, and
 * so nobody can: empty and null values (they add nothing), where one plain value ends and the next begins, the types
 * `str` and `bool` of one text, the name of a plain value, and which app and environment the whole file is for.
 */
export function macOf({ metadata }: Loaded, opened: readonly Opened[]): string {
  const hash = createHash("sha512");
  if (metadata.macOnlyEncrypted) hash.update(ONLY_ENCRYPTED);
  for (const { item, clear } of opened) {
    const covered = !metadata.macOnlyEncrypted || item.encrypted !== undefined;
    if (covered && !item.leaf.comment) hash.update(clear.mac);
  }
  return hash.digest("hex").toUpperCase();
}

/** Throws CORRUPT unless the MAC in the file is the one of these values. */
export function checkMac(loaded: Loaded, opened: readonly Opened[], key: Uint8Array): void {
  const { metadata, tree } = loaded;
  const stored = parseEncrypted(metadata.mac);
  const given = stored === undefined ? undefined : openValue(stored, key, metadata.lastModified);
  const wanted = Buffer.from(macOf(loaded, opened));
  if (given?.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new Failure("CORRUPT", `${tree.file.path} was changed by something that is not sops: its MAC does not fit.`, {
    fix: RESTORE,
    details: ["a value was added, removed, reordered or edited by hand, or a merge mixed two versions of the file"],
  });
}
