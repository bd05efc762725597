/** Something is wrong in the world (not in the user's files): thrown, caught once at the edge. */
import type { FailureFacts } from "./model.ts";

/** Process exit codes, the same for every command (`docs/exit-codes.md`). */
export const EXIT = {
  ok: 0,
  failed: 1,
  changes: 2,
  invalid: 3,
  refused: 4,
  partial: 5,
  moved: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type FailureCode =
  | "USAGE"
  | "UNREACHABLE"
  | "DENIED"
  | "TIMEOUT"
  | "TLS"
  | "INCOMPLETE" // a read that may have missed something
  | "MOVED" // head or keys changed since they were read
  | "STALE" // the plan is not the reviewed one
  | "DIVERGED"
  | "HISTORY" // Git history needed and not there
  | "REFUSED" // by a guard
  | "UNKNOWN_OUTCOME"
  | "FULL" // quota or space of the store
  | "CORRUPT" // ledger, head or store content cannot be understood
  | "LIMIT" // a store's limit hit although the plan fitted
  | "UNFIT" // a text with its secrets filled in breaks a rule
  | "MISSING" // a file, credential or program is not there
  | "INTERRUPTED"
  | "INTERNAL";

const EXIT_OF: Partial<Record<FailureCode, ExitCode>> = {
  MOVED: EXIT.moved,
  STALE: EXIT.moved,
  DIVERGED: EXIT.moved,
  REFUSED: EXIT.refused,
  UNKNOWN_OUTCOME: EXIT.partial,
  INTERRUPTED: EXIT.interrupted,
};

const MARK = Symbol.for("trueup.failure");

/** The one error class. Recognise it with {@link isFailure}: two copies of the package still agree. */
export class Failure extends Error {
  readonly [MARK] = true;
  readonly code: FailureCode;
  /** What to do about it, for people. */
  readonly fix: string | undefined;
  readonly details: readonly string[];

  /** `message` says what happened and where; it never holds a value read from a store or a secret. */
  constructor(
    code: FailureCode,
    message: string,
    options: { fix?: string | undefined; details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Failure";
    this.code = code;
    this.fix = options.fix;
    this.details = options.details ?? [];
  }
}

/** As receipts say it. */
export function factsOf({ code, message, fix, details }: Failure): FailureFacts {
  return { code, message, details, ...(fix === undefined ? {} : { fix }) };
}

export function isFailure(error: unknown): error is Failure {
  return typeof error === "object" && error !== null && MARK in error;
}

/** Exit code of a failure; anything that is not one is our bug and exits 1. */
export function exitOf(error: unknown): ExitCode {
  return isFailure(error) ? (EXIT_OF[error.code] ?? EXIT.failed) : EXIT.failed;
}
