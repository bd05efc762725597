/** Decrypting a SOPS file: in `apply`, and nowhere else. */
import { Failure } from "../../failure.ts";
import type { SourceFile } from "../../model.ts";
import { Sealed } from "../../secret.ts";
import { dataKeyOf } from "./data-key.ts";
import type { KeySource } from "./data-key.ts";
import { checkMac, mustLoad, openItems } from "./open.ts";
import type { Opened } from "./open.ts";

export type { KeySource, KmsRequest } from "./data-key.ts";

/**
 * Every value of the file by its dotted name, sealed; those the file keeps in plain text too. Numbers are decimal text,
 * booleans `true` and `false`, times RFC 3339; null values are left out. The MAC is always checked. Throws DENIED (no
 * key fits) and CORRUPT (not a whole, untouched SOPS file).
 */
export async function decryptSops(file: SourceFile, keys: KeySource): Promise<ReadonlyMap<string, Sealed>> {
  const loaded = mustLoad(file);
  const key = await dataKeyOf(file.path, loaded.metadata, keys);
  const opened = openItems(loaded, key);
  checkMac(loaded, opened, key);
  return new Map(
    opened.filter((one) => !one.item.leaf.comment).map((one) => [one.item.name, sealedOf(one, file.path)]),
  );
}

function sealedOf({ item, clear }: Opened, path: string): Sealed {
  if (clear.text !== undefined) return new Sealed(clear.text);
  throw new Failure("CORRUPT", `${item.name} in ${path} is not text: its bytes are not UTF-8.`, {
    fix: "encode it, as base64 for example, and set it again",
  });
}
