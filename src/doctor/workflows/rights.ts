/** Rules on what a job may do and hold, and on what it runs that others wrote. */
import type { KeyPath, Plain } from "../../model.ts";
import { own } from "../../tree.ts";
import { type Finding, type Job, type Workflow, does, mapOf, textsOf, usesTrueup } from "./workflow.ts";

export function permissionsAtTop({ value }: Workflow): Finding[] {
  if (own(value, "permissions") !== undefined) return [];
  return [
    {
      rule: "WF-05",
      path: [],
      severity: "problem",
      message: "no permissions at the top: every job gets whatever the repository's setting gives",
      fix: "permissions: {} at the top, and what each job needs in the job",
    },
  ];
}

/** What a job may do with one scope: its own permissions replace the workflow's whole. */
function granted({ value }: Workflow, job: Job, scope: string): { readonly path: KeyPath } | undefined {
  const inJob = own(job.value, "permissions");
  const [permissions, path] = inJob === undefined ? [own(value, "permissions"), []] : [inJob, job.path];
  if (permissions === "write-all") return { path: [...path, "permissions"] };
  return own(mapOf(permissions), scope) === "write" ? { path: [...path, "permissions", scope] } : undefined;
}

function tooMuch(path: KeyPath, message: string, fix: string): Finding {
  return { rule: "WF-06", path, severity: "problem", message, fix };
}

export function tooManyRights(workflow: Workflow): Finding[] {
  return workflow.jobs.flatMap((job) => {
    const reads = does(job, "validate") && !does(job, "diff") && !does(job, "apply");
    const token = granted(workflow, job, "id-token");
    const writes = granted(workflow, job, "contents");
    return [
      ...(reads && token !== undefined
        ? [
            tooMuch(
              token.path,
              "validating needs no cloud: with id-token: write a pull request could ask for one",
              "drop id-token",
            ),
          ]
        : []),
      ...(usesTrueup(job) && writes !== undefined
        ? [tooMuch(writes.path, "trueup never writes to the repository from here", "contents: read")]
        : []),
    ];
  });
}

/** WF-04: a pull request may rewrite the workflow that checks it, so there must be nothing in it to take. */
export function secretsWhereForksRun({ triggers, jobs }: Workflow): Finding[] {
  if (!triggers.has("pull_request")) return [];
  const validating = jobs.filter((job) => does(job, "validate") && !does(job, "diff"));
  return validating.flatMap((job) =>
    [...textsOf(job.value, job.path)]
      .filter(({ text }) => /\$\{\{[^}]*\bsecrets\s*[.[]/u.test(text))
      .map(({ path }): Finding => ({
        rule: "WF-04",
        path,
        severity: "problem",
        message: "the job that validates pull requests holds a secret: a branch can change this file and print it",
        fix: "validate needs no secret; keep it for the jobs that plan and apply",
      })),
  );
}

export function allSecrets({ value }: Workflow): Finding[] {
  return [...textsOf(value)]
    .filter(
      ({ path, text }) => (path.at(-1) === "secrets" && text === "inherit") || /toJSON\(\s*secrets\s*\)/iu.test(text),
    )
    .map(({ path }) => ({
      rule: "WF-07",
      path,
      severity: "problem",
      message: "every secret of the repository is handed over here",
      fix: "name the secrets that are needed, one by one",
    }));
}

const PINNED = /@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})$/u;

/** Whether the commit belongs to the action's own repository can only be asked online. */
export function unpinned({ value }: Workflow): Finding[] {
  return [...textsOf(value)]
    .filter(({ path, text }) => path.at(-1) === "uses" && !text.startsWith("./") && !PINNED.test(text))
    .map(({ path, text }) => ({
      rule: "WF-08",
      path,
      severity: "problem",
      message: `${text} may be another program tomorrow: a tag or branch can be moved`,
      fix: "name the full commit, with the version as a comment; Dependabot keeps it up to date",
    }));
}

export function caches({ jobs }: Workflow): Finding[] {
  const trusted = jobs.filter((job) => does(job, "diff") || does(job, "apply"));
  return trusted.flatMap((job) =>
    job.steps
      .filter(
        ({ uses, with: given }) =>
          /^actions\/cache(?:\/restore)?@/u.test(uses ?? "") || own(given, "cache") !== undefined,
      )
      .map((step): Finding => ({
        rule: "WF-09",
        path: step.path,
        severity: "problem",
        message: "a cache is shared with pull requests: what one of them left there would run next to your credentials",
        fix: "do without a cache in jobs that plan and apply",
      })),
  );
}

export function noEnvironment({ jobs }: Workflow): Finding[] {
  return jobs
    .filter((job) => does(job, "apply") && own(job.value, "environment") === undefined)
    .map((job) => ({
      rule: "WF-10",
      path: job.path,
      severity: "problem",
      message: "a job applies without an environment: nobody can be asked to approve, and any branch gets its secrets",
      fix: "environment: ${{ matrix.env }}, with reviewers and main as its only branch in the repository's settings",
    }));
}

function cancels(concurrency: Plain | undefined): boolean {
  return own(mapOf(concurrency), "cancel-in-progress") === true;
}

export function cancelledApply({ value, jobs }: Workflow): Finding[] {
  const applying = jobs.filter((job) => does(job, "apply"));
  return applying
    .flatMap((job) => [
      ...(cancels(own(job.value, "concurrency")) ? [[...job.path, "concurrency", "cancel-in-progress"]] : []),
      ...(cancels(own(value, "concurrency")) ? [["concurrency", "cancel-in-progress"]] : []),
    ])
    .map((path) => ({
      rule: "WF-11",
      path,
      severity: "problem",
      message: "a newer run would stop an apply in the middle",
      fix: "drop it: trueup itself sees to it that runs do not get in each other's way",
    }));
}
