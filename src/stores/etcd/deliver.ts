/**
 * Sends one guarded request and finds out what became of it, also when its answer is lost.
 *
 * The request compares the head's version and writes the head, so it can be carried out at most once, and reading the
 * head tells whether it was. Only then is it sent again, the very same.
 */
import type { ITxnRequest, ITxnResponse } from "etcd3";
import { Failure } from "../../failure.ts";
import type { Version } from "../../model.ts";
import { decodeHead } from "../records.ts";
import type { HeadChange } from "../store.ts";
import { pause } from "./client.ts";
import type { Client } from "./client.ts";
import { bytesOf } from "./operations.ts";
import { headIn } from "./request.ts";
import type { FoundHead } from "./request.ts";
import { standingOf } from "./status.ts";
import type { Status } from "./status.ts";
import { textOf } from "./text.ts";

export type Delivery =
  | { readonly kind: "answered"; readonly answer: ITxnResponse }
  /** It was carried out at this revision, and its answer is lost. */
  | { readonly kind: "recovered"; readonly revision: Version };

/** How many times the request's own timeout is spent on finding out what became of it. */
const PATIENCE = 3;
/** Heads written after ours that are looked through to find ours. */
const GENERATIONS = 20;

/**
 * Throws MOVED if another apply wrote the head, the server's refusal, or UNKNOWN_OUTCOME when nothing could be found
 * out in time. After an abort the request is not sent again; what became of it is still looked up once.
 */
export async function deliver(
  client: Client,
  change: HeadChange,
  guard: Version | null,
  request: ITxnRequest,
  signal: AbortSignal | undefined,
): Promise<Delivery> {
  const end = performance.now() + PATIENCE * client.options.timeout;
  const subject = `write ${change.key} and the keys of its apply`;
  let doubt: Status | undefined;
  for (let round = 0; ; round++) {
    const sent = await client.write(request);
    if (sent.ok) {
      const found = sent.value.succeeded ? undefined : headIn(sent.value, change.key);
      if (sent.value.succeeded || (found?.version ?? null) === guard) return { kind: "answered", answer: sent.value };
      // Sent once and refused, there is nothing of ours to look for.
      if (doubt === undefined) throw moved(change, guard, found);
      return ours(client, change, guard, found, doubt);
    }
    const standing = standingOf(sent.status);
    if (standing === "unknown") doubt = sent.status;
    else if (doubt === undefined && standing !== "busy") throw await client.explain(sent.status, subject);
    if (doubt !== undefined) {
      const found = await lookUp(client, change, guard, doubt);
      if (found !== undefined) return found;
    }
    const isStopped = (): boolean => signal?.aborted === true;
    const isLate = performance.now() >= end;
    if (!isLate && !isStopped()) await pause(round, signal);
    // Also a stop that ended the pause.
    if (isLate || isStopped())
      throw doubt === undefined ? await client.explain(sent.status, subject) : unknownOutcome(change, doubt);
  }
}

/** What the head says about a request in doubt; undefined while it says nothing new, or cannot be read. */
async function lookUp(
  client: Client,
  change: HeadChange,
  guard: Version | null,
  doubt: Status,
): Promise<Delivery | undefined> {
  let found: FoundHead | undefined;
  try {
    found = await headAt(client, change, undefined);
  } catch {
    return undefined;
  }
  return (found?.version ?? null) === guard ? undefined : ours(client, change, guard, found, doubt);
}

/**
 * Finds our delivery in the heads written since the guard, newest first. Throws MOVED if it was never carried out,
 * UNKNOWN_OUTCOME if history does not tell.
 */
async function ours(
  client: Client,
  change: HeadChange,
  guard: Version | null,
  newest: FoundHead | undefined,
  doubt: Status,
): Promise<Delivery> {
  let found = newest;
  for (let n = 0; n < GENERATIONS && found !== undefined && found.version !== guard; n++) {
    if (found.head.applyId === change.head.applyId) return { kind: "recovered", revision: found.version };
    try {
      found = await headAt(client, change, String(BigInt(found.version) - 1n));
    } catch {
      throw unknownOutcome(change, doubt);
    }
  }
  throw newest !== undefined && (found?.version ?? null) === guard
    ? moved(change, guard, newest)
    : unknownOutcome(change, doubt);
}

async function headAt(
  client: Client,
  { key }: HeadChange,
  revision: Version | undefined,
): Promise<FoundHead | undefined> {
  const pinned = revision === undefined ? {} : { revision };
  const { kvs } = await client.range({ key: bytesOf(key), ...pinned }, `read ${key}`);
  const [kv] = kvs;
  return kv === undefined ? undefined : { head: decodeHead(textOf(kv.value), key), version: kv.mod_revision };
}

/** Another apply was there first, or somebody wrote or deleted the head. */
function moved({ key }: HeadChange, guard: Version | null, found: FoundHead | undefined): Failure {
  const before = guard === null ? "did not exist" : `had revision ${guard}`;
  const message = `${key} was changed by somebody else: it ${before}, and now ${found === undefined ? "it is gone" : `has revision ${found.version}`}.`;
  const { head } = found ?? {};
  return new Failure("MOVED", message, {
    fix: "Another apply came first. Plan again: what it did will then be part of the picture.",
    details:
      head === undefined
        ? []
        : [
            `Generation ${head.generation} was applied by ${head.by || "somebody"} at ${head.at || "an unknown time"}: ` +
              `commit ${head.commit ?? "none"}, apply ${head.applyId}, now ${head.state}.`,
          ],
  });
}

function unknownOutcome({ key }: HeadChange, { endpoint }: Status): Failure {
  return new Failure(
    "UNKNOWN_OUTCOME",
    `The answer to a write of ${key} was lost (${endpoint}), and it could not be found out whether it was carried out.`,
    {
      fix: "Run the same command again once etcd answers. That is safe: it reads first what is there, and the write cannot happen twice.",
    },
  );
}
