/** The same report for every command that finds the configuration invalid. */
import { EXIT, type ExitCode } from "../failure.ts";
import { type Problem, foldProblems } from "../problem.ts";
import { humanProblems } from "../report/problems/human.ts";
import { jsonProblems } from "../report/problems/json.ts";
import { problemsContext } from "./context.ts";
import type { Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { emitFiles } from "./output.ts";
import { type OpenedProject, located, prefixOf } from "./project.ts";

export function printInvalid(
  problems: readonly Problem[],
  project: OpenedProject,
  options: CommonOptions,
  io: Io,
): ExitCode {
  const list = located(foldProblems(problems), project);
  const context = problemsContext(project, options, io, { keys: 0, durationMs: 0 });
  io.tell?.({ kind: "problems", problems: list, prefix: prefixOf(project), checked: undefined, world: context.world });
  emitFiles({ json: () => jsonProblems(list) }, options, io);
  if (options.format === "json") io.out(jsonProblems(list));
  else io.err(humanProblems(list, context));
  return EXIT.invalid;
}
