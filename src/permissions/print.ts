/** Roles as something to use: JSON, Terraform, or commands of the aws program. */
import type { Policy } from "./policy.ts";
import type { Role } from "./roles.ts";

export const ROLE_FORMATS: Readonly<Record<string, (roles: readonly Role[]) => string>> = {
  json: (roles) => `${JSON.stringify({ version: 1, roles }, null, 2)}\n`,
  terraform,
  aws: commands,
};

/** Name of the policy document with this index. */
function policyName(role: Role, index: number): string {
  return role.policies.length === 1 ? role.name : `${role.name}-${index + 1}`;
}

function header(role: Role): string[] {
  const what = { plan: "plans", apply: "applies", reader: "reads" }[role.kind];
  return [
    `# ${role.name} ${what}: ${role.environments.join(", ")}, account ${role.account}`,
    ...role.notes.map((note) => `# note: ${note}`),
  ];
}

function terraform(roles: readonly Role[]): string {
  return `${roles.map((role) => terraformRole(role).join("\n")).join("\n\n")}\n`;
}

function terraformRole(role: Role): string[] {
  // Names of resources are letters, digits, - and _; the account tells apart what has one name in several.
  const id = `${role.name}-${role.account}`.replace(/[^A-Za-z0-9_-]/gu, "_");
  const label = /^[A-Za-z_]/u.test(id) ? id : `_${id}`;
  const lines = header(role);
  if (role.trust !== undefined)
    lines.push(
      `resource "aws_iam_role" "${label}" {`,
      `  name               = ${hcl(role.name)}`,
      `  assume_role_policy = jsonencode(${hclDocument(role.trust)})`,
      "}",
    );
  role.policies.forEach((policy, index) => {
    const own = role.policies.length === 1 ? label : `${label}-${index + 1}`;
    lines.push(
      `resource "aws_iam_policy" "${own}" {`,
      `  name   = ${hcl(policyName(role, index))}`,
      `  policy = jsonencode(${hclDocument(policy)})`,
      "}",
    );
    if (role.trust !== undefined)
      lines.push(
        `resource "aws_iam_role_policy_attachment" "${own}" {`,
        `  role       = aws_iam_role.${label}.name`,
        `  policy_arn = aws_iam_policy.${own}.arn`,
        "}",
      );
  });
  return lines;
}

/** HCL reads JSON as an expression, except that `${` and `%{` begin a template. */
function hcl(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[$%](?=\{)/gu, (sign) => sign + sign);
}

function hclDocument(policy: Policy): string {
  return hcl(policy).replaceAll("\n", "\n  ");
}

function commands(roles: readonly Role[]): string {
  return `${roles.map((role) => roleCommands(role).join("\n")).join("\n\n")}\n`;
}

function roleCommands(role: Role): string[] {
  const lines = header(role);
  if (role.trust !== undefined)
    lines.push(
      `aws iam create-role --role-name ${quoted(role.name)} --assume-role-policy-document ${document(role.trust)}`,
    );
  role.policies.forEach((policy, index) => {
    const name = policyName(role, index);
    const arn = `arn:${role.partition}:iam::${role.account}:policy/${name}`;
    lines.push(`aws iam create-policy --policy-name ${quoted(name)} --policy-document ${document(policy)}`);
    if (role.trust !== undefined)
      lines.push(`aws iam attach-role-policy --role-name ${quoted(role.name)} --policy-arn ${quoted(arn)}`);
  });
  return lines;
}

function document(policy: Policy): string {
  return quoted(JSON.stringify(policy));
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
