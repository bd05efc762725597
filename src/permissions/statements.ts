/** Statements over SSM parameters and the KMS key that seals them. */
import { parameterArn, partitionOf } from "../stores/ssm/arn.ts";
import type { Area, Names } from "./area.ts";
import type { Conditions, Statement } from "./policy.ts";

type Where = Pick<Area, "region" | "account">;

/** The path itself and all below it: by-path reads are checked against the path's own ARN (cloudposse#1110). */
function pathArns(where: Where, names: Names): string[] {
  return names.prefixes.flatMap((prefix) => [
    parameterArn(where, prefix.replace(/\/$/u, "")),
    parameterArn(where, `${prefix}*`),
  ]);
}

/** Each parameter; not the path above it. */
function itemArns(where: Where, names: Names): string[] {
  return [...names.prefixes.map((prefix) => parameterArn(where, `${prefix}*`)), ...keyArns(where, names)];
}

/** Reads of exactly these parameters: a plan learns their versions, an apply their values too. */
export function sourceStatements(areas: readonly Area[]): Statement[] {
  const actions = ["ssm:GetParameters", "ssm:GetParameter"];
  return statement(
    "ReadSources",
    actions,
    areas.flatMap((area) => area.sources.map((key) => parameterArn(area, key))),
  );
}

function keyArns(where: Where, names: Names): string[] {
  return names.keys.map((key) => parameterArn(where, key));
}

/** Settings together with trueup's own records. */
export function withMeta(area: Area): Names {
  return { prefixes: [area.meta, ...area.prefixes], keys: area.keys };
}

/** How parameters are read by name: trueup asks for several at once, an app as it likes. */
export const BY_NAME = { trueup: ["ssm:GetParameters"], app: ["ssm:GetParameters", "ssm:GetParameter"] } as const;

/** Names, versions, plain values and ciphertext. Without a right on the key no secret can be read by it. */
export function readStatements(
  areas: readonly (readonly [Where, Names])[],
  byName: readonly string[] = BY_NAME.trueup,
): Statement[] {
  const paths = areas.flatMap(([where, names]) => pathArns(where, names));
  const keys = areas.flatMap(([where, names]) => keyArns(where, names));
  return [
    ...statement("Read", ["ssm:GetParametersByPath", ...byName], paths),
    ...statement("ReadByName", byName, keys),
  ];
}

/** What an apply does, and asks after a lost race (who wrote: GetParameterHistory); no labels, no policies. */
export function writeStatements(areas: readonly Area[]): Statement[] {
  const items = areas.flatMap((area) => itemArns(area, withMeta(area)));
  // Tags come with the value of a new parameter; trueup's own records have none.
  const tagged = areas.filter((area) => area.tags).flatMap((area) => itemArns(area, area));
  return [
    ...statement("Write", ["ssm:PutParameter", "ssm:DeleteParameters", "ssm:GetParameterHistory"], items),
    ...statement("Tag", ["ssm:AddTagsToResource"], tagged),
  ];
}

function statement(sid: string, actions: readonly string[], resources: readonly string[]): Statement[] {
  const distinct = [...new Set(resources)];
  return distinct.length === 0 ? [] : [{ Sid: sid, Effect: "Allow", Action: actions, Resource: distinct }];
}

/**
 * Rights on the key of one area, only through SSM and only for its own parameters: SSM names the parameter's ARN in the
 * encryption context. Nothing where the account's default key is used, which no policy here can narrow.
 */
export function keyStatements(area: Area, names: Names, use: "decrypt" | "write"): Statement[] {
  if (area.kmsKey === undefined) return [];
  const key = keyOf(area, area.kmsKey);
  const verbs = use === "decrypt" ? ["kms:Decrypt"] : ["kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"];
  const service = `ssm.${area.region}.${partitionOf(area.region) === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}`;
  return [
    {
      Sid: use === "decrypt" ? "Decrypt" : "Encrypt",
      Effect: "Allow",
      Action: verbs,
      Resource: [key.resource],
      Condition: {
        StringLike: { "kms:EncryptionContext:PARAMETER_ARN": itemArns(area, names) },
        StringEquals: { "kms:ViaService": [service] },
        ...key.condition,
      },
    },
  ];
}

/** A policy names keys by ARN. An alias may be moved to another key, so it is a condition. */
function keyOf(where: Where, key: string): { readonly resource: string; readonly condition: Conditions } {
  const base = `arn:${partitionOf(where.region)}:kms:${where.region}:${where.account}:key/`;
  const alias = /^(?:arn:[^:]+:kms:[^:]+:\d{12}:)?(alias\/[\w/-]+)$/u.exec(key)?.[1];
  if (alias !== undefined)
    return { resource: `${base}*`, condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": [alias] } } };
  return { resource: key.startsWith("arn:") ? key : `${base}${key}`, condition: {} };
}
