/** What a value is made of, as far as Git knows it: its plain parts, and what it says of its secrets. */
import { canonicalJson, digest } from "../canonical.ts";
import type { Holder, Plain, Recipe, SecretId, Value } from "../model.ts";
import { isSecret, secretsIn } from "../secret.ts";

/**
 * Recipe of a value that holds secrets, with the digest of `originOf` (what Git says of a secret) in place of each.
 * Undefined if there is no secret in it, or one that trueup cannot get at.
 */
export function recipeOf(
  value: Value,
  originOf: (secret: SecretId) => { readonly digest: string; readonly holder: Holder } | undefined,
): Recipe | undefined {
  const holders = new Set<Holder>();
  for (const id of secretsIn(value)) {
    const origin = originOf(id);
    if (origin === undefined) return undefined;
    holders.add(origin.holder);
  }
  if (holders.size === 0) return undefined;
  const text = canonicalJson(describe(value, (id) => originOf(id)?.digest));
  return { digest: digest(text), holders: [...holders].toSorted() };
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
