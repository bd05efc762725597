/** Something is wrong in the world: what happened, the details, what to do. Never a stack trace. */
import { exitOf, type Failure } from "../failure.ts";
import type { ReportOptions } from "./context.ts";
import { printJson } from "./json.ts";
import { type Line, print, styled } from "./print.ts";

/** `error[UNREACHABLE]: …`, then details and the cure, one per line. */
export function humanFailure(failure: Failure, options: Pick<ReportOptions, "color">): string {
  return print(failureLines(failure), options.color);
}

/** The same as lines, for a report that has more to say. */
export function failureLines(failure: {
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly fix?: string | undefined;
}): Line[] {
  const lines: Line[] = [
    [styled("red", `error[${failure.code}]`), styled("bold", `: ${failure.message}`)],
    ...failure.details.map((detail): Line => [`  ${detail}`]),
  ];
  if (failure.fix !== undefined) lines.push(["  ", styled("cyan", "fix"), `   ${failure.fix}`]);
  return lines;
}

/** `{ "version": 1, "error": { code, message, details, fix? }, "exit": 1 }`. */
export function jsonFailure(failure: Failure): string {
  const { code, message, details, fix } = failure;
  return printJson({ version: 1, error: { code, message, details, fix }, exit: exitOf(failure) });
}
