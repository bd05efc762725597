/** Does a path name another environment than the one it is for? The classic slip of a copied target. */
import { groupBy } from "../group.ts";
import type { Place, Plain } from "../model.ts";
import type { Check } from "../report/look/doctor.ts";
import { some } from "../report/words.ts";
import type { ConnectionFacts, PathFacts } from "./facts.ts";

type Named = Pick<Place, "env" | "vars">;
const SHOWN = 3;

/**
 * Compares whole levels of each path, without regard to case, with the names and `vars.long` of all environments. A
 * level that is also the system, the app, the region or a name of the own environment says nothing. Where the path names
 * its own environment too, the level may mean something else: then it is a warning.
 */
export function checkPaths(paths: readonly PathFacts[], places: readonly Named[], system: string): Check[] {
  const owners = ownersOf(places);
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

/**
 * The same for the texts of connections, word by word (an endpoint, a role, the variable of a credential): a warning,
 * for one server may well serve several environments. The text itself is not repeated: it may hold a login.
 */
export function checkConnections(
  connections: readonly ConnectionFacts[],
  places: readonly Named[],
  system: string,
): Check[] {
  const owners = ownersOf(places);
  const slips = connections.flatMap(({ target, place, connection }) => {
    const own = new Set([...namesOf(place), ...wordsIn(place.region ?? ""), ...wordsIn(system)]);
    return textsIn(connection, ["connection"]).flatMap(({ path, text }) => {
      const words = wordsIn(text);
      const word = words.find((each) => !own.has(each) && owners.has(each));
      if (word === undefined || words.some((each) => namesOf(place).includes(each))) return [];
      return [{ target, env: place.env, other: owners.get(word) ?? word, setting: path.join(".") }];
    });
  });
  const same = groupBy(slips, (slip) => JSON.stringify(slip));
  return [...same.values()].flatMap(([slip]): Check[] => {
    if (slip === undefined) return [];
    const { target, env, other, setting } = slip;
    return [
      {
        group: "targets",
        name: `${target} ${env}`,
        status: "warning",
        message: `${setting} names ${other} but is used for ${env}`,
        fix: `write {{env}} in targets.${target}.${setting}; if they share it on purpose, give it a name of neither`,
      },
    ];
  });
}

function wordsIn(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function textsIn(value: Plain, path: readonly string[]): { readonly path: readonly string[]; readonly text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: Plain) => textsIn(item, path));
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, name === "fromEnv" ? path : [...path, name]));
}

function ownersOf(places: readonly Named[]): ReadonlyMap<string, string> {
  return new Map(places.flatMap((place) => namesOf(place).map((name) => [name, place.env] as const)));
}

function namesOf({ env, vars }: Named): string[] {
  const { long } = vars;
  return [env, ...(typeof long === "string" && long !== "" ? [long] : [])].map((name) => name.toLowerCase());
}
