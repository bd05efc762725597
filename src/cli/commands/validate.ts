/** `trueup validate`: everything that can be known without a store. */
import { type Scope, type Workbench, check } from "../../desired.ts";
import { EXIT, type ExitCode } from "../../failure.ts";
import { foldProblems, hasErrors } from "../../problem.ts";
import { githubProblems } from "../../report/problems/github.ts";
import { humanProblems } from "../../report/problems/human.ts";
import { jsonProblems } from "../../report/problems/json.ts";
import { VERSION } from "../../version.ts";
import { changedApps } from "../changed.ts";
import { problemsContext, worldOf } from "../context.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import { type CommonOptions, asks, scopeOf } from "../options.ts";
import { emit } from "../output.ts";
import { located, open, prefixOf } from "../project.ts";

export interface ValidateOptions extends CommonOptions {
  /** Warnings fail too. */
  readonly strict?: boolean;
  /** Only apps with changes since this commit. */
  readonly changedSince?: string;
}

export async function validateCommand(
  addresses: readonly string[],
  options: ValidateOptions,
  io: Io,
): Promise<ExitCode> {
  const started = io.clock();
  const project = await open(options, io, options.changedSince !== undefined);
  const scope = scopeOf(options, addresses);
  if (project.loaded.repo !== undefined) requireKnown(project.loaded.repo, scope);
  const changed = options.changedSince === undefined ? undefined : await changedApps(project, options.changedSince, io);
  const checked =
    project.bench === undefined
      ? { problems: foldProblems(project.problems), counts: { apps: 0, places: 0, units: 0, keys: 0 } }
      : check(only(project.bench, changed), project.problems, changed === undefined ? scope : partial(scope));
  const problems = located(checked.problems, project);
  const { repo } = project.loaded;
  const world =
    repo === undefined ? undefined : { ...worldOf(repo), apps: checked.counts.apps, units: checked.counts.units };
  const context = problemsContext(project, options, io, {
    keys: checked.counts.keys,
    durationMs: io.clock() - started,
    ...(world === undefined ? {} : { world }),
  });
  const prefix = prefixOf(project);
  io.tell?.({ kind: "problems", problems, prefix, checked: checked.counts, world });
  const sarif = asks(options, "sarif") ? (await import("../../report/problems/sarif.ts")).sarifProblems : undefined;
  emit(
    {
      human: () => humanProblems(problems, context),
      json: () => jsonProblems(problems, checked.counts),
      github: () => githubProblems(problems, { prefix }),
      sarif: () => sarif?.(problems, { version: VERSION, prefix }) ?? "",
    },
    options,
    io,
  );
  const failed = hasErrors(problems) || (options.strict === true && problems.length > 0);
  return failed ? EXIT.invalid : EXIT.ok;
}

/** The bench with some of its apps. What is wrong with the rest of the repo is known by then and still counts. */
function only(bench: Workbench, apps: ReadonlySet<string> | undefined): Workbench {
  if (apps === undefined) return bench;
  return { ...bench, repo: { ...bench.repo, apps: bench.repo.apps.filter((app) => apps.has(app.name)) } };
}

/** Not the whole repo, so nothing can be said about what no app uses. */
function partial(scope: Scope): Scope {
  return (scope.addresses ?? []).length > 0 ? scope : { ...scope, addresses: ["*"] };
}
