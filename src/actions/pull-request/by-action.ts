/** What is done on the forge, by action and event. */
import { prefixAt } from "../../cli/project.ts";
import type { After } from "../forge-steps.ts";
import type { Inputs } from "../inputs.ts";
import { beforeApply, beforeDiff, NOTHING_PREPARED, type Prepared } from "./before.ts";
import { pageOf } from "./context.ts";
import { driftSteps } from "./drift.ts";
import { closedSteps, planSteps } from "./plan.ts";
import { receiptSteps } from "./receipt.ts";
import type { Session, Step } from "./session.ts";
import { validateSteps } from "./validate.ts";

export async function prepare(inputs: Inputs, session: Session): Promise<Prepared> {
  if (inputs.action === "diff") return beforeDiff(session);
  return inputs.action === "apply" ? beforeApply(inputs, session) : NOTHING_PREPARED;
}

/** `reviewed` is what {@link prepare} found; `outputs` are added to. */
export async function stepsOf(
  after: After,
  session: Session,
  reviewed: Prepared["reviewed"],
  outputs: Record<string, string>,
): Promise<readonly Step[]> {
  const { inputs, event, base } = after;
  const page = pageOf(event, session.io.env);
  if (inputs.action === "render" || page === undefined) return [];
  if (inputs.action === "validate") return validateSteps(session, after);
  const around = { page, base, now: session.io.now() };
  if (inputs.action === "drift") return driftSteps(session, inputs, after, around, outputs);
  const prefix = await prefixAt(inputs.workingDirectory, session.io);
  if (inputs.action === "apply") return receiptSteps(session, inputs, after, around, prefix, reviewed);
  if (event.pullRequest?.state === "closed") return inputs.comment === "never" ? [] : closedSteps(session, prefix);
  return planSteps(session, inputs, after, around, prefix, outputs);
}
