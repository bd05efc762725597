/** What an apply came to: one word for people, one exit code for machines. */
import { EXIT, type ExitCode, type FailureCode, Failure, exitOf } from "../failure.ts";
import type { DestinationReceipt, Plan, Receipt } from "../model.ts";

export interface RunFacts {
  readonly applyId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly interrupted: boolean;
  readonly asReviewed?: boolean;
}

export function receiptOf(plan: Plan, destinations: readonly DestinationReceipt[], facts: RunFacts): Receipt {
  const { interrupted, ...rest } = facts;
  return {
    plan: plan.id,
    commit: plan.commit,
    dirty: plan.dirty,
    ...rest,
    result: resultOf(destinations, interrupted),
    destinations,
  };
}

function resultOf(destinations: readonly DestinationReceipt[], interrupted: boolean): Receipt["result"] {
  const results = new Set(destinations.map((destination) => destination.result));
  if (interrupted && [...results].some((result) => result !== "applied" && result !== "superseded"))
    return "interrupted";
  if (results.size === 0) return "nothing";
  if (results.has("partial")) return "partial";
  const some = results.has("applied");
  if (results.has("moved")) return some ? "partial" : "moved";
  if (results.has("failed") || results.has("pending")) return some ? "partial" : "failed";
  return some ? "applied" : "superseded";
}

export function exitCodeOf(receipt: Receipt): ExitCode {
  switch (receipt.result) {
    case "partial":
      return EXIT.partial;
    case "moved":
      return EXIT.moved;
    case "refused":
      return EXIT.refused;
    case "interrupted":
      return EXIT.interrupted;
    case "failed": {
      for (const { failure } of receipt.destinations)
        if (failure !== undefined) return exitOf(new Failure(failure.code as FailureCode, ""));
      return EXIT.failed;
    }
    default:
      return EXIT.ok;
  }
}
