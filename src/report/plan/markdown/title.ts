/** The first lines: found by a machine, read in an e-mail preview. */
import { bold, code, marker, prose } from "../../markdown.ts";
import { protectedEnvs } from "../../reach.ts";
import { count, plural, shortCommit } from "../../words.ts";
import { cutText } from "../../table.ts";
import { type Facts, isGuarded } from "./facts.ts";
import { labelOf } from "../lift.ts";

export function titleSection(facts: Facts): string[] {
  const { plan, ctx } = facts;
  const words = title(facts).join(" · ");
  if (plan.against.kind === "live" || ctx.unread === undefined)
    return [planMarker(facts), `### ${light(facts)} ${words}`];
  const ref = code(shortCommit(plan.against.ref));
  const fix = ctx.unread.fix === undefined ? "" : ` Fix: ${prose(cutText(ctx.unread.fix, REASON))}.`;
  return [
    planMarker(facts),
    `### ${light(facts)} Plan against ${ref} only: a store could not be read`,
    `${prose(cutText(ctx.unread.message, REASON))}. So this shows the change against ${ref}, not against what is live.${fix} Details: ${code("trueup doctor")}.`,
    "",
    words,
  ];
}

/** Columns of a message from a store. */
const REASON = 300;

function planMarker({ plan, ctx }: Facts): string {
  const head = plan.commit === null ? {} : { head: shortCommit(plan.commit) };
  return marker("plan", { root: ctx.root, ...head, plan: plan.id });
}

function light(facts: Facts): string {
  const { plan } = facts;
  const blocked = plan.refusals.some((refusal) => !refusal.lifted);
  if (blocked || facts.conflicts.length > 0 || deletions(facts).guarded > 0) return "🔴";
  return plan.against.kind === "ref" ? "🟠" : "🟡";
}

/** Values deleted, in all and in protected environments. */
export function deletions(facts: Facts): { readonly all: number; readonly guarded: number } {
  const units = facts.plan.edits
    .filter((edit) => edit.action === "remove")
    .flatMap((edit) => edit.outcomes.flatMap((outcome) => outcome.units));
  return { all: units.length, guarded: units.filter((unit) => isGuarded(facts, unit)).length };
}

function title(facts: Facts): string[] {
  const { plan, ctx } = facts;
  const { summary } = plan;
  const keys = facts.matrix.places.length;
  const changed = summary.add + summary.change + summary.replace + summary.adopt;
  const deleted = deletions(facts);
  const guarded = protectedEnvs(summary.places, ctx.world.places);
  const words: string[] = [];
  if (deleted.all > 0) words.push(deletionWords(deleted, guarded));
  if (changed > 0) {
    const edits = plan.edits.filter((edit) => edit.action !== "remove").length;
    words.push(
      deleted.all > 0 ? plural(changed, "other change") : `${plural(edits, "edit")} → ${plural(changed, "key")}`,
    );
  }
  if (summary.conflict > 0) words.push(plural(summary.conflict, "conflict"));
  if (summary.apps > 1) words.push(plural(summary.apps, "app"));
  if (guarded.length > 0 && deleted.guarded === 0 && keys > 0) words.push(`reaches ${names(guarded)}`);
  if (facts.needs.length > 0) words.push(`🔑 needs a value in ${plural(needyPlaces(facts), "place")}`);
  words.push(...guardWords(facts));
  if (plan.against.kind === "ref" && ctx.unread === undefined)
    words.push(`against ${code(shortCommit(plan.against.ref))} only`);
  return words;
}

function deletionWords(
  deleted: { readonly all: number; readonly guarded: number },
  guarded: readonly string[],
): string {
  const inProtected =
    deleted.guarded === 0
      ? ""
      : `, ${deleted.guarded === deleted.all ? "all" : count(deleted.guarded)} of them in ${names(guarded)}`;
  return (
    plural(deleted.all, "deletion") +
    (deleted.all === 1 && deleted.guarded === 1 ? ` in ${names(guarded)}` : inProtected)
  );
}

function guardWords(facts: Facts): string[] {
  const guards = [...new Set(facts.plan.refusals.flatMap((refusal) => (refusal.lifted ? [] : [refusal.guard])))];
  const labels = guards.flatMap((guard) => labelOf(guard) ?? []);
  if (guards.length === 0) return [];
  return labels.length === 1 && guards.length === 1
    ? [`needs label ${code(labels[0] ?? "")}`]
    : [`blocked by ${plural(guards.length, "guard")}`];
}

function needyPlaces(facts: Facts): number {
  return new Set(facts.plan.destinations.filter((one) => one.needsValue.length > 0).map((one) => one.place.id)).size;
}

function names(envs: readonly string[]): string {
  return envs.map((env) => bold(env.toUpperCase())).join(", ");
}

/** Said where there is nothing to review; a comment that exists is reduced to it. `notes`: what was seen beside it. */
export function nothingSection(facts: Facts, notes: readonly string[]): string[] {
  const { plan, ctx } = facts;
  const commit = plan.commit === null ? "" : `${code(shortCommit(plan.commit))} · `;
  const other = plan.against.kind === "ref" ? code(shortCommit(plan.against.ref)) : "live";
  const at = ctx.comparedAt === undefined ? "" : ` at ${prose(ctx.comparedAt)}`;
  return [
    planMarker(facts),
    "### ⚪ No effect on any store",
    `The files changed, the rendered values did not (comments, order or redundant overrides). <sub>${commit}compared with ${other}${at}</sub>`,
    ...(notes.length === 0 ? [] : ["", notes.join(" · ")]),
  ];
}
