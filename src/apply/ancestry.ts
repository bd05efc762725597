/** May this commit be applied where another one is live? Rollback is a newer commit, so it needs no special path. */
import { Failure } from "../failure.ts";
import type { DestinationPlan, DestinationReceipt, Plan } from "../model.ts";

/** How the commit at hand stands to the one that is live. */
export type Relation = "same" | "ahead" | "behind" | "diverged" | "unknown";

export interface Sorted {
  /** The plan without the destinations where a newer commit is live already. */
  readonly plan: Plan;
  readonly superseded: readonly DestinationReceipt[];
}

/**
 * Leaves out destinations that already run a newer commit. Throws `DIVERGED` if the live commit is neither older nor
 * newer (history was rewritten) and `HISTORY` if the clone cannot tell. Outside Git nothing is compared.
 */
export async function dropSuperseded(
  plan: Plan,
  relation: (live: string, commit: string) => Promise<Relation>,
  acceptRewrite: boolean,
): Promise<Sorted> {
  const known = new Map<string, Relation>();
  const kept: DestinationPlan[] = [];
  const superseded: DestinationReceipt[] = [];
  for (const destination of plan.destinations) {
    const live = destination.head?.head.commit ?? null;
    if (destination.units.length === 0 || live === null || plan.commit === null) {
      kept.push(destination);
      continue;
    }
    const found = known.get(live) ?? (await relation(live, plan.commit));
    known.set(live, found);
    if (found === "behind") superseded.push(receiptFor(destination, live));
    else if (found === "same" || found === "ahead" || acceptRewrite) kept.push(destination);
    else throw refusal(found, destination, live, plan.commit);
  }
  return { plan: { ...plan, destinations: kept }, superseded };
}

function refusal(
  relation: "diverged" | "unknown",
  destination: DestinationPlan,
  live: string,
  commit: string,
): Failure {
  const [a, b] = [live.slice(0, 7), commit.slice(0, 7)];
  if (relation === "diverged") {
    return new Failure("DIVERGED", `${destination.destination} runs commit ${a}, which is not in the history of ${b}`, {
      fix: "If history was rewritten on purpose, run again with --accept-rewrite. Otherwise apply a commit that contains the live one.",
    });
  }
  return new Failure(
    "HISTORY",
    `cannot prove that ${b} comes after commit ${a}, which ${destination.destination} runs: that commit is not in this clone`,
    {
      fix: "check out with full history (fetch-depth: 0 in actions/checkout, or git fetch --unshallow)",
    },
  );
}

function receiptFor(destination: DestinationPlan, live: string): DestinationReceipt {
  return {
    destination: destination.destination,
    place: destination.place.id,
    target: destination.target,
    result: "superseded",
    applied: 0,
    pending: 0,
    proof: undefined,
    readBack: undefined,
    left: [],
    before: live,
    supersededBy: live,
    failure: undefined,
  };
}
