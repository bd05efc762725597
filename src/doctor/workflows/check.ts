/**
 * The workflows of a user's repo, judged by the rules that ours keep. What only GitHub could tell (reviewers of an
 * environment, whether a commit belongs to the action named) is not looked at here.
 */
import type { KeyPath, Plain } from "../../model.ts";
import type { Check } from "../../report/look/doctor.ts";
import { plural } from "../../report/words.ts";
import {
  allSecrets,
  cancelledApply,
  caches,
  noEnvironment,
  permissionsAtTop,
  secretsWhereForksRun,
  tooManyRights,
  unpinned,
} from "./rights.ts";
import { actorGate, alwaysTrue, commentTrigger, ownRunner, runTrigger, targetTrigger } from "./triggers.ts";
import { type Finding, type Workflow, workflowOf } from "./workflow.ts";

export interface WorkflowFile {
  /** From the top of the repository: `.github/workflows/apply.yml`. */
  readonly path: string;
  /** Undefined if it is not YAML that trueup can read. */
  readonly value: Plain | undefined;
  /** One-based line of a value. */
  readonly line: (path: KeyPath) => number | undefined;
}

const RULES: readonly ((workflow: Workflow) => readonly Finding[])[] = [
  targetTrigger,
  runTrigger,
  commentTrigger,
  secretsWhereForksRun,
  permissionsAtTop,
  tooManyRights,
  allSecrets,
  unpinned,
  caches,
  noEnvironment,
  cancelledApply,
  actorGate,
  alwaysTrue,
  ownRunner,
];

/** One check for each thing found, in the order of files and lines; one that says so if there is nothing. */
export function checkWorkflows(files: readonly WorkflowFile[]): readonly Check[] {
  if (files.length === 0) return [];
  const found = files.flatMap(checkFile);
  if (found.length > 0) return found;
  const message = `${plural(files.length, "workflow")}: pinned, least rights, no strangers' code`;
  return [{ group: "workflows", name: "workflows", status: "ok", message }];
}

function checkFile(file: WorkflowFile): readonly Check[] {
  const workflow = workflowOf(file.value);
  const check = { group: "workflows", name: file.path } as const;
  if (workflow === undefined)
    return [
      { ...check, status: "warning", message: "cannot be read, so it was not looked at", fix: "actionlint says why" },
    ];
  return RULES.flatMap((rule) => rule(workflow))
    .map((finding) => ({ finding, line: file.line(finding.path) ?? 1 }))
    .toSorted((a, b) => a.line - b.line)
    .map(({ finding: { rule, severity, message, fix }, line }) => ({
      ...check,
      name: `${file.path}:${line}`,
      status: severity,
      message: `${message} (${rule})`,
      fix,
    }));
}
