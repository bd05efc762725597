/** Before the command: which plan was reviewed, and which guards labels lift. */
import { Failure, isFailure } from "../../failure.ts";
import { type Before, NOTHING_BEFORE } from "../forge-steps.ts";
import { baseOf } from "../base.ts";
import type { ApplyInputs, DiffInputs } from "../inputs.ts";
import { rootOf } from "./context.ts";
import { liftedBy } from "./lift.ts";
import { checkName, type Reviewed, reviewedPlan } from "./record.ts";
import type { Session } from "./session.ts";

export interface Prepared extends Before {
  readonly reviewed: readonly Reviewed[];
}
export const NOTHING_PREPARED: Prepared = { ...NOTHING_BEFORE, reviewed: [] };

export async function beforeDiff(_inputs: DiffInputs, session: Session): Promise<Prepared> {
  const { event } = session;
  const { pullRequest, queued } = event;
  if (pullRequest !== undefined) {
    const base = await baseOf(event, await session.git());
    const allow = await liftedBy(session, pullRequest.number, pullRequest.labels, base);
    return { ...NOTHING_PREPARED, allow };
  }
  if (queued !== undefined) {
    const { labels } = await (await session.forge()).pull(queued);
    return { ...NOTHING_PREPARED, allow: await liftedBy(session, queued, labels, event.base) };
  }
  return { ...NOTHING_PREPARED, allow: await liftedByMerged(session) };
}

export async function beforeApply(inputs: ApplyInputs, session: Session, prefix: string): Promise<Prepared> {
  const { event } = session;
  if (event.pullRequest !== undefined || event.name === "merge_group") return NOTHING_PREPARED;
  const allow = await liftedByMerged(session);
  if (inputs.expect.length > 0) return { ...NOTHING_PREPARED, allow };
  const forge = await session.forge();
  const name = checkName("plan", rootOf(prefix));
  const reviewed: Reviewed[] = [];
  for (const { head } of await pullsOfHead(session)) {
    const found = await reviewedPlan(forge, head.sha, name);
    if (found !== undefined) reviewed.push(found);
  }
  return { allow, expect: reviewed.flatMap(({ expect }) => expect), reviewed };
}

/** Whoever asks for `stop` does not want an apply that could not be compared. */
export function requireKnowledge(inputs: ApplyInputs, error: unknown): void {
  if (inputs.onMismatch !== "stop" || inputs.expect.length > 0 || !isFailure(error)) return;
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
  return (await (await session.git())?.head())?.commit ?? session.event.sha;
}

async function parentsOfHead(session: Session): Promise<readonly string[]> {
  const git = await session.git();
  const head = (await git?.head())?.commit;
  return git === undefined || head === undefined ? [] : (await git.commit(head)).parents;
}
