/** `apps/<app>/files/<name>.hbs`: whole texts, with blocks, but no way out of the unit's own values. */
import type { FileTemplate, Secret, UnitId, Value, ValueMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { isSecret, secret } from "../secret.ts";
import type { Lookup } from "../template/evaluate.ts";
import { HELPERS, callHelper } from "../template/helpers.ts";

type Handlebars = typeof import("handlebars");

/** Rounds of all `{{#each}}` together, and characters of the result (1 MiB). */
const MAX_ROUNDS = 100_000;
const MAX_RESULT = 1_048_576;
const MAX_DEPTH = 16;
const BLOCKS: readonly string[] = ["if", "unless", "each", "with"];
const FACTS: readonly string[] = ["env", "region", "app", "system", "vars", "shared", "secret"];

type FileResult = { readonly text: string | Secret } | { readonly problem: Problem };

/**
 * Renders one file. Context: the unit's values, and the facts (`env`, `vars`, …) where no value has their name;
 * facts are always there as `@env`, `@vars`, `@secret` and so on.
 */
export function renderFile(
  file: FileTemplate,
  values: ValueMap,
  lookup: Lookup,
  options: { readonly handlebars: Handlebars | undefined; readonly unit: UnitId },
): FileResult {
  if (options.handlebars === undefined) throw new Error("files/ templates need templateEngine(texts, true)");
  const problem = (code: Problem["code"], message: string, line?: number): FileResult => ({
    problem: { code, severity: "error", message, at: placeOf(file, line), reach: [options.unit] },
  });
  const run: Run = { tokens: [], rounds: 0, produced: 0 };
  try {
    const template = compiled(file, options.handlebars);
    const facts = bare(FACTS.map((name) => [name, factOf(name, lookup, run.tokens)]));
    const context = bare([...Object.entries(facts), ...Object.entries(standIn(values, run.tokens) as object)]);
    const text = template(run, context, facts).replaceAll(SEPARATOR, "");
    if (text.length > MAX_RESULT) return problem("TU2006", `the rendered file is larger than ${MAX_RESULT} bytes`);
    return { text: withSecrets(text, run.tokens) };
  } catch (error) {
    return problem(...explain(error));
  }
}

/** What one rendering has used so far. */
interface Run {
  readonly tokens: Secret[];
  rounds: number;
  produced: number;
}
type Compiled = (run: Run, context: object, facts: object) => string;

// A file is the same in all places: it is read and compiled once, and its text is checked then.
const COMPILED = new WeakMap<FileTemplate, Compiled>();

function compiled(file: FileTemplate, handlebars: Handlebars): Compiled {
  const known = COMPILED.get(file);
  if (known !== undefined) return known;
  if (isDeep(file.text)) throw new Trouble("TU2003", `blocks are nested more than ${MAX_DEPTH} levels deep`);
  const program = handlebars.parse(file.text);
  const refused = findRefused(program, 0);
  if (refused !== undefined) throw new Trouble("TU2003", refused.message, refused.line);
  const { engine, using } = sandboxOf(handlebars);
  const template = engine.compile(separated(program), {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries([...HELPERS, ...BLOCKS].map((name) => [name, true])),
  });
  const result: Compiled = (run, context, facts) => using(run, () => template(context, { ...OWN_ONLY, data: facts }));
  COMPILED.set(file, result);
  return result;
}

/** Handlebars never gives what is inherited. Told nothing, it also says so on the console, past our own way out. */
const OWN_ONLY = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false };

/** Far too deep, seen without parsing: Handlebars' parser needs seconds for thousands of nested blocks. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [tag] of text.matchAll(/\{\{~?(?:[#^]\s*[^\s}~]|\/)/gu)) {
    depth += tag.endsWith("/") ? -1 : 1;
    if (depth > MAX_DEPTH * 4) return true;
  }
  return false;
}

interface Sandbox {
  readonly engine: Handlebars;
  /** Runs a template; its helpers count on `run`. */
  readonly using: (run: Run, work: () => string) => string;
}
const SANDBOXES = new WeakMap<Handlebars, Sandbox>();

function sandboxOf(handlebars: Handlebars): Sandbox {
  const sandbox = SANDBOXES.get(handlebars) ?? makeSandbox(handlebars);
  SANDBOXES.set(handlebars, sandbox);
  return sandbox;
}

/** An own copy of Handlebars with our helpers and nothing else: no log, no lookup, no partials. */
function makeSandbox(handlebars: Handlebars): Sandbox {
  const engine = handlebars.create();
  const builtin = { ...engine.helpers } as Record<string, (...args: unknown[]) => unknown>;
  for (const name of Object.keys(builtin)) engine.unregisterHelper(name);
  let current: Run = { tokens: [], rounds: 0, produced: 0 };
  for (const name of BLOCKS) {
    engine.registerHelper(name, function (this: unknown, ...args: unknown[]): string {
      beforeBlock(name, args[0], current);
      // A block whose only content is a number gives that number, not its text.
      const result = String((builtin[name] as (...all: unknown[]) => unknown).apply(this, args));
      current.produced += result.length;
      if (current.produced <= MAX_RESULT * MAX_DEPTH) return result;
      throw new Trouble("TU2006", `the rendered file is larger than ${MAX_RESULT} bytes`);
    });
  }
  for (const name of HELPERS) {
    engine.registerHelper(name, (...all: unknown[]) =>
      standIn(runOn(name, all.slice(0, -1), current.tokens), current.tokens),
    );
  }
  const using: Sandbox["using"] = (run, work) => {
    current = run;
    return work();
  };
  return { engine, using };
}

function beforeBlock(name: string, subject: unknown, run: Run): void {
  if ((name === "each" || name === "with") && subject === undefined)
    throw new Trouble("TU2001", `{{#${name}}} got a name that nothing has`);
  if (name === "each" && typeof subject === "object" && subject !== null) run.rounds += Object.keys(subject).length;
  if (run.rounds > MAX_ROUNDS) throw new Trouble("TU2006", `{{#each}} goes round more than ${MAX_ROUNDS} times`);
}

function runOn(name: string, args: readonly unknown[], tokens: readonly Secret[]): Value {
  if (name === "default") return (args[0] ?? args[1] ?? null) as Value;
  if (args.some((arg) => arg === undefined)) throw new Trouble("TU2001", `{{${name}}} got a name that nothing has`);
  const result = callHelper(
    name,
    args.map((arg) => fromStandIn(arg as Value, tokens)),
  );
  if ("why" in result) throw new Trouble("TU2005", `${name} ${result.why}`);
  return result.value;
}

// Secrets travel through Handlebars as tokens around NUL, which no file can hold, and are put back afterwards.
const TOKEN = /\0(\d+)\0/gu;

function standIn(value: Value, tokens: Secret[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return `\0${tokens.push(value) - 1}\0`;
  if (Array.isArray(value)) return value.map((item: Value) => standIn(item, tokens));
  return bare(Object.entries(value).map(([key, item]) => [key, standIn(item, tokens)]));
}

const BARE = Object.create(null, { [Symbol.toPrimitive]: { value: () => "these values" } }) as object;

/**
 * A map without a prototype: Handlebars' strict mode takes `constructor` and the like for names that exist. It puts
 * the map into its message, so there must be a way to text.
 */
function bare(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.assign(Object.create(BARE) as Record<string, unknown>, Object.fromEntries(entries));
}

function fromStandIn(value: Value, tokens: readonly Secret[]): Value {
  return typeof value === "string" && value.includes("\0") ? withSecrets(value, tokens) : value;
}

function withSecrets(text: string, tokens: readonly Secret[]): string | Secret {
  if (!text.includes("\0")) return text;
  const parts = text
    .split(TOKEN)
    .flatMap((piece, index) =>
      index % 2 === 0 ? (piece === "" ? [] : [piece]) : (tokens[Number(piece)]?.parts ?? []),
    );
  return secret(parts);
}

function factOf(name: string, lookup: Lookup, tokens: Secret[]): unknown {
  // Looked up name by name when they are used: not every secret is for every file.
  if (name === "shared" || name === "secret") return lazily(name, lookup, tokens, []);
  const looked = lookup([name]);
  return "value" in looked ? standIn(looked.value, tokens) : undefined;
}

/** An object whose members are looked up when Handlebars asks for them. */
function lazily(root: string, lookup: Lookup, tokens: Secret[], path: readonly string[]): object {
  return new Proxy(
    {},
    {
      has: (_, key) => typeof key === "string",
      getOwnPropertyDescriptor: (_, key) => ({ configurable: true, enumerable: true, value: member(String(key)) }),
      get: (_, key) => (typeof key === "string" ? member(key) : undefined),
    },
  );
  function member(key: string): unknown {
    const here = [...path, key];
    if (root === "shared" && path.length === 0 && key === "secret") return lazily(root, lookup, tokens, here);
    const looked = lookup([root, ...here]);
    if ("missing" in looked) throw new Trouble(looked.missing.code, looked.missing.message);
    return standIn(looked.value, tokens);
  }
}

/** NUL and a letter: never confused with a token, which has digits. */
const SEPARATOR = "\0s\0";

/**
 * The tree with a mark between neighbouring expressions. Handlebars 4.7 joins them with `+` when it does not escape,
 * so that `{{a}}{{b}}` of two numbers would give their sum.
 */
function separated<T>(node: T): T {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) {
    const marked = node.flatMap((child: Node, index) => {
      const twins =
        child?.type === "MustacheStatement" && (node[index - 1] as Node | undefined)?.type === "MustacheStatement";
      return twins
        ? [{ type: "ContentStatement", original: SEPARATOR, value: SEPARATOR, loc: child.loc }, separated(child)]
        : [separated(child)];
    });
    return marked as T;
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, key === "loc" ? (child as unknown) : separated<unknown>(child)]),
  ) as T;
}

interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
  readonly path?: { readonly type: string; readonly original?: unknown; readonly parts?: readonly unknown[] };
  readonly [key: string]: unknown;
}

/** The first node that is not allowed, anywhere in the syntax tree. */
function findRefused(
  node: unknown,
  depth: number,
): { readonly message: string; readonly line: number | undefined } | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  if (Array.isArray(node)) {
    for (const child of node) {
      const found = findRefused(child, depth);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const { type, path, loc } = node as Node;
  const line = loc?.start.line;
  if (depth > MAX_DEPTH) return { message: `blocks are nested more than ${MAX_DEPTH} levels deep`, line };
  if (typeof type === "string" && /^(?:Partial|Decorator)/u.test(type))
    return { message: "partials and decorators are not allowed", line };
  const callee = typeof path?.original === "string" ? path.original : "";
  const calls = type === "BlockStatement" || ((node as { params?: readonly unknown[] }).params?.length ?? 0) > 0;
  if (calls && ![...HELPERS, ...BLOCKS].includes(callee))
    return { message: `there is no helper called ${callee}`, line };
  const deeper = depth + (type === "BlockStatement" ? 1 : 0);
  for (const [key, child] of Object.entries(node)) {
    const found = key === "loc" ? undefined : findRefused(child, deeper);
    if (found !== undefined) return found;
  }
  return undefined;
}

class Trouble extends Error {
  readonly code: Problem["code"];
  readonly lineNumber: number | undefined;
  constructor(code: Problem["code"], message: string, line?: number) {
    super(message);
    this.code = code;
    this.lineNumber = line;
  }
}

/** Handlebars tells the place of some errors only inside its message: `"x" not defined in … - 2:4`. */
function explain(error: unknown): [Problem["code"], string, number | undefined] {
  const text = error instanceof Error ? error.message : "";
  const own = error as { code?: Problem["code"]; lineNumber?: number };
  const missing = /^"(.+)" not defined in /u.exec(text);
  const line = own.lineNumber ?? Number(/(?:on line | - )(\d+)/u.exec(text)?.[1] ?? Number.NaN);
  const at = Number.isNaN(line) ? undefined : line;
  if (error instanceof Trouble) return [error.code, error.message, at];
  if (missing !== null) return ["TU2001", `nothing is called ${missing[1] ?? ""} in the values of this app`, at];
  if (text.startsWith("Parse error")) return ["TU2002", "the template cannot be read", at];
  if (text.includes("doesn't match"))
    return ["TU2002", `the template cannot be read: ${text.replace(/ - \d+:\d+$/u, "")}`, at];
  return [
    "TU2002",
    "the template cannot be rendered: a name leads into something that is no map, or a path goes out of the values",
    at,
  ];
}

function placeOf(file: FileTemplate, line: number | undefined): Problem["at"] {
  if (line === undefined) return { file: file.file };
  const lines = file.text.split("\n");
  const offset = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return { file: file.file, offset, length: Math.max(1, lines[line - 1]?.length ?? 1) };
}
