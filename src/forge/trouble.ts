/** What a failed request to a forge means, and the failure to show people. Nothing the forge answered is repeated. */
import { Failure } from "../failure.ts";
import type { FailureCode } from "../failure.ts";
import type { Host } from "./host.ts";

/**
 * - `rate`: refused for the number of requests, so not done. `wait` says how long.
 * - `login`, `denied`, `absent`, `gone`, `too-long`, `invalid`, `conflict`: not done, and another try would not help.
 * - `unsent`, `tls`: it never left this machine.
 * - `unknown`: it may have been done: no answer, half an answer, or one from something between.
 */
export interface Trouble {
  readonly kind:
    | "rate"
    | "login"
    | "denied"
    | "absent"
    | "gone"
    | "too-long"
    | "invalid"
    | "conflict"
    | "unsent"
    | "tls"
    | "unknown";
  readonly status: number | undefined;
  /** Milliseconds, of `rate`. */
  readonly wait: number;
  /** Name of a network error, such as `ECONNREFUSED`, or of a field that was not valid; words only. */
  readonly word: string;
  readonly requestId: string | undefined;
}

/** What a request is for. */
export interface Task {
  /** Completes "could not ...": `write the comment on pull request 7`. */
  readonly subject: string;
  /** Line of `permissions:` that it needs, such as `pull-requests: write`. */
  readonly needs: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** GitHub asks for at least a minute after a secondary limit that names no time (REST best practices, seen 2026-11). */
const SECONDARY_WAIT = 60_000;
const UNSENT = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/u;
const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO)/u;
const KINDS: Readonly<Record<number, Trouble["kind"]>> = {
  401: "login",
  403: "denied",
  404: "absent",
  409: "conflict",
  410: "gone",
  413: "too-long",
};

/** Takes whatever the client library throws. */
export function troubleOf(error: unknown): Trouble {
  const { response } = (error ?? {}) as { response?: Answer };
  return response === undefined ? networkTrouble(error) : answerTrouble(response);
}

/** An answer that claims to be good and cannot be read: the connection broke half-way, or a proxy put in its page. */
export function unreadable(answer: Answer): Trouble {
  return { ...answerTrouble(answer), kind: "unknown", word: "unreadable answer" };
}

function answerTrouble({ status, headers, data }: Answer): Trouble {
  const { message, errors } = (data ?? {}) as { message?: unknown; errors?: unknown };
  const said = `${typeof message === "string" ? message : ""} ${JSON.stringify(errors ?? "")}`;
  const wait = rateWait(status, headers, said);
  const is = (kind: Trouble["kind"]): Trouble => ({
    kind,
    status,
    wait: wait ?? 0,
    word: field(errors),
    requestId: word(headers["x-github-request-id"]),
  });
  if (wait !== undefined) return is("rate");
  if (status === 422 && /too (?:long|big|large)/iu.test(said)) return is("too-long");
  return is(KINDS[status] ?? (status >= 400 && status < 500 ? "invalid" : "unknown"));
}

/** Milliseconds until the forge takes requests again; undefined if it did not refuse for their number. */
function rateWait(status: number, headers: Answer["headers"], said: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers["retry-after"]);
  if (headers["retry-after"] !== undefined && Number.isFinite(after)) return Math.max(0, after) * 1000;
  if (String(headers["x-ratelimit-remaining"]) === "0") {
    // Both times are the forge's, so that our clock does not matter.
    const now = Date.parse(String(headers["date"]));
    const wait = Number(headers["x-ratelimit-reset"]) * 1000 - now;
    return Number.isFinite(wait) ? Math.max(1000, wait) : SECONDARY_WAIT;
  }
  return status === 429 || /rate limit|abuse detection/iu.test(said) ? SECONDARY_WAIT : undefined;
}

function networkTrouble(error: unknown): Trouble {
  const name = codeOf(error);
  const kind = UNSENT.test(name) ? "unsent" : TLS.test(name) ? "tls" : "unknown";
  return { kind, status: undefined, wait: 0, word: name, requestId: undefined };
}

/** The first error code on the chain of causes; the library wraps what the network said. */
function codeOf(error: unknown, depth = 0): string {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  const own = word(code);
  if (own !== undefined && own !== "") return own;
  if (cause !== undefined && depth < 5) return codeOf(cause, depth + 1);
  return word(name) ?? "Error";
}

/** Which field a forge did not like: `labels missing_field`. */
function field(errors: unknown): string {
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  const { field: name, code } = (first ?? {}) as { field?: unknown; code?: unknown };
  return [word(name), word(code)].filter((each) => each !== undefined).join(" ");
}

/** Anything else than a plain word could be somebody's text. */
function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w:.-]{1,80}$/u.test(text) ? text : undefined;
}

const HOST_NAMES: Readonly<Record<Host["kind"], string>> = {
  github: "GitHub",
  ghes: "GitHub Enterprise Server",
  gitea: "Gitea",
  forgejo: "Forgejo",
};

const known = new WeakMap<Failure, Trouble>();

/** The trouble a failure came from; undefined if it did not come from a forge. */
export function troubleBehind(failure: Failure): Trouble | undefined {
  return known.get(failure);
}

export function failureOf(trouble: Trouble, task: Task, host: Host): Failure {
  const { code, why, fix } = explain(trouble, task, host);
  const http = trouble.status === undefined ? [] : [`HTTP ${trouble.status}`];
  const details = [...http, trouble.word, ...(trouble.requestId === undefined ? [] : [`request ${trouble.requestId}`])];
  const failure = new Failure(code, `Could not ${task.subject}: ${why}.`, {
    fix,
    details: details.filter((each) => each !== ""),
  });
  known.set(failure, trouble);
  return failure;
}

interface Explained {
  readonly code: FailureCode;
  readonly why: string;
  readonly fix: string;
}

function explain(trouble: Trouble, task: Task, host: Host): Explained {
  const name = HOST_NAMES[host.kind];
  const at = `${name} at ${host.api}`;
  switch (trouble.kind) {
    case "rate":
      return {
        code: "TIMEOUT",
        why: `${name} takes no more requests from this token for ${Math.ceil(trouble.wait / 1000)} s`,
        fix: "Run the job again after that time. If it happens often, fewer jobs should share this token.",
      };
    case "login":
      return {
        code: "DENIED",
        why: `${name} does not accept the token`,
        fix: "Check the input `token`: it may have expired, or belong to another host.",
      };
    case "denied":
      return { code: "DENIED", why: `this token may not do that on ${name}`, fix: permissionFix(task, host) };
    case "absent":
      return {
        code: "MISSING",
        why: `${name} says there is no such thing in ${host.owner}/${host.repo}, which is also what it says to a token that may not see it`,
        fix: permissionFix(task, host),
      };
    case "gone":
      return {
        code: "DENIED",
        why: `${name} says that this is switched off or was removed`,
        fix: `Issues may be disabled in ${host.owner}/${host.repo}: enable them in its settings.`,
      };
    case "too-long":
      return { code: "LIMIT", why: `the text is longer than ${name} takes`, fix: "Show less, and link to the rest." };
    case "invalid":
    case "conflict":
      return {
        code: "LIMIT",
        why: `${name} refused the request as not valid`,
        fix: "The details name what it did not take. If they do not explain it, please report it.",
      };
    case "tls":
      return {
        code: "TLS",
        why: `there is no trusted connection to ${at}`,
        fix: "For a private authority set NODE_EXTRA_CA_CERTS on the runner.",
      };
    default:
      return {
        code: trouble.word === "TimeoutError" ? "TIMEOUT" : "UNREACHABLE",
        why: `${at} does not answer as it should`,
        fix: "Check its status page and the runner's network, then run the job again.",
      };
  }
}

function permissionFix({ needs }: Task, { kind }: Host): string {
  if (kind === "gitea" || kind === "forgejo")
    return `Give the job a token in the input \`token\` whose account may do this (on GitHub it would be \`${needs}\`).`;
  return `Add \`${needs}\` to \`permissions:\` of the job. In a pull request from a fork the token only reads, whatever that says.`;
}
