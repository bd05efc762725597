/** The schemas of a repo, checked and compiled when they are first asked for. Imports ajv: see `open.ts`. */
import type { Plain } from "../model.ts";
import { hasErrors, type Problem } from "../problem.ts";
import { askedDialect, checkFile, wrong } from "./check.ts";
import { copySchema } from "./copy.ts";
import { type Check, makeEngine } from "./engine.ts";
import { schemaGraph, type SchemaGraph, type SchemaNode } from "./graph.ts";
import type { Dialect } from "./keywords.ts";
import { makeMeter } from "./meter.ts";
import { survey } from "./survey.ts";
import { type CompiledNode, type UnitValidator, unitValidator } from "./validator.ts";

export type { UnitValidator } from "./validator.ts";

export interface SchemaSet {
  /** Validator of one app's schema; undefined if there is no such schema or it is broken. */
  validatorOf(schemaPath: string): UnitValidator | undefined;
  /** What is wrong with the schemas asked for so far, each problem once. */
  problems(): readonly Problem[];
}

/** `schemas` is `Repo.schemas`: every schema file, parsed, by its path in the repo. */
export function schemaSet(schemas: ReadonlyMap<string, Plain>): SchemaSet {
  const graph = schemaGraph(schemas);
  const validators = new Map<string, UnitValidator | undefined>();
  const problems = new Map<string, Problem>();
  const check = schemaChecker(graph);
  const compile = compiler(graph);
  /** True if something is an error. */
  const report = (more: readonly Problem[]): boolean => {
    for (const problem of more) problems.set(JSON.stringify([problem.message, problem.at]), problem);
    return hasErrors(more);
  };
  const make = (path: string): UnitValidator | undefined => {
    if (!schemas.has(path)) return undefined;
    const { root, dialect, found } = check(path);
    if (report(found) || root === undefined) return undefined;
    const { problems: deeper, leadsToSecret } = survey(graph, root);
    if (report([...deeper, ...emptiness(root)])) return undefined;
    try {
      compile.node(root, dialect);
    } catch (error) {
      report([notCompiled(root, error)]);
      return undefined;
    }
    return unitValidator({
      graph,
      root,
      leadsToSecret,
      meter: compile.meter,
      compile: (node) => compile.node(node, dialect),
    });
  };
  return {
    validatorOf: (path) => {
      if (!validators.has(path)) validators.set(path, make(path));
      return validators.get(path);
    },
    problems: () => [...problems.values()],
  };
}

interface CheckedSchema {
  readonly root: SchemaNode | undefined;
  readonly dialect: Dialect;
  readonly found: readonly Problem[];
}

/** Checks a file and all files it refers to; each file once, however many apps refer to it. */
function schemaChecker(graph: SchemaGraph): (path: string) => CheckedSchema {
  const files = new Map<string, ReturnType<typeof checkFile>>();
  const checkOnce = (root: SchemaNode, dialect: Dialect): ReturnType<typeof checkFile> => {
    const name = `${dialect} ${root.file}`;
    const known = files.get(name) ?? checkFile(graph, root, dialect);
    files.set(name, known);
    return known;
  };
  return (path) => {
    const top = graph.root(path);
    const dialect = (top === undefined ? undefined : askedDialect(top).dialect) ?? "draft-07";
    const found: Problem[] = [];
    const todo = new Set([path]);
    // A set may grow while it is walked: new members come last.
    for (const file of todo) {
      const root = graph.root(file);
      if (root === undefined) {
        found.push(wrong("TU3001", "a schema file must hold a map (or true or false)", { file, path: [] }));
        continue;
      }
      const asked = askedDialect(root);
      found.push(...asked.problems);
      if (asked.dialect !== undefined && asked.dialect !== dialect)
        found.push(otherDialect(path, dialect, file, asked.dialect));
      const checked = checkOnce(root, dialect);
      found.push(...checked.problems);
      for (const next of checked.files) todo.add(next);
    }
    return { root: top, dialect, found };
  };
}

function otherDialect(path: string, dialect: Dialect, file: string, other: Dialect): Problem {
  const message = `this file is ${other}, but ${path}, which refers to it, is ${dialect}; a schema has one dialect`;
  return wrong("TU3001", message, { file, path: ["$schema"] });
}

function emptiness(root: SchemaNode): Problem[] {
  if (root.schema !== true && (root.schema === false || Object.keys(root.schema).some(limits))) return [];
  const warning: Problem = {
    code: "TU3011",
    severity: "warning",
    message: "this schema accepts everything",
    at: { file: root.file, path: [] },
    fix: "trueup schema infer <app>",
  };
  return [warning];
}

function limits(keyword: string): boolean {
  return !keyword.startsWith("x-") && !ANNOTATIONS.has(keyword);
}

const ANNOTATIONS = new Set(["$schema", "$id", "$comment", "title", "description", "definitions", "$defs", "examples"]);

function notCompiled(root: SchemaNode, error: unknown): Problem {
  const at = { file: root.file, path: root.path };
  if (error instanceof RangeError)
    return wrong("TU1011", "the schema refers from definition to definition too deeply", at);
  const text = error instanceof Error ? error.message.replace(/^strict mode: /u, "") : String(error);
  return wrong("TU3001", `the schema cannot be used: ${text}`, at);
}

/** Schemas with the same text, apart from annotations, are compiled once. */
function compiler(graph: SchemaGraph): {
  readonly meter: ReturnType<typeof makeMeter>;
  node(node: SchemaNode, dialect: Dialect): CompiledNode;
} {
  const meter = makeMeter();
  const engine = makeEngine(meter);
  const byText = new Map<string, { readonly check: Check; readonly order: WeakMap<object, number> }>();
  // A node belongs to schemas of one dialect only: `schemaChecker` sees to that.
  const byNode = new Map<SchemaNode, CompiledNode>();
  const make = (node: SchemaNode, dialect: Dialect): CompiledNode => {
    const copy = copySchema(graph, node);
    const name = `${dialect} ${copy.text}`;
    const shared = byText.get(name) ?? { check: engine.compile(copy.schema, dialect), order: copy.order };
    byText.set(name, shared);
    // The objects that ajv knows belong to whoever came first; the number of each is the same for all.
    const nodeOf = (schema: object): SchemaNode | undefined => copy.nodes[shared.order.get(schema) ?? -1];
    return { check: shared.check, nodeOf };
  };
  return {
    meter,
    node: (node, dialect) => {
      const compiled = byNode.get(node) ?? make(node, dialect);
      byNode.set(node, compiled);
      return compiled;
    },
  };
}
