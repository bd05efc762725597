/** Hands variables to the later steps of a GitHub Actions job, masks first. */
import { appendFileSync } from "node:fs";
import { githubFormat, unspeakable } from "../../export/format.ts";
import { maskCommand, masksOf } from "../../export/github.ts";
import { nameFault } from "../../export/names.ts";
import { type Variable, revealed } from "../../export/variables.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { Io } from "../io.ts";

/**
 * Appends to the file that GITHUB_ENV names. A secret too short to be masked is refused: the runner prints the
 * environment of every later step.
 */
export function exportToGithub(variables: readonly Variable[], io: Io): ExitCode {
  const file = io.env.GITHUB_ENV ?? "";
  if (io.env.GITHUB_ACTIONS !== "true" || file === "")
    throw new Failure("USAGE", "--format github only works in a step of GitHub Actions", {
      fix: "it writes to the file that GITHUB_ENV names",
    });
  const format = githubFormat(`trueup_${io.randomId()}`);
  const named = variables.map((variable) => ({ ...variable, text: revealed(variable) }));
  const details = [
    ...named.flatMap(({ name }) => {
      const why = nameFault(name, "github");
      return why === undefined ? [] : [`${name} ${why}`];
    }),
    ...unspeakable(named, format).map(({ name, why }) => `${name} ${why}`),
    ...named
      .filter(({ secret, text }) => secret && text !== "" && masksOf(text).length === 0)
      .map(({ name }) => `${name} is a secret too short or too common to be masked in the log`),
  ];
  if (details.length > 0)
    throw new Failure("REFUSED", "some of the variables cannot be given to later steps", {
      details,
      fix: "use longer secrets, or start the program with trueup exec in this step",
    });
  const masks = new Set(named.flatMap(({ secret, text }) => (secret ? masksOf(text) : [])));
  for (const mask of masks) io.out(maskCommand(mask));
  appendFileSync(file, format.write(named));
  io.err(`trueup: ${named.length} variables for the steps that follow (${masks.size} masks)\n`);
  return EXIT.ok;
}
