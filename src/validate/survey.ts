/** A schema with everything it reaches: circles that consume no data, and budgets. */
import type { Problem } from "../problem.ts";
import { own } from "../tree.ts";
import { wrong } from "./check.ts";
import type { SchemaGraph, SchemaNode } from "./graph.ts";

/** Alternatives (`anyOf`, `oneOf`) that one schema may have in all. */
export const MAX_BRANCHES = 1000;
/** Subschemas that one schema may reach in all, definitions of other files included. */
export const MAX_SUBSCHEMAS = 10_000;

export interface Survey {
  readonly problems: readonly Problem[];
  /** Subschemas that are secret themselves or lead to one that is. */
  readonly leadsToSecret: ReadonlySet<SchemaNode>;
}

export function survey(graph: SchemaGraph, root: SchemaNode): Survey {
  const reached = reach(graph, root);
  const problems = [...budgets(graph, root, reached), ...circles(graph, reached)];
  return { problems, leadsToSecret: secretWays(graph, reached) };
}

/** True if the subschema itself says `x-secret`. */
export function isSecretHere(node: SchemaNode): boolean {
  const mark = typeof node.schema === "boolean" ? undefined : own(node.schema, "x-secret");
  return mark !== undefined && mark !== false;
}

function reach(graph: SchemaGraph, root: SchemaNode): Set<SchemaNode> {
  const reached = new Set([root]);
  // A set may grow while it is walked: new members come last.
  for (const node of reached) {
    if (reached.size > MAX_SUBSCHEMAS) break;
    for (const edge of graph.edges(node)) if (edge.applies !== "stored") reached.add(edge.to);
  }
  return reached;
}

function budgets(graph: SchemaGraph, root: SchemaNode, reached: ReadonlySet<SchemaNode>): Problem[] {
  const at = { file: root.file, path: root.path };
  if (reached.size > MAX_SUBSCHEMAS)
    return [wrong("TU1011", `the schema has more than ${MAX_SUBSCHEMAS} parts; split the app, or simplify it`, at)];
  let branches = 0;
  for (const node of reached)
    branches += graph.edges(node).filter((edge) => edge.keyword === "anyOf" || edge.keyword === "oneOf").length;
  if (branches <= MAX_BRANCHES) return [];
  const fix = "write enum for a list of values, or if/then for one choice";
  return [
    wrong("TU1011", `the schema has ${branches} alternatives in anyOf and oneOf; ${MAX_BRANCHES} are allowed`, at, {
      fix,
    }),
  ];
}

/** Subschemas that come back to themselves for the same value: checking would never end. One problem a circle. */
function circles(graph: SchemaGraph, reached: ReadonlySet<SchemaNode>): Problem[] {
  const done = new Set<SchemaNode>();
  const open = new Set<SchemaNode>();
  const problems: Problem[] = [];
  for (const start of reached) {
    // An explicit stack: a hostile chain of references may be longer than the stack of the machine.
    const stack = [{ node: start, next: 0 }];
    if (done.has(start)) continue;
    open.add(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { node: SchemaNode; next: number };
      const edge = graph.edges(top.node)[top.next++];
      if (edge === undefined) {
        open.delete(top.node);
        done.add(top.node);
        stack.pop();
      } else if (edge.applies === "here" && !done.has(edge.to)) {
        if (open.has(edge.to)) problems.push(circle(top.node, edge.keyword, edge.to));
        else {
          open.add(edge.to);
          stack.push({ node: edge.to, next: 0 });
        }
      }
    }
  }
  return problems;
}

function circle(from: SchemaNode, keyword: string, to: SchemaNode): Problem {
  const target = `${to.file === from.file ? "" : to.file}#${to.path.map((segment) => `/${segment}`).join("")}`;
  const message = `the schema refers to itself without going deeper (to ${target}), so that checking would never end`;
  return wrong("TU3001", message, { file: from.file, path: [...from.path, keyword] });
}

function secretWays(graph: SchemaGraph, reached: ReadonlySet<SchemaNode>): Set<SchemaNode> {
  const leads = new Set([...reached].filter(isSecretHere));
  if (leads.size === 0) return leads;
  const from = new Map<SchemaNode, SchemaNode[]>();
  for (const node of reached)
    for (const edge of graph.edges(node)) {
      const parents = from.get(edge.to) ?? [];
      parents.push(node);
      from.set(edge.to, parents);
    }
  for (const node of leads) for (const parent of from.get(node) ?? []) leads.add(parent);
  return leads;
}
