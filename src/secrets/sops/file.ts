/** What can be known of a SOPS file without a key: all that a plan needs. */
import { digest } from "../../canonical.ts";
import type { KeyPath, SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { loadSops } from "./load.ts";
import type { RecipientKind } from "./metadata.ts";

export interface SopsFile {
  /** In the order of the file. Null values are no entries, nor are comments. */
  readonly entries: readonly SopsEntry[];
  /** Who can open the file, each once. Names only: nothing here is secret. */
  readonly recipients: readonly { readonly kind: RecipientKind; readonly id: string }[];
  /** RFC 3339, as it stands in the file. */
  readonly lastModified: string;
  /** Of the program that wrote the file. */
  readonly version: string;
}
export interface SopsEntry {
  /** {@link path} in dotted form. */
  readonly name: string;
  readonly path: KeyPath;
  /** Of the text in the file, which is ciphertext where {@link encrypted} is true. */
  readonly digest: string;
  /** False: the file's own rule leaves it readable, or it is empty text, which SOPS never encrypts. */
  readonly encrypted: boolean;
}

/**
 * Reads a SOPS file (YAML, or JSON if its name ends in `.json`) without decrypting anything. Problems: TU1001, TU1002,
 * TU4001 (a value in plain text where the file's rule wants it encrypted) and TU4006 (everything else), all masked.
 * That nobody tampered with the file is only known once it is decrypted.
 */
export function readSopsFile(
  file: SourceFile,
): { readonly sops: SopsFile } | { readonly problems: readonly Problem[] } {
  const loaded = loadSops(file);
  if ("problems" in loaded) return loaded;
  const { metadata, items } = loaded;
  const entries = items
    .filter(({ leaf }) => !leaf.comment)
    .map(({ leaf, name, encrypted }) => {
      return { name, path: leaf.path, digest: digest(leaf.text), encrypted: encrypted !== undefined };
    });
  const recipients = new Map(metadata.groups.flat().map(({ kind, id }) => [`${kind} ${id}`, { kind, id }]));
  const { lastModified, version } = metadata;
  return { sops: { entries, recipients: [...recipients.values()], lastModified, version } };
}
