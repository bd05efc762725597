/** Whether Git would take a file in: a file of secrets must not be one `git add` away from the history. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure, isFailure } from "../../failure.ts";

/** `outside`: no repository around the file, or no Git. */
export type Ignored = "ignored" | "open" | "outside";

export async function ignoredByGit(path: string): Promise<Ignored> {
  const { runGit } = await import("../../git/process.ts");
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  // check-ignore knows no literal paths; an absolute one has nothing in it that Git would take for magic.
  const variables = { GIT_LITERAL_PATHSPECS: "0" };
  const answer = await runGit(folder, ["check-ignore", "--quiet", "--", path], { variables }).catch(
    (error: unknown) => {
      if (isFailure(error) && error.code === "MISSING") return undefined;
      throw error;
    },
  );
  if (answer === undefined || /not a git repository/iu.test(answer.stderr)) return "outside";
  // Whatever else Git says, it does not say that the file is ignored.
  return answer.code === 0 ? "ignored" : "open";
}

/** Throws `REFUSED` if secrets would go into a file that Git does not ignore. */
export function requireIgnored(shown: string, ignored: Ignored, secrets: boolean): void {
  if (ignored !== "open" || !secrets) return;
  throw new Failure("REFUSED", `${shown} would hold secrets, and Git does not ignore it`, {
    fix: `add a line ${shown} to .gitignore (and git rm --cached ${shown} if it was committed)`,
  });
}
