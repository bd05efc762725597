/** A run that stopped before it wrote anything, as a receipt that says so. */
import { EXIT, Failure } from "../../failure.ts";
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
  const known =
    typeof where === "string"
      ? { destination: where, place: where, target: "", pending: 0, before: null }
      : {
          destination: where.destination,
          place: where.place.id,
          target: where.target,
          pending: where.units.reduce(
            (sum, unit) => sum + unit.changes.reduce((all, { members }) => all + members.length, 0),
            0,
          ),
          before: where.head?.head.commit ?? null,
        };
  return {
    ...known,
    result: "failed",
    applied: 0,
    proof: undefined,
    readBack: undefined,
    left: [],
    supersededBy: undefined,
    failure: failure === undefined ? undefined : plain(failure),
  };
}

function plain({ code, message, fix, details }: Failure): NonNullable<DestinationReceipt["failure"]> {
  return { code, message, details, ...(fix === undefined ? {} : { fix }) };
}

function invalid(exit: number): Failure | undefined {
  return exit === EXIT.invalid
    ? new Failure("USAGE", "the configuration is not valid", { fix: "npx trueup validate says what is wrong" })
    : undefined;
}

function refusedBy(message: string): Failure {
  return new Failure("REFUSED", message, { fix: "put the label on this pull request that lifts it, or revert" });
}
