/** Receipts while an apply still runs, for a process that may have to end before it does. */
import type { DestinationPlan, DestinationReceipt, Plan } from "../model.ts";
import { applyOrder, countValues } from "./order.ts";

/**
 * Receipts of those that ended, and for the others what is certain: nothing was sent to those that wait, and of the
 * `running` one nobody knows.
 */
export function soFar(
  plan: Plan,
  ended: readonly DestinationReceipt[],
  running: string | undefined,
): readonly DestinationReceipt[] {
  const known = new Map(ended.map((receipt) => [receipt.destination, receipt]));
  return applyOrder(plan).map((one) => {
    const receipt = known.get(one.destination);
    if (receipt !== undefined) return receipt;
    return one.destination === running ? inDoubt(one) : waiting(one);
  });
}

export function waiting(plan: DestinationPlan): DestinationReceipt {
  return {
    destination: plan.destination,
    place: plan.place.id,
    target: plan.target,
    result: "pending",
    applied: 0,
    pending: countValues(plan),
    proof: undefined,
    readBack: undefined,
    left: [],
    before: plan.head?.head.commit ?? null,
    supersededBy: undefined,
    failure: undefined,
  };
}

function inDoubt(plan: DestinationPlan): DestinationReceipt {
  const failure = {
    code: "UNKNOWN_OUTCOME",
    message: `${plan.destination}: stopped before it was known what was written`,
    fix: "run again: what is in place is skipped, what is missing is written",
    details: [],
  };
  return { ...waiting(plan), result: "partial", failure };
}
