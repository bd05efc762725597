/**
 * What IAM is asked before a call is done: an action on a resource, with the context of KMS. After the service
 * authorization reference of AWS Systems Manager and "AWS KMS encryption for Parameter Store" (user guide, seen 2026-11):
 * every name of a batch counts on its own, a read by path is checked on the path alone, a Standard secret is sealed by
 * kms:Encrypt and an Advanced one by kms:GenerateDataKey.
 */
import type { Parameter } from "./parameters.ts";

export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

const [REGION, ACCOUNT] = ["us-east-2", "111122223333"];

/** Everything that must be allowed for one call. */
export function accessesOf(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  live: ReadonlyMap<string, Parameter>,
): readonly Access[] {
  const names = namesOf(input);
  const own = names.map((name): Access => ({ action: `ssm:${operation}`, resource: arnOf(name), context: {} }));
  if (operation === "PutParameter") return [...own, ...tagging(input), ...sealing(input, live)];
  if (input["WithDecryption"] !== true) return own;
  const path = operation === "GetParametersByPath" ? `${names[0] ?? ""}/` : undefined;
  const read = path === undefined ? names : [...live.keys()].filter((name) => name.startsWith(path));
  return [...own, ...read.flatMap((name) => opening(name, live))];
}

function namesOf(input: Readonly<Record<string, unknown>>): readonly string[] {
  const many = input["Names"] as readonly string[] | undefined;
  const names = many ?? [String(input["Name"] ?? input["ResourceId"] ?? input["Path"])];
  return names.map((name) => name.split(":")[0] ?? name);
}

function tagging({ Name, Tags }: Readonly<Record<string, unknown>>): Access[] {
  if (!Array.isArray(Tags) || Tags.length === 0) return [];
  return [{ action: "ssm:AddTagsToResource", resource: arnOf(String(Name)), context: {} }];
}

function sealing(input: Readonly<Record<string, unknown>>, live: ReadonlyMap<string, Parameter>): Access[] {
  if (input["Type"] !== "SecureString") return [];
  const name = String(input["Name"]);
  const key = (input["KeyId"] as string | undefined) ?? keyIdOf(name, live);
  return [onKey(input["Tier"] === "Advanced" ? "kms:GenerateDataKey" : "kms:Encrypt", name, key)];
}

function opening(name: string, live: ReadonlyMap<string, Parameter>): Access[] {
  const isSecret = live.get(name)?.versions.at(-1)?.type === "SecureString";
  return isSecret ? [onKey("kms:Decrypt", name, keyIdOf(name, live))] : [];
}

function keyIdOf(name: string, live: ReadonlyMap<string, Parameter>): string {
  return live.get(name)?.versions.at(-1)?.keyId ?? "alias/aws/ssm";
}

/** A key behind an alias has an id that no policy could guess. */
function onKey(action: string, name: string, key: string): Access {
  const isAlias = key.startsWith("alias/");
  return {
    action,
    resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${isAlias ? "0f9d-behind-an-alias" : key}`,
    context: {
      "kms:EncryptionContext:PARAMETER_ARN": arnOf(name),
      "kms:ViaService": `ssm.${REGION}.amazonaws.com`,
      "kms:ResourceAliases": isAlias ? [key] : [],
    },
  };
}

function arnOf(name: string): string {
  return `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;
}
