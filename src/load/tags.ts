/** YAML tags: those of the core schema are understood, all others refused (they build objects in other languages). */
import type { Scalar } from "../model.ts";

export type Tag = "text" | "integer" | "decimal" | "boolean" | "null" | "map" | "list";

const TAGS: ReadonlyMap<string, Tag> = new Map([
  ["str", "text"],
  ["int", "integer"],
  ["float", "decimal"],
  ["bool", "boolean"],
  ["null", "null"],
  ["map", "map"],
  ["seq", "list"],
]);

/** What a tag as written (`!!str`, `!`, `!<tag:yaml.org,2002:int>`) asks for; undefined if it is not supported. */
export function tagOf(raw: string): Tag | undefined {
  if (raw === "!") return "text";
  const name = /^(?:!!|!<tag:yaml\.org,2002:)(?<name>[a-z]+)>?$/u.exec(raw)?.groups?.name;
  return name === undefined ? undefined : TAGS.get(name);
}

/** True if a scalar that reads as `value` is what the tag says. */
export function fitsTag(tag: Tag, value: Scalar): boolean {
  if (tag === "integer") return Number.isInteger(value);
  if (tag === "decimal") return typeof value === "number";
  if (tag === "boolean") return typeof value === "boolean";
  return tag === "null" && value === null;
}
