/** Rules on who can start a workflow, and whose code it then runs. */
import { own } from "../../tree.ts";
import { type Finding, type Workflow, textOf, textsOf, usesTrueup } from "./workflow.ts";

const HEAD = /github\.event\.pull_request\.head|github\.head_ref|refs\/pull\//u;
const SEPARATE = "use pull_request for what runs the code of a pull request; it gets no rights it could misuse";

export function targetTrigger({ triggers, jobs }: Workflow): Finding[] {
  if (!triggers.has("pull_request_target")) return [];
  const found = jobs.flatMap((job) => {
    const strangers = job.steps.filter(
      ({ uses, with: given }) =>
        uses?.startsWith("actions/checkout@") === true && HEAD.test(textOf(own(given, "ref")) ?? ""),
    );
    return strangers.map((step): Finding => ({
      rule: "WF-01",
      path: step.path,
      severity: "problem",
      message: "pull_request_target runs with the rights of this repository, and this step fetches a stranger's code",
      fix: SEPARATE,
    }));
  });
  if (found.length > 0) return found;
  const message = "pull_request_target runs with the rights of this repository for everybody's pull requests";
  return [{ rule: "WF-01", path: ["on", "pull_request_target"], severity: "warning", message, fix: SEPARATE }];
}

export function runTrigger({ triggers, jobs }: Workflow): Finding[] {
  if (!triggers.has("workflow_run")) return [];
  return jobs.flatMap((job) => {
    const download = job.steps.findIndex(
      ({ uses, run }) => /download-artifact@/u.test(uses ?? "") || /gh run download/u.test(run ?? ""),
    );
    const after = download < 0 ? [] : job.steps.slice(download + 1).filter(({ run }) => run !== undefined);
    const fetched = job.steps.filter(
      ({ uses, with: given }) => uses?.startsWith("actions/checkout@") === true && own(given, "ref") !== undefined,
    );
    return [...after, ...fetched].map((step): Finding => ({
      rule: "WF-02",
      path: step.path,
      severity: "problem",
      message: "workflow_run has this repository's rights, and this step works on what a pull request left behind",
      fix: "hand such an artifact only to an action that reads it as data, and never check out its commit",
    }));
  });
}

export function commentTrigger({ triggers, jobs }: Workflow): Finding[] {
  if (!triggers.has("issue_comment") || !jobs.some(usesTrueup)) return [];
  return [
    {
      rule: "WF-03",
      path: ["on"],
      severity: "problem",
      message: "a comment starts trueup: anybody who may comment could, and nobody sees it in the history",
      fix: "apply on push to main; the pull request is where people agree",
    },
  ];
}

export function actorGate({ value }: Workflow): Finding[] {
  return [...textsOf(value)]
    .filter(
      ({ path, text }) => path.at(-1) === "if" && /github\.(?:triggering_)?actor\s*==\s*['"][^'"]*\[bot\]/u.test(text),
    )
    .map(({ path }) => ({
      rule: "WF-12",
      path,
      severity: "problem",
      message: "this gate trusts whoever acted last: a bot can be made to act on another's pull request",
      fix: "ask github.event.pull_request.user.login, and give the job nothing that is worth the trick",
    }));
}

/** `if:` is taken as true whenever anything stands around the expression, a line end included. */
export function alwaysTrue({ value }: Workflow): Finding[] {
  return [...textsOf(value)]
    .filter(
      ({ path, text }) =>
        path.at(-1) === "if" && text.includes("${{") && !/^\$\{\{(?:(?!\$\{\{)[\s\S])*\}\}$/u.test(text),
    )
    .map(({ path }) => ({
      rule: "WF-13",
      path,
      severity: "problem",
      message: "this condition is always true: text around ${{ }}, if only a line end, makes it a non-empty string",
      fix: "write the whole condition without ${{ }}, on one line",
    }));
}

export function ownRunner({ triggers, jobs }: Workflow): Finding[] {
  if (!triggers.has("pull_request") && !triggers.has("pull_request_target")) return [];
  return jobs
    .filter(({ value }) => JSON.stringify(own(value, "runs-on") ?? "").includes("self-hosted"))
    .map((job) => ({
      rule: "WF-14",
      path: [...job.path, "runs-on"],
      severity: "warning",
      message: "pull requests run on a runner of your own: in a public repository anybody's code would",
      fix: "let strangers' pull requests wait for approval, or use hosted runners for them",
    }));
}
