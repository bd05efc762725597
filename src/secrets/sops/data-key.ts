/** From the keys at hand to the data key of a file. */
import { Failure, isFailure } from "../../failure.ts";
import { ageKeys } from "./age.ts";
import type { AgeKeys } from "./age.ts";
import type { Metadata, Recipient } from "./metadata.ts";
import { combineShares } from "./shamir.ts";

export interface KmsRequest {
  readonly arn: string;
  /** Base64, as `kms:Decrypt` gives and takes it on the wire. */
  readonly ciphertext: string;
  /** Encryption context; empty where the file has none. */
  readonly context: Readonly<Record<string, string>>;
  /** From the ARN. */
  readonly region?: string;
  /** A role that the file asks to take on first. */
  readonly role?: string;
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
  const opened: Uint8Array[] = [];
  const tries: Try[] = [];
  for (const group of metadata.groups) {
    const part = await openGroup(group, age, keys, tries);
    if (part !== undefined) opened.push(part);
  }
  const several = metadata.groups.length > 1;
  if (opened.length < (several ? metadata.threshold : 1)) throw notOpened(path, metadata, tries, age);
  const key = several ? combineShares(opened) : opened[0];
  if (key?.length !== KEY_BYTES) throw new Failure("CORRUPT", `The data key in ${path} is damaged.`, { fix: RESTORE });
  return key;
}

export const RESTORE = "restore the file from Git (git log -p shows when it changed)";

interface Try {
  readonly recipient: Recipient;
  readonly why: string;
  readonly damaged: boolean;
}

/** age first, as in SOPS: it needs no network. */
async function openGroup(
  group: readonly Recipient[],
  age: AgeKeys,
  keys: KeySource,
  tries: Try[],
): Promise<Uint8Array | undefined> {
  const order = group.toSorted((a, b) => Number(a.kind !== "age") - Number(b.kind !== "age"));
  for (const recipient of order) {
    const outcome = await openRecipient(recipient, age, keys);
    if (outcome instanceof Uint8Array) return outcome;
    tries.push({ recipient, ...outcome });
  }
  return undefined;
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

async function askKms({ id, enc, context, role }: Recipient, { decryptKms }: KeySource): Promise<Outcome> {
  if (decryptKms === undefined) return { why: "AWS KMS is not available here", damaged: false };
  const region = /^arn:[^:]+:kms:(?<region>[^:]+):/u.exec(id)?.groups?.region;
  try {
    const place = { ...(region === undefined ? {} : { region }), ...(role === undefined ? {} : { role }) };
    return await decryptKms({ arn: id, ciphertext: enc, context, ...place });
  } catch (error) {
    // Only our own failures have words that are known to hold no value.
    const why = isFailure(error) ? error.message : error instanceof Error ? error.name : "the call failed";
    return { why, damaged: false };
  }
}

function notOpened(path: string, metadata: Metadata, tries: readonly Try[], age: AgeKeys): Failure {
  const details = tries.map(({ recipient, why }) => `${recipient.kind} ${recipient.id}: ${why}`);
  if (metadata.groups.length > 1)
    details.push(`${metadata.threshold} of ${metadata.groups.length} key groups have to be opened`);
  if (age.unusable > 0)
    details.push(`${age.unusable} of the age keys given cannot be used here (only AGE-SECRET-KEY-… can)`);
  const damaged = tries.find((one) => one.damaged);
  if (damaged !== undefined)
    return new Failure("CORRUPT", `The data key in ${path} is damaged.`, { fix: RESTORE, details });
  return new Failure("DENIED", `No key at hand opens ${path}.`, { fix: cure(metadata), details });
}

function cure(metadata: Metadata): string {
  const kinds = new Set(metadata.groups.flat().map((recipient) => recipient.kind));
  if (kinds.has("age")) return "set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to the key of one of the recipients";
  if (kinds.has("kms")) return "use AWS credentials that may call kms:Decrypt with this key";
  return "add an age or KMS recipient with sops updatekeys";
}
