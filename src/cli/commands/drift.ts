/** `trueup drift`: a plan that ought to be empty. Reports, never repairs by itself. */
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { htmlPlan } from "../../report/html/page.ts";
import { jsonPlan } from "../../report/plan/json.ts";
import { driftReport } from "../../report/look/drift.ts";
import { groundOf, planContext } from "../context.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { emit } from "../output.ts";
import { open } from "../project.ts";
import { type DiffOptions, makePlan } from "./diff.ts";

export interface DriftOptions extends DiffOptions {
  readonly unmanaged?: boolean;
}

export async function driftCommand(addresses: readonly string[], options: DriftOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io);
  const result = await makePlan(project, addresses, { ...options, against: "live" }, io);
  if ("problems" in result) return printInvalid(result.problems, project, options, io);
  const repo = project.bench?.repo;
  if (repo === undefined) throw new Failure("INTERNAL", "a plan without a repo");
  const { plan } = result.planned;
  const context = { ...planContext(project, repo, options, io), unmanaged: options.unmanaged ?? false };
  io.tell?.({ kind: "plan", plan, context, ground: groundOf(project, repo) });
  emit(
    {
      human: () => driftReport(plan, context),
      json: () => jsonPlan(plan, context),
      html: () => htmlPlan(plan, context),
    },
    options,
    io,
  );
  return plan.summary.drift + plan.summary.conflict > 0 ? EXIT.changes : EXIT.ok;
}
