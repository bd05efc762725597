/** What a command found out, as data: for whoever runs it inside another program. */
import type { Plan, Receipt } from "../model.ts";
import type { LocatedProblem } from "../problem.ts";
import type { PlanContext } from "../report/context.ts";
import type { Checked } from "../report/problems/json.ts";

export type Result =
  | {
      readonly kind: "problems";
      readonly problems: readonly LocatedProblem[];
      /** Config root below the top of the repo: `""` or `config/`. */
      readonly prefix: string;
      /** Undefined where the check did not come to an end. */
      readonly checked: Checked | undefined;
    }
  | { readonly kind: "plan"; readonly plan: Plan; readonly context: PlanContext }
  /** The last one counts: those before it say what is certain while the apply still runs. */
  | { readonly kind: "receipt"; readonly receipt: Receipt; readonly plan: Plan; readonly context: PlanContext }
  | { readonly kind: "rendered"; readonly digest: string; readonly units: number };
