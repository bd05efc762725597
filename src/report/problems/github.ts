/** Problems as annotations of GitHub: workflow commands, the only lines of ours that a runner is meant to obey. */
import { CODES, type LocatedProblem } from "../../problem.ts";
import { breakCommands, safePiece } from "../redact.ts";
import { plural } from "../words.ts";

/** GitHub shows ten annotations per level and step and drops the rest silently; the tenth says what is missing. */
const SHOWN = 9;
/** A message is cut at 4,096 characters (actions/runner, ExecutionContext.cs, seen 2026-11). */
const MESSAGE = 4000;

export interface GithubOptions {
  /** Config root below the top of the repo, `""` or `config/`: annotations name files from the top. */
  readonly prefix: string;
}

/** Lines for stdout, one command each. Empty without problems. */
export function githubProblems(problems: readonly LocatedProblem[], options: GithubOptions): string {
  return (["error", "warning"] as const)
    .flatMap((severity) => {
      const all = problems.filter((problem) => problem.severity === severity);
      const lines = all.slice(0, SHOWN).map((problem) => command(problem, options));
      const hidden = all.length - lines.length;
      if (hidden > 0) lines.push(`::${severity} title=trueup::and ${plural(hidden, "more", "more")}, see the summary`);
      return lines;
    })
    .map((line) => `${line}\n`)
    .join("");
}

function command(problem: LocatedProblem, options: GithubOptions): string {
  const { position } = problem;
  const file = position?.file ?? problem.at?.file;
  const properties: [name: string, value: string][] = [];
  if (file !== undefined) properties.push(["file", options.prefix + file]);
  if (position !== undefined) {
    properties.push(["line", String(position.line)]);
    // The end of a masked value would tell how long it is. Columns make sense to GitHub only within one line.
    const open = problem.masked !== true;
    if (open) properties.push(["endLine", String(position.endLine)]);
    if (!open || position.line === position.endLine) properties.push(["col", String(position.column)]);
    if (open && position.line === position.endLine) properties.push(["endColumn", String(position.endColumn)]);
  }
  properties.push(["title", `${problem.code} ${CODES[problem.code]}`]);
  const words = properties.map(([name, value]) => `${name}=${escapeProperty(value)}`).join(",");
  return `::${problem.severity} ${words}::${escapeData(messageOf(problem))}`;
}

/** Our own line feeds divide message, label and cure; those of the user are visible escapes by then. */
function messageOf(problem: LocatedProblem): string {
  const parts = [problem.message, problem.label, problem.fix === undefined ? undefined : `fix: ${problem.fix}`];
  const text = parts.flatMap((part) => (part === undefined ? [] : [safePiece(part)])).join("\n");
  return text.length <= MESSAGE ? text : `${text.slice(0, MESSAGE)}…`;
}

function escapeData(text: string): string {
  // The runner stops at its newer form, which this line is; what looks like the older one (`##[`) is broken all the same.
  return breakCommands(text).replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(safePiece(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
