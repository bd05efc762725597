/** Where a `$ref` leads. Only inside the repo, only to schema files that were loaded: nothing is fetched or opened. */
import type { KeyPath, Plain, PlainMap } from "../model.ts";
import { suggest } from "../suggest.ts";
import { isPlainMap, own } from "../tree.ts";

export type Referred =
  | { readonly file: string; readonly path: KeyPath; readonly schema: boolean | PlainMap }
  /** Leads out of the allowed files. */
  | { readonly forbidden: string }
  /** Leads to nothing, or to something that is no schema. */
  | { readonly nothing: string };

/**
 * Follows a `$ref` written in `file`. Allowed are the file itself, files of its own folder and below, and files
 * under `schemas/`; the fragment is a JSON pointer or an anchor. A root `$id` is a name only: the base of relative
 * references is the place of the file, which is what a reader of the repo sees.
 */
export function resolveReference(schemas: ReadonlyMap<string, Plain>, file: string, reference: string): Referred {
  const hash = reference.indexOf("#");
  const address = hash < 0 ? reference : reference.slice(0, hash);
  const fragment = hash < 0 ? "" : reference.slice(hash + 1);
  const target = targetFile(schemas, file, address);
  if ("forbidden" in target) return target;
  const root = schemas.get(target.file);
  if (root === undefined) return { forbidden: missing(schemas, target.file) };
  const path = pathOf(root, decode(fragment));
  if (path === undefined) return { nothing: `${target.file} has no anchor "${fragment}"` };
  return walk(target.file, root, path);
}

function targetFile(
  schemas: ReadonlyMap<string, Plain>,
  file: string,
  address: string,
): { readonly file: string } | { readonly forbidden: string } {
  const root = schemas.get(file);
  const id = isPlainMap(root) ? own(root, "$id") : undefined;
  if (address === "" || (typeof id === "string" && id.replace(/#$/u, "") === address)) return { file };
  if (/^[a-z][a-z0-9+.-]*:/iu.test(address) || address.startsWith("//"))
    return { forbidden: "trueup opens no addresses; copy the schema to schemas/ and refer to that file" };
  const path = decode(address);
  if (/^\/|[\\?\0]/u.test(path)) return { forbidden: "only paths relative to the schema file are allowed" };
  const segments = file.split("/").slice(0, -1);
  const home = segments.join("/");
  for (const segment of path.split("/")) {
    if (segment === "..") {
      if (segments.pop() === undefined) return { forbidden: "it leads out of the config repo" };
    } else if (segment !== "." && segment !== "") segments.push(segment);
  }
  const target = segments.join("/");
  const inside = (folder: string): boolean => target.startsWith(`${folder}/`);
  if (!inside("schemas") && !(home !== "" && inside(home)))
    return { forbidden: `${target || "it"} is neither in schemas/ nor in ${home || "the same folder"}` };
  return { file: target };
}

function missing(schemas: ReadonlyMap<string, Plain>, file: string): string {
  const close = suggest(file, schemas.keys());
  return `there is no schema file ${file}${close === undefined ? "" : `; did you mean ${close}?`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Path inside the file that a fragment names: a JSON pointer, or an anchor (`$id: "#name"`, `$anchor: name`). */
function pathOf(root: Plain, fragment: string): KeyPath | undefined {
  if (fragment === "" || fragment === "/") return [];
  if (!fragment.startsWith("/")) return anchorsOf(root).get(fragment);
  return fragment
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const anchors = new WeakMap<object, ReadonlyMap<string, KeyPath>>();

function anchorsOf(root: Plain): ReadonlyMap<string, KeyPath> {
  const found = new Map<string, KeyPath>();
  if (typeof root !== "object" || root === null) return found;
  const known = anchors.get(root);
  if (known !== undefined) return known;
  collectAnchors(root, [], found);
  anchors.set(root, found);
  return found;
}

function collectAnchors(value: Plain, path: KeyPath, found: Map<string, KeyPath>): void {
  if (typeof value !== "object" || value === null) return;
  const names = isPlainMap(value) ? [own(value, "$anchor"), own(value, "$id")] : [];
  for (const [index, name] of names.entries()) {
    if (typeof name !== "string" || (index === 1 && !name.startsWith("#"))) continue;
    const anchor = index === 1 ? name.slice(1) : name;
    if (!found.has(anchor)) found.set(anchor, path);
  }
  for (const [key, child] of Object.entries(value)) collectAnchors(child, [...path, key], found);
}

function walk(file: string, root: Plain, path: KeyPath): Referred {
  let value: Plain | undefined = root;
  for (const [depth, key] of path.entries()) {
    const parent: Plain = value;
    value = Array.isArray(parent) ? (parent as readonly Plain[])[Number(key)] : childOf(parent, key);
    if (value === undefined) {
      const close = isPlainMap(parent) ? suggest(key, Object.keys(parent)) : undefined;
      const there = pointer([...path.slice(0, depth), close ?? ""]);
      return {
        nothing: `${file} has no ${pointer(path)}${close === undefined ? "" : `; did you mean #${there}?`}`,
      };
    }
  }
  if (typeof value !== "boolean" && !isPlainMap(value)) return { nothing: `${file}#${pointer(path)} is no schema` };
  return { file, path, schema: value };
}

function childOf(value: Plain, key: string): Plain | undefined {
  return isPlainMap(value) ? own(value, key) : undefined;
}

function pointer(path: KeyPath): string {
  return path.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
