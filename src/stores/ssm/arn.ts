/** Names of parameters as IAM writes them. */

/** `aws`, `aws-cn`, `aws-us-gov`: the first part of every ARN in a region. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** `name` begins with a slash; it may end with a `*`. */
export function parameterArn(where: { readonly region: string; readonly account: string }, name: string): string {
  return `arn:${partitionOf(where.region)}:ssm:${where.region}:${where.account}:parameter${name}`;
}
