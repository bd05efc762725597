/** The compiled schema of one app: values in, findings out. */
import type { KeyPath, Value, ValueMap } from "../model.ts";
import { own } from "../tree.ts";
import { about, certain, mendedBySecret } from "./certain.ts";
import type { Check } from "./engine.ts";
import { type Finding, findingOf, type Words } from "./findings.ts";
import type { SchemaNode } from "./graph.ts";
import { MAX_MISTAKES, type Meter, OverBudget } from "./meter.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import { openLeaves, plaintextFinder } from "./plaintext.ts";
import { type Privacy, nameOf, privacyOf } from "./privacy.ts";
import { withStandIns } from "./standin.ts";
import { nodesAt, saysOpen } from "./walk.ts";
import type { SchemaGraph } from "./graph.ts";

export interface UnitFindings {
  readonly findings: readonly Finding[];
  /** Values in the open that a schema may call secret: lines near them are not to be shown. Only if there are findings. */
  readonly exposed: readonly KeyPath[];
}

export interface UnitValidator {
  /** Path of the schema file. */
  readonly schema: string;
  /** What is wrong with the values of one unit. The same object gives the same answer without being looked at again. */
  inspect(values: ValueMap): UnitFindings;
  /**
   * What is wrong with `filled`, where secrets stand as plain text, and was not with `values`, where they are secrets.
   * No finding tells anything of a value, only the rule.
   */
  inspectFilled(values: ValueMap, filled: ValueMap): readonly Finding[];
  /** What `x-secret` says of the path: true counts before false, wherever it might apply; undefined if nothing does. */
  secrecy(path: KeyPath): "secret" | "open" | undefined;
  /** Characters that a text at the path must have, whatever the other values are. */
  lengthsOf(path: KeyPath): { readonly least: number; readonly most: number };
}

/** A compiled subschema, with the way from ajv's copies back to the places in the files. */
export interface CompiledNode {
  readonly check: Check;
  readonly nodeOf: (schema: object) => SchemaNode | undefined;
}

export interface ValidatorParts {
  readonly graph: SchemaGraph;
  readonly root: SchemaNode;
  readonly leadsToSecret: ReadonlySet<SchemaNode>;
  readonly meter: Meter;
  /** Compiles a subschema; the answer is remembered. */
  compile(node: SchemaNode): CompiledNode;
}

/** Findings listed for one unit. */
const MAX_FINDINGS = 200;
/** Values of one unit that are asked for being secret, to hide the lines near them. */
const MAX_LEAVES = 5000;
const NOTHING: UnitFindings = { findings: [], exposed: [] };

export function unitValidator(parts: ValidatorParts): UnitValidator {
  const words: Words = { graph: parts.graph, root: parts.root, privacy: privacyOf(parts.graph, parts.root) };
  const plaintextIn = plaintextSearch(parts, words);
  const remembered = new WeakMap<ValueMap, UnitFindings>();
  return {
    schema: parts.root.file,
    inspect: (values) => {
      const known = remembered.get(values) ?? inspect(parts, words, plaintextIn, values);
      remembered.set(values, known);
      return known;
    },
    inspectFilled: (values, filled) => {
      const blind = { ...words, privacy: BLIND };
      const before = new Set(sureFindings(parts, blind, values).map(identity));
      return sureFindings(parts, blind, filled).filter((finding) => !before.has(identity(finding)));
    },
    secrecy: (path) =>
      words.privacy.marked(path) ? "secret" : saysOpen(parts.graph, parts.root, path) ? "open" : undefined,
    lengthsOf: (path) => lengthsAt(parts, path),
  };
}

/** Everything is a secret. */
const BLIND: Privacy = { marked: () => true, hides: () => true, got: () => "" };

function identity({ message, path }: Finding): string {
  return JSON.stringify([message, path]);
}

/** Against the rules alone: plain text where a secret belongs is no mistake here. */
function sureFindings(parts: ValidatorParts, words: Words, values: ValueMap): readonly Finding[] {
  parts.meter.reset();
  try {
    const mistakes = mistakesIn(parts, parts.root, withStandIns(values));
    const sure = certain(parts.graph, mistakes, () => false);
    return sure.slice(0, MAX_FINDINGS).map((mistake) => findingOf(words, mistake));
  } catch (error) {
    if (error instanceof OverBudget || error instanceof RangeError) return [overBudget(error)];
    throw error;
  }
}

function inspect(
  parts: ValidatorParts,
  words: Words,
  plaintextIn: (view: ValueMap) => readonly KeyPath[],
  values: ValueMap,
): UnitFindings {
  const view = withStandIns(values);
  parts.meter.reset();
  try {
    const mistakes = mistakesIn(parts, parts.root, view);
    const plain = plaintextIn(view);
    if (mistakes.length === 0 && plain.length === 0) return NOTHING;
    const sure = certain(parts.graph, mistakes, about(plain));
    const findings = [
      ...plain.slice(0, MAX_FINDINGS).map(plaintextFinding),
      ...sure.slice(0, MAX_FINDINGS).map((mistake) => findingOf(words, mistake)),
      ...[plain.length, sure.length].filter((count) => count > MAX_FINDINGS).map(andMore),
    ];
    return findings.length === 0 ? NOTHING : withExposed(parts, words, view, findings);
  } catch (error) {
    // A RangeError is the machine's stack: a schema that nests references as deeply as the values nest maps.
    if (error instanceof OverBudget || error instanceof RangeError)
      return { findings: [overBudget(error)], exposed: [] };
    throw error;
  }
}

function lengthsAt({ graph, root }: ValidatorParts, path: KeyPath): { readonly least: number; readonly most: number } {
  const schemas = nodesAt(graph, root, path, "sure").map(({ schema }) => (typeof schema === "boolean" ? {} : schema));
  const rules = (keyword: string): number[] =>
    schemas.map((schema) => own(schema, keyword)).filter((rule) => typeof rule === "number");
  return { least: Math.max(0, ...rules("minLength")), most: Math.min(Infinity, ...rules("maxLength")) };
}

function withExposed(
  { leadsToSecret }: ValidatorParts,
  { privacy }: Words,
  view: ValueMap,
  findings: readonly Finding[],
): UnitFindings {
  if (leadsToSecret.size === 0) return { findings, exposed: [] };
  const leaves = openLeaves(view, []);
  // Too many to ask for each: then no line is shown.
  if (leaves.length > MAX_LEAVES) return { findings: findings.map((each) => ({ ...each, masked: true })), exposed: [] };
  return { findings, exposed: leaves.filter((path) => privacy.marked(path)) };
}

function mistakesIn(parts: ValidatorParts, node: SchemaNode, value: Value): readonly Mistake[] {
  const { check, nodeOf } = parts.compile(node);
  const errors = check(value);
  return errors === undefined ? [] : mistakesOf(errors, node, nodeOf);
}

function plaintextSearch(parts: ValidatorParts, { privacy }: Words): (view: ValueMap) => readonly KeyPath[] {
  if (parts.leadsToSecret.size === 0) return () => [];
  const find = plaintextFinder({
    graph: parts.graph,
    leads: parts.leadsToSecret,
    spend: parts.meter.spend,
    possible: (node, value, path) => {
      // What stands where a secret belongs must not decide which alternative is meant: it has to go anyway.
      const isVoid = (mistake: Mistake): boolean =>
        mendedBySecret(mistake) && privacy.marked([...path, ...mistake.path]);
      return certain(parts.graph, mistakesIn(parts, node, value), isVoid).length === 0;
    },
  });
  return (view) => find(parts.root, view);
}

function plaintextFinding(path: KeyPath): Finding {
  return {
    code: "TU4001",
    message: `plaintext secret: ${nameOf(path)} must come from {{secret.…}}`,
    path,
    part: "value",
    label: "value hidden; it is in Git history: rotate it",
    masked: true,
    plaintext: true,
  };
}

function andMore(count: number): Finding {
  return {
    code: "TU1011",
    message: `${count - MAX_FINDINGS} more mistakes against the schema are not listed; mend the first ${MAX_FINDINGS}`,
    path: [],
    part: "value",
  };
}

function overBudget(error: OverBudget | RangeError): Finding {
  const many = error instanceof OverBudget && error.what === "mistakes";
  return {
    code: "TU1011",
    message: many
      ? `these values break the schema in more than ${MAX_MISTAKES} ways; checking was stopped`
      : "checking these values against the schema takes too many steps; it was stopped",
    path: [],
    part: "value",
    fix: "shorten the lists, or write enum or if/then in the schema where oneOf or anyOf tries everything",
  };
}
