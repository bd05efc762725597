/** A SOPS file without values, for a fresh data key. */
import { Failure } from "../../failure.ts";
import { sealForAge } from "./age.ts";
import { decodeBase64 } from "./cipher.ts";
import { type KmsKey, regionOf } from "./data-key.ts";
import { DEFAULT_SELECTOR } from "./selector.ts";
import type { Selector } from "./selector.ts";
import { splitShares } from "./shamir.ts";

/** The version of SOPS whose files these are like. Its readers compare it with their own. */
const LIKE_VERSION = "3.13.3";

/** Asks KMS to encrypt the data key of a new file; gives base64. */
export type EncryptKms = (request: KmsKey & { readonly plaintext: Uint8Array }) => Promise<string>;

/** Somebody who can open a file: `age1…`, `arn:aws:kms:…`, or such an ARN with what KMS is to be asked with. */
export type RecipientName = string | KmsRecipient;
export interface KmsRecipient extends Pick<KmsKey, "role" | "profile"> {
  readonly arn: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Groups of which each holds one share of the data key; `threshold` of them are needed. */
export interface KeyGroups {
  readonly groups: readonly (readonly RecipientName[])[];
  readonly threshold: number;
}

export interface NewFile {
  readonly path: string;
  readonly json: boolean;
  /** One list: any of them opens the file. */
  readonly recipients: readonly RecipientName[] | KeyGroups;
  readonly dataKey: Uint8Array;
  readonly now: string;
  /** Encrypted MAC: a stand-in, it is written anew with the first value. */
  readonly mac: string;
  readonly encryptKms: EncryptKms | undefined;
  readonly selector: Selector | undefined;
  readonly random: (count: number) => Uint8Array;
}

/** Text of the file. Throws USAGE if there is no recipient, or one that cannot be used. */
export async function newFileText(file: NewFile): Promise<string> {
  const selector = file.selector ?? DEFAULT_SELECTOR;
  const section: Section = {
    ...(await recipientsPart(file)),
    lastmodified: file.now,
    mac: file.mac,
    [selector.name]: selector.text,
    version: LIKE_VERSION,
  };
  return file.json
    ? `${JSON.stringify({ sops: section }, null, "\t")}\n`
    : `${yamlLines({ sops: section }, 0).join("\n")}\n`;
}

type Item = string | number | Section | readonly Section[];
interface Section {
  readonly [name: string]: Item;
}

async function recipientsPart(file: NewFile): Promise<Section> {
  if (!("groups" in file.recipients)) return await groupPart(file.recipients, file.dataKey, file);
  const { groups, threshold } = file.recipients;
  const shares = splitShares(file.dataKey, groups.length, threshold, file.random);
  const parts = await Promise.all(
    groups.map((group, index) => groupPart(group, shares[index] ?? new Uint8Array(), file)),
  );
  return { shamir_threshold: threshold, key_groups: parts };
}

async function groupPart(names: readonly RecipientName[], data: Uint8Array, file: NewFile): Promise<Section> {
  if (names.length === 0)
    throw new Failure("USAGE", `${file.path} needs a recipient: somebody who can decrypt it.`, {
      fix: "add creation_rules with an age recipient to .sops.yaml (age-keygen -o key.txt makes a key)",
    });
  const keys = await Promise.all([...new Set(names)].map((name) => sealFor(name, data, file)));
  const own = (kind: MasterKey["kind"]): Section => {
    const found = keys.filter((key) => key.kind === kind).map(({ fields }) => fields);
    return found.length === 0 ? {} : { [kind]: found };
  };
  return { ...own("kms"), ...own("age") };
}

interface MasterKey {
  readonly kind: "age" | "kms";
  readonly fields: Section;
}

async function sealFor(name: RecipientName, data: Uint8Array, file: NewFile): Promise<MasterKey> {
  const recipient = typeof name === "string" ? { arn: name } : name;
  if (/^arn:[\w-]+:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]+$/u.test(recipient.arn))
    return await sealForKms(recipient, data, file);
  const enc = await sealForAge(recipient.arn, data);
  if (enc !== undefined) return { kind: "age", fields: { enc, recipient: recipient.arn } };
  throw new Failure(
    "USAGE",
    `A recipient given for ${file.path} is neither an age recipient nor the ARN of a KMS key.`,
    {
      fix: "use age1…, or arn:aws:kms:<region>:<account>:key/<id>",
      // A private key pasted in the wrong place must not be shown.
      details: recipient.arn.startsWith("age1") ? [recipient.arn] : [],
    },
  );
}

async function sealForKms(
  { arn, role, profile, context = {} }: KmsRecipient,
  plaintext: Uint8Array,
  file: NewFile,
): Promise<MasterKey> {
  if (file.encryptKms === undefined)
    throw new Failure("MISSING", `${file.path} is to be encrypted for AWS KMS, which is not available here.`, {
      fix: "use an age recipient, or write the first value with sops",
      details: [arn],
    });
  const region = regionOf(arn);
  const as = { ...(role === undefined ? {} : { role }), ...(profile === undefined ? {} : { profile }) };
  const enc = await file.encryptKms({ arn, plaintext, context, ...(region === undefined ? {} : { region }), ...as });
  if (decodeBase64(enc) === undefined) throw new Failure("INTERNAL", "KMS gave something that is not base64.");
  const fields = {
    arn,
    ...(role === undefined ? {} : { role }),
    ...(Object.keys(context).length === 0 ? {} : { context }),
    created_at: file.now,
    enc,
    aws_profile: profile ?? "",
  };
  return { kind: "kms", fields };
}

/** As `sops` lays it out: four columns a level, age files as literal blocks. */
function yamlLines(section: Section, depth: number): string[] {
  const gap = " ".repeat(depth);
  return Object.entries(section).flatMap(([name, item]) => {
    if (typeof item === "number") return [`${gap}${name}: ${item}`];
    if (typeof item === "string") {
      if (!item.includes("\n")) return [`${gap}${name}: ${scalar(item)}`];
      return [
        `${gap}${name}: |`,
        ...item
          .trimEnd()
          .split("\n")
          .map((line) => `${gap}    ${line}`),
      ];
    }
    if (isSection(item)) return [`${gap}${name}:`, ...yamlLines(item, depth + 4)];
    const items = item.flatMap((one) => {
      const [first = "", ...rest] = yamlLines(one, depth + 6);
      return [`${" ".repeat(depth + 4)}- ${first.trimStart()}`, ...rest];
    });
    return [`${gap}${name}:`, ...items];
  });
}

function isSection(item: Section | readonly Section[]): item is Section {
  return !Array.isArray(item);
}

/** Quotes all that is not certainly text without them (times, patterns). */
function scalar(text: string): string {
  return /^(?:ENC\[\S+\]|age1\w+|arn:[\w:/-]+|[A-Za-z][\w+/]{50,}=*|_\w+|\d+\.\d+\.\d+)$/u.test(text)
    ? text
    : JSON.stringify(text);
}
