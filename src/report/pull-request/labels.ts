/** Labels that a plan puts on its pull request. Every one that is not in the answer is taken off. */
import type { Plan } from "../../model.ts";
import { actionsOf } from "./risk.ts";

export const LABELS = ["trueup:prod", "trueup:delete", "trueup:wide"] as const;
export type Label = (typeof LABELS)[number];

/** `prod`: reaches a protected environment. `delete`: deletes something. `wide`: more apps than the guard allows. */
export function labelsOf(plan: Plan): readonly Label[] {
  const wanted: { readonly [label in Label]: boolean } = {
    "trueup:prod": plan.summary.protected,
    "trueup:delete": actionsOf(plan).deletes > 0,
    "trueup:wide": plan.refusals.some((refusal) => refusal.guard === "wide"),
  };
  return LABELS.filter((label) => wanted[label]);
}
