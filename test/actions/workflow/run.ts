/**
 * A small runner for the template's own workflow files: events, needs, conditions, matrix, permissions, secrets; the
 * steps are the built actions in Node 24. What it does not know, it refuses (`read.ts`, `expression.ts`), and whatever a
 * job may do on the forge is what its `permissions:` say.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionName } from "../../../src/actions/inputs.ts";
import { git } from "../../cli/run.ts";
import type { Level } from "../../forge/state.ts";
import { tempFolder } from "../../project.ts";
import { type Stepped, step } from "../runner.ts";
import { type Contexts, type Value, fill, isTrue, textOf } from "./expression.ts";
import { type Hub, type HubEvent, OWN } from "./hub.ts";
import { DEFAULT_TYPES, type Job, type StepOf, type Workflow, readWorkflow } from "./read.ts";

export interface Settings {
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Of the machine: what every step sees. */
  readonly machine: Readonly<Record<string, string>>;
  /** What a job with `id-token: write` sees besides. */
  readonly identity: Readonly<Record<string, string>>;
  /** By environment, who lets a job of it run. */
  readonly approvers: Readonly<Record<string, string>>;
}

export interface JobRun {
  /** `plan / plan`, `apply / apply dev`. */
  readonly name: string;
  readonly result: "success" | "failure" | "skipped";
  readonly environment: string | undefined;
  /** Of trueup's actions. */
  readonly steps: readonly Stepped[];
}

let runs = 4710;

/** Runs all workflows that an event starts, in order of their files; gives their jobs in the order they ran. */
export async function onEvent(hub: Hub, event: HubEvent, settings: Settings): Promise<readonly JobRun[]> {
  const source = checkedOut(hub, event, { "fetch-depth": "1" });
  try {
    const folder = join(source.folder, ".github/workflows");
    const jobs: JobRun[] = [];
    for (const file of readdirSync(folder).toSorted()) {
      const workflow = readWorkflow(readFileSync(join(folder, file), "utf8"));
      if (isStarted(workflow, event)) jobs.push(...(await runWorkflow(workflow, hub, event, settings)));
    }
    return jobs;
  } finally {
    source.dispose();
  }
}

function isStarted({ on }: Workflow, { name, ref, payload }: HubEvent): boolean {
  if (!Object.hasOwn(on, name)) return false;
  const { types = name === "pull_request" ? DEFAULT_TYPES : undefined, branches } = on[name] ?? {};
  if (types !== undefined && !types.includes(String(payload["action"]))) return false;
  return branches === undefined || branches.some((branch) => ref === `refs/heads/${branch}`);
}

interface Running {
  readonly hub: Hub;
  readonly event: HubEvent;
  readonly settings: Settings;
  readonly id: string;
  readonly workflow: Workflow;
}

async function runWorkflow(workflow: Workflow, hub: Hub, event: HubEvent, settings: Settings): Promise<JobRun[]> {
  const run: Running = { hub, event, settings, workflow, id: String((runs += 1)) };
  if (workflow.concurrency !== undefined) fill(workflow.concurrency, contextsOf(run));
  const done: JobRun[] = [];
  const needs: Record<string, { result: string; outputs: Record<string, string> }> = {};
  for (const job of workflow.jobs) {
    const own = Object.fromEntries(job.needs.map((id) => [id, needs[id] as Value]));
    const contexts = { ...contextsOf(run), needs: own };
    const isWanted = job.needs.every((id) => needs[id]?.result === "success");
    if (!isWanted || (job.condition !== undefined && !isTrue(job.condition, contexts))) {
      needs[job.id] = { result: "skipped", outputs: {} };
      done.push({ name: `${workflow.name} / ${job.id}`, result: "skipped", environment: undefined, steps: [] });
      continue;
    }
    const all = await runMatrix(run, job, contexts);
    done.push(...all.map(({ jobRun }) => jobRun));
    const result = all.every(({ jobRun }) => jobRun.result === "success") ? "success" : "failure";
    needs[job.id] = { result, outputs: all.at(-1)?.outputs ?? {} };
  }
  return done;
}

type Ended = { readonly jobRun: JobRun; readonly outputs: Record<string, string> };

async function runMatrix(run: Running, job: Job, contexts: Contexts): Promise<readonly Ended[]> {
  if (job.matrix === undefined) return [await runJob(run, job, contexts)];
  const values = fill(job.matrix.values, contexts);
  if (!Array.isArray(values) || values.length === 0) throw new Error("a matrix without values is an error on GitHub");
  const ended: Ended[] = [];
  for (const value of values as readonly Value[]) {
    const last = await runJob(run, job, { ...contexts, matrix: { [job.matrix.axis]: value } });
    ended.push(last);
    if (last.jobRun.result === "failure") break;
  }
  return ended;
}

async function runJob(run: Running, job: Job, contexts: Contexts): Promise<Ended> {
  const { hub, event } = run;
  const name = `${run.workflow.name} / ${textOf(fill(job.name, contexts))}`;
  const token = `ghs_${run.id}${name.replaceAll(/\W/gu, "")}`.padEnd(24, "0");
  const level = (wanted: Level): Level => (event.fork ? "read" : wanted);
  const grants = Object.fromEntries(Object.entries(job.permissions).map(([scope, wanted]) => [scope, level(wanted)]));
  hub.forge.state.callers.set(token, { login: OWN, grants, hides: false });
  const environment = job.environment === undefined ? undefined : textOf(fill(job.environment, contexts));
  const user = run.settings.approvers[environment ?? ""];
  if (environment !== undefined && user !== undefined)
    hub.forge.state.approvals.push({ run: Number(run.id), user, environment });
  const workspace = tempFolder();
  const steps: Stepped[] = [];
  const outputs: Record<string, { outputs: Record<string, string> }> = {};
  try {
    for (const one of job.steps) {
      if (one.uses.startsWith("actions/checkout@")) {
        const inputs = filled(one.with, contexts);
        checkedOut(hub, event, inputs, workspace.folder);
        continue;
      }
      const ran = await runStep(run, job, one, { contexts, token, workspace: workspace.folder });
      steps.push(ran);
      if (one.id !== undefined) outputs[one.id] = { outputs: { ...ran.outputs } };
      if (ran.code !== 0) break;
    }
  } finally {
    workspace.dispose();
    hub.forge.state.callers.delete(token);
  }
  const result = steps.every(({ code }) => code === 0) ? "success" : "failure";
  const given = result === "success" ? filled(job.outputs, { ...contexts, steps: outputs }) : {};
  return { jobRun: { name, result, environment, steps }, outputs: given };
}

interface Place {
  readonly contexts: Contexts;
  readonly token: string;
  readonly workspace: string;
}

function runStep(run: Running, job: Job, one: StepOf, { contexts, token, workspace }: Place): Promise<Stepped> {
  const { hub, event, settings, id } = run;
  const action = /^example\/trueup\/actions\/(validate|render|diff|apply|drift)@[0-9a-f]{40}$/u.exec(one.uses)?.[1];
  if (action === undefined) throw new Error(`not one of trueup's actions: ${one.uses}`);
  const mayIdentify = job.permissions["id-token"] === "write" && !event.fork;
  return step(action as ActionName, {
    workspace,
    with: { token, ...filled(one.with, contexts) },
    event: { name: event.name, payload: event.payload },
    env: {
      ...hub.forge.env,
      GITHUB_SHA: event.sha,
      GITHUB_REF: event.ref,
      GITHUB_RUN_ID: id,
      ...settings.machine,
      ...(mayIdentify ? settings.identity : {}),
      ...filled(one.env, contexts),
    },
  });
}

function contextsOf({ event, settings }: Running): Contexts {
  return {
    github: {
      event_name: event.name,
      ref: event.ref,
      sha: event.sha,
      event: event.payload as { readonly [name: string]: Value },
    },
    vars: settings.vars,
    secrets: event.fork ? {} : settings.secrets,
  };
}

function filled(texts: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, textOf(fill(text, contexts))]));
}

/** In place of actions/checkout: the commit of the event, as deep as asked for, without credentials in the folder. */
export function checkedOut(hub: Hub, event: HubEvent, inputs: Readonly<Record<string, string>>, folder?: string) {
  const { "fetch-depth": depth = "1", "persist-credentials": persist = "false", ...others } = inputs;
  if (Object.keys(others).length > 0 || persist !== "false")
    throw new Error(`not understood: ${JSON.stringify(inputs)}`);
  const made = folder === undefined ? tempFolder() : { folder, dispose: () => undefined };
  const isBranch = event.ref.startsWith("refs/heads/");
  const here = event.ref.replace(/^refs\/(?:heads|pull)\//u, isBranch ? "refs/remotes/origin/" : "refs/remotes/pull/");
  git(hub.remote, "init", "--quiet", made.folder);
  git(made.folder, "remote", "add", "origin", `file://${hub.remote}`);
  // All of the history, and then the commit of the event again: a branch may have moved on.
  if (depth === "0") git(made.folder, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*");
  git(
    made.folder,
    "fetch",
    "--quiet",
    ...(depth === "0" ? [] : [`--depth=${depth}`]),
    "origin",
    `+${event.sha}:${here}`,
  );
  git(made.folder, "checkout", "--quiet", "--force", ...(isBranch ? ["-B", "main"] : []), here);
  return made;
}
