/** The one exception that makes noise: a risk that was not there when somebody approved. */
import type { Failure } from "../../failure.ts";
import type { Approval, Forge } from "../../forge/forge.ts";
import type { Plan } from "../../model.ts";
import type { EarlierPlan } from "../../report/pull-request/earlier.ts";
import { type Risk, riskNote, riskOf } from "../../report/pull-request/risk.ts";
import { refusalOf } from "./session.ts";

/** `earlier`: what the comment had shown before this plan, newest first. At most one note for each push. */
export async function noteRisk(
  forge: Forge,
  pull: number,
  head: string,
  plan: Plan,
  earlier: readonly EarlierPlan[],
): Promise<Failure | undefined> {
  const after = riskOf(plan);
  // Somebody was told of this push already, or there was nothing to tell.
  if (earlier.some((one) => one.commit === head && one.plan !== null) || isHarmless(after)) return undefined;
  const approvals = (await forge.approvers(pull)).filter(
    (each): each is Approval & { readonly commit: string } =>
      !each.isBot && each.commit !== undefined && each.commit !== head,
  );
  const reviewed = newestOf(
    approvals.map(({ commit }) => commit),
    earlier,
  );
  if (reviewed === undefined) return undefined;
  const at = earlier.findIndex(({ commit }) => commit === reviewed);
  const before = worstOf((at < 0 ? earlier : earlier.slice(0, at + 1)).map(({ risk }) => risk));
  const note = riskNote(before, after, { approvers: approvals.map(({ login }) => login), reviewed });
  return note === undefined ? undefined : refusalOf(await forge.newComment(pull, note));
}

function isHarmless({ reaches, deletes, replaces, conflicts, guards }: Risk): boolean {
  return reaches.length + deletes + replaces + conflicts + guards.length === 0;
}

/** Of the commits that were approved the one that was shown last; any one if none was shown. */
function newestOf(approved: readonly string[], earlier: readonly EarlierPlan[]): string | undefined {
  const shown = earlier.find(({ commit }) => commit !== null && approved.includes(commit))?.commit;
  return shown ?? approved.at(-1);
}

/** Everything that was to be seen since the approval: what was there once is not new. */
function worstOf(risks: readonly Risk[]): Risk {
  const most = (pick: (risk: Risk) => number): number => Math.max(0, ...risks.map(pick));
  return {
    reaches: [...new Set(risks.flatMap(({ reaches }) => reaches))],
    guards: [...new Set(risks.flatMap(({ guards }) => guards))],
    deletes: most(({ deletes }) => deletes),
    replaces: most(({ replaces }) => replaces),
    conflicts: most(({ conflicts }) => conflicts),
  };
}
