/** AWS KMS as the keeper of data keys. The SDK is loaded when a file first needs it. */
import { Failure, type FailureCode, isFailure } from "../../failure.ts";
import { credentialsOf } from "../../stores/ssm/credentials.ts";
import { type Trouble, troubleOf } from "../../stores/ssm/trouble.ts";
import type { KmsKey, KmsRequest } from "./data-key.ts";
import type { EncryptKms } from "./new-file.ts";

export interface Kms {
  readonly decryptKms: (request: KmsRequest) => Promise<Uint8Array>;
  readonly encryptKms: EncryptKms;
}

type Operation = "Decrypt" | "Encrypt";
interface Call {
  readonly operation: Operation;
  readonly key: KmsKey;
  readonly bytes: Uint8Array;
}
type Send = (call: Call) => Promise<Uint8Array | undefined>;

/** Milliseconds that one request may take. Both calls may be repeated: they change nothing. */
const TIMEOUT = 5000;
const TRIES = 2;

/**
 * The real KMS. Credentials are what the SDK finds (environment, profile, web identity, container, instance), or a role
 * or profile that the key asks for; the region is that of the ARN. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_KMS` count.
 * Throws DENIED, MISSING (no credentials), UNREACHABLE, TIMEOUT, TLS.
 */
export function awsKms(timeout = TIMEOUT): Kms {
  const clients = new Map<string, Promise<Send>>();
  const call = async (one: Call): Promise<Uint8Array> => {
    const { region = "", role = "", profile = "" } = one.key;
    const id = [region, role, profile].join("\n");
    const send = clients.get(id) ?? openClient(one.key, timeout);
    clients.set(id, send);
    try {
      const bytes = await (await send)(one);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      throw isFailure(error) ? error : failureOf(troubleOf(error), one);
    }
    throw new Failure("INTERNAL", `AWS KMS answered kms:${one.operation} without an answer.`);
  };
  return {
    decryptKms: (request) =>
      call({ operation: "Decrypt", key: request, bytes: Buffer.from(request.ciphertext, "base64") }),
    encryptKms: async (request) => {
      const bytes = await call({ operation: "Encrypt", key: request, bytes: request.plaintext });
      return Buffer.from(bytes).toString("base64");
    },
  };
}

async function openClient({ region, role, profile }: KmsKey, timeout: number): Promise<Send> {
  // The SDK warns users of older Nodes about its own later versions. Ours is fixed when trueup is built.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const sdk = await import("@aws-sdk/client-kms");
  const credentials = await credentialsOf({ region, profile }, role);
  const client = new sdk.KMSClient({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: TRIES,
    requestHandler: { connectionTimeout: timeout, requestTimeout: timeout, throwOnRequestTimeout: true },
  });
  return async ({ operation, key, bytes }) => {
    const common = { KeyId: key.arn, EncryptionContext: { ...key.context } };
    if (operation === "Decrypt")
      return (await client.send(new sdk.DecryptCommand({ ...common, CiphertextBlob: bytes }))).Plaintext;
    return (await client.send(new sdk.EncryptCommand({ ...common, Plaintext: bytes }))).CiphertextBlob;
  };
}

function failureOf(trouble: Trouble, { operation, key }: Call): Failure {
  const where = key.region ?? "the region of this environment";
  const [code, why, fix] = explain(trouble, operation, key);
  const http = trouble.status === undefined ? "" : ` (HTTP ${trouble.status})`;
  const id = trouble.requestId === undefined ? [] : [`request ${trouble.requestId}`];
  return new Failure(code, `AWS KMS in ${where}: ${why}.`, {
    fix,
    details: [`${operation} with ${key.arn}: ${trouble.name}${http}`, ...id],
  });
}

type Explained = readonly [FailureCode, string, string];

const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO)/u;
const LOGIN = /^(?:UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|SignatureDoesNotMatch)/u;

function explain({ name, kind, status }: Trouble, operation: Operation, key: KmsKey): Explained {
  const known = KNOWN[name];
  if (known !== undefined) return known;
  if (name.startsWith("AccessDenied"))
    return [
      "DENIED",
      `these credentials may not use the key (kms:${operation} is denied)`,
      `allow kms:${operation} on ${key.arn}, in the role's policy and in the key's${Object.keys(key.context).length === 0 ? "" : "; a condition on the encryption context has to fit the file's"}`,
    ];
  if (LOGIN.test(name))
    return [
      "DENIED",
      "it does not accept these credentials",
      "check who you are with `aws sts get-caller-identity`, log in again, and check the clock of this machine",
    ];
  if (TLS.test(name))
    return ["TLS", "no trusted connection", "for a private authority set NODE_EXTRA_CA_CERTS; check AWS_ENDPOINT_URL"];
  if (kind === "throttled") return ["TIMEOUT", "it throttled every try", "run it again later"];
  if (status !== undefined && status < 500)
    return ["DENIED", "it refused the call", "the details name the error of KMS; see its documentation"];
  return [
    name === "TimeoutError" || name === "ETIMEDOUT" ? "TIMEOUT" : "UNREACHABLE",
    "it does not answer as it should",
    "check the network (a private subnet needs a VPC endpoint for kms), then run it again",
  ];
}

/** Errors of the service model (@aws-sdk/client-kms 3.1162.0, seen 2026-11). */
const KNOWN: Readonly<Record<string, Explained>> = {
  NoCredentials: [
    "MISSING",
    "no AWS credentials were found",
    "set AWS_PROFILE, log in (`aws sso login`), or give the job a role",
  ],
  NotFoundException: [
    "DENIED",
    "there is no such key in this region and account",
    "check the region and account in the ARN, and that the key was not deleted",
  ],
  DisabledException: ["DENIED", "the key is disabled", "enable it: aws kms enable-key --key-id <key>"],
  KMSInvalidStateException: [
    "DENIED",
    "the key is disabled or waits for its deletion",
    "aws kms cancel-key-deletion --key-id <key>, then aws kms enable-key --key-id <key>",
  ],
  KeyUnavailableException: ["UNREACHABLE", "the key is not available just now", "run it again later"],
  InvalidCiphertextException: [
    "DENIED",
    "what the file holds was not encrypted with this key and this encryption context",
    "restore the file from Git: its sops.kms section was changed by hand",
  ],
  IncorrectKeyException: [
    "DENIED",
    "what the file holds was encrypted with another key",
    "restore the file from Git: its sops.kms section was changed by hand",
  ],
};
