/** What an action's run came to: one word, the outputs, and whether the step is red. */
import type { Result } from "../cli/result.ts";
import { EXIT, type Failure } from "../failure.ts";
import type { Plan, Receipt } from "../model.ts";
import { type ActionName, type Cause, FAIL_ON, type Inputs } from "./inputs.ts";

export type Word = "ok" | "changes" | "invalid" | "refused" | "partial" | "stale" | "error";

/** What a command line gave back. */
export interface Done {
  readonly exit: number;
  readonly failure: Failure | undefined;
  readonly results: readonly Result[];
}

export type Outputs = Readonly<Record<string, string>>;

const WORDS: Readonly<Record<number, Word>> = {
  [EXIT.ok]: "ok",
  [EXIT.changes]: "changes",
  [EXIT.invalid]: "invalid",
  [EXIT.refused]: "refused",
  [EXIT.partial]: "partial",
  [EXIT.moved]: "stale",
};

/** One word for an exit code. A run that was stopped with some of its writes done is `partial`. */
export function wordOf(done: Done): Word {
  const word = WORDS[done.exit];
  if (word !== undefined) return word;
  const receipt = receiptIn(done)?.receipt;
  return receipt?.destinations.some((one) => one.applied > 0 || one.result === "partial") === true
    ? "partial"
    : "error";
}

/** Why the step is red; undefined if it is not. What `fail-on` does not speak of is always red. */
export function redBecause(inputs: Inputs, done: Done): Cause | undefined {
  const governed = FAIL_ON[inputs.action].known;
  return causesOf(inputs.action, done).find((cause) => inputs.failOn.includes(cause) || !governed.includes(cause));
}

/** Heaviest first. */
function causesOf(action: ActionName, done: Done): readonly Cause[] {
  const word = wordOf(done);
  if (word === "ok") return [];
  if (word !== "changes" && word !== "refused") return [word];
  if (action === "drift") return word === "changes" ? ["drift"] : [word];
  if (action !== "diff") return word === "refused" ? [word] : [];
  const summary = planIn(done)?.summary;
  return [
    ...(word === "refused" ? ([word] as const) : []),
    ...((summary?.delete ?? 0) > 0 ? (["delete"] as const) : []),
    ...((summary?.conflict ?? 0) > 0 ? (["conflict"] as const) : []),
    "changes",
  ];
}

/** Every output of an action is always set; `""` where it is not known. */
export function outputsOf(inputs: Inputs, done: Done, report: string): Outputs {
  return {
    result: wordOf(done),
    "exit-code": String(done.exit),
    report,
    ...own(inputs, done),
  };
}

function own(inputs: Inputs, done: Done): Outputs {
  switch (inputs.action) {
    case "validate":
      return validateOutputs(done, inputs.sarif ?? "");
    case "render":
      return renderOutputs(done, inputs.out);
    case "diff":
      return diffOutputs(planIn(done));
    case "apply":
      return applyOutputs(done);
    default:
      return driftOutputs(planIn(done), inputs.unmanaged === "ignore");
  }
}

function validateOutputs({ results }: Done, sarif: string): Outputs {
  const found = results.find((result) => result.kind === "problems");
  const errors = found?.problems.filter((problem) => problem.severity === "error").length;
  return {
    errors: number(errors),
    warnings: number(found === undefined || errors === undefined ? undefined : found.problems.length - errors),
    apps: number(found?.checked?.apps),
    units: number(found?.checked?.units),
    keys: number(found?.checked?.keys),
    sarif: found === undefined ? "" : sarif,
  };
}

function renderOutputs({ results }: Done, folder: string): Outputs {
  const rendered = results.find((result) => result.kind === "rendered");
  return { path: rendered === undefined ? "" : folder, digest: rendered?.digest ?? "", units: number(rendered?.units) };
}

function diffOutputs(plan: Plan | undefined): Outputs {
  const busy = plan === undefined ? [] : busyEnvironments(plan);
  return {
    plan: plan?.id ?? "",
    "has-changes": plan === undefined ? "" : String(plan.destinations.some((one) => one.units.length > 0)),
    add: number(plan?.summary.add),
    change: number(plan?.summary.change),
    replace: number(plan?.summary.replace),
    delete: number(plan?.summary.delete),
    conflict: number(plan?.summary.conflict),
    "needs-value": number(plan?.summary.needsValue),
    environments: plan === undefined ? "" : JSON.stringify(busy),
    protected: plan === undefined ? "" : String(plan.summary.protected),
    "comment-id": "",
    "html-url": "",
  };
}

/** In promotion order: those with something to write, or a conflict to decide. */
function busyEnvironments(plan: Plan): readonly string[] {
  const busy = new Set(
    plan.destinations.filter((one) => one.units.length + one.conflicts.length > 0).map((one) => one.place.env),
  );
  return plan.environments.map((environment) => environment.name).filter((name) => busy.has(name));
}

function applyOutputs(done: Done): Outputs {
  const receipt = receiptIn(done)?.receipt;
  const tally = receipt === undefined ? undefined : tallyOf(receipt);
  const proofs = receipt?.destinations.flatMap((one) =>
    one.proof === undefined ? [] : [[one.destination, one.proof] as const],
  );
  const isChanged = (tally?.applied ?? 0) > 0 && receipt?.commit !== null;
  return {
    applied: number(tally?.applied),
    skipped: number(tally?.skipped),
    failed: number(tally?.failed),
    "as-reviewed": receipt?.asReviewed === undefined ? staleness(done) : String(receipt.asReviewed),
    "superseded-by": receipt?.destinations.flatMap((one) => one.supersededBy ?? []).find(isCommit) ?? "",
    revision: proofs === undefined ? "" : JSON.stringify(Object.fromEntries(proofs)),
    "rollback-command": isChanged ? `trueup rollback --commit ${receipt?.commit ?? ""}` : "",
  };
}

/** Another plan than the reviewed one was found and not applied. */
function staleness({ failure }: Done): string {
  return failure?.code === "STALE" ? "false" : "";
}

/** Values that were written, that this run left alone because it did not come to them, and that it could not write. */
function tallyOf(receipt: Receipt): { readonly applied: number; readonly skipped: number; readonly failed: number } {
  let [applied, skipped, failed] = [0, 0, 0];
  for (const one of receipt.destinations) {
    applied += one.applied;
    if (one.result === "pending" || one.result === "superseded") skipped += one.pending;
    else failed += one.pending;
  }
  return { applied, skipped, failed };
}

function driftOutputs(plan: Plan | undefined, ignoreForeign: boolean): Outputs {
  return {
    drifted: number(plan === undefined ? undefined : plan.summary.drift + plan.summary.conflict),
    unmanaged: ignoreForeign ? "" : number(plan?.summary.foreign),
    oldest: plan === undefined ? "" : oldestApply(plan),
    "issue-number": "",
    "html-url": "",
  };
}

/** When the place that has drifted the longest, at most, was last applied: nobody knows when a value was edited by hand. */
function oldestApply(plan: Plan): string {
  const times = plan.destinations
    .filter((one) => one.drift.length + one.conflicts.length > 0)
    .flatMap((one) => one.head?.head.at ?? []);
  return times.filter((at) => /^[\d:.TZ+-]{10,40}$/u.test(at)).toSorted()[0] ?? "";
}

export function planIn({ results }: Done): Plan | undefined {
  return results.find((result) => result.kind === "plan" || result.kind === "receipt")?.plan;
}

export function receiptIn({ results }: Done): Extract<Result, { kind: "receipt" }> | undefined {
  return results.findLast((result) => result.kind === "receipt");
}

/** Heads are read from the store, where anybody may have written. */
function isCommit(text: string): boolean {
  return /^[0-9a-f]{40,64}$/u.test(text);
}

function number(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}
