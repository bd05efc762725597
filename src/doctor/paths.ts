/** Does a path name another environment than the one it is for? The classic slip of a copied target. */
import { groupBy } from "../group.ts";
import type { Place } from "../model.ts";
import type { Check } from "../report/look/doctor.ts";
import { some } from "../report/words.ts";
import type { PathFacts } from "./facts.ts";

type Named = Pick<Place, "env" | "vars">;
const SHOWN = 3;

/**
 * Compares whole levels of each path, without regard to case, with the names and `vars.long` of all environments. A
 * level that is also the system, the app, the region or a name of the own environment says nothing. Where the path names
 * its own environment too, the level may mean something else: then it is a warning.
 */
export function checkPaths(paths: readonly PathFacts[], places: readonly Named[], system: string): Check[] {
  const owners = new Map<string, string>();
  for (const place of places) for (const name of namesOf(place)) owners.set(name, place.env);
  const slips = paths.flatMap((facts) => {
    const mine = namesOf(facts.place);
    const own = new Set([...mine, ...[facts.app, facts.place.region ?? "", system].map((name) => name.toLowerCase())]);
    const levels = facts.path.split("/");
    const level = levels.find((part) => !own.has(part.toLowerCase()) && owners.has(part.toLowerCase()));
    if (level === undefined) return [];
    const isNamed = levels.some((part) => mine.includes(part.toLowerCase()));
    return [{ ...facts, level, other: owners.get(level.toLowerCase()) ?? level, isNamed }];
  });
  const same = groupBy(slips, ({ target, place, level }) => JSON.stringify([target, place.env, level]));
  return [...same.values()].flatMap((group): Check[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { target, place, path, level, other, isNamed } = first;
    const units = [...new Set(group.map(({ unit }) => unit))];
    const named = level === other ? other : `${level}, which is ${other},`;
    return [
      {
        group: "targets",
        name: `${target} ${place.env}`,
        status: isNamed ? "warning" : "problem",
        message: `${path} names ${named} but is written by ${place.env} (${some(units, SHOWN)})`,
        fix: `write {{env}}${level === other ? "" : " or {{vars.long}}"} in targets.${target}.path, or correct vars of ${place.env}`,
      },
    ];
  });
}

function namesOf({ env, vars }: Named): string[] {
  const { long } = vars;
  return [env, ...(typeof long === "string" && long !== "" ? [long] : [])].map((name) => name.toLowerCase());
}
