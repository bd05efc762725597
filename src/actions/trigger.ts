/** Which events an action may run on. */
import { Failure } from "../failure.ts";
import type { RunEvent } from "./event.ts";
import type { Inputs } from "./inputs.ts";

/** Run with the rights of the base repository on words or code of whoever started them. */
const NEVER: ReadonlySet<string> = new Set(["pull_request_target", "issue_comment"]);
/** What is merged is applied; what is not merged yet has not been approved. */
const NOT_MERGED: ReadonlySet<string> = new Set(["pull_request", "merge_group"]);

/** Throws `REFUSED` for an event that would give somebody more than they were trusted with. */
export function requireTrusted(inputs: Inputs, event: RunEvent): void {
  if (NEVER.has(event.name))
    throw new Failure("REFUSED", `trueup does not run on ${event.name}`, {
      fix: "use pull_request: it runs without secrets for code from elsewhere (docs/actions.md, Events)",
    });
  if (inputs.action !== "apply" || inputs.dryRun) return;
  if (NOT_MERGED.has(event.name) || event.fork)
    throw new Failure("REFUSED", `apply does not run on ${event.name}${event.fork ? " of a fork" : ""}`, {
      fix: "apply on push to the protected branch; on a pull request use the diff action, or `dry-run: true`",
    });
}
