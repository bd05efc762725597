/** Is a schema file itself in order? Every keyword is looked at, without ajv; errors carry their place in the file. */
import type { KeyPath, Origin, Plain, PlainMap } from "../model.ts";
import type { Code, Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { own } from "../tree.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";
import { type Dialect, DIALECTS, dialectOf, ELSEWHERE, KEYWORDS } from "./keywords.ts";
import { patternMatcher } from "./matcher.ts";
import { misshapen } from "./shapes.ts";

/** Keywords without effect unless one of the others stands beside them. */
const NEEDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["if", ["then", "else"]],
  ["then", ["if"]],
  ["else", ["if"]],
  ["additionalItems", ["items"]],
  ["minContains", ["contains"]],
  ["maxContains", ["contains"]],
  ["discriminator", ["oneOf"]],
]);

/** The dialect a schema file asks for; undefined if it says nothing. A `$schema` that is not known is a problem. */
export function askedDialect(root: SchemaNode): {
  readonly dialect: Dialect | undefined;
  readonly problems: readonly Problem[];
} {
  const asked = typeof root.schema === "boolean" ? undefined : own(root.schema, "$schema");
  if (asked === undefined) return { dialect: undefined, problems: [] };
  const dialect = typeof asked === "string" ? dialectOf(asked) : undefined;
  const at: Origin = { file: root.file, path: ["$schema"] };
  if (dialect === undefined) {
    const message = "$schema names a dialect that trueup does not know; draft-07 and 2020-12 are known";
    return { dialect, problems: [wrong("TU3001", message, at, { fix: `$schema: ${DIALECTS["draft-07"]}` })] };
  }
  if (dialect === "draft-07") return { dialect, problems: [] };
  const warning: Problem = {
    code: "TU3012",
    severity: "warning",
    message: "editors may not see JSON Schema 2020-12; draft-07 is shown by all",
    at,
    fix: `$schema: ${DIALECTS["draft-07"]}`,
  };
  return { dialect, problems: [warning] };
}

/** Problems of every subschema of a file, definitions that nobody uses included, and the files it refers to. */
export function checkFile(
  graph: SchemaGraph,
  root: SchemaNode,
  dialect: Dialect,
): { readonly problems: readonly Problem[]; readonly files: ReadonlySet<string> } {
  const problems: Problem[] = [];
  const files = new Set<string>();
  const seen = new Set<SchemaNode>();
  const todo = [root];
  while (todo.length > 0) {
    const node = todo.pop() as SchemaNode;
    if (node.file !== root.file) files.add(node.file);
    if (node.file !== root.file || seen.has(node)) continue;
    seen.add(node);
    problems.push(...checkNode(graph, node, dialect));
    todo.push(...graph.edges(node).map((edge) => edge.to));
  }
  return { problems, files };
}

function checkNode(graph: SchemaGraph, node: SchemaNode, dialect: Dialect): Problem[] {
  if (typeof node.schema === "boolean") return [];
  const schema = node.schema;
  return Object.keys(schema).flatMap((keyword) => {
    const at = place(node, [keyword]);
    const value = schema[keyword] as Plain;
    if (keyword.startsWith("x-")) return checkOwnKeyword(keyword, value, at);
    const known = KEYWORDS.get(keyword);
    if (known === undefined || (known.only !== undefined && known.only !== dialect))
      return [unknownKeyword(keyword, dialect, at)];
    const bad = misshapen(known.shape, value);
    if (bad !== undefined) return [wrong("TU3001", `${keyword} ${bad}`, at)];
    return [
      ...checkCompany(schema, keyword, at),
      ...checkMeaning(graph, node, keyword, value),
      ...(dialect === "2020-12" && keyword === "items" && Array.isArray(value)
        ? [wrong("TU3001", "items must be one schema; a list of schemas is called prefixItems in 2020-12", at)]
        : []),
    ];
  });
}

function checkCompany(schema: PlainMap, keyword: string, at: Origin): Problem[] {
  const needed = NEEDS.get(keyword);
  if (needed === undefined || needed.some((other) => Object.hasOwn(schema, other))) return [];
  return [wrong("TU3001", `${keyword} has no effect without ${needed.join(" or ")}`, at)];
}

function checkMeaning(graph: SchemaGraph, node: SchemaNode, keyword: string, value: Plain): Problem[] {
  const at = place(node, [keyword]);
  if (keyword === "pattern") return checkPattern(value as string, at);
  if (keyword === "patternProperties")
    return Object.keys(value as PlainMap).flatMap((pattern) =>
      checkPattern(pattern, { ...place(node, [keyword, pattern]), part: "key" }),
    );
  if (keyword === "$ref") {
    const target = graph.refers(node);
    if (target === undefined || "path" in target) return [];
    if ("nothing" in target) return [wrong("TU3001", `$ref leads nowhere: ${target.nothing}`, at)];
    return [wrong("TU3010", `$ref is not allowed here: ${target.forbidden}`, at)];
  }
  if (keyword === "$schema" && node.path.length > 0)
    return [wrong("TU3001", "$schema belongs at the top of the file", at)];
  if (keyword === "$id" && node.path.length > 0 && !(value as string).startsWith("#"))
    return [wrong("TU3001", "$id inside a schema would change what $ref means; give the schema a file of its own", at)];
  return [];
}

function checkPattern(pattern: string, at: Origin): Problem[] {
  const made = patternMatcher(pattern);
  if ("matcher" in made) return [];
  if ("wrong" in made) return [wrong("TU3001", `the pattern is not a regular expression: ${made.wrong}`, at)];
  return [
    wrong("TU3009", `the pattern ${made.slow}, so that checking a long value could take for ever`, at, {
      fix: "write it without look-around, back-references and large repetitions; several rules can stand in allOf",
    }),
  ];
}

/** Our own keywords are checked, because `x-secret: "yes"` must not mean "no". */
function checkOwnKeyword(keyword: string, value: Plain, at: Origin): Problem[] {
  if (keyword === "x-secret" && typeof value !== "boolean" && (typeof value !== "object" || value === null))
    return [wrong("TU3001", "x-secret must be true or false", at)];
  if (keyword === "x-env" && (typeof value !== "string" || !/^[A-Za-z_]\w*$/u.test(value)))
    return [wrong("TU3001", "x-env must be the name of an environment variable, such as DATABASE_PASSWORD", at)];
  return [];
}

function unknownKeyword(keyword: string, dialect: Dialect, at: Origin): Problem {
  const key: Origin = { ...at, part: "key" };
  const elsewhere = own(ELSEWHERE, keyword);
  if (elsewhere !== undefined)
    return wrong("TU3001", `${JSON.stringify(keyword)} is not a keyword that trueup takes; ${elsewhere}`, key);
  const other = KEYWORDS.get(keyword)?.only;
  if (other !== undefined) return wrong("TU3001", `${keyword} belongs to ${other}, and this schema is ${dialect}`, key);
  const close = suggest(keyword, KEYWORDS.keys());
  const hint = close === undefined ? "; keywords of your own start with x-" : `; did you mean ${close}?`;
  return wrong("TU3001", `${JSON.stringify(keyword)} is not a keyword of JSON Schema${hint}`, key);
}

function place(node: SchemaNode, more: KeyPath): Origin {
  return { file: node.file, path: [...node.path, ...more] };
}

export function wrong(code: Code, message: string, at: Origin, more: Partial<Problem> = {}): Problem {
  return { code, severity: "error", message, at, ...more };
}
