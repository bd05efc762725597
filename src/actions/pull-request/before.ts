/** Before the command: which plan was reviewed, and which guards labels lift. */
import { prefixAt } from "../../cli/project.ts";
import { Failure } from "../../failure.ts";
import { type Before, NOTHING_BEFORE } from "../forge-steps.ts";
import { baseOf } from "../base.ts";
import type { ApplyInputs } from "../inputs.ts";
import { rootOf } from "./context.ts";
import { liftedBy } from "./lift.ts";
import { checkName, type Reviewed, reviewedPlan } from "./record.ts";
import { type Session, tryAll } from "./session.ts";

export interface Prepared extends Before {
  readonly reviewed: readonly Reviewed[];
  /** Why some of it could not be found out. */
  readonly troubles: readonly Failure[];
}
export const NOTHING_PREPARED: Prepared = { ...NOTHING_BEFORE, reviewed: [], troubles: [] };

export async function beforeDiff(session: Session): Promise<Prepared> {
  const allow: string[] = [];
  const troubles = await tryAll([
    async () => {
      allow.push(...(await liftedForPlan(session)));
      return undefined;
    },
  ]);
  return { ...NOTHING_PREPARED, allow, troubles };
}

async function liftedForPlan(session: Session): Promise<readonly string[]> {
  const { event } = session;
  const { pullRequest, queued } = event;
  if (pullRequest !== undefined) {
    const base = await baseOf(event, await session.git());
    return liftedBy(session, pullRequest.number, pullRequest.labels, base);
  }
  if (queued === undefined) return liftedByMerged(session);
  const { labels } = await (await session.forge()).pull(queued);
  return liftedBy(session, queued, labels, event.base);
}

export async function beforeApply(inputs: ApplyInputs, session: Session): Promise<Prepared> {
  const { event } = session;
  if (event.pullRequest !== undefined || event.name === "merge_group") return NOTHING_PREPARED;
  const reviewed: Reviewed[] = [];
  const allow: string[] = [];
  // One may fail without the other: who may lift guards is a question that not every token may ask.
  const unknown = await tryAll([
    async () => {
      const pulls = inputs.expect.length > 0 ? [] : await pullsOfHead(session);
      for (const { head } of pulls) {
        const name = checkName("plan", rootOf(await prefixAt(inputs.workingDirectory, session.io)));
        const found = await reviewedPlan(await session.forge(), head.sha, name);
        if (found !== undefined) reviewed.push(found);
      }
      return undefined;
    },
  ]);
  requireKnowledge(inputs, unknown);
  const unlifted = await tryAll([
    async () => {
      allow.push(...(await liftedByMerged(session)));
      return undefined;
    },
  ]);
  const troubles = [...unknown, ...unlifted];
  return { allow, expect: reviewed.flatMap(({ expect }) => expect), reviewed, troubles };
}

/** Whoever asks for `stop` does not want an apply that could not be compared. */
function requireKnowledge(inputs: ApplyInputs, [error]: readonly Failure[]): void {
  if (inputs.onMismatch !== "stop" || error === undefined) return;
  throw new Failure("STALE", "it cannot be found out which plan was reviewed, and on-mismatch is stop", {
    details: [error.message],
    fix: error.fix ?? "run the job again when the forge answers, or give the input expect",
  });
}

async function liftedByMerged(session: Session): Promise<readonly string[]> {
  const [parent] = await parentsOfHead(session);
  const lifted: string[] = [];
  for (const { number, labels } of await pullsOfHead(session))
    lifted.push(...(await liftedBy(session, number, labels, parent)));
  return [...new Set(lifted)];
}

async function pullsOfHead(session: Session): ReturnType<Session["pullsOf"]> {
  const commit = await headOf(session);
  return commit === undefined ? [] : session.pullsOf(commit);
}

/** The commit that is checked out: what is planned and applied. */
export async function headOf(session: Session): Promise<string | undefined> {
  return (await session.git())?.opened ?? session.event.sha;
}

async function parentsOfHead(session: Session): Promise<readonly string[]> {
  const git = await session.git();
  return git?.opened === undefined ? [] : (await git.commit(git.opened)).parents;
}
