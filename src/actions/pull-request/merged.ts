/** Pull requests that an apply makes live together with its own. */
import type { Receipt } from "../../model.ts";
import type { Session } from "./session.ts";

/** Commits of the branch for which the forge is asked at most. */
const MOST = 20;

/** Numbers of those merged since the commits that were live, in order. None where history does not reach back so far. */
export async function mergedSince(session: Session, receipt: Receipt, commit: string): Promise<readonly number[]> {
  const git = await session.git();
  const befores = [...new Set(receipt.destinations.flatMap(({ before }) => before ?? []))];
  if (git === undefined || befores.length === 0) return [];
  const found = new Set<number>();
  for (const before of befores) {
    if ((await git.ancestry(before, commit)) !== "ahead") continue;
    const parents = new Map((await git.commitsBetween(before, commit)).map((one) => [one.id, one.parents[0]]));
    // Along the branch itself: what a pull request consists of is not asked for.
    let at = parents.get(commit);
    for (let count = 0; at !== undefined && parents.has(at) && count < MOST; count += 1) {
      for (const { number } of await session.pullsOf(at)) found.add(number);
      at = parents.get(at);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}
