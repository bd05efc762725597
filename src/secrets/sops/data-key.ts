/** From the keys at hand to the data key of a file. */
import { Failure, type FailureCode, isFailure } from "../../failure.ts";
import { ageKeys } from "./age.ts";
import type { AgeKeys } from "./age.ts";
import type { Metadata, Recipient } from "./metadata.ts";
import { combineShares } from "./shamir.ts";

export interface KmsKey {
  readonly arn: string;
  /** Encryption context; empty where the file has none. */
  readonly context: Readonly<Record<string, string>>;
  /** From the ARN. */
  readonly region?: string;
  /** A role that the file asks to take on first. */
  readonly role?: string;
  /** Profile of the AWS configuration files that the file asks for. */
  readonly profile?: string;
}
export interface KmsRequest extends KmsKey {
  /** Base64, as `kms:Decrypt` gives and takes it on the wire. */
  readonly ciphertext: string;
}

export interface KeySource {
  /** `AGE-SECRET-KEY-…`; see `ageIdentities`. */
  readonly ageIdentities: readonly string[];
  /** Asks KMS. Failures it throws become details of the one thrown for the file. */
  readonly decryptKms?: (request: KmsRequest) => Promise<Uint8Array>;
}

const KEY_BYTES = 32;

/**
 * The 32 bytes all values are encrypted with. Throws DENIED if no key at hand opens the file (with a line a recipient),
 * CORRUPT if one should and cannot.
 */
export async function dataKeyOf(path: string, metadata: Metadata, keys: KeySource): Promise<Uint8Array> {
  const age = await ageKeys(keys.ageIdentities);
  const several = metadata.groups.length > 1;
  const needed = several ? metadata.threshold : 1;
  const tries: Try[] = [];
  const opened = await openGroups(metadata.groups, needed, age, keys, tries);
  if (opened.length < needed) throw notOpened(path, metadata, tries, age);
  const key = several ? combineShares(opened) : opened[0];
  if (key?.length !== KEY_BYTES) throw new Failure("CORRUPT", `The data key in ${path} is damaged.`, { fix: RESTORE });
  return key;
}

export const RESTORE = "restore the file from Git (git log -p shows when it changed)";

interface Try {
  readonly recipient: Recipient;
  readonly why: string;
  readonly damaged: boolean;
  /** What was thrown on the way, where it has words of its own. */
  readonly failure?: Failure;
}

/** One part for each group that opens, until enough do. age first in all of them: it needs no network. */
async function openGroups(
  groups: Metadata["groups"],
  needed: number,
  age: AgeKeys,
  keys: KeySource,
  tries: Try[],
): Promise<Uint8Array[]> {
  const opened = new Map<number, Uint8Array>();
  for (const isAge of [true, false]) {
    for (const [index, group] of groups.entries()) {
      for (const recipient of group.filter(({ kind }) => (kind === "age") === isAge)) {
        if (opened.has(index) || opened.size >= needed) break;
        const outcome = await openRecipient(recipient, age, keys);
        if (outcome instanceof Uint8Array) opened.set(index, outcome);
        else tries.push({ recipient, ...outcome });
      }
    }
  }
  return [...opened.values()];
}

type Outcome = Uint8Array | Omit<Try, "recipient">;

async function openRecipient(recipient: Recipient, age: AgeKeys, keys: KeySource): Promise<Outcome> {
  if (recipient.kind === "age") {
    if (age.usable === 0) return { why: "no age key is at hand", damaged: false };
    const outcome = await age.open(recipient.enc, recipient.id);
    return typeof outcome === "string" ? { why: outcome, damaged: outcome === "damaged" } : outcome;
  }
  if (recipient.kind === "kms") return await askKms(recipient, keys);
  return { why: "trueup cannot use keys of this kind, only age and AWS KMS", damaged: false };
}

async function askKms({ id, enc, context, role, profile }: Recipient, { decryptKms }: KeySource): Promise<Outcome> {
  if (decryptKms === undefined) return { why: "AWS KMS is not available here", damaged: false };
  const region = regionOf(id);
  try {
    const as = { ...(role === undefined ? {} : { role }), ...(profile === undefined ? {} : { profile }) };
    return await decryptKms({ arn: id, ciphertext: enc, context, ...(region === undefined ? {} : { region }), ...as });
  } catch (error) {
    // Only our own failures have words that are known to hold no value.
    if (isFailure(error)) return { why: error.message, damaged: false, failure: error };
    return { why: error instanceof Error ? error.name : "the call failed", damaged: false };
  }
}

/** Region in the ARN of a KMS key. */
export function regionOf(arn: string): string | undefined {
  return /^arn:[^:]+:kms:(?<region>[^:]+):/u.exec(arn)?.groups?.region;
}

/** Another try may help. */
const TEMPORARY: ReadonlySet<FailureCode> = new Set<FailureCode>(["UNREACHABLE", "TIMEOUT", "TLS"]);

function notOpened(path: string, metadata: Metadata, tries: readonly Try[], age: AgeKeys): Failure {
  const details = tries.map(({ recipient, why }) => `${recipient.kind} ${recipient.id}: ${why}`);
  if (metadata.groups.length > 1)
    details.push(`${metadata.threshold} of ${metadata.groups.length} key groups have to be opened`);
  if (age.unusable > 0)
    details.push(`${age.unusable} of the age keys given cannot be used here (only AGE-SECRET-KEY-… can)`);
  const damaged = tries.find((one) => one.damaged);
  if (damaged !== undefined)
    return new Failure("CORRUPT", `The data key in ${path} is damaged.`, { fix: RESTORE, details });
  const failures = tries.flatMap(({ failure }) => failure ?? []);
  const failure = failures.find(({ code }) => TEMPORARY.has(code)) ?? failures[0];
  details.push(...failures.flatMap((one) => one.details));
  const code = failure !== undefined && TEMPORARY.has(failure.code) ? failure.code : "DENIED";
  return new Failure(code, `No key at hand opens ${path}.`, { fix: cure(metadata, failure?.fix), details });
}

/** `kms`: what would make KMS open it. */
function cure(metadata: Metadata, kms: string | undefined): string {
  const kinds = new Set(metadata.groups.flat().map((recipient) => recipient.kind));
  const age = "set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to the key of one of the recipients";
  if (kms !== undefined) return kinds.has("age") ? `${age}; or ${kms}` : kms;
  if (kinds.has("age")) return age;
  if (kinds.has("kms")) return "use AWS credentials that may call kms:Decrypt with this key";
  return "add an age or KMS recipient with sops updatekeys";
}
