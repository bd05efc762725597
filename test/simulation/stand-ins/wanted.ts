/** `wanted.ts` and `secrets/reveal.ts` in a world: destinations are made from scenarios, not from files. */
import type { Key, KeyPath, SecretId, UnitId } from "../../../src/model.ts";
import { Sealed } from "../../../src/secret.ts";
import { keyOf } from "../scenario.ts";

export function pathOfKey(_bench: unknown, _frame: unknown, unit: UnitId, key: Key): KeyPath {
  const prefix = keyOf(`${unit.slice(0, unit.indexOf("@"))}/`);
  return key.startsWith(prefix) ? [key.slice(prefix.length)] : [];
}

export function sourcesOf(): unknown {
  return { origin: () => undefined, template: () => undefined, shadowed: () => [] };
}

export function wantedBy(): never {
  throw new Error("not part of the simulation");
}

/** The text of a secret is part of its name here. */
export function openSecrets(): Promise<(use: { readonly secret: SecretId }) => Sealed> {
  return Promise.resolve(({ secret }) => new Sealed(secret));
}
