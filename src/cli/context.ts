/** What printers need to know, gathered from a project and the terminal. */
import type { Repo } from "../model.ts";
import { placesOf } from "../resolve/resolve.ts";
import type { PlanContext, ProblemsContext, ReportOptions, World } from "../report/context.ts";
import { type Io, wantsColor } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { type OpenedProject, prefixOf } from "./project.ts";
import type { Ground } from "./result.ts";

export function reportOptions(options: CommonOptions, io: Io, repo?: Repo): ReportOptions {
  return {
    color: wantsColor(io, options.color),
    width: io.columns,
    verbose: options.verbose ?? false,
    maxValueWidth: repo?.config.report.maxValueWidth ?? 80,
  };
}

export function worldOf(repo: Repo): World {
  const units = repo.apps.reduce((sum, app) => sum + placesOf(app, repo.places).length, 0);
  return { places: repo.places, apps: repo.apps.length, units };
}

/** `units` is how many the command was about: with `--app` fewer than the repo has. */
export function planContext(
  project: OpenedProject,
  repo: Repo,
  options: CommonOptions,
  io: Io,
  units?: number,
): PlanContext {
  const world = worldOf(repo);
  return {
    ...reportOptions(options, io, repo),
    world: { ...world, units: units ?? world.units },
    locate: project.locate,
  };
}

export function groundOf(project: OpenedProject, repo: Repo, unread?: Ground["unread"]): Ground {
  return {
    prefix: prefixOf(project),
    liftBy: repo.config.guards.liftBy,
    ...(unread === undefined ? {} : { unread }),
  };
}

export function problemsContext(
  project: OpenedProject,
  options: CommonOptions,
  io: Io,
  counts: { keys: number; durationMs: number; world?: World },
): ProblemsContext {
  const { repo } = project.loaded;
  return {
    ...reportOptions(options, io, repo),
    world: counts.world ?? (repo === undefined ? undefined : worldOf(repo)),
    sources: project.loaded.sources,
    keys: counts.keys,
    durationMs: counts.durationMs,
  };
}
