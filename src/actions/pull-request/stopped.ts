/** A run that stopped before it wrote anything, as a receipt that says so. */
import { waiting } from "../../apply/so-far.ts";
import { EXIT, Failure, factsOf } from "../../failure.ts";
import type { DestinationPlan, DestinationReceipt, Receipt } from "../../model.ts";
import type { After } from "../forge-steps.ts";

/** Undefined where nothing went wrong: then there was nothing to apply that a receipt would speak of. */
export function stoppedReceipt({ done }: After, env: string, commit: string): Receipt | undefined {
  const result = done.results.find((one) => one.kind === "plan");
  const failure = done.failure ?? invalid(done.exit);
  const isRefused = done.failure === undefined && result?.plan.refusals.some((one) => !one.lifted) === true;
  if (failure === undefined && !isRefused) return undefined;
  const busy = (result?.plan.destinations ?? []).filter((one) => one.units.length > 0);
  const reason = isRefused ? refusedBy(result.plan.refusals.find((one) => !one.lifted)?.message ?? "") : failure;
  return {
    plan: result?.plan.id ?? "none",
    commit,
    dirty: false,
    applyId: "",
    startedAt: "",
    durationMs: 0,
    result: isRefused ? "refused" : "failed",
    ...(failure?.code === "STALE" ? { asReviewed: false } : {}),
    destinations: busy.length === 0 ? [stopped(env, reason)] : busy.map((one) => stopped(one, reason)),
  };
}

function stopped(where: DestinationPlan | string, failure: Failure | undefined): DestinationReceipt {
  const told = failure === undefined ? undefined : factsOf(failure);
  return { ...(typeof where === "string" ? unplanned(where) : waiting(where)), result: "failed", failure: told };
}

function unplanned(env: string): DestinationReceipt {
  return {
    destination: env,
    place: env,
    target: "",
    result: "failed",
    applied: 0,
    pending: 0,
    proof: undefined,
    readBack: undefined,
    left: [],
    before: null,
    supersededBy: undefined,
    failure: undefined,
  };
}

function invalid(exit: number): Failure | undefined {
  return exit === EXIT.invalid
    ? new Failure("USAGE", "the configuration is not valid", { fix: "npx trueup validate says what is wrong" })
    : undefined;
}

function refusedBy(message: string): Failure {
  return new Failure("REFUSED", message, { fix: "put the label on this pull request that lifts it, or revert" });
}
