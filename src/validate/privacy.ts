/** Which values may be shown in a message. In doubt they are not. */
import { formatPath } from "../address.ts";
import { credentialIn } from "../credential.ts";
import type { KeyPath, Value } from "../model.ts";
import { own } from "../tree.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";
import { clipped } from "./phrases.ts";
import { isStandIn } from "./standin.ts";
import { maybeSecret, nodesAt } from "./walk.ts";

/** Longest string that is quoted in a message. */
const SHOWN_LENGTH = 40;
/** Names that people give to secrets. */
const SECRET_NAME = /pass(?:w|phrase)|pwd|secret|token|credential|(?:api|access|private|signing|encryption)[-_.]?key/iu;

export interface Privacy {
  /** True if a subschema that could apply to the path says `x-secret`. */
  marked(path: KeyPath): boolean;
  /** True if the value at the path is not to be shown: marked, or named or annotated like a secret. */
  hides(path: KeyPath): boolean;
  /** `, got 2000`; what kind of value it is where it cannot be shown; nothing where it must not. */
  got(path: KeyPath, value: Value): string;
}

export function privacyOf(graph: SchemaGraph, root: SchemaNode): Privacy {
  const remembered = new Map<string, boolean>();
  const memo = (kind: string, path: KeyPath, find: () => boolean): boolean => {
    const name = `${kind} ${JSON.stringify(path)}`;
    const known = remembered.get(name) ?? find();
    if (remembered.size > 10_000) remembered.clear();
    remembered.set(name, known);
    return known;
  };
  const marked = (path: KeyPath): boolean => memo("marked", path, () => maybeSecret(graph, root, path));
  const hides = (path: KeyPath): boolean =>
    memo("hides", path, () => marked(path) || looksSecret(path) || nodesAt(graph, root, path, "any").some(isPrivate));
  return {
    marked,
    hides,
    got: (path, value) => {
      if (isStandIn(value)) return ", got a secret, and secrets are strings";
      if (Array.isArray(value)) return ", got a list";
      if (typeof value === "object" && value !== null) return ", got a map";
      if (hides(path) || (typeof value === "string" && credentialIn(value) !== undefined)) return "";
      const long = typeof value === "string" && value.length > SHOWN_LENGTH;
      return long ? ", got a longer string" : `, got ${JSON.stringify(value)}`;
    },
  };
}

/** Passwords that nobody marked as such: hidden all the same. */
export function looksSecret(path: KeyPath): boolean {
  return path.some((segment) => SECRET_NAME.test(segment));
}

function isPrivate(node: SchemaNode): boolean {
  if (typeof node.schema === "boolean") return false;
  return own(node.schema, "writeOnly") === true || own(node.schema, "format") === "password";
}

/** The path as messages name it. */
export function nameOf(path: KeyPath): string {
  return path.length === 0 ? "the configuration" : clipped(formatPath(path), 200);
}
