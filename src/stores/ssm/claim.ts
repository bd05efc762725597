/**
 * Who may write. SSM has no compare-and-swap, but a create-only put has one winner: whoever creates
 * `<meta>gen/<generation>` may write that generation.
 *
 * An apply that died leaves its claim, or a head that says `applying`. Nobody can know from outside that it is dead, so
 * the next one watches head, ledger and the keys about to be written. Any change means that it lives: the next one
 * gives up. Without a change for `takeover`, or if the claim says `stopped`, it is taken over: by the claim of the next
 * generation, or by a further claim of the same one (`<generation>.01`), created by one winner again. If the dead one
 * wakes up after all, version numbers tell.
 */
import { Failure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { decodeHead, decodeLedger } from "../records.ts";
import type { HeadChange } from "../store.ts";
import type { Client } from "./client.ts";
import { throwIfStopped } from "./client.ts";
import { look } from "./look.ts";
import type { Seen } from "./look.ts";
import { put } from "./put.ts";
import { read, readPath } from "./read.ts";
import { momentOf } from "./version.ts";

export interface Claim {
  readonly key: Key;
  /** Older claims that nobody needs any more. */
  readonly old: readonly Key[];
  /** Says that this apply has ended before its end, so that the next one need not wait. Never throws. */
  stop(): Promise<void>;
}

/** How often a claim is tried that somebody else got first. */
const TRIES = 4;
/** Claims of finished generations that are kept: a reader of an old head must not find its number free again. */
const KEPT = 4;
/** Milliseconds for the last words of an apply that was stopped. */
const LAST_WORDS = 3000;

/** Claims the generation of `change`. Throws `MOVED`, with nothing written, if another apply came first or is running. */
export async function claim(client: Client, change: HeadChange, signal?: AbortSignal): Promise<Claim> {
  const meta = metaOf(change.key);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const head = await currentHead(client, change, signal);
    const claims = await claimsBelow(client, meta, signal);
    const mine = claims.filter(({ key }) => generationOf(key) === change.head.generation);
    const running = runningOf(head);
    const holder = mine.at(-1) ?? claims.findLast(({ key }) => generationOf(key) === running);
    if (holder !== undefined || running !== undefined) {
      await awaitQuiet(client, change, holder, signal);
      await requireRecordsAsPlanned(client, change, signal);
    }
    const key = claimKey(meta, change.head.generation, mine.length);
    const text = claimText(change, holder?.key);
    const written = await put(client, { ...record(key, text, change), expected: 0 }, signal);
    if (written.kind === "exists") continue;
    const finished = claims.map((each) => each.key).filter((each) => generationOf(each) < change.head.generation - 1);
    const held: Claim = {
      key,
      old: finished.length > KEPT ? finished : [],
      stop: () => stop(client, change, key, holder?.key),
    };
    try {
      // Whoever read an old head may have found an old number free.
      await currentHead(client, change, signal);
    } catch (error) {
      await held.stop();
      throw error;
    }
    return held;
  }
  throw busy(change.key, undefined);
}

/** `<meta>` of `<meta>head`. */
export function metaOf(headKey: Key): Key {
  return headKey.slice(0, headKey.lastIndexOf("/") + 1);
}

/** A parameter of trueup's own. */
export function record(key: Key, text: string, { head }: HeadChange): Parameters<typeof put>[1] {
  const description = `Record of trueup: do not edit. Apply ${head.applyId}.`;
  return { key, text, secret: false, expected: 0, description, tags: {} };
}

async function currentHead(client: Client, change: HeadChange, signal?: AbortSignal): Promise<Seen | undefined> {
  const end = client.clock.now() + client.options.settle;
  for (let attempt = 0; ; attempt++) {
    const head = (await look(client, [change.key], false, signal)).get(change.key);
    if ((head?.version ?? null) === change.expected) return head;
    // A read may be behind the one that the plan was made from: only what is newer has surely moved.
    const isSure = head !== undefined && isNewer(head.version, change.expected);
    if (isSure || client.clock.now() > end) throw headMoved(change.key);
    await client.backOff(Math.min(attempt, 3), signal);
  }
}

function isNewer(version: Version, than: Version | null): boolean {
  return than === null || momentOf(version) >= momentOf(than);
}

/** The generation that the head says is being applied. */
function runningOf(head: Seen | undefined): number | undefined {
  if (head === undefined) return undefined;
  const { generation, state } = decodeHead(head.text, head.key);
  return state === "applying" ? generation : undefined;
}

async function claimsBelow(client: Client, meta: Key, signal?: AbortSignal): Promise<Seen[]> {
  const found: Seen[] = [];
  await readPath(client, `${meta}gen/`, false, (page) => found.push(...page), signal);
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function claimKey(meta: Key, generation: number, takeovers: number): Key {
  const suffix = takeovers === 0 ? "" : `.${String(takeovers).padStart(2, "0")}`;
  return `${meta}gen/${String(generation).padStart(10, "0")}${suffix}`;
}

function generationOf(key: Key): number {
  return Number.parseInt(key.slice(key.lastIndexOf("/") + 1), 10);
}

function claimText({ head }: HeadChange, after: Key | undefined, stopped = false): string {
  const { applyId, plan, commit, by, at, tool } = head;
  return JSON.stringify({
    format: 1,
    apply: applyId,
    plan,
    commit,
    by,
    at,
    tool,
    ...(after === undefined ? {} : { after }),
    ...(stopped ? { stopped } : {}),
  });
}

interface Holder {
  readonly apply?: unknown;
  readonly plan?: unknown;
  readonly stopped?: unknown;
}

function holderText(holder: Seen | undefined): Holder {
  try {
    return (JSON.parse(holder?.text ?? "{}") ?? {}) as Holder;
  } catch {
    return {};
  }
}

/** Returns once the holder is surely over, or seems dead; throws `MOVED` if it moves. */
async function awaitQuiet(
  client: Client,
  change: HeadChange,
  holder: Seen | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const { apply, plan, stopped } = holderText(holder);
  if (stopped === true || apply === change.head.applyId) return;
  const { takeover } = client.options;
  // The same plan writes the same values: should both be alive, nothing can get lost.
  const patience = plan === change.head.plan ? takeover / 4 : takeover;
  const end = client.clock.now() + patience;
  const before = await traces(client, change, signal);
  while (client.clock.now() < end) {
    await client.clock.sleep(patience / 8, signal);
    throwIfStopped(signal, `claim ${change.key}`);
    const now = await traces(client, change, signal);
    if (now.get(change.key) !== before.get(change.key)) throw headMoved(change.key);
    if (now.size !== before.size || [...now].some(([key, version]) => before.get(key) !== version))
      throw busy(change.key, holder?.key);
  }
}

/**
 * What the other apply wrote last, the plan may not have been shown. Units that are about to be written are looked at
 * anyway; of all others nobody would notice that they are half done, and the head would say `ready`.
 */
async function requireRecordsAsPlanned(client: Client, change: HeadChange, signal?: AbortSignal): Promise<void> {
  const { key, records } = change;
  await client.clock.sleep(client.options.settle, signal);
  throwIfStopped(signal, `claim ${key}`);
  const units = `${metaOf(key)}units/`;
  const query = { prefixes: [units], keys: [], secrets: "versions" as const, secretKeys: new Set<Key>() };
  const found = new Map<Key, Version>();
  for await (const page of read(client, query, signal)) for (const each of page) found.set(each.key, each.version);
  if (found.size !== records.size || [...found].some(([each, version]) => records.get(each) !== version))
    throw recordsMoved(key);
}

/** Versions of everything that an apply at work would touch before long. */
async function traces(client: Client, change: HeadChange, signal?: AbortSignal): Promise<Map<Key, Version>> {
  const found = new Map<Key, Version>();
  const pending: Key[] = [];
  const query = { prefixes: [metaOf(change.key)], keys: [], secrets: "versions" as const, secretKeys: new Set<Key>() };
  for await (const page of read(client, query, signal)) {
    for (const { key, version, value = "" } of page) {
      found.set(key, version);
      if (key.startsWith(`${metaOf(change.key)}units/`))
        pending.push(...(decodeLedger(value, key, version).pending?.keys() ?? []));
    }
  }
  for (const [key, { version }] of await look(client, pending, false, signal)) found.set(key, version);
  return found;
}

async function stop(client: Client, change: HeadChange, key: Key, after: Key | undefined): Promise<void> {
  const enough = new AbortController();
  const said = put(client, { ...record(key, claimText(change, after, true), change), expected: 1 }, enough.signal);
  // These are last words: whoever comes next does without them, only later.
  await Promise.race([said.catch(() => undefined), client.clock.sleep(LAST_WORDS, enough.signal)]);
  enough.abort();
}

export function headMoved(key: Key): Failure {
  return new Failure("MOVED", `${key} is not the head that was read: another apply came first.`, {
    fix: "Plan again, then apply.",
  });
}

function recordsMoved(key: Key): Failure {
  const message = `An apply before this one did not end, and wrote more than the plan was shown. Nothing was written to the destination of ${key}.`;
  return new Failure("MOVED", message, { fix: "Plan again, then apply." });
}

function busy(key: Key, holder: Key | undefined): Failure {
  const who = holder === undefined ? "" : ` (${holder} says whose)`;
  return new Failure("MOVED", `Another apply is at work on the destination of ${key}${who}. Nothing was written.`, {
    fix: "Wait until it is done, then run this again: it plans anew.",
  });
}
