/** A plan for an app that does not exist would be empty, and an empty plan reads as "all is well". So names are checked. */
import { globMatcher, parseAddress, placeMatcher } from "../address.ts";
import type { Scope } from "../desired.ts";
import { Failure } from "../failure.ts";
import type { Repo } from "../model.ts";
import { suggest } from "../suggest.ts";

/** Throws `USAGE`, with a suggestion, if a name or glob of the scope means nothing in this repo. */
export function requireKnown(repo: Repo, scope: Scope): void {
  const apps = repo.apps.map((app) => app.name);
  const envs = repo.config.environments.map((environment) => environment.name);
  const regions = [...new Set(repo.places.flatMap((place) => place.region ?? []))];
  const placeIds = repo.places.map((place) => place.id);
  for (const glob of scope.apps ?? []) requireOne("app", glob, apps);
  for (const glob of scope.envs ?? []) requireOne("environment", glob, envs);
  for (const glob of scope.regions ?? []) requireOne("region", glob, regions);
  for (const glob of scope.targets ?? [])
    requireOne(
      "target",
      glob,
      repo.config.targets.map((target) => target.name),
    );
  for (const address of scope.addresses ?? []) {
    const { app, place } = parseAddress(address);
    requireOne("app", app, apps);
    if (place !== "*" && !repo.places.some(placeMatcher(place))) throw unknown("place", place, [...envs, ...placeIds]);
  }
}

function requireOne(kind: string, glob: string, names: readonly string[]): void {
  // A lone star means all, also where there is nothing yet.
  if (glob !== "*" && !names.some(globMatcher(glob))) throw unknown(kind, glob, names);
}

function unknown(kind: string, name: string, names: readonly string[]): Failure {
  const meant = suggest(name, names);
  const known = `${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
  return new Failure("USAGE", `no ${kind} is called ${name}`, {
    fix: meant === undefined ? `known here: ${known === "" ? "none" : known}` : `did you mean ${meant}?`,
  });
}
