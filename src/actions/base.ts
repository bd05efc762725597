/** The commit that a run is compared with. */
import type { Git } from "../git/git.ts";
import type { RunEvent } from "./event.ts";

/**
 * For the merge commit that GitHub makes of a pull request its first parent: the base as it is in this merge. The payload's
 * commit is older if the base has moved, and not in a shallow clone then.
 */
export async function baseOf(event: RunEvent, git: Git | undefined): Promise<string | undefined> {
  const { pullRequest } = event;
  if (pullRequest === undefined || git === undefined) return event.base;
  if (git.opened === undefined) return event.base;
  const { parents } = await git.commit(git.opened);
  const [base, branch] = parents;
  return parents.length === 2 && branch === pullRequest.head.sha ? base : event.base;
}
