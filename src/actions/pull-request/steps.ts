/** What the actions do on the forge, if there is one to speak to; loaded only then. */
import type { Io } from "../../cli/io.ts";
import type { Failure } from "../../failure.ts";
import { annotationCommands } from "../../report/annotation.ts";
import type { RunEvent } from "../event.ts";
import { type ForgeSteps, NOTHING_BEFORE } from "../forge-steps.ts";
import type { Inputs } from "../inputs.ts";
import type { Log } from "../log.ts";
import type { Outputs } from "../outcome.ts";
import { failureWords } from "../verdict.ts";
import type { Prepared } from "./before.ts";
import { hasForge, openSession, type Session, tryAll } from "./session.ts";

const pages = () => import("../pages.ts");

/** For one run of one action. */
export function forgeSteps(io: Io, log: Log): ForgeSteps {
  let session: Session | undefined;
  let prepared: Prepared | undefined;
  const sessionFor = (inputs: Inputs, event: RunEvent): Session => (session ??= openSession(inputs, event, io));
  return {
    before: async (inputs, event) => {
      if (!hasForge(inputs, event, io)) return NOTHING_BEFORE;
      prepared = await (await pages()).prepare(inputs, sessionFor(inputs, event));
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
      const { stepsOf } = await pages();
      const steps = await stepsOf(after, sessionFor(inputs, event), prepared?.reviewed ?? [], outputs);
      const failures = await tryAll(steps);
      if (failures.length > 0) warn(log, title, failures);
      return outputs satisfies Outputs;
    },
  };
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
