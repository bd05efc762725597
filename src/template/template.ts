/** Templates inside YAML strings: Handlebars' grammar, cut down to names and helpers. */
import type { Plain } from "../model.ts";

export type Expression =
  | { readonly kind: "name"; readonly parts: readonly string[]; readonly start: number; readonly end: number }
  | { readonly kind: "literal"; readonly value: Plain; readonly start: number; readonly end: number }
  | {
      readonly kind: "call";
      readonly helper: string;
      readonly args: readonly Expression[];
      readonly start: number;
      readonly end: number;
    };

/** Literal text and expressions in order. One expression and nothing else keeps the type of its value. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
}

export type ParseProblem = {
  readonly code: "TU2002" | "TU2003" | "TU2006";
  readonly message: string;
  readonly fix?: string;
  readonly start: number;
  readonly end: number;
};

export type Parsed = { readonly template: Template } | { readonly problem: ParseProblem };

/** Characters of a template; longer ones belong into files/. */
const MAX_TEMPLATE = 4096;

/**
 * Only text and plain dotted names: `{{a.b}}`. By far the most common kind; read here without Handlebars, which
 * `test/stages/render/template.test.ts` proves to give the same. Words that Handlebars reads as literals are left to it.
 */
const SIMPLE = /\{\{ ?([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*) ?\}\}/gu;
const NOT_A_NAME = new Set(["true", "false", "null", "undefined", "this", "else", "as"]);

/** True if the text holds anything that must be evaluated or unescaped. */
export function isTemplate(text: string): boolean {
  return text.includes("{{");
}

/** Reads a template of plain names only; undefined if it needs the full grammar. */
export function parseSimple(text: string): Template | undefined {
  if (text.length > MAX_TEMPLATE) return undefined;
  const parts: (string | Expression)[] = [];
  let end = 0;
  for (const match of text.matchAll(SIMPLE)) {
    const names = (match[1] ?? "").split(".");
    if (names.some((name) => NOT_A_NAME.has(name))) return undefined;
    const between = text.slice(end, match.index);
    if (hasMarks(between) || between.endsWith("{") || text[match.index + match[0].length] === "}") return undefined;
    if (between !== "") parts.push(between);
    const start = match.index + match[0].indexOf(match[1] ?? "");
    parts.push({ kind: "name", parts: names, start, end: start + (match[1] ?? "").length });
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  if (hasMarks(rest)) return undefined;
  return { parts: rest === "" ? parts : [...parts, rest] };
}

/** Text that Handlebars might treat specially: an opening, or a backslash that could escape one. */
function hasMarks(text: string): boolean {
  return text.includes("{{") || text.endsWith("\\");
}

/** Handlebars' own parser, as far as it is used here. */
export interface HandlebarsParser {
  parse(text: string): unknown;
}

/** Reads any template. Everything but names, literals and helper calls is a problem. */
export function parseTemplate(text: string, handlebars: HandlebarsParser): Parsed {
  const all = { start: 0, end: text.length };
  if (text.length > MAX_TEMPLATE) {
    const message = `template is longer than ${MAX_TEMPLATE} characters`;
    return { problem: { code: "TU2006", message, fix: "put long text into apps/<app>/files/<name>.hbs", ...all } };
  }
  const simple = parseSimple(text);
  if (simple !== undefined) return { template: simple };
  let program: Node;
  try {
    program = handlebars.parse(text) as Node;
  } catch (error) {
    return { problem: { code: "TU2002", message: syntaxMessage(error), fix: syntaxFix(text), ...all } };
  }
  const starts = lineStarts(text);
  const parts: (string | Expression)[] = [];
  for (const node of program.body ?? []) {
    if (node.type === "CommentStatement") continue;
    if (node.type === "ContentStatement") {
      parts.push(String(node.value));
      continue;
    }
    const result = node.type === "MustacheStatement" ? mustache(node, starts) : refused(node, starts);
    if ("problem" in result) return result;
    parts.push(result.expression);
  }
  return { template: { parts: parts.filter((part) => part !== "") } };
}

/** The nodes of Handlebars' syntax tree (docs/compiler-api.md of Handlebars 4.7), as far as they are looked at. */
interface Node {
  readonly type: string;
  readonly body?: readonly Node[];
  readonly value?: unknown;
  readonly path?: Node;
  readonly params?: readonly Node[];
  readonly hash?: Node;
  readonly parts?: readonly unknown[];
  readonly data?: boolean;
  readonly depth?: number;
  readonly original?: unknown;
  readonly loc?: { readonly start: Spot; readonly end: Spot };
}
interface Spot {
  readonly line: number;
  readonly column: number;
}
type Read = { readonly expression: Expression } | { readonly problem: ParseProblem };

function mustache(node: Node, starts: readonly number[]): Read {
  const path = node.path;
  if (path === undefined) return refused(node, starts);
  if (node.hash !== undefined)
    return problemAt(node, starts, "TU2003", "named arguments (name=value) are not used by any helper");
  if ((node.params ?? []).length === 0) return operand(path, starts);
  return call(path, node, starts);
}

function call(path: Node, node: Node, starts: readonly number[]): Read {
  const [helper, ...more] = path.parts ?? [];
  if (
    path.type !== "PathExpression" ||
    typeof helper !== "string" ||
    more.length > 0 ||
    path.data === true ||
    path.depth !== 0
  ) {
    return problemAt(path, starts, "TU2003", "only a helper can take arguments");
  }
  const args: Expression[] = [];
  for (const param of node.params ?? []) {
    const result = operand(param, starts);
    if ("problem" in result) return result;
    args.push(result.expression);
  }
  return { expression: { kind: "call", helper, args, ...span(path, starts) } };
}

function operand(node: Node, starts: readonly number[]): Read {
  switch (node.type) {
    case "PathExpression": {
      const special = node.data === true || node.depth !== 0 || /^(?:this|\.)/u.test(String(node.original));
      if (special) return problemAt(node, starts, "TU2003", `${String(node.original)} is not available in values`);
      return { expression: { kind: "name", parts: (node.parts ?? []).map(String), ...span(node, starts) } };
    }
    case "SubExpression":
      return mustache(node, starts);
    case "StringLiteral":
    case "NumberLiteral":
    case "BooleanLiteral":
    case "NullLiteral": {
      const value = node.type === "NullLiteral" ? null : (node.value as Plain);
      return { expression: { kind: "literal", value, ...span(node, starts) } };
    }
    default:
      return refused(node, starts);
  }
}

const WHAT: Readonly<Record<string, string>> = {
  BlockStatement: "a block ({{#…}})",
  PartialStatement: "a partial ({{> …}})",
  PartialBlockStatement: "a partial block",
  Decorator: "a decorator ({{* …}})",
  DecoratorBlock: "a decorator block",
  UndefinedLiteral: "undefined",
};

function refused(node: Node, starts: readonly number[]): { readonly problem: ParseProblem } {
  const fix =
    node.type === "BlockStatement"
      ? "write differences between environments into override files, or whole text into files/<name>.hbs"
      : "use names and helpers only";
  return problemAt(node, starts, "TU2003", `${WHAT[node.type] ?? node.type} is not allowed in a value`, fix);
}

function problemAt(
  node: Node,
  starts: readonly number[],
  code: ParseProblem["code"],
  message: string,
  fix?: string,
): { readonly problem: ParseProblem } {
  return { problem: { code, message, ...(fix === undefined ? {} : { fix }), ...span(node, starts) } };
}

function span(node: Node, starts: readonly number[]): { start: number; end: number } {
  const offset = (spot: Spot | undefined): number =>
    spot === undefined ? 0 : (starts[spot.line - 1] ?? 0) + spot.column;
  return { start: offset(node.loc?.start), end: offset(node.loc?.end) };
}

/** Handlebars counts lines by `\r\n`, `\n` and `\r` alike. */
function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/gu), (match) => match.index + match[0].length)];
}

function syntaxMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  if (/got 'EOF'|got 'INVALID'/u.test(text))
    return "template does not end: a closing }} is missing, or a character is not allowed";
  if (text.includes("got 'CLOSE")) return "template is empty or ends too early";
  return "template cannot be read";
}

function syntaxFix(text: string): string {
  return text.includes("{{}}")
    ? "name a value between the braces"
    : "write {{name}}, {{helper name}}, or \\{{ for literal braces";
}
