/** Carries a plan out, destination by destination, and says what became of every part of it. */
import { formatAddress } from "../address.ts";
import { Failure, factsOf, isFailure } from "../failure.ts";
import type {
  Destination,
  DestinationPlan,
  DestinationReceipt,
  Head,
  Key,
  Live,
  Plan,
  UnitId,
  UnitPlan,
  Version,
} from "../model.ts";
import { headKey, recordVersions } from "../stores/records.ts";
import type { Group, Store } from "../stores/store.ts";
import { groupsOf, keysToRead } from "./compose.ts";
import type { Reveal } from "./plaintext.ts";
import { applyOrder, countUnit, countValues } from "./order.ts";
import { waiting } from "./so-far.ts";
import { readTexts } from "./read-texts.ts";
import { type ReadBack, readBack } from "./readback.ts";

export interface ApplyInput {
  readonly plan: Plan;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly live: ReadonlyMap<string, Live>;
  /** Values of the secrets that trueup can get at. */
  readonly reveal: Reveal;
  readonly store: (destination: Destination) => Promise<Store>;
  readonly applyId: string;
  /** ISO 8601, and who runs this: for the head, for people. */
  readonly at: string;
  readonly by: string;
  readonly tool: string;
  readonly readBack: boolean;
  /** Go on with the next destination after one failed. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal | undefined;
  readonly progress: (event: ApplyProgress) => void;
}

export type ApplyProgress =
  | { readonly kind: "start"; readonly destination: string; readonly total: number }
  | { readonly kind: "step"; readonly destination: string; readonly done: number; readonly total: number }
  | { readonly kind: "end"; readonly receipt: DestinationReceipt };

/** One receipt per destination that had something to write, in the order of writing. Never throws for what a store does. */
export async function apply(input: ApplyInput): Promise<readonly DestinationReceipt[]> {
  const receipts: DestinationReceipt[] = [];
  let stopped = false;
  for (const plan of applyOrder(input.plan)) {
    const aborted = input.signal?.aborted === true;
    const receipt: DestinationReceipt = stopped || aborted ? waiting(plan) : await applyDestination(plan, input);
    stopped ||= receipt.result !== "applied" && !input.keepGoing;
    receipts.push(receipt);
    input.progress({ kind: "end", receipt });
  }
  return receipts;
}

interface Tally {
  readonly versions: Map<Key, Version>;
  readonly applied: Set<string>;
  readonly left: { address: string; why: string }[];
  /** Values written by units that were applied whole. */
  done: number;
  partly: number;
  moved: boolean;
  proof: string | undefined;
  failure: Failure | undefined;
}

async function applyDestination(plan: DestinationPlan, input: ApplyInput): Promise<DestinationReceipt> {
  const destination = input.destinations.get(plan.destination);
  const live = input.live.get(plan.destination);
  if (destination === undefined || live === undefined)
    throw new Failure("INTERNAL", `${plan.destination} was never read`);
  const tally: Tally = {
    versions: new Map(),
    applied: new Set(),
    left: [],
    done: 0,
    partly: 0,
    moved: false,
    proof: undefined,
    failure: undefined,
  };
  input.progress({ kind: "start", destination: plan.destination, total: countValues(plan) });
  let back: ReadBack | undefined;
  try {
    const store = await input.store(destination);
    const groups = groupsOf(plan, destination.meta, live, await readTexts(store, keysToRead(plan)), input.reveal);
    await commitGroups(store, groups, plan, destination, live, input, tally);
    const done = groups.filter((group) => tally.applied.has(group.unit));
    back = input.readBack ? await readBack(store, done, tally.versions, destination.reads.prefixes) : undefined;
  } catch (error) {
    const thrown = isFailure(error) ? error : new Failure("INTERNAL", "apply failed in a way it should not");
    // Why it ended outweighs what became of a unit, unless nobody can tell what that was.
    if (tally.failure?.code !== "UNKNOWN_OUTCOME") tally.failure = thrown;
  }
  return receiptOf(plan, tally, back);
}

async function commitGroups(
  store: Store,
  groups: readonly Group[],
  plan: DestinationPlan,
  destination: Destination,
  live: Live,
  input: ApplyInput,
  tally: Tally,
): Promise<void> {
  const head: Head = {
    generation: (live.head?.head.generation ?? 0) + 1,
    commit: input.plan.commit,
    ...(input.plan.dirty && input.plan.commit !== null ? { dirty: true } : {}),
    applyId: input.applyId,
    plan: input.plan.digest,
    state: "ready",
    at: input.at,
    by: input.by,
    tool: input.tool,
  };
  const total = countValues(plan);
  const change = {
    key: headKey(destination.meta),
    expected: live.head?.version ?? null,
    head,
    records: recordVersions(live, destination.meta),
  };
  for await (const event of store.commit(change, groups, input.signal)) {
    if (event.kind === "head") tally.proof = event.proof;
    else if (event.kind === "applied") {
      tally.applied.add(event.unit);
      for (const unit of unitsNamed(plan, event.unit)) tally.done += countUnit(unit);
      for (const [key, version] of event.versions) tally.versions.set(key, version);
      input.progress({ kind: "step", destination: plan.destination, done: tally.done, total });
    } else if (event.kind === "moved") {
      tally.moved = true;
      leave(tally, plan, event.unit, (key) =>
        event.keys.includes(key) ? "changed by somebody else since it was read" : "left out with its unit",
      );
    } else {
      fail(tally, event.failure);
      tally.partly += event.written.length;
      leave(tally, plan, event.unit, (key) => (event.written.includes(key) ? undefined : event.failure.message));
    }
  }
}

/** The first failure stands, but that nobody can tell what was written outweighs any other. */
function fail(tally: Tally, failure: Failure): void {
  const [before, isOpen] = [tally.failure, failure.code === "UNKNOWN_OUTCOME"];
  if (before === undefined || (isOpen && before.code !== "UNKNOWN_OUTCOME")) tally.failure = failure;
}

function unitsNamed(plan: DestinationPlan, name: UnitId): readonly UnitPlan[] {
  return plan.units.filter(({ unit }) => unit === name);
}

function leave(tally: Tally, plan: DestinationPlan, unit: string, why: (key: Key) => string | undefined): void {
  for (const change of unitsNamed(plan, unit).flatMap(({ changes }) => changes)) {
    const reason = why(change.key);
    if (reason !== undefined)
      for (const member of change.members) tally.left.push({ address: formatAddress(unit, member.path), why: reason });
  }
}

function receiptOf(plan: DestinationPlan, tally: Tally, back: ReadBack | undefined): DestinationReceipt {
  const wrong = back !== undefined && back.wrong.length > 0;
  const failure =
    tally.failure ??
    (wrong
      ? new Failure("CORRUPT", "the store does not hold what was written to it", { details: back.wrong })
      : undefined);
  const applied = tally.done;
  return {
    destination: plan.destination,
    place: plan.place.id,
    target: plan.target,
    result: resultOf(tally, failure),
    applied,
    pending: countValues(plan) - applied,
    proof: tally.proof,
    readBack: back,
    left: tally.left,
    before: plan.head?.head.commit ?? null,
    supersededBy: undefined,
    failure: failure === undefined ? undefined : factsOf(failure),
  };
}

function resultOf(tally: Tally, failure: Failure | undefined): DestinationReceipt["result"] {
  const some = tally.applied.size > 0 || tally.partly > 0;
  if (failure?.code === "UNKNOWN_OUTCOME") return "partial";
  if (failure?.code === "MOVED") return some ? "partial" : "moved";
  if (failure !== undefined) return some ? "partial" : "failed";
  if (tally.moved) return some ? "partial" : "moved";
  return "applied";
}
