/** After an apply: the receipt on the merged pull request, one comment for all environments. */
import type { Failure } from "../../failure.ts";
import type { Comment, Forge } from "../../forge/forge.ts";
import type { Receipt } from "../../model.ts";
import { markOf } from "../../report/pull-request/hidden.ts";
import { receiptComment, type ReceiptCommentContext } from "../../report/pull-request/receipt-comment.ts";
import { receiptStateOf } from "../../report/pull-request/receipt-state.ts";
import type { After } from "../forge-steps.ts";
import type { ApplyInputs } from "../inputs.ts";
import { receiptIn } from "../outcome.ts";
import { headOf } from "./before.ts";
import { type Around, NO_CONTEXT, rootOf, timeOf } from "./context.ts";
import { mergedSince } from "./merged.ts";
import type { Reviewed } from "./record.ts";
import { poorReview } from "./review.ts";
import { refusalOf, type Session, type Step } from "./session.ts";
import { stoppedReceipt } from "./stopped.ts";

export function receiptSteps(
  session: Session,
  inputs: ApplyInputs,
  after: After,
  around: Around,
  prefix: string,
  reviewed: readonly Reviewed[],
): readonly Step[] {
  const { event } = session;
  if (!inputs.receipt || inputs.dryRun || event.pullRequest !== undefined || event.name === "merge_group") return [];
  return [
    async () => {
      const commit = await headOf(session);
      const pulls = commit === undefined ? [] : await session.pullsOf(commit);
      const [first, ...others] = pulls.map(({ number }) => number);
      if (commit === undefined || first === undefined) return undefined;
      const receipt = receiptIn(after.done)?.receipt ?? stoppedReceipt(after, inputs.env[0] ?? "", commit);
      if (receipt === undefined) return undefined;
      const common = {
        ...(await circumstances(session, inputs, receipt, commit, [first, ...others])),
        ...placesIn(after),
        ...needsIn(after),
        // A machine that GitHub throws away after the job.
        fleeting: session.io.env["RUNNER_ENVIRONMENT"] === "github-hosted" && isAllFolders(after),
        root: rootOf(prefix),
        env: inputs.env[0] ?? "",
        at: timeOf(around.now),
        ...reviewedIn(receipt, inputs, reviewed),
      };
      const forge = await session.forge();
      const isGuarded = common.world.places.some((place) => place.env === inputs.env[0] && place.protected);
      for (const pull of pulls) {
        const page = { ...around.page, pullNumber: pull.number };
        const review = await poorReview(forge, pull, isGuarded);
        const context = { ...common, page, ...(review === undefined ? {} : { review }) };
        const refusal = await save(forge, pull.number, receipt, context, inputs);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    },
  ];
}

function placesIn({ done }: After): Pick<ReceiptCommentContext, "world"> {
  const result = done.results.find((one) => one.kind === "plan" || one.kind === "receipt");
  const found = done.results.find((one) => one.kind === "problems");
  return { world: result?.context.world ?? found?.world ?? NO_CONTEXT.world };
}

/** Secrets are counted by the app that names them: two apps may give one name to two. */
function needsIn({ done }: After): Pick<ReceiptCommentContext, "needs"> {
  const plan = receiptIn(done)?.plan;
  if (plan === undefined) return {};
  const needs = plan.destinations.flatMap(({ place, needsValue }) =>
    needsValue.map(({ unit, secret }) => ({ place: place.id, secret: `${unit.split("@")[0] ?? ""}:${secret}` })),
  );
  return { needs };
}

function isAllFolders({ done }: After): boolean {
  const destinations = receiptIn(done)?.plan?.destinations ?? [];
  return destinations.length > 0 && destinations.every(({ type }) => type === "directory");
}

function reviewedIn(
  { asReviewed }: Receipt,
  { expect }: ApplyInputs,
  reviewed: readonly Reviewed[],
): Pick<ReceiptCommentContext, "reviewed"> {
  const plan = reviewed[0]?.plan ?? expect[0];
  return asReviewed === undefined || plan === undefined ? {} : { reviewed: { plan, same: asReviewed } };
}

async function circumstances(
  session: Session,
  { env }: ApplyInputs,
  receipt: Receipt,
  commit: string,
  own: readonly number[],
): Promise<Pick<ReceiptCommentContext, "approvedBy" | "alsoContains" | "overtakenBy">> {
  const newer = receipt.destinations.find((one) => one.supersededBy !== undefined)?.supersededBy;
  const [overtaking] = newer === undefined ? [] : await session.pullsOf(newer);
  const others = newer === undefined ? await mergedSince(session, receipt, commit) : [];
  const approver = await approverOf(session, env[0] ?? "");
  return {
    ...(overtaking === undefined ? {} : { overtakenBy: overtaking.number }),
    alsoContains: others.filter((number) => !own.includes(number)),
    ...(approver === undefined ? {} : { approvedBy: approver }),
  };
}

async function approverOf({ event, forge }: Session, env: string): Promise<string | undefined> {
  if (event.runId === undefined) return undefined;
  const approvals = (await (await forge()).approvalsOfRun(event.runId)) ?? [];
  return approvals.findLast(({ state, environments }) => state === "approved" && environments.includes(env))?.login;
}

/** How often a comment is written again because another job wrote at the same moment. */
const TRIES = 3;

/** Jobs of several environments write one comment: each reads it right before, and looks whether it is still in it after. */
async function save(
  forge: Forge,
  pull: number,
  receipt: Receipt,
  context: ReceiptCommentContext,
  inputs: ApplyInputs,
): Promise<Failure | undefined> {
  const marker = `${markOf("receipt", context.root)}-->`;
  let existing = await forge.stickyComment(pull, marker);
  // A commit that changes nothing here needs no comment.
  if (existing === undefined && receipt.result === "nothing") return undefined;
  for (let attempt = 1; ; attempt += 1) {
    const waiting = waitingFor(forge, receipt, context, inputs, existing);
    const saved = await forge.saveComment(
      pull,
      existing,
      receiptComment(receipt, { ...context, waiting }, existing?.body),
    );
    if (saved.kind !== "done") return saved.failure;
    existing = await forge.stickyComment(pull, marker);
    if (existing === undefined || holds(existing, receipt) || attempt >= TRIES) return refusalOf(saved);
  }
}

function holds({ body }: Comment, receipt: Receipt): boolean {
  const there = new Set(receiptStateOf(body)?.parts.map((part) => part.receipt.destination));
  return receipt.destinations.every(({ destination }) => there.has(destination));
}

/** Environments of this run that have no receipt yet; after a failure nothing is waited for. */
function waitingFor(
  { host }: Forge,
  receipt: Receipt,
  { world }: ReceiptCommentContext,
  { env, environments }: ApplyInputs,
  existing: Comment | undefined,
): NonNullable<ReceiptCommentContext["waiting"]> {
  if (receipt.result !== "applied" && receipt.result !== "nothing") return [];
  const state = existing === undefined ? undefined : receiptStateOf(existing.body);
  const parts = state !== undefined && state.commit === receipt.commit ? state.parts : [];
  const places = new Set(parts.map((part) => part.receipt.place));
  const done = new Set([...env, ...world.places.filter(({ id }) => places.has(id)).map((place) => place.env)]);
  return environments
    .filter((name) => !done.has(name))
    .map((name) => {
      const isProtected = world.places.some((place) => place.env === name && place.protected);
      return { env: name, forApproval: isProtected && host.hasEnvironments };
    });
}
