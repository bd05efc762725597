/** `trueup validate`: everything that can be known without a store. */
import { check } from "../../desired.ts";
import { EXIT, type ExitCode } from "../../failure.ts";
import { foldProblems, hasErrors } from "../../problem.ts";
import { githubProblems } from "../../report/problems/github.ts";
import { humanProblems } from "../../report/problems/human.ts";
import { jsonProblems } from "../../report/problems/json.ts";
import { sarifProblems } from "../../report/problems/sarif.ts";
import { VERSION } from "../../version.ts";
import { problemsContext, worldOf } from "../context.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { emit } from "../output.ts";
import { located, open } from "../project.ts";

export interface ValidateOptions extends CommonOptions {
  /** Warnings fail too. */
  readonly strict?: boolean;
}

export async function validateCommand(
  addresses: readonly string[],
  options: ValidateOptions,
  io: Io,
): Promise<ExitCode> {
  const started = io.clock();
  const project = await open(options, io, false);
  if (project.loaded.repo !== undefined) requireKnown(project.loaded.repo, scopeOf(options, addresses));
  const checked =
    project.bench === undefined
      ? { problems: foldProblems(project.problems), counts: { apps: 0, places: 0, units: 0, keys: 0 } }
      : check(project.bench, project.problems, scopeOf(options, addresses));
  const problems = located(checked.problems, project);
  const { repo } = project.loaded;
  const world =
    repo === undefined ? undefined : { ...worldOf(repo), apps: checked.counts.apps, units: checked.counts.units };
  const context = problemsContext(project, options, io, {
    keys: checked.counts.keys,
    durationMs: io.clock() - started,
    ...(world === undefined ? {} : { world }),
  });
  const prefix = project.git === undefined || project.git.root === "" ? "" : `${project.git.root}/`;
  emit(
    {
      human: () => humanProblems(problems, context),
      json: () => jsonProblems(problems),
      github: () => githubProblems(problems, { prefix }),
      sarif: () => sarifProblems(problems, { version: VERSION, prefix }),
    },
    options,
    io,
  );
  const failed = hasErrors(problems) || (options.strict === true && problems.length > 0);
  return failed ? EXIT.invalid : EXIT.ok;
}
