/** Why a step is red, as the one annotation that the run's page shows. */
import type { Annotation } from "../report/annotation.ts";
import { plural } from "../report/words.ts";
import type { Cause, Inputs } from "./inputs.ts";
import { type Done, planIn, receiptIn } from "./outcome.ts";

export function verdict(inputs: Inputs, cause: Cause, done: Done): Annotation {
  return {
    level: "error",
    file: undefined,
    title: `trueup ${inputs.action}: ${cause}`,
    message: done.failure === undefined ? wordsFor(cause, done) : failureWords(done.failure),
  };
}

export function failureWords(failure: NonNullable<Done["failure"]>): readonly string[] {
  return [failure.message, ...failure.details, ...(failure.fix === undefined ? [] : [`fix: ${failure.fix}`])];
}

function wordsFor(cause: Cause, done: Done): readonly string[] {
  const summary = planIn(done)?.summary;
  switch (cause) {
    case "invalid":
      return invalidWords(done);
    case "refused":
      return (planIn(done)?.refusals ?? []).flatMap((one) => (one.lifted ? [] : [one.message]));
    case "delete":
      return [`the plan deletes ${plural(summary?.delete ?? 0, "value")}`];
    case "conflict":
      return [`${plural(summary?.conflict ?? 0, "value")} changed in Git and in the store since the last apply`];
    case "changes":
      return ["there is something to apply"];
    case "drift":
      return [
        `${plural((summary?.drift ?? 0) + (summary?.conflict ?? 0), "value is", "values are")} not what was applied`,
      ];
    default:
      return receiptWords(done);
  }
}

function invalidWords({ results }: Done): readonly string[] {
  const found = results.find((result) => result.kind === "problems")?.problems ?? [];
  const errors = found.filter((problem) => problem.severity === "error").length;
  const count = errors > 0 ? plural(errors, "error") : plural(found.length, "warning");
  return [`the configuration is not valid: ${count}`, "the log lists them, as trueup validate does"];
}

function receiptWords(done: Done): readonly string[] {
  const failures = receiptIn(done)?.receipt.destinations.flatMap((one) =>
    one.failure === undefined ? [] : [`${one.destination}: ${one.failure.message}`],
  );
  return failures === undefined || failures.length === 0 ? ["it did not come to its end; the log says why"] : failures;
}
