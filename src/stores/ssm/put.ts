/** Writes one parameter, exactly once, also when an answer is lost. */
import type { PutParameterCommandInput } from "@aws-sdk/client-ssm";
import { Failure, isFailure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { Sealed } from "../../secret.ts";
import type { Client } from "./client.ts";
import { look, lookAtVersion } from "./look.ts";
import type { Seen } from "./look.ts";
import { STANDARD_BYTES } from "./limits.ts";

export interface Put {
  readonly key: Key;
  readonly text: string | Sealed;
  readonly secret: boolean;
  /** Number of the version to be replaced; 0 to create. */
  readonly expected: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Version that was deleted to make room: a read that still shows it is behind. */
  readonly gone?: Version | null;
}

export type Written =
  /** `overtaken`: somebody else's version lies between the expected one and ours. */
  | { readonly kind: "written"; readonly number: number; readonly overtaken: boolean }
  /** Somebody else created it first: nothing was written. */
  | { readonly kind: "exists" };

/** SSM wants 30 seconds between a deletion and a new parameter of that name (DeleteParameter, service model); and some more. */
const RECREATE_MS = 45_000;

/** What is known of a write that was sent. */
interface Sent {
  /** An answer was lost. */
  isUncertain: boolean;
}

/** Throws the failure if it was not written, and `UNKNOWN_OUTCOME` if nobody can tell. */
export async function put(client: Client, what: Put, signal?: AbortSignal): Promise<Written> {
  const sent: Sent = { isUncertain: false };
  try {
    return await untilAnswered(client, what, sent, signal);
  } catch (error) {
    if (!sent.isUncertain || !isFailure(error) || error.code === "UNKNOWN_OUTCOME" || error.code === "MOVED")
      throw error;
    // It was not seen since, but somebody may have deleted it: that nothing was written would be too much to say.
    throw unknownOutcome(what.key, undefined, error);
  }
}

async function untilAnswered(client: Client, what: Put, sent: Sent, signal?: AbortSignal): Promise<Written> {
  const subject = `write ${what.key}`;
  const input = inputOf(client, what);
  let tier = input.Tier;
  const { clock } = client;
  const end = clock.now() + RECREATE_MS;
  for (let attempt = 0; ; attempt++) {
    const told = await client.tell("PutParameter", { ...input, Tier: tier }, subject, signal);
    if (told.kind === "done") {
      const number = told.output.Version ?? what.expected + 1;
      return { kind: "written", number, overtaken: await isOvertaken(client, what, number, sent.isUncertain) };
    }
    if (told.kind === "unknown") {
      sent.isUncertain = true;
      const ours = await settle(client, what, subject);
      if (ours !== undefined) return ours;
    } else if (told.trouble.name === "ParameterAlreadyExists") {
      const seen = await current(client, what);
      if (seen !== undefined)
        return sent.isUncertain && (await holds(client, seen, what))
          ? { kind: "written", number: seen.number, overtaken: false }
          : { kind: "exists" };
      // Deleted a moment ago: the name is not free yet.
      if (clock.now() > end) return { kind: "exists" };
    } else if (told.trouble.isDowngrade && tier === "Standard") {
      // It was Advanced once and stays so; SSM does not tell the tier when a parameter is read.
      tier = "Advanced";
      continue;
    } else throw client.failure(told.trouble, "PutParameter", subject);
    if (attempt > 30) throw unknownOutcome(what.key);
    await client.backOff(Math.min(attempt, 6), signal);
  }
}

/** After a write without an answer: was it done? Undefined: no, so it may be sent again. */
async function settle(client: Client, what: Put, subject: string): Promise<Written | undefined> {
  const { clock } = client;
  const end = clock.now() + client.options.settle;
  try {
    for (let attempt = 0; ; attempt++) {
      // A read that is behind shows somebody else's version, and not yet ours after it.
      const isLast = clock.now() > end;
      const seen = await current(client, what);
      const isChanged = seen !== undefined && seen.number > what.expected;
      const ours = isChanged ? await whose(client, what, seen, isLast) : undefined;
      if (ours !== undefined || isLast) return ours;
      await client.backOff(attempt);
    }
  } catch (error) {
    // MOVED: what was read tells that theirs stays.
    if (isFailure(error) && (error.code === "UNKNOWN_OUTCOME" || error.code === "MOVED")) throw error;
    throw unknownOutcome(what.key, subject, error);
  }
}

async function current(client: Client, { key, gone }: Put): Promise<Seen | undefined> {
  const seen = (await look(client, [key], false)).get(key);
  return seen?.version === gone ? undefined : seen;
}

/** Of the versions since the expected one, is one ours? Undefined: not yet, and this was not the last look. */
async function whose(client: Client, what: Put, newest: Seen, isLast: boolean): Promise<Written | undefined> {
  let isGap = false;
  for (let number = what.expected + 1; number <= newest.number; number++) {
    const seen = number === newest.number ? newest : await lookAtVersion(client, what.key, number, false);
    if (seen === undefined) isGap = true;
    else if (await holds(client, seen, what)) return { kind: "written", number, overtaken: number > what.expected + 1 };
  }
  if (!isLast) return undefined;
  // A version that SSM keeps no more may have been ours.
  if (isGap) throw unknownOutcome(what.key);
  if (what.expected === 0) return { kind: "exists" };
  throw new Failure("MOVED", `${what.key} was changed by somebody else in the moment of writing; their value stays.`, {
    fix: "Plan again, then apply.",
  });
}

/** True if that version of the parameter has the text we wrote. */
async function holds(client: Client, seen: Seen, { key, text, secret }: Put): Promise<boolean> {
  if (seen.secret !== secret) return false;
  if (typeof text === "string") return seen.text === text;
  try {
    return (await lookAtVersion(client, key, seen.number, true))?.text === text.reveal();
  } catch (error) {
    throw unknownOutcome(key, "read it back", error);
  }
}

/** A larger number than expected is no race if our own write, thought lost, lies between. */
async function isOvertaken(client: Client, what: Put, number: number, isUncertain: boolean): Promise<boolean> {
  if (number === what.expected + 1) return false;
  if (!isUncertain || number !== what.expected + 2) return true;
  const between = await lookAtVersion(client, what.key, number - 1, false);
  return between === undefined || !(await holds(client, between, what));
}

function inputOf(
  { options }: Client,
  { key, text, secret, expected, description, tags }: Put,
): PutParameterCommandInput {
  const value = typeof text === "string" ? text : text.reveal();
  const isLarge = Buffer.byteLength(value) > STANDARD_BYTES;
  // Somebody may have put an existing secret under a key of their own: without a setting it stays there.
  const keyId = options.kmsKey ?? (expected === 0 ? "alias/aws/ssm" : undefined);
  const pairs = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    Name: key,
    Value: value,
    Type: secret ? "SecureString" : "String",
    ...(secret && keyId !== undefined ? { KeyId: keyId } : {}),
    Tier: options.tier === "advanced" || isLarge ? "Advanced" : "Standard",
    Description: description,
    Overwrite: expected > 0,
    // Tags and Overwrite are refused together.
    ...(expected === 0 && pairs.length > 0 ? { Tags: pairs } : {}),
  };
}

function unknownOutcome(key: Key, subject = `write ${key}`, cause?: unknown): Failure {
  return new Failure("UNKNOWN_OUTCOME", `Nobody can tell whether ${key} was written: trueup could not ${subject}.`, {
    fix: "Plan again when SSM answers: the plan shows what is live, and the ledger what was about to be written.",
    details: isFailure(cause) ? [cause.message, ...cause.details] : [],
  });
}
