/** What a command found out, as data: for whoever runs it inside another program. */
import type { Plan, Receipt } from "../model.ts";
import type { LocatedProblem } from "../problem.ts";
import type { PlanContext, World } from "../report/context.ts";
import type { Checked } from "../report/problems/json.ts";

/** What a text about a plan needs beside it. */
export interface Ground {
  /** Config root below the top of the repo: `""` or `config/`. */
  readonly prefix: string;
  /** Repository permission of the person whose label lifts a guard. */
  readonly liftBy: string;
  /** Why no store was read, where a Git ref had to stand in for the stores. */
  readonly unread?: { readonly message: string; readonly fix?: string | undefined };
}

export type Result =
  | {
      readonly kind: "problems";
      readonly problems: readonly LocatedProblem[];
      /** Config root below the top of the repo: `""` or `config/`. */
      readonly prefix: string;
      /** Undefined where the check did not come to an end. */
      readonly checked: Checked | undefined;
      /** Undefined where the repo could not be loaded far enough to know. */
      readonly world: World | undefined;
    }
  | { readonly kind: "plan"; readonly plan: Plan; readonly context: PlanContext; readonly ground: Ground }
  /** The last one counts: those before it say what is certain while the apply still runs. */
  | {
      readonly kind: "receipt";
      readonly receipt: Receipt;
      readonly plan: Plan;
      readonly context: PlanContext;
      readonly ground: Ground;
    }
  | { readonly kind: "rendered"; readonly digest: string; readonly units: number };
