/** Who may take on a role: jobs of one repository, by the token that GitHub gives them. */
import { Failure } from "../failure.ts";
import type { Policy } from "./policy.ts";

/** `legacy`: by names. `immutable`: by names and ids, so that a new repository of an old name gets nothing. */
export type SubjectForm = "legacy" | "immutable";

export interface Repository {
  readonly owner: string;
  readonly name: string;
  readonly ownerId: string | undefined;
  readonly id: string | undefined;
}

export interface Trust {
  readonly repository: Repository;
  readonly form: SubjectForm;
  /** `https://token.actions.githubusercontent.com`, or `https://HOST/_services/token` of an Enterprise Server. */
  readonly issuer: string;
  /** Where a job must come from to plan and to apply: `.github/workflows/apply.yml@refs/heads/main`. */
  readonly workflows: { readonly plan: string | undefined; readonly apply: string | undefined };
  /** Branch whose pushes may plan: drift runs there. */
  readonly branch: string;
}

export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** `repo:acme/shop:environment:prod`, or `repo:acme@9918/shop@551207:environment:prod`. */
export function subjectOf({ repository, form }: Pick<Trust, "repository" | "form">, context: string): string {
  const { owner, name, ownerId, id } = repository;
  if (form === "legacy") return `repo:${owner}/${name}:${context}`;
  if (ownerId === undefined || id === undefined)
    throw new Failure("USAGE", "the immutable form of a subject needs the ids of owner and repository", {
      fix: "pass --owner-id and --repository-id (gh api repos/OWNER/NAME --jq '.owner.id, .id'), or --subject legacy",
    });
  return `repo:${owner}@${ownerId}/${name}@${id}:${context}`;
}

/** Subjects of the jobs that plan: pull requests, and the main branch for drift. */
export function planSubjects(trust: Trust): readonly string[] {
  return [subjectOf(trust, "pull_request"), subjectOf(trust, `ref:refs/heads/${trust.branch}`)];
}

/** The one subject of a job that applies: it runs in the environment of that name, past its approval. */
export function applySubject(trust: Trust, env: string): string {
  // GitHub escapes a colon in names of environments; * and ? are no wildcards in StringEquals, but look like some.
  if (!/^[\w.-]+$/u.test(env)) throw new Failure("USAGE", `${env} cannot be the name of an environment in a policy`);
  return subjectOf(trust, `environment:${env}`);
}

/** Exact equality for every claim: audience, subject, and as far as known repository id and workflow. */
export function trustPolicy(
  account: string,
  partition: string,
  trust: Trust,
  subjects: readonly string[],
  workflow: string | undefined,
): Policy {
  checkRepository(trust);
  const host = trust.issuer.replace(/^https:\/\//u, "").replace(/\/$/u, "");
  const { owner, name, id } = trust.repository;
  const claims: Record<string, readonly string[]> = {
    [`${host}:aud`]: ["sts.amazonaws.com"],
    [`${host}:sub`]: subjects,
    ...(id === undefined ? {} : { [`${host}:repository_id`]: [id] }),
    ...(workflow === undefined ? {} : { [`${host}:job_workflow_ref`]: [`${owner}/${name}/${workflow}`] }),
  };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${host}` },
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Condition: { StringEquals: claims },
      },
    ],
  };
}

function checkRepository({ repository, issuer, branch, workflows }: Trust): void {
  const { owner, name, ownerId, id } = repository;
  const wrong =
    [owner, name].find((part) => !/^[\w.-]+$/u.test(part)) ??
    [ownerId, id].find((part) => part !== undefined && !/^\d+$/u.test(part)) ??
    [branch].find((part) => !/^[\w./-]+$/u.test(part)) ??
    [workflows.plan, workflows.apply].find((part) => part !== undefined && !/^[\w./-]+@refs\/[\w./-]+$/u.test(part)) ??
    (/^https:\/\/[\w.:/-]+$/u.test(issuer) ? undefined : issuer);
  if (wrong !== undefined)
    throw new Failure("USAGE", `${wrong} cannot stand in a trust policy`, {
      fix: "repository OWNER/NAME, ids in digits, workflow .github/workflows/FILE.yml@refs/heads/BRANCH, issuer https://HOST/…",
    });
}
