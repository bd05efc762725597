/** What a value is made of, as far as Git knows it: its plain parts, and the ciphertext of its secrets. */
import { canonicalJson, digest } from "../canonical.ts";
import type { Plain, SecretId, Value } from "../model.ts";
import { isSecret, secretsIn } from "../secret.ts";

/**
 * Digest of a value that holds secrets, with `digestOf` (the digest of a secret's ciphertext) in place of each.
 * Undefined if there is no secret in it, or one that is not encrypted in Git.
 */
export function ciphertextOf(value: Value, digestOf: (secret: SecretId) => string | undefined): string | undefined {
  const secrets = secretsIn(value);
  if (secrets.length === 0 || secrets.some((id) => digestOf(id) === undefined)) return undefined;
  return digest(canonicalJson(describe(value, digestOf)));
}

/** Every kind of value has a mark of its own, so that no text can pass for a secret. */
function describe(value: Value, digestOf: (secret: SecretId) => string | undefined): Plain {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value))
    return [
      "secret",
      ...value.parts.map((part): Plain => {
        if (typeof part === "string") return part;
        return [digestOf(part.secret) ?? null, ...part.through.map((call): Plain => [call.helper, ...call.args])];
      }),
    ];
  if (Array.isArray(value)) return ["list", ...(value as readonly Value[]).map((item) => describe(item, digestOf))];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, describe(item, digestOf)]));
}
