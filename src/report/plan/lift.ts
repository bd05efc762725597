/** How a guard is lifted. */
import type { GuardRefusal } from "../../model.ts";

/** The label on the pull request that lifts a guard; undefined where only a flag does. */
export function labelOf(guard: GuardRefusal["guard"]): string | undefined {
  return guard === "dirty" ? undefined : `trueup:allow-${guard}`;
}
