/** Writing one scalar so that every YAML reader, old or new, understands the same. */
import type { Scalar } from "../model.ts";
import type { Quotes } from "./nodes.ts";

/** Words that some dialect reads as boolean or null (YAML 1.1: Go yaml v2, PyYAML, Ruby; `facts.md` 7.4). */
const WORDS = new Set(["y", "n", "yes", "no", "on", "off", "true", "false", "null"]);
/** Plain text that no dialect reads as anything but text: it starts with a letter, `_` or `/`, and is ASCII. */
const PLAIN = /^[A-Za-z_/][\w ./:@+()=~?!;,$%^&*|<>'"\\#-]*$/u;
/** A number with a unit (`250ms`, `4Gi`): no dialect takes it for a number. `1e3`, `0x1f` and `0b1` do not match. */
const QUANTITY = /^[1-9]\d*(?:ms|s|m|h|d|k|K|M|G|T|Ki|Mi|Gi|Ti|KB|MB|GB|TB|%)$/u;

/** True if the text may stand without quotes. In flow collections (`[a, b]`) commas end a scalar. */
function isPlainSafe(text: string, flow: boolean): boolean {
  if (QUANTITY.test(text)) return true;
  if (!PLAIN.test(text) || WORDS.has(text.toLowerCase())) return false;
  if (/:(?:\s|$)|\s#|\s$/u.test(text)) return false;
  return !(flow && text.includes(","));
}

/** Characters that must not stand in a file as they are: controls, invisible and direction marks, lone surrogates. */
const ESCAPED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu;

function doubleQuoted(text: string): string {
  const escaped = JSON.stringify(text).replace(ESCAPED, (char) =>
    [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
  return escaped;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** True if single quotes can hold the text on one line. */
function fitsSingle(text: string): boolean {
  return text.search(ESCAPED) < 0;
}

/**
 * One line of YAML for a string. `like` is how the value was written before and is kept where it can be; templates are
 * always quoted, because YAML reads an unquoted `{{` as the start of a map.
 */
export function stringText(text: string, flow: boolean, like: Quotes = "plain"): string {
  if (like === "double") return doubleQuoted(text);
  if (like === "single" && fitsSingle(text)) return singleQuoted(text);
  if (isPlainSafe(text, flow)) return text;
  // Escapes are harder to read than the other kind of quotes.
  return /["\\]/u.test(text) && !text.includes("'") && fitsSingle(text) ? singleQuoted(text) : doubleQuoted(text);
}

/** One line of YAML for any scalar. Throws a RangeError for numbers that JSON does not know. */
export function scalarText(value: Scalar, flow: boolean, like: Quotes = "plain"): string {
  if (typeof value === "string") return stringText(value, flow, like);
  if (typeof value === "number") return numberText(value);
  return String(value);
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError("not a finite number");
  const text = JSON.stringify(value);
  // YAML 1.1 wants a dot and a sign of the exponent; without them PyYAML reads text.
  return /^-?\d+e/u.test(text) ? text.replace("e", ".0e") : text;
}
