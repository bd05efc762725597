/** What the actions do on the forge, by action and event. */
import type { Io } from "../../cli/io.ts";
import { prefixAt } from "../../cli/project.ts";
import type { Failure } from "../../failure.ts";
import { annotationCommands } from "../../report/annotation.ts";
import type { RunEvent } from "../event.ts";
import type { After, ForgeSteps } from "../forge-steps.ts";
import type { Inputs } from "../inputs.ts";
import type { Log } from "../log.ts";
import type { Outputs } from "../outcome.ts";
import { failureWords } from "../verdict.ts";
import { beforeApply, beforeDiff, NOTHING_PREPARED, type Prepared } from "./before.ts";
import { pageOf } from "./context.ts";
import { driftSteps } from "./drift.ts";
import { closedSteps, planSteps } from "./plan.ts";
import { receiptSteps } from "./receipt.ts";
import { hasForge, openSession, type Session, type Step, tryAll } from "./session.ts";
import { validateSteps } from "./validate.ts";

/** For one run of one action. */
export function forgeSteps(io: Io, log: Log): ForgeSteps {
  let session: Session | undefined;
  let prepared: Prepared = NOTHING_PREPARED;
  const sessionFor = (inputs: Inputs, event: RunEvent): Session => (session ??= openSession(inputs, event, io));
  return {
    before: async (inputs, event) => {
      if (!hasForge(inputs, event, io)) return prepared;
      prepared = await prepare(inputs, sessionFor(inputs, event));
      const what = inputs.action === "apply" ? "labels or the reviewed plan" : "labels";
      if (prepared.troubles.length > 0)
        warn(log, `trueup ${inputs.action}: ${what} could not be read`, prepared.troubles);
      return prepared;
    },
    after: async (after) => {
      const { inputs, event } = after;
      const title = `trueup ${inputs.action}: not everything could be published`;
      if (!hasForge(inputs, event, io)) {
        if (isSilencedFork(inputs, event, io)) warn(log, title, [], FORK);
        return {};
      }
      const outputs: Record<string, string> = {};
      const steps = await stepsOf(after, sessionFor(inputs, event), prepared, outputs);
      const failures = await tryAll(steps);
      if (failures.length > 0) warn(log, title, failures);
      return outputs satisfies Outputs;
    },
  };
}

async function prepare(inputs: Inputs, session: Session): Promise<Prepared> {
  if (inputs.action === "diff") return beforeDiff(session);
  return inputs.action === "apply" ? beforeApply(inputs, session) : NOTHING_PREPARED;
}

async function stepsOf(
  after: After,
  session: Session,
  { reviewed }: Prepared,
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

const FORK = [
  "this pull request comes from a fork, whose token may only read",
  "the plan is in the summary of this run, without a comment, labels and a check",
];

/** A plan of a fork would have been shown on the pull request. */
function isSilencedFork(inputs: Inputs, event: RunEvent, { env }: Io): boolean {
  if (inputs.action !== "diff" || event.pullRequest?.state !== "open") return false;
  return event.fork && inputs.token !== "" && (env["GITHUB_API_URL"] ?? "") !== "" && inputs.comment !== "never";
}

function warn(log: Log, title: string, failures: readonly Failure[], words: readonly string[] = []): void {
  const message = [...new Set([...words, ...failures.flatMap(failureWords)])];
  log.obey(annotationCommands([{ level: "warning", file: undefined, title, message }]));
}
