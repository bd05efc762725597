/** Values that must never be printed: references to secrets, and sealed text on its way to a store. */
import type { Secret, SecretId, SecretUse, Value } from "./model.ts";

const MARK = Symbol.for("trueup.secret");
/** The only thing a secret ever turns into when somebody prints it. */
export const SECRET_TEXT = "(secret)";

class SecretValue implements Secret {
  readonly [MARK] = true;
  readonly parts: readonly (string | SecretUse)[];
  constructor(parts: readonly (string | SecretUse)[]) {
    this.parts = parts;
  }
  toString(): string {
    return SECRET_TEXT;
  }
  toJSON(): string {
    return SECRET_TEXT;
  }
}

/** Text made of literals and secrets. At least one part must be a {@link SecretUse}. */
export function secret(parts: readonly (string | SecretUse)[]): Secret {
  return new SecretValue(parts);
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && MARK in value;
}

/** True if a secret stands anywhere inside the value. */
export function holdsSecret(value: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isSecret(value)) return true;
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsSecret);
}

/** Names of all secrets inside the value, in order of appearance. */
export function secretsIn(value: Value): SecretId[] {
  if (typeof value !== "object" || value === null) return [];
  if (isSecret(value)) return value.parts.flatMap((part) => (typeof part === "string" ? [] : [part.secret]));
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(secretsIn);
}

/** The secret that a value is and nothing else, not even through a helper; undefined if it is more than that. */
export function onlySecret(value: Value): SecretId | undefined {
  if (!isSecret(value) || value.parts.length !== 1) return undefined;
  const [part] = value.parts;
  return typeof part === "object" && part.through.length === 0 ? part.secret : undefined;
}

/** Plain text of a secret on its way to a store. It prints as {@link SECRET_TEXT}; only store drivers call `reveal`. */
export class Sealed {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return SECRET_TEXT;
  }
  toJSON(): string {
    return SECRET_TEXT;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SECRET_TEXT;
  }
}
