/** Environments and regions of trueup.yaml, and the places they make. */
import type { Environment, Place, Plain, PlainMap } from "../model.ts";
import { asMap } from "./settings.ts";

/** `environments:` of trueup.yaml, a list of names or a map; its shape is checked already. */
export function readEnvironments(value: Plain): Environment[] {
  if (Array.isArray(value))
    return (value as readonly string[]).map((name) => ({ name, protected: false, regions: [], vars: {} }));
  return Object.entries(asMap(value)).map(([name, settings]) => {
    const { protected: isProtected, regions, vars } = asMap(settings);
    return { name, protected: isProtected === true, regions: (regions ?? []) as readonly string[], vars: asMap(vars) };
  });
}

/** Places in promotion order: `prod.us-east-2` for each region, or `prod` where an environment has none. */
export function placesOf(environments: readonly Environment[], regions: ReadonlyMap<string, PlainMap>): Place[] {
  return environments.flatMap((environment): Place[] => {
    const { name: env, protected: isProtected, vars } = environment;
    if (environment.regions.length === 0) return [{ id: env, env, region: undefined, protected: isProtected, vars }];
    return environment.regions.map((region) => ({
      id: `${env}.${region}`,
      env,
      region,
      protected: isProtected,
      vars: overlay(vars, regions.get(region) ?? {}),
    }));
  });
}

/** Maps merge, everything else replaces. */
function overlay(below: PlainMap, above: PlainMap): PlainMap {
  const result: { [key: string]: Plain } = Object.assign(Object.create(null), below);
  for (const [key, value] of Object.entries(above)) {
    const old = result[key];
    result[key] = isMap(old) && isMap(value) ? overlay(old, value) : value;
  }
  return result;
}

function isMap(value: Plain | undefined): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
