/** Problems as annotations of GitHub. */
import { type Annotation, annotationCommands } from "../annotation.ts";
import { CODES, type LocatedProblem } from "../../problem.ts";

export interface GithubOptions {
  /** Config root below the top of the repo, `""` or `config/`: annotations name files from the top. */
  readonly prefix: string;
}

/** Lines for stdout, one command each. Empty without problems. */
export function githubProblems(problems: readonly LocatedProblem[], options: GithubOptions): string {
  return annotationCommands(problemAnnotations(problems, options));
}

function problemAnnotations(problems: readonly LocatedProblem[], options: GithubOptions): Annotation[] {
  return problems.map((problem) => {
    const { position } = problem;
    const file = position?.file ?? problem.at?.file;
    return {
      level: problem.severity,
      file: file === undefined ? undefined : options.prefix + file,
      ...(position === undefined ? {} : stretch(position, problem.masked !== true)),
      title: `${problem.code} ${CODES[problem.code]}`,
      message: messageOf(problem),
    };
  });
}

/** The end of a masked value would tell how long it is. Columns make sense to GitHub only within one line. */
function stretch(
  position: NonNullable<LocatedProblem["position"]>,
  open: boolean,
): Pick<Annotation, "line" | "endLine" | "col" | "endColumn"> {
  const oneLine = position.line === position.endLine;
  return {
    line: position.line,
    ...(open ? { endLine: position.endLine } : {}),
    ...(!open || oneLine ? { col: position.column } : {}),
    ...(open && oneLine ? { endColumn: position.endColumn } : {}),
  };
}

function messageOf(problem: LocatedProblem): string[] {
  const fix = problem.fix === undefined ? undefined : `fix: ${problem.fix}`;
  return [problem.message, problem.label, fix].flatMap((part) => part ?? []);
}
