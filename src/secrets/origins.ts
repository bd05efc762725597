/** Where the value of a secret comes from, in one unit and one destination. */
import type { SecretToReveal } from "../apply/plaintext.ts";
import type { Workbench } from "../desired.ts";
import type { Destination, Live, SecretDefinition, SecretId, UnitId } from "../model.ts";
import type { Wanted } from "../wanted.ts";
import type { Origin } from "./reveal.ts";

export function definitionOf(
  { repo }: Workbench,
  wanted: Wanted,
  unit: UnitId,
  id: SecretId,
): SecretDefinition | undefined {
  return wanted.units.get(unit)?.resolved.app.secrets.get(id) ?? repo.shared.secrets.get(id);
}

export function originOf(
  bench: Workbench,
  wanted: Wanted,
  destination: Destination | undefined,
  live: ReadonlyMap<string, Live>,
  { unit, secret }: SecretToReveal,
): Origin | undefined {
  const resolved = wanted.units.get(unit)?.resolved;
  const definition = definitionOf(bench, wanted, unit, secret);
  if (resolved === undefined || definition === undefined || destination === undefined) return undefined;
  const { holder } = definition;
  const key = destination.units.find((one) => one.unit === unit)?.sources?.get(secret);
  return {
    definition,
    destination,
    encrypted: holder === "sops" ? bench.encrypted.find(resolved.app, resolved.place, secret) : undefined,
    source: key === undefined ? undefined : { key, version: live.get(destination.id)?.sources?.get(key) },
  };
}
