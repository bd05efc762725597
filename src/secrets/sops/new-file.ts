/** A SOPS file without values, for a fresh data key. */
import { Failure } from "../../failure.ts";
import { sealForAge } from "./age.ts";
import { decodeBase64 } from "./cipher.ts";
import { DEFAULT_SELECTOR } from "./selector.ts";
import type { Selector } from "./selector.ts";

/** The version of SOPS whose files these are like. Its readers compare it with their own. */
const LIKE_VERSION = "3.13.3";

/** Asks KMS to encrypt the data key of a new file; gives base64. */
export type EncryptKms = (request: {
  readonly arn: string;
  readonly plaintext: Uint8Array;
  readonly context: Readonly<Record<string, string>>;
  readonly region?: string;
}) => Promise<string>;

export interface NewFile {
  readonly path: string;
  readonly json: boolean;
  /** `age1…` or `arn:aws:kms:…`. */
  readonly recipients: readonly string[];
  readonly dataKey: Uint8Array;
  readonly now: string;
  /** Encrypted MAC: a stand-in, it is written anew with the first value. */
  readonly mac: string;
  readonly encryptKms: EncryptKms | undefined;
  readonly selector: Selector | undefined;
}

/** Text of the file. Throws USAGE if there is no recipient, or one that cannot be used. */
export async function newFileText(file: NewFile): Promise<string> {
  if (file.recipients.length === 0)
    throw new Failure("USAGE", `${file.path} needs a recipient: somebody who can decrypt it.`, {
      fix: "add creation_rules with an age recipient to .sops.yaml (age-keygen -o key.txt makes a key)",
    });
  const keys = await Promise.all([...new Set(file.recipients)].map((recipient) => sealFor(recipient, file)));
  const selector = file.selector ?? DEFAULT_SELECTOR;
  const section = {
    ...group("kms", keys),
    ...group("age", keys),
    lastmodified: file.now,
    mac: file.mac,
    [selector.name]: selector.text,
    version: LIKE_VERSION,
  };
  return file.json ? `${JSON.stringify({ sops: section }, null, "\t")}\n` : yamlOf(section);
}

type Field = readonly [name: string, text: string];
interface MasterKey {
  readonly kind: "age" | "kms";
  readonly fields: readonly Field[];
}

async function sealFor(recipient: string, file: NewFile): Promise<MasterKey> {
  const region = /^arn:[\w-]+:kms:(?<region>[\w-]+):\d{12}:(?:key|alias)\/[\w/-]+$/u.exec(recipient)?.groups?.region;
  if (region !== undefined) return await sealForKms(recipient, region, file);
  const enc = await sealForAge(recipient, file.dataKey);
  if (enc !== undefined)
    return {
      kind: "age",
      fields: [
        ["enc", enc],
        ["recipient", recipient],
      ],
    };
  throw new Failure(
    "USAGE",
    `A recipient given for ${file.path} is neither an age recipient nor the ARN of a KMS key.`,
    {
      fix: "use age1…, or arn:aws:kms:<region>:<account>:key/<id>",
      // A private key pasted in the wrong place must not be shown.
      details: recipient.startsWith("age1") ? [recipient] : [],
    },
  );
}

async function sealForKms(arn: string, region: string, file: NewFile): Promise<MasterKey> {
  if (file.encryptKms === undefined)
    throw new Failure("MISSING", `${file.path} is to be encrypted for AWS KMS, which is not available here.`, {
      fix: "use an age recipient, or write the first value with sops",
      details: [arn],
    });
  const enc = await file.encryptKms({ arn, plaintext: file.dataKey, context: {}, region });
  if (decodeBase64(enc) === undefined) throw new Failure("INTERNAL", "KMS gave something that is not base64.");
  const fields: Field[] = [
    ["arn", arn],
    ["aws_profile", ""],
    ["created_at", file.now],
    ["enc", enc],
  ];
  return { kind: "kms", fields };
}

function group(kind: MasterKey["kind"], keys: readonly MasterKey[]): Record<string, Record<string, string>[]> {
  const own = keys.filter((key) => key.kind === kind);
  return own.length === 0 ? {} : { [kind]: own.map((key) => Object.fromEntries(key.fields)) };
}

/** As `sops` lays it out: four columns a level, age files as literal blocks. */
function yamlOf(section: Readonly<Record<string, string | Record<string, string>[]>>): string {
  const lines = Object.entries(section).flatMap(([name, value]) =>
    typeof value === "string"
      ? [`    ${name}: ${scalar(value)}`]
      : [`    ${name}:`, ...value.flatMap((fields) => itemLines(fields))],
  );
  return `sops:\n${lines.join("\n")}\n`;
}

function itemLines(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flatMap(([name, value], index) => {
    const head = `        ${index === 0 ? "- " : "  "}${name}:`;
    if (!value.includes("\n")) return [`${head} ${scalar(value)}`];
    const block = value.trimEnd().split("\n");
    return [`${head} |`, ...block.map((line) => `            ${line}`)];
  });
}

/** Quotes all that is not certainly text without them (times, patterns). */
function scalar(text: string): string {
  return /^(?:ENC\[\S+\]|age1\w+|arn:[\w:/-]+|[A-Za-z][\w+/]{50,}=*|_\w+|\d+\.\d+\.\d+)$/u.test(text)
    ? text
    : JSON.stringify(text);
}
