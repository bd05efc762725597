/** The order of an apply: environments in promotion order, inside one the protected part of a failure stays small. */
import type { DestinationPlan, Plan, UnitPlan } from "../model.ts";

/** Destinations with something to write, environment by environment; targets as they stand in trueup.yaml. */
export function applyOrder(plan: Plan): readonly DestinationPlan[] {
  const names = plan.environments.map((environment) => environment.name);
  const rank = (destination: DestinationPlan): number => names.indexOf(destination.place.env);
  return plan.destinations.filter((destination) => destination.units.length > 0).toSorted((a, b) => rank(a) - rank(b));
}

/** Values that a destination's plan writes. */
export function countValues(destination: DestinationPlan): number {
  return destination.units.reduce((sum, unit) => sum + countUnit(unit), 0);
}

export function countUnit(unit: UnitPlan): number {
  return unit.changes.reduce((sum, change) => sum + change.members.length, 0);
}
