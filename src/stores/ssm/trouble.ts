/** What a failed call to SSM means: whether a write may have happened, and the failure to show people. */
import { Failure } from "../../failure.ts";
import type { FailureCode } from "../../failure.ts";
import type { Operation } from "./client.ts";

/**
 * - `throttled`: refused for its rate, so not done. `busy`: refused because the same parameter is being changed.
 * - `unsent`: it never left this machine.
 * - `refused`: not done, and another try would not help.
 * - `unknown`: it may have been done.
 */
export interface Trouble {
  readonly kind: "throttled" | "busy" | "unsent" | "refused" | "unknown";
  /** The error's name, such as `ParameterAlreadyExists` or `ECONNREFUSED`; letters and digits only. */
  readonly name: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Refused because an Advanced parameter cannot become a Standard one. */
  readonly isDowngrade: boolean;
}

/** botocore's list of throttling errors (botocore/retries/standard.py, seen 2026-08). */
const THROTTLES = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "LimitExceededException",
  "SlowDown",
  "PriorRequestNotComplete",
  "EC2ThrottledException",
  "BandwidthLimitExceeded",
  "ProvisionedThroughputExceededException",
  "TransactionInProgressException",
  "RequestThrottled",
]);
/** Errors of a connection that was never made. */
const UNSENT = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/u;
const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO)/u;
const LOGIN =
  /^(?:UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|RequestExpired|InvalidAccessKeyId|NotAuthorized|OptInRequired)/u;

/** Takes any error that the SDK throws. Texts of the error are not kept: they may hold what was sent. */
export function troubleOf(error: unknown): Trouble {
  const { name, code, $metadata, message } = Object(error) as {
    name?: unknown;
    code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number; requestId?: string };
  };
  const own = word(typeof code === "string" ? code : name);
  const status = $metadata?.httpStatusCode;
  const requestId = typeof $metadata?.requestId === "string" ? word($metadata.requestId) : undefined;
  const isDowngrade = own === "ValidationException" && typeof message === "string" && message.includes("downgrade");
  const trouble = (kind: Trouble["kind"], called = own): Trouble => ({
    kind,
    name: called,
    status,
    requestId,
    isDowngrade,
  });
  if (THROTTLES.has(own) || status === 429) return trouble("throttled");
  if (own === "TooManyUpdates") return trouble("busy");
  if (UNSENT.test(own) || TLS.test(own)) return trouble("unsent");
  if (own === "CredentialsProviderError" || own === "TokenProviderError") return trouble("refused", "NoCredentials");
  if (typeof message === "string" && message.startsWith("Region is missing")) return trouble("refused", "NoRegion");
  if (status !== undefined && status >= 400 && status < 500) return trouble("refused");
  return trouble("unknown");
}

/** Anything else than a plain word could be somebody's text. */
function word(name: unknown): string {
  return typeof name === "string" && /^[\w-]{1,80}$/u.test(name) ? name : "UnknownError";
}

/** `subject` completes "could not ...": `read /config/`. `where` is region or endpoint. */
export function failureOf(trouble: Trouble, operation: Operation, subject: string, where: string): Failure {
  const { code, message, fix } = explain(trouble, operation, subject, where);
  const http = trouble.status === undefined ? "" : ` (HTTP ${trouble.status})`;
  const id = trouble.requestId === undefined ? [] : [`request ${trouble.requestId}`];
  return new Failure(code, message, { fix, details: [`${operation}: ${trouble.name}${http}`, ...id] });
}

interface Explained {
  readonly code: FailureCode;
  readonly message: string;
  readonly fix: string;
}

function explain(trouble: Trouble, operation: Operation, subject: string, where: string): Explained {
  const { name, kind } = trouble;
  const known = KNOWN[name];
  if (known !== undefined)
    return { code: known[0], message: `SSM in ${where} would not ${subject}: ${known[1]}.`, fix: known[2] };
  if (name.startsWith("AccessDenied"))
    return {
      code: "DENIED",
      message: `These credentials may not ${subject} in SSM (${where}): ssm:${operation} is denied.`,
      fix: `Allow ssm:${operation} on the parameters below that path${operation === "GetParametersByPath" ? ", and on the path itself" : ""}; for secrets also kms:${operation === "PutParameter" ? "Encrypt and kms:GenerateDataKey" : "Decrypt"} on their key.`,
    };
  if (LOGIN.test(name))
    return {
      code: "DENIED",
      message: `SSM in ${where} does not accept these credentials.`,
      fix: "Check who you are with `aws sts get-caller-identity`, log in again, and check the clock of this machine.",
    };
  if (TLS.test(name))
    return {
      code: "TLS",
      message: `Could not ${subject}: no trusted connection to SSM in ${where}.`,
      fix: "Check connection.endpoint; for a private authority set NODE_EXTRA_CA_CERTS.",
    };
  if (kind === "throttled" || kind === "busy")
    return {
      code: "TIMEOUT",
      message: `Could not ${subject}: SSM in ${where} throttled every try.`,
      fix: "Somebody else uses up the quota of this account and region. Run it again later, or lower connection.rates.",
    };
  if (kind === "refused")
    return {
      code: "LIMIT",
      message: `SSM in ${where} refused to ${subject}.`,
      fix: "The details name SSM's error; see its documentation. If the plan fitted, please report it.",
    };
  return {
    // The SDK gives its own time limit the name of the system's.
    code: name === "TimeoutError" || name === "ETIMEDOUT" ? "TIMEOUT" : "UNREACHABLE",
    message: `Could not ${subject}: SSM in ${where} does not answer as it should.`,
    fix: "Check region, connection.endpoint and the network (a private subnet needs a VPC endpoint for ssm), then run it again.",
  };
}

/** Errors of the service model that people can do something about (@aws-sdk/client-ssm 3.1169.0, seen 2026-11). */
const KNOWN: Readonly<Record<string, readonly [FailureCode, string, string]>> = {
  NoCredentials: [
    "MISSING",
    "no AWS credentials were found",
    "Set AWS_PROFILE or connection.profile, log in (`aws sso login`), or give the job a role.",
  ],
  NoRegion: ["MISSING", "no region is set", "Set connection.region, or AWS_REGION."],
  ParameterLimitExceeded: [
    "FULL",
    "the account has no room for another parameter in this region (10,000 Standard, 100,000 Advanced)",
    "Remove parameters nobody needs, or use layout: blob, which needs one for each app.",
  ],
  ParameterMaxVersionLimitExceeded: [
    "LIMIT",
    "it has 100 versions and the oldest one has a label, so no further one is taken",
    "Move the label to a newer version: aws ssm label-parameter-version.",
  ],
  HierarchyTypeMismatchException: [
    "REFUSED",
    "the parameter has another type, and SSM cannot change the type of one",
    "Delete the parameter, wait 30 seconds, then apply again. Readers find nothing meanwhile.",
  ],
  HierarchyLevelLimitExceededException: ["LIMIT", "the name has more than 15 levels", "Use layout: groups or blob."],
  InvalidKeyId: [
    "DENIED",
    "the KMS key is unknown, disabled or not open to these credentials",
    "Check connection.kmsKey, and that its key policy lets this role use it.",
  ],
  ParameterPatternMismatchException: [
    "LIMIT",
    "the value does not match the AllowedPattern that somebody set on the parameter",
    "Change the value, or the pattern.",
  ],
  ParameterNotFound: ["MOVED", "the parameter is gone", "Plan again, then apply."],
};
