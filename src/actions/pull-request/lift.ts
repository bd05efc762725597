/** Guards that labels on pull requests lift: only those that somebody set who may. */
import { open, openAt } from "../../cli/project.ts";
import { isFailure } from "../../failure.ts";
import { PERMISSIONS, type Permission } from "../../forge/forge.ts";
import type { GuardRefusal } from "../../model.ts";
import { labelOf } from "../../report/plan/lift.ts";
import type { Session } from "./session.ts";

const GUARDS: readonly GuardRefusal["guard"][] = ["delete", "empty", "wide", "freeze", "conflict", "adopt", "replace"];
const BY_LABEL = new Map(GUARDS.flatMap((guard) => labelOf(guard) ?? []).map((label, i) => [label, GUARDS[i] ?? ""]));

/** `labels`: as the event or the forge names them, so that nobody is asked where there is none. */
export async function liftedBy(
  session: Session,
  pull: number,
  labels: readonly string[],
  base: string | undefined,
): Promise<readonly string[]> {
  const wanted = labels.map((label) => label.toLowerCase()).filter((label) => BY_LABEL.has(label));
  const least = wanted.length === 0 ? undefined : await leastPermission(session, base);
  if (least === undefined) return [];
  const counting = await (await session.forge()).labelsThatCount(pull, wanted, least);
  return counting.flatMap(({ label }) => BY_LABEL.get(label.toLowerCase()) ?? []);
}

/**
 * `guards.lift_by`, the stricter one of this commit and its base: a change cannot make its own label count. Undefined
 * where there is no valid configuration, which nothing can be applied of.
 */
async function leastPermission({ io, inputs }: Session, base: string | undefined): Promise<Permission | undefined> {
  const options = { dir: inputs.workingDirectory };
  const project = await open(options, io);
  const own = permissionIn(project.loaded.repo?.config.guards.liftBy);
  if (own === undefined || base === undefined || project.git === undefined) return own;
  try {
    const before = await openAt(project, base, options);
    const other = permissionIn(before?.loaded.repo?.config.guards.liftBy) ?? own;
    return PERMISSIONS[Math.min(PERMISSIONS.indexOf(own), PERMISSIONS.indexOf(other))];
  } catch (error) {
    if (!isFailure(error)) throw error;
    // A clone without the base: an administrator may lift whatever it says there.
    return "admin";
  }
}

function permissionIn(word: string | undefined): Permission | undefined {
  return PERMISSIONS.find((permission) => permission === word);
}
