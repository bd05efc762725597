/** Expressions of GitHub's workflows, as far as the template uses them. Whatever else stands in one is refused. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Contexts by name: `github`, `needs`, `matrix`, … */
export type Contexts = Readonly<Record<string, Value>>;

/** There a name that nobody has set is empty text, as on GitHub. In the other contexts it is a mistake of the workflow. */
const OPEN = new Set(["vars", "secrets"]);
const TOKEN =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<sign>==|!=|&&|\|\||[()])|(?<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*))/uy;

/** A text with `${{ … }}` in it; one that is nothing else keeps the type of its value. */
export function fill(text: string, contexts: Contexts): Value {
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/su.exec(text.trim())?.[1];
  if (whole !== undefined) return evaluate(whole, contexts);
  return text.replaceAll(/\$\{\{(.*?)\}\}/gsu, (_, inner: string) => textOf(evaluate(inner, contexts)));
}

/** As `if:` reads it, with or without `${{ }}`. */
export function isTrue(condition: string, contexts: Contexts): boolean {
  const inner = /^\$\{\{(.*)\}\}$/su.exec(condition.trim())?.[1] ?? condition;
  return truthy(evaluate(inner, contexts));
}

/** As text in an input or a variable. */
export function textOf(value: Value): string {
  if (typeof value === "object" && value !== null) throw new Error(`no text: ${JSON.stringify(value)}`);
  return value === null ? "" : String(value);
}

function truthy(value: Value): boolean {
  return !(value === null || value === false || value === "" || value === 0);
}

function evaluate(text: string, contexts: Contexts): Value {
  const tokens = tokensOf(text);
  const value = either(tokens, contexts);
  if (tokens.length > 0) throw new Error(`not understood in an expression: ${text}`);
  return value;
}

function tokensOf(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`not understood in an expression: ${text.slice(at)}`);
    found.push(match[0].trim());
  }
  return found;
}

function either(tokens: string[], contexts: Contexts): Value {
  let value = both(tokens, contexts);
  while (taken(tokens, "||")) {
    const next = both(tokens, contexts);
    if (!truthy(value)) value = next;
  }
  return value;
}

function both(tokens: string[], contexts: Contexts): Value {
  let value = compared(tokens, contexts);
  while (taken(tokens, "&&")) {
    const next = compared(tokens, contexts);
    if (truthy(value)) value = next;
  }
  return value;
}

function compared(tokens: string[], contexts: Contexts): Value {
  const left = single(tokens, contexts);
  if (taken(tokens, "==")) return isSame(left, single(tokens, contexts));
  if (taken(tokens, "!=")) return !isSame(left, single(tokens, contexts));
  return left;
}

/** Texts are compared without regard to case, as GitHub does; other types of the template's are not compared at all. */
function isSame(left: Value, right: Value): boolean {
  if (typeof left !== "string" || typeof right !== "string") throw new Error("only texts are compared here");
  return left.toLowerCase() === right.toLowerCase();
}

function single(tokens: string[], contexts: Contexts): Value {
  const token = tokens.shift() ?? "";
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
  if (token === "(") return closed(either(tokens, contexts), tokens);
  if (token === "fromJSON" && taken(tokens, "("))
    return JSON.parse(textOf(closed(either(tokens, contexts), tokens))) as Value;
  if (tokens[0] === "(" || !/^\w/u.test(token)) throw new Error(`not understood in an expression: ${token}`);
  return lookUp(token.split("."), contexts);
}

function closed(value: Value, tokens: string[]): Value {
  if (!taken(tokens, ")")) throw new Error("a bracket is not closed");
  return value;
}

function lookUp([context = "", ...path]: readonly string[], contexts: Contexts): Value {
  let value: Value = contexts;
  for (const name of [context, ...path]) {
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    const map = isMap ? (value as { readonly [name: string]: Value }) : {};
    if (!Object.hasOwn(map, name)) {
      if (OPEN.has(context) && name !== context) return "";
      throw new Error(`${[context, ...path].join(".")} is not there: it would be empty, silently, on GitHub`);
    }
    value = map[name] as Value;
  }
  return value;
}

function taken(tokens: string[], token: string): boolean {
  if (tokens[0] !== token) return false;
  tokens.shift();
  return true;
}
