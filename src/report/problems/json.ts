/** Problems for machines: `schemas/problems.schema.json`. Holds no line of a source file. */
import type { Position } from "../../model.ts";
import { CODES, type LocatedProblem } from "../../problem.ts";
import { printJson } from "../json.ts";

/** What was looked at. */
export interface Checked {
  readonly apps: number;
  readonly units: number;
  readonly keys: number;
}

/** One JSON document, indented, ended by a line feed. `checked` is left out where the check did not come to an end. */
export function jsonProblems(problems: readonly LocatedProblem[], checked?: Checked): string {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return printJson({
    version: 1,
    summary: {
      errors,
      warnings: problems.length - errors,
      ...(checked === undefined ? {} : { apps: checked.apps, units: checked.units, keys: checked.keys }),
    },
    problems: problems.map(problemDocument),
  });
}

function problemDocument(problem: LocatedProblem): object {
  const at = whereDocument(problem.position, problem.at?.file, problem.masked !== true);
  return {
    code: problem.code,
    title: CODES[problem.code],
    severity: problem.severity,
    message: problem.message,
    ...(at === undefined ? {} : { at }),
    label: problem.label,
    fix: problem.fix,
    notes: (problem.notes ?? []).map((note, i) => {
      const where = whereDocument(problem.notePositions[i], note.at?.file, problem.masked !== true);
      return { name: note.name, text: note.text, ...(where === undefined ? {} : { at: where }) };
    }),
    reach: problem.reach ?? [],
  };
}

/** Without its end (`whole` is false) for a masked value: the end would tell how long it is. */
function whereDocument(position: Position | undefined, file: string | undefined, whole: boolean): object | undefined {
  if (position === undefined) return file === undefined ? undefined : { file };
  return {
    file: position.file,
    line: position.line,
    col: position.column,
    ...(whole ? { end_line: position.endLine, end_col: position.endColumn } : {}),
  };
}
