/** Evaluates a template in a scope. Strict: an unknown name is a problem, never an empty text. */
import type { Value } from "../model.ts";
import type { Code, Discreet } from "../problem.ts";
import { isSecret, secret } from "../secret.ts";
import { suggest } from "../suggest.ts";
import { HELPERS, callHelper } from "./helpers.ts";
import type { Expression, Template } from "./template.ts";

/** Why a name or call has no value; `start` and `end` are characters of the template. */
export interface Trouble {
  readonly code: Code;
  readonly message: string;
  readonly label?: string;
  readonly fix?: string;
  readonly notes?: readonly { readonly name: string; readonly text: string }[];
  readonly discreet?: Discreet;
  readonly start: number;
  readonly end: number;
}
export type Evaluated = { readonly value: Value } | { readonly trouble: Trouble };
export type Looked = { readonly value: Value } | { readonly missing: Omit<Trouble, "start" | "end"> };
/** Gives the value of a dotted name. */
export type Lookup = (parts: readonly string[]) => Looked;

/** Characters of one rendered text (64 KiB): more is a mistake, or an attack. */
const MAX_TEXT = 65_536;

export function evaluate(template: Template, lookup: Lookup): Evaluated {
  const [only] = template.parts;
  if (template.parts.length === 1 && only !== undefined && typeof only !== "string")
    return evaluateExpression(only, lookup);
  const pieces: (string | ReturnType<typeof secret>)[] = [];
  let length = 0;
  for (const part of template.parts) {
    if (typeof part === "string") {
      pieces.push(part);
      length += part.length;
      continue;
    }
    const result = evaluateExpression(part, lookup);
    if ("trouble" in result) return result;
    const text = toText(result.value);
    if (text === undefined) return { trouble: { ...notText(result.value), start: part.start, end: part.end } };
    length += typeof text === "string" ? text.length : 0;
    if (length > MAX_TEXT) {
      return {
        trouble: {
          code: "TU2006",
          message: `the rendered text is longer than ${MAX_TEXT} characters`,
          start: part.start,
          end: part.end,
        },
      };
    }
    pieces.push(text);
  }
  if (pieces.every((piece) => typeof piece === "string")) return { value: pieces.join("") };
  return { value: secret(pieces.flatMap((piece) => (typeof piece === "string" ? [piece] : piece.parts))) };
}

function evaluateExpression(expression: Expression, lookup: Lookup): Evaluated {
  const { start, end } = expression;
  if (expression.kind === "literal") return { value: expression.value };
  if (expression.kind === "name") {
    if (expression.parts.length === 1 && HELPERS.includes(expression.parts[0] ?? ""))
      return emptyCall(expression.parts[0] ?? "", start, end);
    const looked = lookup(expression.parts);
    return "value" in looked ? looked : { trouble: { ...looked.missing, start, end } };
  }
  if (!HELPERS.includes(expression.helper)) return { trouble: { ...unknownHelper(expression.helper), start, end } };
  if (expression.helper === "default") return evaluateDefault(expression, lookup);
  const args: Value[] = [];
  for (const arg of expression.args) {
    const result = evaluateExpression(arg, lookup);
    if ("trouble" in result) return result;
    args.push(result.value);
  }
  const result = callHelper(expression.helper, args);
  return "why" in result
    ? { trouble: { code: "TU2005", message: `${expression.helper} ${result.why}`, start, end } }
    : result;
}

/** `{{default vars.x "y"}}`: the only place where a name may be missing. Null counts as missing too. */
function evaluateDefault(expression: Extract<Expression, { kind: "call" }>, lookup: Lookup): Evaluated {
  const [wanted, fallback, ...more] = expression.args;
  if (wanted === undefined || fallback === undefined || more.length > 0) {
    return {
      trouble: {
        code: "TU2005",
        message: "default takes two arguments: a name and what to use instead",
        start: expression.start,
        end: expression.end,
      },
    };
  }
  const result = evaluateExpression(wanted, lookup);
  if ("value" in result && result.value !== null) return result;
  if ("trouble" in result && result.trouble.code !== "TU2001") return result;
  return evaluateExpression(fallback, lookup);
}

/** Text of a value inside a longer text; undefined for what has no obvious one. */
function toText(value: Value): string | ReturnType<typeof secret> | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return isSecret(value) ? secret(value.parts) : undefined;
}

function notText(value: Value): Omit<Trouble, "start" | "end"> {
  const what = value === null ? "null" : Array.isArray(value) ? "a list" : "a map";
  return {
    code: "TU2007",
    message: `${what} cannot be put into text`,
    fix:
      value === null
        ? 'use {{default name "text"}}'
        : Array.isArray(value)
          ? 'use {{join name ","}} or {{json name}}'
          : "use {{json name}}",
  };
}

function emptyCall(helper: string, start: number, end: number): Evaluated {
  return {
    trouble: {
      code: "TU2005",
      message: `${helper} is a helper and needs arguments`,
      fix: `{{${helper} name}}`,
      start,
      end,
    },
  };
}

function unknownHelper(name: string): Omit<Trouble, "start" | "end"> {
  const meant = suggest(name, HELPERS);
  return {
    code: "TU2003",
    message: `there is no helper called ${name}`,
    ...(meant === undefined ? {} : { label: `did you mean ${meant}?` }),
    notes: [{ name: "helpers", text: HELPERS.join(", ") }],
  };
}
