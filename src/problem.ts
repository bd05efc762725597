/** Problems in the user's files: collected, all of them, never thrown. The words for `trueup why` are in `report/why.ts`. */
import type { At, Position, UnitId } from "./model.ts";

/** Codes are promises: once published, a code keeps its meaning. Short titles, as shown by `trueup why`. */
export const CODES = {
  // ── files and YAML
  TU1001: "YAML syntax",
  TU1002: "key given twice",
  TU1003: "template is not quoted",
  TU1004: "ambiguous spelling",
  TU1005: "number that cannot be held exactly",
  TU1006: "YAML feature that is not supported",
  TU1007: "unknown file",
  TU1008: "file is not plain UTF-8 text",
  TU1009: "key that is not allowed",
  TU1010: "invisible or misleading character",
  TU1011: "over a resource budget",
  TU1012: "not a regular file",
  TU1013: "file name that is not allowed",
  TU1014: "app defined twice",
  TU1015: "top level is not a map",
  TU1016: "setting of the tool is wrong",
  TU1017: "unknown environment, region, place, app or target",
  TU1018: "$remove names nothing",
  TU1101: "override that changes nothing",
  TU1102: "override changes the type",
  // ── templates
  TU2001: "unknown name in a template",
  TU2002: "template syntax",
  TU2003: "template feature that is not allowed",
  TU2004: "values refer to each other in a circle",
  TU2005: "helper used wrongly",
  TU2006: "template or its result is too large",
  TU2007: "value cannot be put into text",
  // ── schema
  TU3001: "schema is not valid",
  TU3002: "value outside the limits of the schema",
  TU3003: "wrong type",
  TU3004: "key is not in the schema",
  TU3005: "required key is missing",
  TU3006: "value is not one of those allowed",
  TU3007: "value does not have the format",
  TU3008: "value fits no alternative of the schema",
  TU3009: "pattern that could take for ever",
  TU3010: "$ref that is not allowed",
  TU3011: "schema without constraints",
  TU3012: "schema dialect that editors may not know",
  // ── secrets
  TU4001: "plaintext secret",
  TU4002: "unknown secret",
  TU4003: "external secret inside a longer text",
  TU4004: "secret that nothing uses",
  TU4006: "encrypted file cannot be used",
  TU4007: "secret without a value in Git",
  TU4008: "value that looks like a credential",
  TU4011: "generated secret that could not be read back",
  TU4012: "generated secret that cannot be made like this",
  TU4013: "source of a secret that cannot be used",
  TU4021: "rotation that cannot work",
  // ── mapping
  TU5001: "two settings on one physical key",
  TU5002: "store cannot hold this",
  TU5003: "path of a target does not fit its layout",
  TU5004: "value that goes nowhere",
  TU5005: "reserved key",
  TU5006: "one variable for two values",
} as const;
export type Code = keyof typeof CODES;

/** Words that quote nothing, used where the line may hold a secret. */
export interface Discreet {
  readonly message?: string;
  readonly label?: string;
}

export interface Problem {
  readonly code: Code;
  readonly severity: "error" | "warning";
  /** One line: what is wrong, with the names involved. Holds no value of a key that may be secret. */
  readonly message: string;
  readonly at: At | undefined;
  /** Text under the marked characters. */
  readonly label?: string;
  /** The cure, as something to type. */
  readonly fix?: string;
  /** Further facts: `known here`, `rule`, … in order. */
  readonly notes?: readonly { readonly name: string; readonly text: string; readonly at?: At }[];
  /** Units concerned; empty when the whole repo is. */
  readonly reach?: readonly UnitId[];
  /** True: the source line may hold a secret and is shown masked. */
  readonly masked?: boolean;
  readonly discreet?: Discreet;
}

/** A problem with its place worked out. */
export interface LocatedProblem extends Problem {
  readonly position: Position | undefined;
  readonly notePositions: readonly (Position | undefined)[];
}

/**
 * Folds problems that have one cause (same code, message and place) into one with the union of their reach.
 * Order of first appearance is kept.
 */
export function foldProblems(problems: Iterable<Problem>): Problem[] {
  const folded = new Map<string, Problem>();
  const reaches = new Map<string, Set<UnitId>>();
  for (const problem of problems) {
    const id = JSON.stringify([problem.code, problem.message, problem.at]);
    const known = folded.get(id);
    // Masked for one unit is masked for all: the line is the same.
    if (known === undefined || (problem.masked === true && known.masked !== true)) folded.set(id, problem);
    const reach = reaches.get(id) ?? new Set();
    reaches.set(id, reach);
    for (const unit of problem.reach ?? []) reach.add(unit);
  }
  return [...folded].map(([id, problem]) => ({ ...problem, reach: [...(reaches.get(id) ?? [])] }));
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
