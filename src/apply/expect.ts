/** Apply exactly what was reviewed: the plan made now must be the plan that was approved. */
import { Failure } from "../failure.ts";
import type { Plan } from "../model.ts";

/** Ids shorter than this could be made to collide. */
const MIN_DIGITS = 16;

/**
 * Undefined if every environment of the plan that has something to do was among those expected, otherwise the failure
 * (`STALE`) that says what is not. Ids (`p-` and 16 digits) and full digests are both fine, of the whole plan or of one
 * environment. Throws `USAGE` for anything else.
 */
export function otherPlan(plan: Plan, expected: readonly string[]): Failure | undefined {
  const wanted = expected.map((text) => text.trim().replace(/^p-/u, ""));
  const bad = wanted.find((digits) => !/^[0-9a-f]+$/u.test(digits) || digits.length < MIN_DIGITS);
  if (bad !== undefined)
    throw new Failure("USAGE", `--expect takes the id of a plan (p- and ${MIN_DIGITS} digits) or its full digest`);
  const isExpected = (digest: string): boolean => wanted.some((digits) => digest.startsWith(digits));
  const busy = new Set(
    plan.destinations
      .filter((destination) => destination.units.length > 0 || destination.conflicts.length > 0)
      .map((destination) => destination.place.env),
  );
  const others = plan.environments.filter(
    (environment) => busy.has(environment.name) && !isExpected(environment.digest),
  );
  if (isExpected(plan.digest) || others.length === 0) return undefined;
  return new Failure(
    "STALE",
    `the plan is not the one that was reviewed: now ${plan.id}, expected ${expected.join(", ")}`,
    {
      details: others.map((environment) => `${environment.name}: now ${environment.id}`),
      fix: "Something changed since: live, Git, or trueup itself. Look at the plan again (trueup diff) and have the new one approved.",
    },
  );
}

/** Like {@link otherPlan}, but throws. */
export function expectPlan(plan: Plan, expected: readonly string[]): void {
  const other = otherPlan(plan, expected);
  if (other !== undefined) throw other;
}
