/** Edits of a pull request as notices on their lines. No permission is needed for them, so forks have them too. */
import type { Io } from "../../cli/io.ts";
import { isFailure } from "../../failure.ts";
import type { Annotation } from "../../report/annotation.ts";
import { type ChangedLines, editNotices } from "../../report/pull-request/notices.ts";
import type { RunEvent } from "../event.ts";
import type { Done } from "../outcome.ts";
import { asReviewed, contextOf, pageOf } from "./context.ts";

export interface Noticed {
  readonly event: RunEvent;
  readonly done: Done;
  readonly base: string | undefined;
}

/** Those in files that the pull request changes come first: only they are shown beside the code. */
export async function noticesOf({ event, done, base }: Noticed, { io }: { readonly io: Io }): Promise<Annotation[]> {
  const result = done.results.findLast((one) => one.kind === "plan");
  const page = pageOf(event, io.env);
  if (result === undefined || page === undefined) return [];
  const context = contextOf(result.context, result.ground, { page, base, now: io.now() });
  return editNotices(asReviewed(result.plan, event), context, await changedIn(base, page.sha, io));
}

async function changedIn(base: string | undefined, head: string, { cwd }: Io): Promise<ChangedLines> {
  const { openGit } = await import("../../git/git.ts");
  try {
    const git = await openGit(cwd);
    const paths = git === undefined || base === undefined ? [] : await git.changedPaths(base, head);
    return new Map(paths.map((path) => [path, [{ from: 1, to: Infinity }]]));
  } catch (error) {
    // The clone may not reach back to the base; then their order is by risk alone.
    if (!isFailure(error)) throw error;
    return new Map();
  }
}
