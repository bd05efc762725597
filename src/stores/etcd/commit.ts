/** Applies the groups in as few guarded transactions as possible: usually one. */
import { Failure, isFailure } from "../../failure.ts";
import type { Key } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { CommitEvent, Group, HeadChange } from "../store.ts";
import type { Result } from "./aftermath.ts";
import { chainOf } from "./chain.ts";
import type { Chain } from "./chain.ts";
import { throwIfStopped } from "./client.ts";
import type { Client } from "./client.ts";
import { applyLarge } from "./large.ts";
import { budgetOf } from "./nesting.ts";
import { eventOf, TRIES } from "./outcome.ts";
import { pack } from "./pack.ts";
import type { Batch, Packing } from "./pack.ts";
import { checkPermission } from "./permission.ts";
import type { HeadState } from "./request.ts";
import { lacksNesting, statusBehind } from "./status.ts";

/**
 * Writes the groups. One transaction guards and writes the head, with one transaction for each unit nested in it; what
 * is over the size of a request goes in several, chained by the head (`applying` on the way). A failure that is thrown
 * says how far the apply got; units without an event are not written.
 */
export async function* commit(
  client: Client,
  change: HeadChange,
  groups: readonly Group[],
  signal?: AbortSignal,
): AsyncGenerator<CommitEvent> {
  const { nested, maxTxnOps, maxRequestBytes } = client.options;
  const subject = `write ${change.key}`;
  throwIfStopped(signal, subject);
  refuseDuplicates(change, groups);
  const chain = chainOf(client, change, signal);
  let applied = 0;
  let isWhole = true;

  try {
    await checkPermission(client, change, groups, signal);
    const plain: Packing = { budget: budgetOf(maxTxnOps), flat: true, maxBytes: maxRequestBytes };
    let packing: Packing = { ...plain, flat: nested === false };
    let queue = pack(change, groups, packing);
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const last: HeadState = queue.length > 0 ? "applying" : isWhole ? "ready" : "partial";
      const done = await attempt(chain, change, batch, last, packing);
      if (done.error !== undefined && nested === "auto" && isWithoutNesting(done.error, chain, packing)) {
        packing = plain;
        const left = [batch, ...queue].flatMap((each) => each.groups);
        queue = pack(change, left, packing);
        continue;
      }
      for (const event of done.events) {
        if (event.kind === "applied") applied++;
        else isWhole = false;
        yield event;
      }
      if (done.error !== undefined) throw done.error;
      queue.push(...(done.again ?? []));
    }
    const state = isWhole ? "ready" : "partial";
    if (chain.state !== state) await chain.send([], state, packing, 1);
    yield {
      kind: "head",
      version: sure(chain.version, change.key),
      state,
      proof: proofOf(chain, packing, nested === "auto"),
    };
  } catch (error) {
    throw isFailure(error) ? withProgress(error, chain, applied, groups.length) : error;
  }
}

interface Done {
  readonly events: readonly CommitEvent[];
  /** Units that the request could not decide about. */
  readonly again?: readonly Batch[];
  readonly error?: unknown;
}

async function attempt(
  chain: Chain,
  change: HeadChange,
  batch: Batch,
  last: HeadState,
  packing: Packing,
): Promise<Done> {
  try {
    if (batch.kind === "large") {
      const { event, error } = await applyLarge(chain, change, batch.groups[0], last, packing);
      return { events: [event], error };
    }
    const results = await chain.send(batch.pieces, last, packing, batch.tries);
    const told = batch.groups.map((group, n) => ({ group, result: sure(results[n], group.unit) }));
    const isUndecided = ({ result }: { readonly result: Result }): boolean =>
      result.kind === "again" && batch.tries < TRIES;
    const events = told
      .filter((each) => !isUndecided(each))
      .map(({ group, result }) => eventOf(group.unit, group.writes, result));
    const again = told.filter(isUndecided).map(({ group }) => group);
    // A flat request that one unit stopped says nothing against the others.
    const tries = packing.flat && events.length > 0 ? batch.tries : batch.tries + 1;
    return { events, again: again.length === 0 ? [] : pack(change, again, packing, tries) };
  } catch (error) {
    return { events: [], error };
  }
}

/** The first nested request was refused for its nesting: nothing is written yet, so flat ones can take over. */
function isWithoutNesting(error: unknown, chain: Chain, { flat }: Packing): boolean {
  const status = statusBehind(error);
  return !flat && chain.requests === 0 && status !== undefined && lacksNesting(status);
}

/** etcd refuses a request that writes a key twice, as a whole. Two units with one key are a bug that is better named. */
function refuseDuplicates(change: HeadChange, groups: readonly Group[]): void {
  const seen = new Set<Key>();
  const see = (key: Key): void => {
    if (seen.has(key))
      throw new Failure("INTERNAL", `${key} would be written twice in one apply.`, {
        fix: "This looks like a fault of trueup: two settings on one key should have been found. Please report it.",
      });
    seen.add(key);
  };
  see(change.key);
  for (const { ledger, writes } of groups) {
    see(ledger.key);
    for (const { key } of writes) see(key);
  }
}

function proofOf(chain: Chain, { flat }: Packing, asked: boolean): string {
  const many = chain.requests > 1 ? `, the last of ${chain.requests} transactions` : "";
  const why = flat && asked ? "; this server cannot nest transactions, so units were written in plain batches" : "";
  return `revision ${chain.version}${many}${why}`;
}

function withProgress(failure: Failure, chain: Chain, applied: number, total: number): Failure {
  if (failure.code === "UNKNOWN_OUTCOME" && applied === 0) return failure;
  const progress =
    chain.state === undefined
      ? "Nothing was written."
      : `${applied} of ${total} units were applied before; the head says "${chain.state}".`;
  const { fix, details, cause } = failure;
  return new Failure(failure.code, failure.message, {
    details: [...details, progress],
    fix,
    cause,
  });
}
