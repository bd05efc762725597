/** Runs an action: inputs to a command line, the command line in this process, what came of it to outputs. */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Io } from "../cli/io.ts";
import { runCommand } from "../cli/main.ts";
import type { Result } from "../cli/result.ts";
import { EXIT, Failure, exitOf, isFailure } from "../failure.ts";
import { annotationCommands } from "../report/annotation.ts";
import { humanFailure } from "../report/failure.ts";
import { markdownPlan } from "../report/plan/markdown.ts";
import { githubProblems } from "../report/problems/github.ts";
import { jsonReceipt } from "../report/receipt/json.ts";
import { markdownReceipt } from "../report/receipt/markdown.ts";
import { safePiece } from "../report/redact.ts";
import { baseOf } from "./base.ts";
import { argumentsOf, restoreArguments, shownCommand } from "./command-line.ts";
import { type RunEvent, eventOf } from "./event.ts";
import type { ForgeSteps } from "./forge-steps.ts";
import type { GetInput } from "./input.ts";
import { type ActionName, type DriftInputs, type Inputs, readInputs } from "./inputs.ts";
import type { Log } from "./log.ts";
import { type Done, type Outputs, outputsOf, planIn, receiptIn, redBecause, wordOf } from "./outcome.ts";
import { summaryText } from "./summary.ts";
import { requireTrusted } from "./trigger.ts";
import { failureWords, verdict } from "./verdict.ts";

/** Everything of the runner that an action touches. */
export interface Runner {
  readonly log: Log;
  readonly getInput: GetInput;
  readonly setOutput: (name: string, value: string) => void;
  readonly addSummary: (markdown: string) => Promise<void>;
  readonly mask: (secret: string) => void;
  /** Text of the event's payload; undefined if there is none. */
  readonly payload: () => string | undefined;
  /** A new folder of this run, for reports. */
  readonly folder: () => string;
  readonly io: Io;
  /** Resolves when there is no time left after a request to stop. */
  readonly deadline: Promise<void>;
  readonly steps: ForgeSteps;
}

/** Gives the exit status of the step. Never throws what a user's input can cause. */
export async function runAction(action: ActionName, runner: Runner): Promise<number> {
  try {
    const inputs = readInputs(action, runner.getInput);
    if (inputs.token !== "") runner.mask(inputs.token);
    const event = eventOf(runner.io.env, runner.payload());
    requireTrusted(inputs, event);
    return await runInputs(inputs, event, runner);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return stopEarly(action, error, runner);
  } finally {
    runner.log.flush();
  }
}

async function runInputs(given: Inputs, event: RunEvent, runner: Runner): Promise<number> {
  const inputs = await withForge(given, event, runner);
  const report = join(runner.folder(), "report.json");
  const args = argumentsOf(inputs, { base: await baseFor(inputs, event, runner), fork: event.fork });
  const { done, text } = await command(args, report, runner);
  const last = inputs.action === "drift" ? await restored(inputs, done, args, report, runner) : done;
  return conclude(inputs, event, last, text, report, runner);
}

/** What labels and reviews add counts like an input. */
async function withForge(inputs: Inputs, event: RunEvent, runner: Runner): Promise<Inputs> {
  if (inputs.action !== "apply") return inputs;
  const { expect, allow } = await runner.steps.before(inputs, event);
  return { ...inputs, expect: [...inputs.expect, ...expect], allow: [...inputs.allow, ...allow] };
}

async function baseFor(inputs: Inputs, event: RunEvent, { io }: Runner): Promise<string | undefined> {
  const isNeeded =
    (inputs.action === "diff" && inputs.against === "auto") || (inputs.action === "validate" && inputs.changedOnly);
  if (!isNeeded || event.pullRequest === undefined) return event.base;
  const { openGit } = await import("../git/git.ts");
  return baseOf(event, await openGit(resolve(io.cwd, inputs.workingDirectory)));
}

/** Text kept for the summary: characters of everything printed. */
const KEPT = 1_000_000;

async function command(
  args: readonly string[],
  report: string,
  { log, io, deadline }: Runner,
): Promise<{ readonly done: Done; readonly text: string }> {
  log.out(`$ ${safePiece(shownCommand(args))}\n`);
  const results: Result[] = [];
  let text = "";
  const keep = (to: (text: string) => void) => (piece: string) => {
    if (text.length < KEPT) text += piece;
    to(piece);
  };
  const at = args.indexOf("--");
  const flags = [`--out=json=${report}`];
  const whole = at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
  const ended = await Promise.race([
    runCommand(whole, { ...io, out: keep(log.out), err: keep(log.err), tell: (result) => results.push(result) }),
    deadline.then(() => ({ exit: EXIT.interrupted, failure: outOfTime() })),
  ]);
  log.flush();
  const done = { ...ended, results };
  if (ended.failure?.code === "INTERRUPTED") writeLastReceipt(done, report);
  return { done, text };
}

/** What is certain about a run that could not write its own report any more. */
function writeLastReceipt(done: Done, report: string): void {
  const known = receiptIn(done);
  if (known !== undefined) writeFileSync(report, jsonReceipt(known.receipt));
}

function outOfTime(): Failure {
  return new Failure("INTERRUPTED", "the job was cancelled and this did not end in time", {
    fix: "run it again: what is written stays, what is missing is written",
  });
}

/**
 * Drift goes back only if drift is all there is: with changes of Git still to apply, this would apply them as well, and
 * nobody has approved that here.
 */
async function restored(
  inputs: DriftInputs,
  done: Done,
  args: readonly string[],
  report: string,
  runner: Runner,
): Promise<Done> {
  const plan = planIn(done);
  if (inputs.restore.length === 0 || done.exit !== EXIT.changes || plan === undefined) return done;
  const isAhead = plan.destinations.some(
    (one) => one.conflicts.length > 0 || one.units.some((unit) => unit.changes.length > 0),
  );
  if (isAhead) {
    runner.log.out("Nothing is put back: Git is ahead of what is live, and that is for an apply.\n");
    return done;
  }
  await command(restoreArguments(inputs), join(runner.folder(), "restore.json"), runner);
  return (await command(args, report, runner)).done;
}

async function conclude(
  inputs: Inputs,
  event: RunEvent,
  done: Done,
  text: string,
  report: string,
  runner: Runner,
): Promise<number> {
  const { log } = runner;
  const path = existsSync(report) ? report : "";
  const word = wordOf(done);
  publish(outputsOf(inputs, done, path), runner);
  const cause = redBecause(inputs, done);
  annotate(inputs, done, cause, log);
  await Promise.race([afterwards(inputs, event, done, path, runner), runner.deadline]);
  if (inputs.summary) await runner.addSummary(summaryOf(inputs, done, text));
  log.out(`result: ${word} (exit code ${done.exit})${cause === undefined ? "" : `, red because of ${cause}`}\n`);
  if (cause === undefined) return 0;
  return done.exit === EXIT.ok ? EXIT.failed : done.exit;
}

function publish(outputs: Outputs, { setOutput }: Runner): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}

function annotate(inputs: Inputs, done: Done, cause: ReturnType<typeof redBecause>, log: Log): void {
  const found = done.results.find((result) => result.kind === "problems");
  if (inputs.action === "validate" && inputs.annotations && found !== undefined)
    log.obey(githubProblems(found.problems, { prefix: found.prefix }));
  else if (cause !== undefined) log.obey(annotationCommands([verdict(inputs, cause, done)]));
}

/** The stores hold what they hold, whether or not a comment could be written. */
async function afterwards(inputs: Inputs, event: RunEvent, done: Done, report: string, runner: Runner): Promise<void> {
  try {
    publish(await runner.steps.after({ inputs, event, done, word: wordOf(done), report }), runner);
  } catch (error) {
    if (!isFailure(error)) throw error;
    const title = `trueup ${inputs.action}: not everything could be published`;
    runner.log.obey(annotationCommands([{ level: "warning", file: undefined, title, message: failureWords(error) }]));
  }
}

function summaryOf(inputs: Inputs, done: Done, text: string): string {
  const word = wordOf(done);
  const result = done.results.findLast((one) => one.kind === "plan" || one.kind === "receipt");
  if (result?.kind === "receipt")
    return summaryText(inputs.action, word, {
      markdown: markdownReceipt(result.receipt, { ...result.context, root: inputs.workingDirectory }),
    });
  if (result?.kind === "plan" && inputs.action !== "drift")
    return summaryText(inputs.action, word, {
      markdown: markdownPlan(result.plan, { ...result.context, root: inputs.workingDirectory }),
    });
  return summaryText(inputs.action, word, { text });
}

/** Before there was a command. */
function stopEarly(action: ActionName, failure: Failure, runner: Runner): number {
  const exit = exitOf(failure);
  runner.log.err(humanFailure(failure, { color: false }));
  runner.log.obey(
    annotationCommands([
      { level: "error", file: undefined, title: `trueup ${action}: ${failure.code}`, message: failureWords(failure) },
    ]),
  );
  publish({ result: wordOf({ exit, failure, results: [] }), "exit-code": String(exit), report: "" }, runner);
  return exit;
}
