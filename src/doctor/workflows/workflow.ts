/** A GitHub workflow as far as the rules look at it. */
import type { KeyPath, Plain, PlainMap } from "../../model.ts";
import { isPlainMap, own } from "../../tree.ts";

export interface Step {
  readonly path: KeyPath;
  readonly uses: string | undefined;
  readonly run: string | undefined;
  readonly with: PlainMap;
}
export interface Job {
  readonly name: string;
  readonly path: KeyPath;
  readonly value: PlainMap;
  readonly steps: readonly Step[];
}
export interface Workflow {
  readonly value: PlainMap;
  /** Names of the events that start it. */
  readonly triggers: ReadonlySet<string>;
  readonly jobs: readonly Job[];
}

/** What a rule found, at a place in the file. */
export interface Finding {
  readonly rule: string;
  readonly path: KeyPath;
  readonly severity: "problem" | "warning";
  readonly message: string;
  readonly fix: string;
}

const NOTHING: PlainMap = {};

/** Undefined if the file is no workflow. */
export function workflowOf(value: Plain | undefined): Workflow | undefined {
  if (!isPlainMap(value)) return undefined;
  return { value, triggers: triggersOf(own(value, "on")), jobs: jobsOf(own(value, "jobs")) };
}

function triggersOf(on: Plain | undefined): ReadonlySet<string> {
  if (typeof on === "string") return new Set([on]);
  if (Array.isArray(on)) return new Set((on as readonly Plain[]).map(String));
  return new Set(isPlainMap(on) ? Object.keys(on) : []);
}

function jobsOf(jobs: Plain | undefined): readonly Job[] {
  return Object.entries(isPlainMap(jobs) ? jobs : NOTHING).flatMap(([name, value]) => {
    if (!isPlainMap(value)) return [];
    const path = ["jobs", name];
    const steps = own(value, "steps");
    return [{ name, path, value, steps: Array.isArray(steps) ? stepsOf(steps as readonly Plain[], path) : [] }];
  });
}

function stepsOf(steps: readonly Plain[], job: KeyPath): readonly Step[] {
  return steps.flatMap((step, index) =>
    isPlainMap(step)
      ? [
          {
            path: [...job, "steps", String(index)],
            uses: textOf(own(step, "uses")),
            run: textOf(own(step, "run")),
            with: mapOf(own(step, "with")),
          },
        ]
      : [],
  );
}

export function textOf(value: Plain | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function mapOf(value: Plain | undefined): PlainMap {
  return isPlainMap(value) ? value : NOTHING;
}

/** What a job does with trueup, by its action or by the command line. */
export function does(job: Job, what: "validate" | "diff" | "apply" | "drift"): boolean {
  const command = new RegExp(
    `(?:^|[\\s;&|])trueup(?:\\s+-\\S+)*\\s+${what === "diff" ? "(?:diff|plan)" : what}\\b`,
    "mu",
  );
  return job.steps.some(
    ({ uses, run }) => uses?.includes(`/trueup/actions/${what}@`) === true || (run !== undefined && command.test(run)),
  );
}

export function usesTrueup(job: Job): boolean {
  return (["validate", "diff", "apply", "drift"] as const).some((what) => does(job, what));
}

/** Every text of the file with its path. */
export function* textsOf(
  value: Plain,
  path: KeyPath = [],
): Generator<{ readonly path: KeyPath; readonly text: string }> {
  if (typeof value === "string") yield { path, text: value };
  else if (typeof value === "object" && value !== null)
    for (const [key, child] of Object.entries<Plain>(value)) yield* textsOf(child, [...path, key]);
}
