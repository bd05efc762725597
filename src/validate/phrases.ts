/** One broken rule in words that follow the name of the key: `must be 200 or less`. Holds schema text only, never a value. */
import type { Plain, PlainMap } from "../model.ts";
import type { Code } from "../problem.ts";
import { own } from "../tree.ts";
import { FORMAT_WORDS } from "./formats.ts";
import type { Mistake } from "./mistakes.ts";

export interface Phrase {
  readonly code: Code;
  readonly text: string;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  null: "null",
  array: "a list",
  object: "a map",
};

/** Keywords about one value by itself. What concerns keys, alternatives and combinations is put together in `findings.ts`. */
export function phraseOf(mistake: Mistake): Phrase {
  const schema: PlainMap = typeof mistake.node.schema === "boolean" ? {} : mistake.node.schema;
  const rule = own(schema, mistake.keyword) ?? null;
  switch (mistake.keyword) {
    case "type":
      return { code: "TU3003", text: `must be ${typeWords(rule)}` };
    case "enum":
      return { code: "TU3006", text: `must be ${listed(rule as readonly Plain[])}` };
    case "const":
      return { code: "TU3006", text: `must be ${written(rule)}` };
    case "format":
      return { code: "TU3007", text: `must be ${FORMAT_WORDS[rule as string] ?? `of the format ${written(rule)}`}` };
    default:
      return { code: "TU3002", text: limit(mistake.keyword, rule, schema) };
  }
}

function limit(keyword: string, rule: Plain, schema: PlainMap): string {
  switch (keyword) {
    case "maximum":
      return `must be ${written(rule)} or less`;
    case "minimum":
      return `must be ${written(rule)} or more`;
    case "exclusiveMaximum":
      return `must be less than ${written(rule)}`;
    case "exclusiveMinimum":
      return `must be more than ${written(rule)}`;
    case "multipleOf":
      return `must be a multiple of ${written(rule)}`;
    case "maxLength":
      return `must have at most ${count(rule, "character")}`;
    case "minLength":
      return `must have at least ${count(rule, "character")}`;
    case "pattern":
      return `must match ${clipped(rule as string, 100)}`;
    case "maxItems":
      return `must have at most ${count(rule, "item")}`;
    case "minItems":
      return `must have at least ${count(rule, "item")}`;
    case "maxProperties":
      return `must have at most ${count(rule, "key")}`;
    case "minProperties":
      return `must have at least ${count(rule, "key")}`;
    case "contains":
      return contains(schema);
    default:
      return `breaks the rule ${keyword}`;
  }
}

function contains(schema: PlainMap): string {
  const least = own(schema, "minContains") ?? 1;
  const most = own(schema, "maxContains");
  const some = most === undefined ? `at least ${written(least)}` : `${written(least)} to ${written(most)}`;
  return `must have ${some} of the items that the schema describes under contains`;
}

function typeWords(rule: Plain): string {
  const names = Array.isArray(rule) ? (rule as readonly string[]) : [rule as string];
  return joined(names.map((name) => TYPE_WORDS[name] ?? name));
}

/** `one of a, b, c`, at most ten of them. */
export function listed(values: readonly Plain[]): string {
  if (values.length === 1) return written(values[0] as Plain);
  const shown = values.slice(0, 10).map(written).join(", ");
  return `one of ${shown}${values.length > 10 ? ` and ${values.length - 10} more` : ""}`;
}

/** `a, b or c`. */
export function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A value of the schema, as one would write it in YAML. */
export function written(value: Plain): string {
  const bare = typeof value === "string" && /^[A-Za-z][\w./-]*$/u.test(value);
  return clipped(bare ? value : JSON.stringify(value), 60);
}

export function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function count(rule: Plain, what: string): string {
  return `${written(rule)} ${what}${rule === 1 ? "" : "s"}`;
}
