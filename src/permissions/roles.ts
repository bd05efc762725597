/** The roles that a repo needs in AWS: one to plan, one to apply, and what each app may read. */
import { groupBy } from "../group.ts";
import type { Area } from "./area.ts";
import { type Policy, documentsOf } from "./policy.ts";
import { partitionOf } from "../stores/ssm/arn.ts";
import { BY_NAME, keyStatements, readStatements, sourceStatements, withMeta, writeStatements } from "./statements.ts";
import { type Trust, applySubject, planSubjects, trustPolicy } from "./trust.ts";

export type RoleKind = "plan" | "apply" | "reader";

export interface Role {
  readonly kind: RoleKind;
  readonly name: string;
  readonly account: string;
  readonly partition: string;
  /** Environments that it is for. */
  readonly environments: readonly string[];
  /** Undefined for readers: the app has a role of its own, these policies go with it. */
  readonly trust: Policy | undefined;
  /** Several where one would be longer than IAM takes. */
  readonly policies: readonly Policy[];
  /** What a person should know before using it. */
  readonly notes: readonly string[];
}

/** Managed policies on one role, without asking AWS for more (IAM quotas, seen 2026-08). */
const POLICIES_PER_ROLE = 10;

/** Every role for the given areas. `system` is part of the names that the configuration does not give. */
export function rolesFor(areas: readonly Area[], trust: Trust, system: string): readonly Role[] {
  return (["plan", "apply", "reader"] as const).flatMap((kind) =>
    kind === "reader" ? readerRoles(areas, system) : ciRoles(areas, kind, trust, system),
  );
}

function ciRoles(areas: readonly Area[], kind: "plan" | "apply", trust: Trust, system: string): Role[] {
  const nameOf = (area: Area): string => area.roles[kind] ?? `${system}-trueup-${kind}-${area.env}`;
  return [...groupBy(areas, (area) => `${area.account} ${nameOf(area)}`).values()].flatMap((group): Role[] => {
    const [first] = group;
    if (first === undefined) return [];
    const partition = partitionOf(first.region);
    const environments = environmentsOf(group);
    const subjects =
      kind === "plan" ? planSubjects(trust) : environments.map((environment) => applySubject(trust, environment));
    const policies = kind === "plan" ? planPolicies(group) : applyPolicies(group);
    return [
      {
        kind,
        name: nameOf(first),
        account: first.account,
        partition,
        environments,
        trust: trustPolicy(first.account, partition, trust, subjects, trust.workflows[kind]),
        policies,
        notes: notesOf(group, kind, policies, environments),
      },
    ];
  });
}

/** Reads on the areas' prefixes and names. No write, no key, nothing about the rest of the account. */
export function planPolicies(areas: readonly Area[]): readonly Policy[] {
  return documentsOf([...readStatements(areas.map((area) => [area, withMeta(area)])), ...sourceStatements(areas)]);
}

/** Reads and writes there, seals secrets with the areas' keys, and opens their sources with them. */
export function applyPolicies(areas: readonly Area[]): readonly Policy[] {
  return documentsOf([
    ...readStatements(areas.map((area) => [area, withMeta(area)])),
    ...sourceStatements(areas),
    ...writeStatements(areas),
    ...areas.filter((area) => area.secrets).flatMap((area) => keyStatements(area, area, "write")),
    ...areas
      .filter((area) => area.sources.length > 0)
      .flatMap((area) => keyStatements(area, { prefixes: [], keys: area.sources }, "decrypt")),
  ]);
}

function readerRoles(areas: readonly Area[], system: string): Role[] {
  const pairs = areas.flatMap((area) => area.readers.map((reader) => ({ area, reader })));
  const groups = groupBy(pairs, ({ area, reader }) => `${area.account} ${area.env} ${reader.app}`);
  return [...groups.values()].flatMap((group): Role[] => {
    const [first] = group;
    if (first === undefined) return [];
    const policies = documentsOf([
      ...readStatements(
        group.map(({ area, reader }) => [area, reader]),
        BY_NAME.app,
      ),
      ...group.flatMap(({ area, reader }) => (reader.secrets ? keyStatements(area, reader, "decrypt") : [])),
    ]);
    const { area, reader } = first;
    return [
      {
        kind: "reader",
        name: `${system}-${reader.app}-${area.env}-read`,
        account: area.account,
        partition: partitionOf(area.region),
        environments: [area.env],
        trust: undefined,
        policies,
        notes: ["attach this to the role that the app already runs with"],
      },
    ];
  });
}

function environmentsOf(areas: readonly Area[]): readonly string[] {
  return [...new Set(areas.map((area) => area.env))];
}

function notesOf(
  areas: readonly Area[],
  kind: "plan" | "apply",
  policies: readonly Policy[],
  environments: readonly string[],
): readonly string[] {
  const open = areas.filter((area) => area.secrets && area.kmsKey === undefined).map((area) => area.destination);
  const shared =
    kind === "apply" && areas.some((area) => area.roles.apply !== undefined && area.roles.apply === area.roles.plan);
  return [
    ...(open.length === 0
      ? []
      : [
          `${open.join(", ")}: alias/aws/ssm lets the whole account decrypt; set connection.kmsKey to a key of your own`,
        ]),
    ...(kind === "apply" && areas.some((area) => area.sources.length > 0)
      ? ["sources of secrets under another key than connection.kmsKey: their owner allows kms:Decrypt on it"]
      : []),
    ...(kind === "apply" && environments.length > 1
      ? [`one role for ${environments.join(", ")}: a job of one can write the others; use one role an environment`]
      : []),
    ...(shared ? ["the same role plans and applies, so a pull request could write: use two"] : []),
    ...(policies.length > POLICIES_PER_ROLE
      ? [
          `${policies.length} policies, and IAM attaches ${POLICIES_PER_ROLE} to a role: begin the path with {{env}} to need only one`,
        ]
      : []),
  ];
}
