/** After a validation: a check whose title says how many errors there are. */
import { problemsTitle } from "../../report/pull-request/check.ts";
import type { After } from "../forge-steps.ts";
import { rootOf } from "./context.ts";
import { checkName } from "./record.ts";
import type { Session, Step } from "./session.ts";

/** The job is a check by itself, so a token that may not make this one is no trouble. */
export function validateSteps(session: Session, { done, event }: After): readonly Step[] {
  const sha = event.pullRequest?.head.sha ?? (event.name === "merge_group" ? event.sha : undefined);
  const found = done.results.find((one) => one.kind === "problems");
  if (sha === undefined || found === undefined) return [];
  const isValid = done.exit === 0;
  const title = problemsTitle(found.problems);
  return [
    async () => {
      await (
        await session.forge()
      ).recordPlan(sha, {
        name: checkName("validate", rootOf(found.prefix)),
        id: isValid ? "valid" : "invalid",
        title,
        summary: isValid ? title : `${title}. The log lists them.`,
        conclusion: isValid ? "success" : "failure",
        ...(event.run === undefined ? {} : { url: event.run }),
      });
      return undefined;
    },
  ];
}
