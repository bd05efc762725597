/**
 * A reviewed plan as ids that a check or a status can hold, where the author of a pull request cannot write: the whole
 * plan's, then one of 16 digits for each environment with something to do, because each is applied by itself.
 */
import type { Forge } from "../../forge/forge.ts";
import type { Plan } from "../../model.ts";

/** Environments in one record: a status has 140 characters, of which the title needs some. */
const MOST = 3;
const MORE = "more";

export interface Reviewed {
  /** Of the whole plan: for people. */
  readonly plan: string;
  /** All ids that count as reviewed. */
  readonly expect: readonly string[];
}

/** `trueup / plan`, for a root that is not the top of the repository with its path. */
export function checkName(kind: "plan" | "validate", root: string): string {
  return `trueup / ${kind}${root === "." ? "" : ` ${root}`}`;
}

/** Ids for the check and, with many environments, for further ones. A plan against a Git ref is no promise about live. */
export function idsOf(plan: Plan): readonly [string, ...string[]] {
  if (plan.against.kind === "ref") return [`ref-${plan.digest.slice(0, 16)}`];
  const busy = new Set(
    plan.destinations.filter((one) => one.units.length + one.conflicts.length > 0).map((one) => one.place.env),
  );
  const digits = plan.environments.filter(({ name }) => busy.has(name)).map(({ digest }) => digest.slice(0, 16));
  const chunks: string[] = [];
  for (let from = 0; from < digits.length; from += MOST) {
    const rest = digits.length > from + MOST ? [MORE] : [];
    chunks.push([...digits.slice(from, from + MOST), ...rest].join(":"));
  }
  const [first, ...others] = chunks;
  return [first === undefined ? plan.id : `${plan.id}:${first}`, ...others];
}

/** Name of a further record. */
export function furtherName(name: string, number: number): string {
  return `${name} (${number})`;
}

/** What our own app recorded for a commit; undefined if there is no plan that was compared with live. */
export async function reviewedPlan(forge: Forge, sha: string, name: string): Promise<Reviewed | undefined> {
  const first = await forge.recordedPlan(sha, name);
  let words = (first?.id ?? "").split(":");
  const [plan = ""] = words.splice(0, 1);
  if (!/^p-[0-9a-f]{16}$/u.test(plan)) return undefined;
  const expect = [plan];
  for (let number = 2; ; number += 1) {
    expect.push(...words.filter((word) => /^[0-9a-f]{16}$/u.test(word)).map((digits) => `p-${digits}`));
    if (words.at(-1) !== MORE) return { plan, expect };
    words = ((await forge.recordedPlan(sha, furtherName(name, number)))?.id ?? "").split(":");
  }
}
