/**
 * A thin client over `etcd3`, which is used for addresses, TLS and login only. Its retries are off: they send writes
 * again blindly and then call our own write a conflict (etcd3 1.1.2, seen 2026-08). No watch, no lease: a process that
 * has one open never ends.
 */
import type { IRangeRequest, IRangeResponse, IResponseHeader, ITxnRequest, ITxnResponse } from "etcd3";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../failure.ts";
import { connection } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { Answer } from "./grpc.ts";
import type { Options } from "./options.ts";
import { unreachable } from "./probe.ts";
import { failureOf, isAnswerTooLarge, standingOf } from "./status.ts";
import type { Status } from "./status.ts";

export interface Client {
  readonly options: Options;
  /** Reads; tries the other endpoints and waits a little where that can help. `subject` completes "could not …". */
  range(request: IRangeRequest, subject: string, signal?: AbortSignal): Promise<IRangeResponse>;
  /** Several reads at one revision: a transaction without writes. */
  ranges(requests: readonly IRangeRequest[], subject: string, signal?: AbortSignal): Promise<RangesAnswer>;
  /** A transaction that changes nothing, whatever comes of it: it may be sent more than once. */
  rehearse(request: ITxnRequest, subject: string, signal?: AbortSignal): Promise<ITxnResponse>;
  /** Sends a write once. Another endpoint is tried only where the request provably never left. */
  write(request: ITxnRequest): Promise<Answer<ITxnResponse>>;
  /** The failure for a status of `write`, with the cause looked up where nothing could be connected to. */
  explain(status: Status, subject: string): Promise<Failure>;
  close(): void;
}

export interface RangesAnswer {
  readonly revision: string;
  readonly answers: readonly IRangeResponse[];
}

/** How often a login that the server calls outdated is renewed before that is taken as an answer. */
const LOGINS = 2;
/** Before any endpoint was tried. */
const UNSENT: Status = { code: 14, details: "not tried", sent: false, endpoint: "" };

/** Loads etcd3. Nothing is sent until the first call. */
export async function openClient(options: Options): Promise<Client> {
  const connections: Connection[] = await Promise.all(options.endpoints.map((each) => connection(each, options)));
  let first = 0;
  let cluster: string | undefined;

  /** One request, on the first endpoint that takes it. The one that answered is asked first next time. */
  async function send<T>(call: (to: Connection) => Promise<Answer<T>>): Promise<Answer<T>> {
    let last: Answer<T> = { ok: false, status: UNSENT };
    const inTurn = [...connections.entries()];
    for (const [at, to] of [...inTurn.slice(first), ...inTurn.slice(0, first)]) {
      last = await withLogin(to, () => call(to));
      if (last.ok || standingOf(last.status) !== "unsent") {
        first = at;
        break;
      }
    }
    if (last.ok) return last;
    // The next try may be luckier elsewhere: a reader can switch at once, a write is guarded against happening twice.
    if (standingOf(last.status) === "unknown" || standingOf(last.status) === "busy")
      first = (first + 1) % connections.length;
    return last;
  }

  async function query<T extends { readonly header: IResponseHeader }>(
    call: (to: Connection) => Promise<Answer<T>>,
    subject: string,
    signal?: AbortSignal,
  ): Promise<T> {
    const end = Date.now() + options.timeout;
    for (let round = 0; ; round++) {
      throwIfStopped(signal, subject);
      const answer = await send(call);
      if (answer.ok) {
        checkCluster(answer.value.header.cluster_id);
        return answer.value;
      }
      const standing = standingOf(answer.status);
      if (standing === "unsent") throw await unreachable(options, subject);
      const isFinal = standing === "refused" || standing === "login" || isAnswerTooLarge(answer.status);
      if (isFinal || Date.now() >= end) throw failureOf(answer.status, options, subject);
      await pause(round, signal);
    }
  }

  function checkCluster(id: string): void {
    cluster ??= id;
    if (cluster === id) return;
    throw new Failure("CORRUPT", "The endpoints of one etcd target belong to different clusters.", {
      fix: "List only members of one cluster in connection.endpoints; use one target for each cluster.",
    });
  }

  function rehearse(request: ITxnRequest, subject: string, signal?: AbortSignal): Promise<ITxnResponse> {
    return query((to) => to.call<ITxnResponse>("Txn", request), subject, signal);
  }

  return {
    options,
    range: (request, subject, signal) => query((to) => to.call<IRangeResponse>("Range", request), subject, signal),
    rehearse,
    ranges: (requests, subject, signal) => rangesBy(rehearse, requests, subject, signal),
    async write(request) {
      const answer = await send((to) => to.call<ITxnResponse>("Txn", request));
      if (answer.ok) checkCluster(answer.value.header.cluster_id);
      return answer;
    },
    explain: (status, subject) => explain(status, options, subject),
    close: () => connections.forEach((each) => each.reset()),
  };
}

/** {@link Client.ranges} by its `rehearse`. Throws INCOMPLETE if not every question has an answer. */
export async function rangesBy(
  rehearse: Client["rehearse"],
  requests: readonly IRangeRequest[],
  subject: string,
  signal?: AbortSignal,
): Promise<RangesAnswer> {
  const request = { success: requests.map((each) => ({ request_range: each })) };
  const { header, responses } = await rehearse(request, subject, signal);
  if (responses.length !== requests.length) throw incomplete(subject, requests.length, responses.length);
  return { revision: header.revision, answers: responses.map((each) => each.response_range) };
}

async function withLogin<T>(to: Connection, call: () => Promise<Answer<T>>): Promise<Answer<T>> {
  let answer = await call();
  for (let n = 0; n < LOGINS && !answer.ok && standingOf(answer.status) === "login"; n++) {
    to.reset();
    answer = await call();
  }
  return answer;
}

async function explain(status: Status, options: Options, subject: string): Promise<Failure> {
  return standingOf(status) === "unsent" ? unreachable(options, subject) : failureOf(status, options, subject);
}

/** What came does not fit what was asked: `expected` answers or keys. */
export function incomplete(subject: string, expected: number, received: number): Failure {
  return new Failure(
    "INCOMPLETE",
    `etcd was asked to ${subject} and gave ${received} of ${expected} answers, and no way to the rest.`,
    { fix: "Run the command again. If it stays, a proxy between here and etcd changes answers." },
  );
}

/** Waits 50 ms, then longer, at most a second. An abort ends it early. */
export async function pause(round: number, signal?: AbortSignal): Promise<void> {
  await sleep(Math.min(1000, 50 * 2 ** round), undefined, { signal }).catch(() => undefined);
}

export function throwIfStopped(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted !== true) return;
  throw new Failure("INTERRUPTED", `Stopped on request before etcd was asked to ${subject}.`, {
    fix: "Run the command again when you like: it continues from what is in the store.",
  });
}
