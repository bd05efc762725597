/** The compiled schema of one app: values in, findings out. */
import type { KeyPath, Value, ValueMap } from "../model.ts";
import { about, certain, mendedBySecret } from "./certain.ts";
import type { Check } from "./engine.ts";
import { type Finding, findingOf, type Words } from "./findings.ts";
import type { SchemaNode } from "./graph.ts";
import { MAX_MISTAKES, type Meter, OverBudget } from "./meter.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import { openLeaves, plaintextSecrets } from "./plaintext.ts";
import { nameOf, privacyOf } from "./privacy.ts";
import { withStandIns } from "./standin.ts";
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
const NOTHING: UnitFindings = { findings: [], exposed: [] };

export function unitValidator(parts: ValidatorParts): UnitValidator {
  const words: Words = { graph: parts.graph, root: parts.root, privacy: privacyOf(parts.graph, parts.root) };
  const remembered = new WeakMap<ValueMap, UnitFindings>();
  return {
    schema: parts.root.file,
    inspect: (values) => {
      const known = remembered.get(values) ?? inspect(parts, words, values);
      remembered.set(values, known);
      return known;
    },
  };
}

function inspect(parts: ValidatorParts, words: Words, values: ValueMap): UnitFindings {
  const view = withStandIns(values);
  parts.meter.reset();
  try {
    const mistakes = mistakesIn(parts, parts.root, view);
    const plain = plaintextIn(parts, words, view);
    if (mistakes.length === 0 && plain.length === 0) return NOTHING;
    const sure = certain(parts.graph, mistakes, about(plain));
    const findings = [
      ...plain.map(plaintextFinding),
      ...sure.slice(0, MAX_FINDINGS).map((mistake) => findingOf(words, mistake)),
      ...(sure.length > MAX_FINDINGS ? [andMore(sure.length - MAX_FINDINGS)] : []),
    ];
    if (findings.length === 0) return NOTHING;
    return { findings, exposed: openLeaves(view, []).filter((path) => words.privacy.marked(path)) };
  } catch (error) {
    // A RangeError is the machine's stack: a schema that nests references as deeply as the values nest maps.
    if (error instanceof OverBudget || error instanceof RangeError)
      return { findings: [overBudget(error)], exposed: [] };
    throw error;
  }
}

function mistakesIn(parts: ValidatorParts, node: SchemaNode, value: Value): readonly Mistake[] {
  const { check, nodeOf } = parts.compile(node);
  const errors = check(value);
  return errors === undefined ? [] : mistakesOf(errors, node, nodeOf);
}

function plaintextIn(parts: ValidatorParts, { privacy }: Words, view: ValueMap): readonly KeyPath[] {
  if (parts.leadsToSecret.size === 0) return [];
  const possible = (node: SchemaNode, value: Value, path: KeyPath): boolean => {
    const isVoid = (mistake: Mistake): boolean => mendedBySecret(mistake) && privacy.marked([...path, ...mistake.path]);
    return certain(parts.graph, mistakesIn(parts, node, value), isVoid).length === 0;
  };
  const { graph, leadsToSecret: leads, meter } = parts;
  return plaintextSecrets({ graph, leads, possible, spend: meter.spend }, parts.root, view);
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
    message: `${count} more mistakes against the schema are not listed; mend the first ${MAX_FINDINGS}`,
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
