/** `trueup doctor`: gathers facts about program, repo, targets and secrets, and has them judged. Writes nothing, ever. */
import type { Workbench } from "../../desired.ts";
import type { Failure } from "../../failure.ts";
import { EXIT, type ExitCode, isFailure } from "../../failure.ts";
import type { DestinationFacts, PathFacts, ToolFacts } from "../../doctor/facts.ts";
import { SETTINGS_OF_GITHUB, checkOwners } from "../../doctor/owners/check.ts";
import { checkConnections, checkPaths } from "../../doctor/paths.ts";
import { checkSecrets } from "../../doctor/secrets.ts";
import { checkTargets } from "../../doctor/targets.ts";
import { checkTool } from "../../doctor/tool.ts";
import { checkWorkflows } from "../../doctor/workflows/check.ts";
import { storePool } from "../../pipeline.ts";
import { hasErrors } from "../../problem.ts";
import { type Check, doctorJson, doctorText } from "../../report/look/doctor.ts";
import { secretUses } from "../../secrets/uses.ts";
import { drivers } from "../../stores/registry.ts";
import { VERSION } from "../../version.ts";
import { type Wanted, wantedBy } from "../../wanted.ts";
import { reportOptions } from "../context.ts";
import { gatherDestinations } from "../doctor/destinations.ts";
import { readOwners } from "../doctor/owners.ts";
import { readWorkflows } from "../doctor/workflows.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { emit } from "../output.ts";
import { type OpenedProject, open, prefixOf } from "../project.ts";

export async function doctorCommand(options: CommonOptions, io: Io): Promise<ExitCode> {
  const opened = await openAnyway(options, io);
  const { project } = opened;
  const { bench } = project;
  const scope = scopeOf(options);
  if (bench !== undefined) requireKnown(bench.repo, scope);
  // Also of an invalid configuration: what it names can be looked at all the same.
  const wanted = bench === undefined ? undefined : wantedBy(bench, scope);
  const checks = [
    ...checkTool(await toolFacts(opened, wanted, io)),
    ...checkWorkflows(readWorkflows(project.git?.top ?? project.folder)),
    ...checkReview(project),
    ...(bench === undefined || wanted === undefined ? [] : await checkWorld(project, bench, wanted, io)),
  ];
  const report = reportOptions(options, io, bench?.repo);
  emit({ human: () => doctorText(checks, report), json: () => doctorJson(checks) }, options, io);
  return checks.some((check) => check.status === "problem") ? EXIT.changes : EXIT.ok;
}

function checkReview(project: OpenedProject): readonly Check[] {
  const { git, folder, loaded } = project;
  const owners = readOwners(
    git?.top ?? folder,
    prefixOf(project),
    loaded.sources.keys(),
    loaded.repo?.config.environments ?? [],
  );
  return owners === undefined ? [] : [...checkOwners(owners), SETTINGS_OF_GITHUB];
}

interface Opened {
  readonly project: OpenedProject;
  /** Why Git could not be asked. */
  readonly trouble: Failure | undefined;
}

/** Without Git (not installed, a repository of somebody else) there is still a lot to look at. */
async function openAnyway(options: CommonOptions, io: Io): Promise<Opened> {
  try {
    return { project: await open(options, io), trouble: undefined };
  } catch (error) {
    if (!isFailure(error) || error.code === "USAGE" || error.code === "INTERRUPTED") throw error;
    const project = await open(options, { ...io, env: { ...io.env, CI: undefined } }, false);
    return { project, trouble: error };
  }
}

async function toolFacts({ project, trouble }: Opened, wanted: Wanted | undefined, io: Io): Promise<ToolFacts> {
  const problems = wanted === undefined ? project.problems : [...project.problems, ...wanted.problems];
  const errors = problems.filter((problem) => hasErrors([problem])).length;
  const { git, loaded } = project;
  return {
    node: process.versions.node,
    trueup: VERSION,
    config: {
      errors,
      warnings: problems.filter((problem) => problem.severity === "warning").length,
      apps: loaded.repo?.apps.length ?? 0,
      places: loaded.repo?.places.length ?? 0,
    },
    git:
      trouble !== undefined
        ? { kind: "failed", trouble }
        : git === undefined
          ? { kind: "none" }
          : { kind: "repo", shallow: git.shallow, head: await git.head() },
    ci: ciOf(io.env),
  };
}

/** The same test as for where files are read from (`project.ts`). */
function ciOf(env: Io["env"]): string | undefined {
  if ((env.CI ?? "") === "" || env.CI === "false") return undefined;
  if ((env.GITHUB_ACTIONS ?? "") !== "") return "GitHub Actions";
  return (env.GITLAB_CI ?? "") === "" ? "CI" : "GitLab CI";
}

async function checkWorld(project: OpenedProject, bench: Workbench, wanted: Wanted, io: Io): Promise<Check[]> {
  const stores = storePool(drivers, project.folder, io.env);
  let facts: readonly DestinationFacts[];
  try {
    facts = await gatherDestinations(wanted.destinations, stores, project, io);
  } finally {
    await stores.close();
  }
  const { config, places } = bench.repo;
  return [
    ...checkTargets(facts),
    ...checkPaths(pathsOf(wanted), places, config.system),
    ...checkConnections(
      wanted.destinations.map(({ target, place, connection }) => ({ target: target.name, place, connection })),
      places,
      config.system,
    ),
    ...checkSecrets({
      uses: secretUses(wanted.destinations),
      live: new Map(
        facts.flatMap(({ destination, outcome }) =>
          outcome.kind === "read" ? [[destination.id, outcome.live] as const] : [],
        ),
      ),
      warnAfterDays: config.secrets.warnAfterDays,
      now: Date.parse(io.now()),
    }),
  ];
}

function pathsOf({ units, destinations }: Wanted): PathFacts[] {
  const chosen = new Set(destinations.map((destination) => destination.id));
  return [...units.values()].flatMap(({ resolved, mapped }) =>
    mapped.settings
      .filter(({ frame }) => chosen.has(frame.id))
      .flatMap(({ frame, reads }) =>
        (reads.prefix === undefined ? reads.keys : [reads.prefix]).map((path) => ({
          target: frame.target.name,
          unit: resolved.id,
          app: resolved.app.name,
          place: resolved.place,
          path,
        })),
      ),
  );
}
