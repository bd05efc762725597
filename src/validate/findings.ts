/** Mistakes in words: what is reported, with everything but the file and line, which differ from unit to unit. */
import type { KeyPath, Plain, PlainMap, Value, ValueMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { isValueMap, own } from "../tree.ts";
import { closest } from "./closest.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";
import type { Mistake } from "./mistakes.ts";
import { clipped, joined, listed, phraseOf } from "./phrases.ts";
import { looksSecret, nameOf, type Privacy } from "./privacy.ts";
import { nodesAt } from "./walk.ts";

/** A problem that does not know its unit yet. */
export interface Finding extends Pick<Problem, "code" | "message" | "label" | "notes" | "masked" | "fix"> {
  /** Where to point: the key or value itself, or the nearest thing around it that exists. */
  readonly path: KeyPath;
  readonly part: "key" | "value";
  /** True: text in the open where a secret belongs. The cure names the app and environment. */
  readonly plaintext?: true;
}

export interface Words {
  readonly graph: SchemaGraph;
  readonly root: SchemaNode;
  readonly privacy: Privacy;
}

export function findingOf(words: Words, mistake: Mistake): Finding {
  switch (mistake.keyword) {
    case "required":
    case "dependencies":
    case "dependentRequired":
      return missingKey(mistake);
    case "additionalProperties":
    case "unevaluatedProperties":
    case "propertyNames":
      return unknownKey(words, mistake);
    case "items":
    case "additionalItems":
    case "unevaluatedItems":
      return tooManyItems(mistake);
    case "anyOf":
    case "oneOf":
      return noAlternative(words, mistake);
    case "not":
      return refused(mistake);
    case "discriminator":
      return wrongTag(words, mistake);
    case "uniqueItems":
      return repeated(mistake);
    default:
      return wrongValue(words, mistake);
  }
}

function wrongValue(words: Words, mistake: Mistake): Finding {
  const { code, text } = phraseOf(mistake);
  const { path, value } = mistake;
  const hint = mistake.keyword === "enum" ? meant(words, mistake) : "";
  return {
    code,
    message: `${nameOf(path)} ${text}${measured(words, mistake) ?? words.privacy.got(path, value)}${hint}`,
    path,
    part: "value",
    label: "this value",
    notes: [rule(mistake)],
    ...(words.privacy.hides(path) ? { masked: true } : {}),
  };
}

/** For limits on how many there are: how many there are. */
function measured(words: Words, { keyword, path, value }: Mistake): string | undefined {
  if (keyword === "contains") return "";
  if (/^m(?:ax|in)(?:Items|Properties)$/u.test(keyword)) return `, has ${Object.keys(value as ValueMap).length}`;
  if (/^m(?:ax|in)Length$/u.test(keyword))
    return words.privacy.hides(path) ? "" : `, has ${Array.from(value as string).length}`;
  return undefined;
}

function meant(words: Words, { node, path, value }: Mistake): string {
  if (typeof value !== "string" || typeof node.schema === "boolean" || words.privacy.hides(path)) return "";
  const allowed = (own(node.schema, "enum") as readonly Plain[]).filter((each) => typeof each === "string");
  const close = suggest(value, allowed);
  return close === undefined ? "" : `; did you mean ${close}?`;
}

function missingKey(mistake: Mistake): Finding {
  const { missingProperty, property } = mistake.params as { missingProperty: string; property?: string };
  const why = property === undefined ? "" : ` when ${nameOf([...mistake.path, property])} is there`;
  return {
    code: "TU3005",
    message: `${nameOf([...mistake.path, missingProperty])} is missing; the schema requires it${why}`,
    path: mistake.path,
    part: "key",
    label: `${nameOf([missingProperty])} is missing here`,
    notes: [rule(mistake, property === undefined ? missingProperty : undefined)],
  };
}

function unknownKey(words: Words, mistake: Mistake): Finding {
  const { params, path: parent } = mistake;
  const key = (params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName) as string;
  const path = [...parent, key];
  const known = knownKeys(words, parent);
  const present: ValueMap = isValueMap(mistake.value) ? mistake.value : {};
  const close = suggest(
    key,
    known.filter((name) => !Object.hasOwn(present, name)),
  );
  const [first] = mistake.nested;
  const why = first === undefined ? "is not in the schema" : `is not allowed: keys ${phraseOf(first).text}`;
  // A misspelt password is still a password.
  const hidden = [key, ...known].some((name) => looksSecret([name]) || words.privacy.marked([...parent, name]));
  return {
    code: "TU3004",
    message: `${nameOf(path)} ${why}${close === undefined ? "" : `; did you mean ${nameOf([...parent, close])}?`}`,
    path,
    part: "key",
    label: close === undefined ? "this key" : `did you mean ${nameOf([close])}?`,
    notes: [
      ...(known.length === 0 ? [] : [{ name: "known here", text: clipped(known.join(", "), 200) }]),
      rule(mistake),
    ],
    ...(hidden ? { masked: true } : {}),
  };
}

function knownKeys(words: Words, parent: KeyPath): string[] {
  const names = nodesAt(words.graph, words.root, parent, "any").flatMap((node) =>
    typeof node.schema === "boolean" ? [] : Object.keys((own(node.schema, "properties") ?? {}) as PlainMap),
  );
  return [...new Set(names)].toSorted();
}

function tooManyItems(mistake: Mistake): Finding {
  const limit = (mistake.params.limit ?? mistake.params.len) as number | undefined;
  const most = limit === undefined ? "fewer items" : `at most ${limit} item${limit === 1 ? "" : "s"}`;
  return {
    code: "TU3002",
    message: `${nameOf(mistake.path)} must have ${most}`,
    path: mistake.path,
    part: "value",
    notes: [rule(mistake)],
  };
}

function repeated(mistake: Mistake): Finding {
  const { i, j } = mistake.params as { i: number; j: number };
  const path = [...mistake.path, String(i)];
  return {
    code: "TU3002",
    message: `${nameOf(path)} repeats ${nameOf([...mistake.path, String(j)])}; every item must be different`,
    path,
    part: "value",
    label: "the same again",
    notes: [rule(mistake)],
  };
}

/** `not`, and the schema `false`, which says that a key must not be there. */
function refused(mistake: Mistake): Finding {
  const nothing = mistake.node.schema === false;
  const text = nothing ? "is not allowed by the schema" : "is what the schema rules out with not";
  return {
    code: nothing ? "TU3004" : "TU3008",
    message: `${nameOf(mistake.path)} ${text}`,
    path: mistake.path,
    part: "key",
    notes: [rule(mistake)],
  };
}

function wrongTag(words: Words, mistake: Mistake): Finding {
  const { error, tag, tagValue } = mistake.params as { error: string; tag: string; tagValue: Value | undefined };
  const path = [...mistake.path, tag];
  if (error === "tag" && tagValue === undefined)
    return missingKey({ ...mistake, keyword: "discriminator", params: { missingProperty: tag } });
  const allowed = words.graph
    .edges(mistake.node)
    .filter((edge) => edge.keyword === "oneOf")
    .flatMap((edge) => nodesAt(words.graph, edge.to, [tag], "sure"))
    .flatMap(({ schema }) => {
      if (typeof schema === "boolean") return [];
      const one = own(schema, "const");
      return one === undefined ? ((own(schema, "enum") as readonly Plain[] | undefined) ?? []) : [one];
    });
  return {
    code: error === "tag" ? "TU3003" : "TU3006",
    message: `${nameOf(path)} must be ${listed(allowed)}${words.privacy.got(path, tagValue ?? null)}`,
    path,
    part: "value",
    label: "this value",
    notes: [rule(mistake)],
  };
}

function noAlternative(words: Words, mistake: Mistake): Finding {
  const name = nameOf(mistake.path);
  const branches = words.graph.edges(mistake.node).filter((edge) => edge.keyword === mistake.keyword);
  const named = (index: number): string => alternativeName(branches[index]?.to, index);
  const { passing } = mistake.params as { passing?: readonly number[] };
  const base = { code: "TU3008", path: mistake.path, part: "value" } as const;
  if (Array.isArray(passing)) {
    const message = `${name} fits more than one alternative (${joined((passing as number[]).map(named)).replace(" or ", " and ")}); exactly one is allowed`;
    return { ...base, message, notes: [rule(mistake)] };
  }
  const common = commonRule(mistake);
  if (common !== undefined) {
    const message = `${name} fits no alternative of the schema: it must be ${common}${words.privacy.got(mistake.path, mistake.value)}`;
    return { ...base, message, label: "this value", notes: [rule(mistake)], ...maskedIf(words, mistake.path) };
  }
  const best = closest(mistake);
  const [first, ...more] = best.mistakes.map((each) => findingOf(words, each));
  if (first === undefined) return { ...base, message: `${name} fits no alternative of the schema`, notes: [] };
  return {
    ...first,
    code: "TU3008",
    message: `${name} fits none of ${branches.length} alternatives; the closest, ${named(best.index)}, says: ${first.message}`,
    notes: [...more.slice(0, 5).map((each) => ({ name: "also", text: each.message })), ...(first.notes ?? [])],
    ...([first, ...more].some((each) => each.masked === true) ? { masked: true } : {}),
  };
}

function maskedIf(words: Words, path: KeyPath): { readonly masked?: true } {
  return words.privacy.hides(path) ? { masked: true } : {};
}

function alternativeName(node: SchemaNode | undefined, index: number): string {
  const schema: PlainMap = node === undefined || typeof node.schema === "boolean" ? {} : node.schema;
  const title = own(schema, "title");
  if (typeof title === "string") return JSON.stringify(clipped(title, 40));
  const reference = own(schema, "$ref");
  const name = typeof reference === "string" ? reference.split(/[#/]/u).at(-1) : "";
  return name === undefined || name === "" ? `number ${index + 1}` : clipped(name, 40);
}

/** `a string or an integer`, `one of a, b`, where every alternative fails by the type or the constant of the value itself. */
function commonRule(mistake: Mistake): string | undefined {
  const only = mistake.branches.map((branch) => (branch.length === 1 ? branch[0] : undefined));
  const plain = only.filter((each): each is Mistake => each !== undefined && each.path.length === mistake.path.length);
  if (plain.length !== mistake.branches.length) return undefined;
  const types = plain.filter((each) => each.keyword === "type");
  if (types.length === plain.length)
    return joined([...new Set(types.map((each) => phraseOf(each).text.replace("must be ", "")))]);
  const constants = plain.filter((each) => each.keyword === "const" || each.keyword === "enum");
  if (constants.length + types.length !== plain.length || constants.length === 0) return undefined;
  const allowed = constants.flatMap(({ node, keyword }) => {
    const value = typeof node.schema === "boolean" ? undefined : own(node.schema, keyword);
    return keyword === "const" ? [value as Plain] : (value as readonly Plain[]);
  });
  const words = types.map((each) => phraseOf(each).text.replace("must be ", ""));
  return joined([...new Set([listed(allowed), ...words])]);
}

/** Where the rule stands in the schema, for people who want to change it. */
function rule(mistake: Mistake, item?: string): NonNullable<Problem["notes"]>[number] {
  const { node, keyword } = mistake;
  if (typeof node.schema === "boolean")
    return { name: "rule", text: String(node.schema), at: { file: node.file, path: node.path } };
  const value = own(node.schema, keyword);
  const written = item ?? (value === undefined ? "" : JSON.stringify(value));
  return {
    name: "rule",
    text: `${keyword}: ${clipped(written.replace(/^"(.*)"$/u, "$1"), 60)}`,
    at: { file: node.file, path: value === undefined ? node.path : [...node.path, keyword] },
  };
}
