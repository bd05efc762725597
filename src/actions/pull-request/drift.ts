/** After a look at what is live: one issue, edited in place, closed when it is over and opened again. */
import type { Failure } from "../../failure.ts";
import type { Forge, Issue } from "../../forge/forge.ts";
import type { Plan } from "../../model.ts";
import {
  type DriftIssue,
  driftIssue,
  driftNote,
  driftOver,
  knownDriftOf,
  newDrift,
} from "../../report/pull-request/drift-issue.ts";
import { markOf } from "../../report/pull-request/hidden.ts";
import type { After } from "../forge-steps.ts";
import type { DriftInputs } from "../inputs.ts";
import { type Around, contextOf } from "./context.ts";
import { refusalOf, type Session, type Step } from "./session.ts";

/** A look at a part says nothing about the rest, so it leaves the issue alone; so does one at what is not merged. */
export function driftSteps(
  session: Session,
  inputs: DriftInputs,
  { done, event }: After,
  around: Around,
  outputs: Record<string, string>,
): readonly Step[] {
  const result = done.results.findLast((one) => one.kind === "plan");
  const isPart = [inputs.app, inputs.env, inputs.region, inputs.target].some((globs) => globs.length > 0);
  const isMerged = event.pullRequest === undefined && event.name !== "merge_group";
  if (!inputs.issue || result === undefined || isPart || !isMerged) return [];
  const context = contextOf(result.context, result.ground, around);
  const wanted = driftIssue(result.plan, context);
  return [
    async () => {
      const forge = await session.forge();
      const marker = `${markOf("drift", context.root)}-->`;
      // Closed ones are many, and asked for only if one may be opened again.
      const existing = await forge.issue(marker, wanted === undefined ? "open" : "all");
      if (wanted === undefined) return existing === undefined ? undefined : close(forge, existing);
      return keep(forge, existing, wanted, result.plan, outputs);
    },
  ];
}

async function close(forge: Forge, { number }: Issue): Promise<Failure | undefined> {
  const said = await forge.newComment(number, driftOver(), "issue");
  return refusalOf(said) ?? refusalOf(await forge.changeIssue(number, { state: "closed" }));
}

async function keep(
  forge: Forge,
  existing: Issue | undefined,
  { title, body }: DriftIssue,
  plan: Plan,
  outputs: Record<string, string>,
): Promise<Failure | undefined> {
  const saved =
    existing === undefined
      ? await forge.createIssue(title, body)
      : await forge.changeIssue(existing.number, { title, body, state: "open" });
  if (saved.kind !== "done") return saved.failure;
  outputs["issue-number"] = String(saved.value.number);
  outputs["html-url"] = saved.value.url;
  if (existing === undefined) return undefined;
  // After it was over, all of it is new.
  const known = existing.state === "open" ? knownDriftOf(existing.body) : undefined;
  const note = driftNote(newDrift(known, plan));
  return note === undefined ? undefined : refusalOf(await forge.newComment(saved.value.number, note, "issue"));
}
