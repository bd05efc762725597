/** What a failed call to etcd means: whether a write may have happened, and the failure to show people. */
import { Failure } from "../../failure.ts";
import type { FailureCode } from "../../failure.ts";
import type { Options } from "./options.ts";

export interface Status {
  /** gRPC's number (grpc/grpc, doc/statuscodes.md, seen 2026-08). */
  readonly code: number;
  /** The server's words. Never shown unless {@link harmless}. */
  readonly details: string;
  /** False: the request was never handed to the network. */
  readonly sent: boolean;
  readonly endpoint: string;
}

/**
 * - `unsent`: it never left, so another endpoint may be tried.
 * - `login`: refused before anything happened, because the login has expired: log in again.
 * - `busy`: not done, and worth another try in a moment.
 * - `refused`: not done, and another try would not help.
 * - `unknown`: it may have been done.
 */
export type Standing = "unsent" | "login" | "busy" | "refused" | "unknown";

const [INVALID, DEADLINE, DENIED, EXHAUSTED, PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, UNAVAILABLE, CORRUPT, LOGIN] = [
  3, 4, 7, 8, 9, 11, 12, 14, 15, 16,
];

/** Which of the five a status is. Texts are etcd's own (api/v3rpc/rpctypes/error.go, v3.4 to v3.7, seen 2026-08). */
export function standingOf({ code, details, sent }: Status): Standing {
  const says = (text: string): boolean => details.includes(text);
  if (code === LOGIN || says("auth revision") || says("revision of auth store is old")) return "login";
  if (code === EXHAUSTED) {
    if (says("too many requests")) return "busy";
    // Ours: the answer was too large to be taken, so the request was done. The server's begins with `grpc:`.
    return details.startsWith("Received message larger") ? "unknown" : "refused";
  }
  if (says("not supported for learner")) return "unsent";
  if ([INVALID, 5, 6, DENIED, PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, CORRUPT].includes(code)) return "refused";
  if (!sent || says("No connection established") || says("Name resolution failed")) return "unsent";
  if (code === UNAVAILABLE && says("etcdserver: no leader")) return "busy";
  return "unknown";
}

/** The server cannot nest transactions, or not as deep as etcd does. */
export function lacksNesting({ code, details }: Status): boolean {
  return code === UNIMPLEMENTED || (code === INVALID && /too many operations|unsupported|not supported/u.test(details));
}

/** The answer to a read was larger than we take: ask for less. */
export function isAnswerTooLarge({ code, details }: Status): boolean {
  return code === EXHAUSTED && details.startsWith("Received message larger");
}

/** The server has no authentication: go on without a login. */
export function isAuthOff({ code, details }: Status): boolean {
  return code === PRECONDITION && details.includes("authentication is not enabled");
}

/** The status a failure was made from. */
export function statusBehind(error: unknown): Status | undefined {
  return error instanceof Error && typeof error.cause === "object" && error.cause !== null && "details" in error.cause
    ? (error.cause as Status)
    : undefined;
}

/** `subject` completes "etcd could not …": `read /config/`. */
export function failureOf(status: Status, options: Options, subject: string): Failure {
  const { code, message, fix } = explain(status, options, subject);
  const words = harmless(status.details);
  return new Failure(code, message, { fix, cause: status, ...(words === undefined ? {} : { details: [words] }) });
}

interface Explained {
  readonly code: FailureCode;
  readonly message: string;
  readonly fix: string;
}

function explain(status: Status, options: Options, subject: string): Explained {
  const { endpoint, details } = status;
  const who = options.auth === undefined ? "This connection" : `User ${JSON.stringify(options.auth.username)}`;
  const limit = (fix: string): Explained => ({
    code: "LIMIT",
    message: `${endpoint} refused to ${subject}: the request is over a limit of the server.`,
    fix,
  });
  if (status.code === DENIED)
    return {
      code: "DENIED",
      message: `${who} is not allowed to ${subject} (${endpoint}).`,
      fix: "Grant it: etcdctl role grant-permission <role> --prefix=true readwrite <prefix>. The ledger's prefix needs it too.",
    };
  if (status.code === LOGIN || /authentication failed|user name is empty|invalid auth token/u.test(details))
    return {
      code: "DENIED",
      message:
        options.auth === undefined
          ? `${endpoint} wants a login, and connection has no username and password.`
          : `${who} could not log in (${endpoint}).`,
      fix: "Check connection.username and connection.password, and the environment variables they name.",
    };
  if (status.code === EXHAUSTED && details.includes("space exceeded"))
    return {
      code: "FULL",
      message: `${endpoint} could not ${subject}: its database is full (NOSPACE alarm).`,
      fix: "Compact and defragment it, or raise --quota-backend-bytes; then: etcdctl alarm disarm. Run the command again afterwards.",
    };
  if (isAnswerTooLarge(status))
    return {
      code: "LIMIT",
      message: `${endpoint} could not ${subject}: one answer has more than ${options.maxAnswerBytes} bytes.`,
      fix: "A value of that size does not belong into etcd; find it with etcdctl and move it elsewhere.",
    };
  if (status.code === INVALID && details.includes("too many operations"))
    return limit("Set connection.maxTxnOps to the server's --max-txn-ops.");
  if ([INVALID, EXHAUSTED].includes(status.code) && /too large|larger than/u.test(details))
    return limit("Set connection.maxRequestBytes below the server's --max-request-bytes.");
  if (status.code === OUT_OF_RANGE)
    return {
      code: "INCOMPLETE",
      message: `${endpoint} could not ${subject}: the revision being read was compacted meanwhile.`,
      fix: "Run the command again.",
    };
  if (status.code === UNIMPLEMENTED)
    return limit("This server does not offer etcd's transactions. trueup needs etcd 3.4 or newer.");
  if (status.code === CORRUPT)
    return {
      code: "CORRUPT",
      message: `${endpoint} could not ${subject}: it reports that its data is damaged.`,
      fix: "See etcd's guide to disaster recovery before anything else is written.",
    };
  if (status.code === DEADLINE)
    return {
      code: "TIMEOUT",
      message: `${endpoint} did not ${subject} within ${options.timeout / 1000} seconds.`,
      fix: "Check that the cluster is healthy and near; connection.timeout sets the patience.",
    };
  if (status.code === INVALID || status.code === PRECONDITION)
    return {
      code: "INTERNAL",
      message: `${endpoint} refused to ${subject} as a malformed request.`,
      fix: "This looks like a fault of trueup. Please report it with the details below.",
    };
  return {
    code: "UNREACHABLE",
    message: `${endpoint} could not ${subject}: the connection or the server failed on the way.`,
    fix: "Check that the cluster has a leader (etcdctl endpoint status), then run the command again.",
  };
}

/** etcd's own words are fixed sentences; anything else may come from a proxy and could hold anything. */
function harmless(details: string): string | undefined {
  return /^(?:etcdserver|mvcc|auth): [a-z ,'-]{1,90}$/u.test(details) ? details : undefined;
}
