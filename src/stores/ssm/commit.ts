/** Applies the groups: claim the generation, head `applying`, units side by side, head `ready` last. */
import { Failure, isFailure } from "../../failure.ts";
import type { Head, Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import { encodeHead } from "../records.ts";
import type { CommitEvent, Group, HeadChange } from "../store.ts";
import { claim, headMoved, record } from "./claim.ts";
import type { Claim } from "./claim.ts";
import type { Client } from "./client.ts";
import { throwIfStopped } from "./client.ts";
import { confirm } from "./confirm.ts";
import { pool } from "./pool.ts";
import { put } from "./put.ts";
import { applyUnit } from "./unit.ts";
import type { UnitResult } from "./unit.ts";
import { numberOf } from "./version.ts";

/** Units at work at once: while one waits for an answer, another uses the quota. */
const WIDTH = 4;

/**
 * Writes the groups. A failure that is thrown says how far the apply got; units without an event are not written. When
 * it is stopped or fails, one more put says so in the claim, so that the next apply need not wait.
 */
export async function* commit(
  client: Client,
  change: HeadChange,
  groups: readonly Group[],
  signal?: AbortSignal,
): AsyncGenerator<CommitEvent> {
  throwIfStopped(signal, `write ${change.key}`);
  refuseDuplicates(change, groups);
  const held = await claim(client, change, signal);
  const progress = { applied: 0, isOver: false, isBegun: false };
  try {
    let number = numberOf(change.expected);
    if (groups.length > 0) {
      number = await putHead(client, change, number, "applying", signal);
      progress.isBegun = true;
    }
    const numbers = new Map<Key, number>();
    let isWhole = true;
    for await (const { group, result } of pool(tasksOf(client, change, groups, signal), WIDTH)) {
      if (result.ledger !== undefined) numbers.set(group.ledger.key, result.ledger);
      if (result.event?.kind === "applied") progress.applied++;
      else isWhole = false;
      if (result.event !== undefined) yield result.event;
    }
    const state = isWhole ? "ready" : "partial";
    // Whoever reads the new head must not be shown an old record beside it.
    if (numbers.size > 0) await confirm(client, numbers);
    number = await putHead(client, change, number, state, signal);
    progress.isOver = true;
    const versions = await confirm(client, new Map([[change.key, number]]));
    await tidyUp(client, held);
    yield headEvent(change, state, sure(versions.get(change.key), change.key));
  } catch (error) {
    throw isFailure(error) ? withProgress(error, progress, groups.length) : error;
  } finally {
    if (!progress.isOver) await held.stop();
  }
}

interface Done {
  readonly group: Group;
  readonly result: UnitResult;
}

function tasksOf(client: Client, change: HeadChange, groups: readonly Group[], signal?: AbortSignal) {
  return groups.map((group) => async (emit: (done: Done) => void) => {
    const result = await applyUnit(client, change, group, signal);
    emit({ group, result });
    if (result.error !== undefined) throw result.error;
  });
}

async function putHead(
  client: Client,
  change: HeadChange,
  expected: number,
  state: Head["state"],
  signal?: AbortSignal,
): Promise<number> {
  const text = encodeHead({ ...change.head, state });
  const result = await put(client, { ...record(change.key, text, change), expected }, signal);
  if (result.kind === "exists" || result.overtaken) throw headMoved(change.key);
  return result.number;
}

function headEvent(change: HeadChange, state: "ready" | "partial", version: Version): CommitEvent {
  return {
    kind: "head",
    version,
    state,
    proof: `generation ${change.head.generation}, head version ${numberOf(version)}`,
  };
}

/** The apply is done; what fails here is done by a later one. */
async function tidyUp(client: Client, { old }: Claim): Promise<void> {
  if (old.length > 0) await client.tell("DeleteParameters", { Names: old.slice(0, 10) }, "delete old claims");
}

/** Two units with one key are a bug that is better named: the second write would look like a race. */
function refuseDuplicates(change: HeadChange, groups: readonly Group[]): void {
  const seen = new Set<Key>([change.key]);
  for (const key of groups.flatMap(({ ledger, writes }) => [ledger.key, ...writes.map((write) => write.key)])) {
    if (seen.has(key))
      throw new Failure("INTERNAL", `${key} would be written twice in one apply.`, {
        fix: "This looks like a fault of trueup: two settings on one key should have been found. Please report it.",
      });
    seen.add(key);
  }
}

function withProgress(failure: Failure, progress: { applied: number; isBegun: boolean }, total: number): Failure {
  const { fix, details } = failure;
  const said = progress.isBegun
    ? `${progress.applied} of ${total} units were applied before; the head says "applying".`
    : "Nothing was written but the claim.";
  return new Failure(failure.code, failure.message, {
    details: [...details, said],
    fix,
  });
}
