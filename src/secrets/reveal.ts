/** The values of encrypted secrets, for an apply: each file is decrypted once, before anything is written. */
import type { Reveal } from "../apply/plaintext.ts";
import { Failure } from "../failure.ts";
import type { SecretId, SourceFile, UnitId } from "../model.ts";
import type { Sealed } from "../secret.ts";
import type { EncryptedValue } from "./encrypted.ts";
import { type KeySource, decryptSops } from "./sops/decrypt.ts";

/**
 * Decrypts the files that hold the secrets. `keys` is asked only if there is one. Throws what `decryptSops` throws: no
 * key fits (DENIED), or a file is not whole (CORRUPT).
 */
export async function openSecrets(
  needed: readonly { readonly unit: UnitId; readonly secret: SecretId }[],
  find: (unit: UnitId, secret: SecretId) => EncryptedValue | undefined,
  keys: () => Promise<KeySource>,
): Promise<Reveal> {
  const files = new Map<string, SourceFile>();
  for (const { unit, secret } of needed) {
    const value = find(unit, secret);
    if (value === undefined) throw notFound(unit, secret);
    files.set(value.file.path, value.file);
  }
  const opened = new Map<string, ReadonlyMap<string, Sealed>>();
  const source = files.size === 0 ? undefined : await keys();
  if (source !== undefined) for (const [path, file] of files) opened.set(path, await decryptSops(file, source));
  return (unit, secret) => {
    const value = find(unit, secret);
    const sealed = value === undefined ? undefined : opened.get(value.file.path)?.get(value.name);
    if (sealed === undefined) throw notFound(unit, secret);
    return sealed;
  };
}

function notFound(unit: UnitId, secret: SecretId): Failure {
  return new Failure("INTERNAL", `no encrypted value of ${secret} for ${unit}`);
}
