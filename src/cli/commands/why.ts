/** `trueup why TU####`: what a code means and how to proceed. */
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { CODES, type Code } from "../../problem.ts";
import { whyText } from "../../report/why.ts";
import { suggest } from "../../suggest.ts";
import type { Io } from "../io.ts";

export function whyCommand(text: string | undefined, io: Io): ExitCode {
  if (text === undefined) {
    io.out(
      Object.entries(CODES)
        .map(([code, title]) => `${code}  ${title}\n`)
        .join(""),
    );
    return EXIT.ok;
  }
  const code = text.toUpperCase();
  if (!Object.hasOwn(CODES, code)) {
    const meant = suggest(code, Object.keys(CODES));
    throw new Failure("USAGE", `there is no code ${text}`, {
      fix: meant === undefined ? "trueup why lists all codes" : `did you mean ${meant}?`,
    });
  }
  io.out(`${whyText(code as Code).trimEnd()}\n`);
  return EXIT.ok;
}
