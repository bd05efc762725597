/** Whether Git would take a file in: a file of secrets must not be one `git add` away from the history. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../failure.ts";

/** `outside`: no repository around the file, or no Git. */
export type Ignored = "ignored" | "open" | "outside";

export async function ignoredByGit(path: string): Promise<Ignored> {
  const { runGit } = await import("../../git/process.ts");
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    const { code } = await runGit(folder, ["check-ignore", "--quiet", "--", path]);
    return code === 0 ? "ignored" : code === 1 ? "open" : "outside";
  } catch {
    return "outside";
  }
}

/** Throws `REFUSED` if secrets would go into a file that Git does not ignore. */
export function requireIgnored(shown: string, ignored: Ignored, secrets: boolean): void {
  if (ignored !== "open" || !secrets) return;
  throw new Failure("REFUSED", `${shown} would hold secrets, and Git does not ignore it`, {
    fix: `add a line ${shown} to .gitignore (and git rm --cached ${shown} if it was committed)`,
  });
}
