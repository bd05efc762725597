/** `trueup diff` (alias `plan`): what an apply would write, and what else differs. */
import { EXIT, type ExitCode, Failure, isFailure } from "../../failure.ts";
import type { Plan } from "../../model.ts";
import { type PlanOptions, type Planned, planLive, planRef, storePool, want } from "../../pipeline.ts";
import type { Problem } from "../../problem.ts";
import { htmlPlan } from "../../report/html/page.ts";
import { lacksSources } from "../../plan/unsourced.ts";
import { humanPlan } from "../../report/plan/human.ts";
import { jsonPlan } from "../../report/plan/json.ts";
import { markdownPlan } from "../../report/plan/markdown.ts";
import { safeText } from "../../report/redact.ts";
import { drivers } from "../../stores/registry.ts";
import { VERSION } from "../../version.ts";
import { groundOf, planContext } from "../context.ts";
import { environmentsOf } from "../environments.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { emit } from "../output.ts";
import { type OpenedProject, open, openAt } from "../project.ts";
import type { Ground } from "../result.ts";
import { schemaChanges } from "../schema-changes.ts";

export interface DiffOptions extends CommonOptions {
  readonly against?: string;
  /** What `auto` compares with where no store can be reached; default: the default branch. */
  readonly base?: string;
  readonly detailedExitcode?: boolean;
  readonly allow?: readonly string[];
}

export async function diffCommand(addresses: readonly string[], options: DiffOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io);
  const result = await makePlan(project, addresses, options, io);
  if ("problems" in result) return printInvalid(result.problems, project, options, io);
  const { plan } = result.planned;
  const repo = project.bench?.repo;
  if (repo === undefined) throw new Failure("INTERNAL", "a plan without a repo");
  const base = plan.against.kind === "ref" ? plan.against.ref : options.base;
  const schemas = await schemaChanges(project, result.planned.wanted, plan, base, options);
  const context = {
    ...planContext(project, repo, options, io, result.planned.wanted.units.size),
    ...(schemas === undefined ? {} : { schemas }),
  };
  io.tell?.({ kind: "plan", plan, context, ground: groundOf(project, repo, result.unread) });
  emit(
    {
      human: () => humanPlan(plan, context),
      markdown: () => markdownPlan(plan, { ...context, root: "." }),
      json: () => jsonPlan(plan, context),
      html: () => htmlPlan(plan, { ...context, environments: environmentsOf(project, plan) }),
    },
    options,
    io,
  );
  return exitCodeOf(plan, options.detailedExitcode ?? false);
}

/** Refused by a guard, or a secret without its source: 4. Changes: 2 with `--detailed-exitcode`. Drift alone is no change. */
export function exitCodeOf(plan: Plan, detailed: boolean): ExitCode {
  if (plan.refusals.some((refusal) => !refusal.lifted) || lacksSources(plan)) return EXIT.refused;
  const changed = plan.destinations.some((destination) => destination.units.length > 0);
  return detailed && changed ? EXIT.changes : EXIT.ok;
}

export function planOptions(
  project: OpenedProject,
  addresses: readonly string[],
  options: DiffOptions,
  io: Io,
  applying: boolean,
): PlanOptions {
  return {
    scope: scopeOf(options, addresses),
    allow: new Set(options.allow ?? []),
    commit: project.commit,
    dirty: project.dirty,
    now: io.now(),
    applyId: io.randomId(),
    tool: VERSION,
    applying,
  };
}

type PlanResult =
  | { readonly planned: Planned; readonly unread?: Ground["unread"] }
  | { readonly problems: readonly Problem[] };

export async function makePlan(
  project: OpenedProject,
  addresses: readonly string[],
  options: DiffOptions,
  io: Io,
): Promise<PlanResult> {
  const settings = planOptions(project, addresses, options, io, false);
  if (project.loaded.repo !== undefined) requireKnown(project.loaded.repo, settings.scope);
  const desired = want(project, settings.scope);
  if ("problems" in desired) return desired;
  const { bench, wanted } = desired;
  const against = options.against ?? "auto";
  if (against !== "live" && against !== "auto") return planAgainstRef(project, desired, against, options, settings);
  const stores = storePool(drivers, project.folder, io.env);
  try {
    const planned = await planLive(bench, wanted, stores, settings, io.signal);
    if (against === "live" || options.base === undefined || !isFreshFolder(planned.plan)) return { planned };
    io.err(
      `Note  nothing was applied yet to the folder on this machine that is the store\n      ${instead(options.base)}\n`,
    );
    return await planAgainstRef(project, desired, options.base, options, settings);
  } catch (error) {
    const ref = against === "auto" ? await fallback(project, error, options.base) : undefined;
    if (ref === undefined || !isFailure(error)) throw error;
    io.err(`Note  ${safeText(error.message)}\n      ${instead(ref)}\n`);
    const result = await planAgainstRef(project, desired, ref, options, settings);
    return "problems" in result ? result : { ...result, unread: { message: error.message, fix: error.fix } };
  } finally {
    await stores.close();
  }
}

function instead(ref: string): string {
  return `so this compares with ${safeText(ref)} in Git, not with what is live`;
}

/**
 * A repo without a real store, in a job: its folder is empty whatever was merged before, so a plan against it would show
 * every value as new. A store on a network that is still empty is another thing: there all of it is about to be written.
 */
function isFreshFolder({ destinations }: Plan): boolean {
  return destinations.every(({ type, head }) => type === "directory" && head === undefined);
}

async function planAgainstRef(
  project: OpenedProject,
  desired: Exclude<ReturnType<typeof want>, { problems: unknown }>,
  ref: string,
  options: DiffOptions,
  settings: PlanOptions,
): Promise<PlanResult> {
  const commit = await project.git?.resolve(ref);
  if (commit === undefined)
    throw new Failure("HISTORY", `this folder is not in a Git repository, so ${ref} means nothing`, {
      fix: "use --against live",
    });
  const base = await openAt(project, commit, options);
  const before = base === undefined ? { wanted: { ...desired.wanted, destinations: [] } } : want(base, settings.scope);
  if ("problems" in before) {
    throw new Failure("USAGE", `the configuration at ${ref} is not valid, so there is nothing to compare with`, {
      fix: `trueup validate at ${ref} says what is wrong`,
    });
  }
  return { planned: planRef(desired.bench, desired.wanted, before.wanted, ref, settings) };
}

/** Where no store can be reached, the default branch stands in for it. */
async function fallback(project: OpenedProject, error: unknown, base: string | undefined): Promise<string | undefined> {
  const away = isFailure(error) && ["UNREACHABLE", "DENIED", "TIMEOUT", "TLS", "MISSING"].includes(error.code);
  if (!away || project.git === undefined) return undefined;
  if (base !== undefined) return base;
  for (const ref of ["origin/HEAD", "origin/main", "origin/master", "main", "master"]) {
    try {
      await project.git.resolve(ref);
      return ref;
    } catch (failure) {
      if (!isFailure(failure)) throw failure;
    }
  }
  return undefined;
}
