/** A workflow file as the small runner understands it. Every key that it would not act upon is refused by name. */
import { load } from "js-yaml";
import type { Level } from "../../forge/state.ts";

export interface StepOf {
  readonly id: string | undefined;
  readonly uses: string;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly needs: readonly string[];
  readonly condition: string | undefined;
  /** Axis and expression of the only axis of a matrix, whose jobs run one after the other. */
  readonly matrix: { readonly axis: string; readonly values: string } | undefined;
  readonly environment: string | undefined;
  readonly permissions: Readonly<Record<string, Level>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepOf[];
}

export interface Workflow {
  readonly name: string;
  /** By event; `types` and `branches` where they are given. */
  readonly on: Readonly<Record<string, { readonly types?: readonly string[]; readonly branches?: readonly string[] }>>;
  readonly concurrency: string | undefined;
  readonly jobs: readonly Job[];
}

type Map = Readonly<Record<string, unknown>>;

const EVENTS = ["pull_request", "merge_group", "push", "workflow_dispatch", "schedule"];
/** Without `types`: documentation of `pull_request`, seen 2026-11. */
export const DEFAULT_TYPES = ["opened", "synchronize", "reopened"];

export function readWorkflow(text: string): Workflow {
  const file = only(load(text), ["name", "on", "permissions", "concurrency", "jobs"]);
  if (JSON.stringify(file["permissions"]) !== "{}") throw new Error("permissions: {} is what the template has here");
  const concurrency =
    file["concurrency"] === undefined ? undefined : only(file["concurrency"], ["group", "cancel-in-progress"]);
  return {
    name: word(file["name"]),
    on: Object.fromEntries(
      Object.entries(only(file["on"], EVENTS)).map(([event, how]) => [event, eventOf(event, how)]),
    ),
    concurrency: concurrency === undefined ? undefined : word(concurrency["group"]),
    jobs: Object.entries(file["jobs"] as Map).map(([id, job]) => jobOf(id, job)),
  };
}

function eventOf(event: string, how: unknown): { types?: readonly string[]; branches?: readonly string[] } {
  if (event === "schedule" || how === null) return {};
  const { types, branches } = only(how, ["types", "branches"]);
  return {
    ...(types === undefined ? {} : { types: (types as unknown[]).map(word) }),
    ...(branches === undefined ? {} : { branches: (branches as unknown[]).map(word) }),
  };
}

const JOB = [
  "name",
  "needs",
  "if",
  "strategy",
  "environment",
  "runs-on",
  "timeout-minutes",
  "permissions",
  "outputs",
  "steps",
];

function jobOf(id: string, value: unknown): Job {
  const job = only(value, JOB);
  if (job["runs-on"] !== "ubuntu-24.04") throw new Error(`${id}: runs on ${String(job["runs-on"])}`);
  return {
    id,
    name: word(job["name"]),
    needs: job["needs"] === undefined ? [] : [job["needs"]].flat().map(word),
    condition: job["if"] === undefined ? undefined : word(job["if"]),
    matrix: job["strategy"] === undefined ? undefined : matrixOf(job["strategy"]),
    environment: job["environment"] === undefined ? undefined : word(job["environment"]),
    permissions: words(job["permissions"]) as Readonly<Record<string, Level>>,
    outputs: words(job["outputs"] ?? {}),
    steps: (job["steps"] as unknown[]).map((each) => {
      const step = only(each, ["id", "uses", "with", "env"]);
      return {
        id: step["id"] === undefined ? undefined : word(step["id"]),
        uses: word(step["uses"]),
        with: words(step["with"] ?? {}),
        env: words(step["env"] ?? {}),
      };
    }),
  };
}

function matrixOf(value: unknown): { readonly axis: string; readonly values: string } {
  const strategy = only(value, ["max-parallel", "fail-fast", "matrix"]);
  if (strategy["max-parallel"] !== 1 || strategy["fail-fast"] !== true)
    throw new Error("only one after the other, until one fails");
  const [[axis, values] = ["", ""], ...others] = Object.entries(words(strategy["matrix"]));
  if (others.length > 0 || axis === "include" || axis === "exclude") throw new Error("a matrix of one axis only");
  return { axis, values };
}

function only(value: unknown, names: readonly string[]): Map {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`no map: ${JSON.stringify(value)}`);
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`not understood in a workflow: ${unknown.join(", ")}`);
  return value as Map;
}

function word(value: unknown): string {
  if (typeof value !== "string") throw new Error(`no text: ${JSON.stringify(value)}`);
  return value;
}

/** Numbers and booleans of `with:` and `env:` are texts for the step. */
function words(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(value as Map).map(([name, each]): [string, string] => {
    if (!["string", "number", "boolean"].includes(typeof each)) throw new Error(`no text: ${name}`);
    return [name, String(each)];
  });
  return Object.fromEntries(entries);
}
