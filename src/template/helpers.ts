/** The helpers of templates: pure functions, the same on every machine. */
import { canonicalJson } from "../canonical.ts";
import type { HelperCall, Plain, Value } from "../model.ts";
import { holdsSecret, isSecret, secret } from "../secret.ts";

/** Result of a helper, or why it cannot work. */
export type HelperResult = { readonly value: Value } | { readonly why: string };
type Helper = (args: readonly Plain[]) => { readonly value: Plain } | { readonly why: string };

/** Characters of one result (1 MiB): helpers inside helpers would otherwise make gigabytes out of one line. */
const MAX_RESULT = 1_048_576;
const tooLong = { why: `would give a text of more than ${MAX_RESULT} characters` };

const words = (text: string): string[] =>
  text
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

/** Case mapping without locale: `toUpperCase` is defined by Unicode alone. */
const onText =
  (change: (text: string) => string): Helper =>
  (args) => {
    const [value] = args;
    if (args.length !== 1) return { why: "takes one argument" };
    if (typeof value === "number" || typeof value === "boolean") return { value: change(String(value)) };
    return typeof value === "string" ? { value: change(value) } : { why: "works on text only" };
  };

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();

const PURE: Readonly<Record<string, Helper>> = {
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  kebab: onText((text) => words(text).join("-").toLowerCase()),
  snake: onText((text) => words(text).join("_").toLowerCase()),
  camel: onText((text) =>
    words(text)
      .map((word, index) => (index === 0 ? word.toLowerCase() : capital(word)))
      .join(""),
  ),
  base64: onText((text) => Buffer.from(text, "utf8").toString("base64")),
  json: (args) => (args.length === 1 ? { value: canonicalJson(args[0] as Plain) } : { why: "takes one argument" }),
  join: ([list, separator = ","]) => {
    if (!Array.isArray(list)) return { why: "needs a list as its first argument" };
    if (typeof separator !== "string") return { why: "needs text as its second argument" };
    if (list.some((item) => typeof item === "object")) return { why: "needs a list of plain values" };
    // Counted first: the text itself may be too large to make.
    const length = list.reduce((sum: number, item) => sum + String(item).length + separator.length, 0);
    return length > MAX_RESULT ? tooLong : { value: list.join(separator) };
  },
  replace: ([text, from, to]) => {
    if (typeof text !== "string" || typeof from !== "string" || typeof to !== "string" || from === "") {
      return { why: "takes three texts: where, what (not empty), by what" };
    }
    const length = text.length + (text.split(from).length - 1) * (to.length - from.length);
    return length > MAX_RESULT ? tooLong : { value: text.replaceAll(from, () => to) };
  },
};

/** Names of all helpers, for suggestions. `default` is evaluated by the renderer, since its first name may be missing. */
export const HELPERS: readonly string[] = [...Object.keys(PURE), "default"].toSorted();

/** Runs a helper on plain values. */
export function runHelper(name: string, args: readonly Plain[]): { readonly value: Plain } | { readonly why: string } {
  const helper = Object.hasOwn(PURE, name) ? PURE[name] : undefined;
  if (helper === undefined) return { why: "is not a helper" };
  const result = helper(args);
  return "value" in result && typeof result.value === "string" && result.value.length > MAX_RESULT ? tooLong : result;
}

/**
 * Runs a helper on values that may be secret. A secret is only passed on with the helper noted, to be run once the
 * value is known; that needs it to be one whole secret and the first argument.
 */
export function callHelper(name: string, args: readonly Value[]): HelperResult {
  const [first, ...rest] = args;
  if (!args.some(holdsSecret)) return runHelper(name, args as readonly Plain[]);
  const use = isSecret(first) && first.parts.length === 1 ? first.parts[0] : undefined;
  if (use === undefined || typeof use === "string" || rest.some(holdsSecret)) {
    return { why: "works on one whole secret only, not on text or maps that contain one" };
  }
  const call: HelperCall = { helper: name, args: rest as readonly Plain[] };
  const rehearsal = runHelper(name, ["x", ...call.args]);
  return "why" in rehearsal ? rehearsal : { value: secret([{ secret: use.secret, through: [...use.through, call] }]) };
}
