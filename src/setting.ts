/** A setting as text in a store, and back. Used by map, plan and apply, so that they cannot disagree. */
import { formatPath, parsePath } from "./address.ts";
import { canonicalJson, digest } from "./canonical.ts";
import type { KeyPath, Layout, LedgerEntry, Member, Plain, Setting, Shape } from "./model.ts";
import { holdsSecret } from "./secret.ts";
import { isPlainMap, leavesOf } from "./tree.ts";

/** How a setting writes its members: one bare text, or a JSON object in some shape. */
export interface Form {
  readonly layout: Layout;
  readonly shape: Shape;
}

/** Text of one value: strings as they are, everything else as canonical JSON. */
export function encodeValue(value: Plain): string {
  return typeof value === "string" ? value : canonicalJson(value);
}

/** Name of a value inside the JSON of its setting; `""` in layout `keys`. */
export function memberName(path: KeyPath, form: Form, envName?: string): string {
  if (form.layout === "keys") return "";
  if (form.shape === "env") return envName ?? toEnvName(path);
  return formatPath(form.layout === "groups" ? path.slice(1) : path);
}

/** `database.pool.max` → `DATABASE_POOL_MAX`, `stripeKey` → `STRIPE_KEY`, `OAUTH2_URL` stays. */
export function toEnvName(path: KeyPath): string {
  return path
    .map((segment) => (/\p{Ll}/u.test(segment) ? segment.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2") : segment))
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9_]/gu, "_");
}

/** Text of a setting from its members. In shape `env` every value is text, so that readers see stable text. */
export function composeText(form: Form, members: ReadonlyMap<string, Plain>): string {
  if (form.layout === "keys") {
    const value = members.get("");
    return value === undefined ? "" : encodeValue(value);
  }
  if (form.shape === "env")
    return canonicalJson(Object.fromEntries([...members].map(([name, value]) => [name, encodeValue(value)])));
  if (form.shape === "dotted") return canonicalJson(Object.fromEntries(members));
  const root: Record<string, Plain> = {};
  for (const [name, value] of members) place(root, parsePath(name) ?? [name], value);
  return canonicalJson(root);
}

function place(root: Record<string, Plain>, path: KeyPath, value: Plain): void {
  let node = root;
  for (const segment of path.slice(0, -1)) {
    const next = Object.hasOwn(node, segment) ? node[segment] : undefined;
    const map = isPlainMap(next) ? (next as Record<string, Plain>) : {};
    node[segment] = map;
    node = map;
  }
  node[path.at(-1) ?? ""] = value;
}

/** Members of a text found in a store; undefined if it is not of this form (somebody wrote something else). */
export function decomposeText(form: Form, text: string): ReadonlyMap<string, Plain> | undefined {
  if (form.layout === "keys") return new Map([["", text]]);
  const root = parseJson(text);
  if (!isPlainMap(root)) return undefined;
  if (form.shape !== "nested") return new Map(Object.entries(root));
  return new Map([...leavesOf(root)].map(({ path, value }) => [formatPath(path), value as Plain]));
}

function parseJson(text: string): Plain | undefined {
  try {
    return JSON.parse(text) as Plain;
  } catch {
    return undefined;
  }
}

/** What a member looks like in the store: in layout `keys` and shape `env` everything is text. */
export function storedValue(form: Form, value: Plain): Plain {
  return form.layout === "keys" || form.shape === "env" ? encodeValue(value) : value;
}

/** Text of a stored member for its digest. */
export function memberText(form: Form, stored: Plain): string {
  return form.layout === "keys" ? encodeValue(stored) : canonicalJson(stored);
}

/** A colon is in no digest, so nothing else can look like it. */
const RECIPE = "c:";

/** What the ledger says of a member: digest of a plain value or of its recipe, null for a secret that people fill in. */
export function ledgerMark(form: Form, member: Member): string | null {
  if (!holdsSecret(member.value)) return digest(memberText(form, storedValue(form, member.value as Plain)));
  return member.recipe === undefined ? null : recipeMark(member.recipe.digest);
}

/** Mark of a value with secrets, from the digest of its recipe. */
export function recipeMark(recipe: string): string {
  return `${RECIPE}${recipe}`;
}

/** The ledger's marks for everything a setting wants, by name. */
export function ledgerMarks(setting: Setting): ReadonlyMap<string, string | null> {
  return new Map(setting.members.map((member) => [member.name, ledgerMark(setting, member)]));
}

/** True if a mark of the ledger is that of a secret that trueup can get at. */
export function isRecipeMark(mark: string | null | undefined): boolean {
  return mark?.startsWith(RECIPE) === true;
}

/** Marks of an entry by the name of the member; `""` where it is one value. Plain values have digests without a mark. */
export function marksOf(entry: LedgerEntry): ReadonlyMap<string, string | null> {
  return entry.members ?? new Map([["", entry.digest ?? null]]);
}

/**
 * A stored text as a person would type it, next to `like`: `"10"` is shown as 10 beside the number 20. Only for
 * reports; comparisons use the stored text.
 */
export function asTyped(stored: Plain, like: Plain | undefined): Plain {
  if (typeof stored !== "string" || like === undefined || typeof like === "string") return stored;
  const parsed = parseJson(stored);
  return parsed !== undefined && typeof parsed !== "string" && canonicalJson(parsed) === stored ? parsed : stored;
}
