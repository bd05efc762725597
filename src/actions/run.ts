/** Runs an action: inputs to a command line, the command line in this process, what came of it to outputs. */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Io } from "../cli/io.ts";
import { runCommand } from "../cli/main.ts";
import type { Result } from "../cli/result.ts";
import { EXIT, Failure, exitOf, isFailure } from "../failure.ts";
import { annotationCommands } from "../report/annotation.ts";
import { humanFailure } from "../report/failure.ts";
import { githubProblems } from "../report/problems/github.ts";
import { jsonReceipt } from "../report/receipt/json.ts";
import { safePiece } from "../report/redact.ts";
import { baseOf } from "./base.ts";
import { argumentsOf, restoreArguments, shownCommand } from "./command-line.ts";
import { type RunEvent, eventOf } from "./event.ts";
import type { ForgeSteps } from "./forge-steps.ts";
import type { showArtifact } from "./from-artifact/run.ts";
import type { GetInput } from "./input.ts";
import { type ActionName, type DriftInputs, type Inputs, readInputs } from "./inputs.ts";
import type { Log } from "./log.ts";
import { asReviewed, contextOf, pageOf } from "./pull-request/context.ts";
import { type Done, type Outputs, outputsOf, planIn, receiptIn, redBecause, wordOf } from "./outcome.ts";
import { summaryText } from "./summary.ts";
import { requireTrusted } from "./trigger.ts";
import { failureWords, verdict } from "./verdict.ts";

const pages = () => import("./pages.ts");

/** Everything of the runner that an action touches. */
export interface Runner {
  readonly log: Log;
  readonly getInput: GetInput;
  readonly setOutput: (name: string, value: string) => void;
  readonly addSummary: (markdown: string) => void;
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
    if (inputs.action === "diff" && inputs.fromArtifact !== undefined)
      return await shown({ ...inputs, fromArtifact: inputs.fromArtifact }, event, runner);
    return await runInputs(inputs, event, runner);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return stopEarly(action, error, runner);
  } finally {
    runner.log.flush();
  }
}

async function runInputs(given: Inputs, event: RunEvent, runner: Runner): Promise<number> {
  const reports = reportsIn(given, runner.folder());
  if (given.action === "diff" && event.pullRequest?.state === "closed")
    return conclude({ inputs: given, event, base: undefined, done: NOTHING_DONE, text: "", reports }, runner);
  const { inputs, allow } = await withForge(given, event, runner);
  const base = await baseFor(inputs, event, runner);
  const args = argumentsOf(inputs, { base, fork: event.fork, allow });
  const { done, text } = await command(args, reports, runner);
  const last = inputs.action === "drift" ? await restored(inputs, done, args, reports, runner) : done;
  return conclude({ inputs, event, base, done: last, text, reports }, runner);
}

/** The plan of a fork, and nothing else. */
async function shown(inputs: Parameters<typeof showArtifact>[0], event: RunEvent, runner: Runner): Promise<number> {
  const { io, log } = runner;
  const open = async () => (await import("../forge/open.ts")).openForge(io.env, inputs.token);
  const from = await import("./from-artifact/run.ts");
  const { markdown, outputs, word } = await from.showArtifact(inputs, event, open);
  publish({ ...outputsOf(inputs, NOTHING_DONE, ""), ...outputs }, runner);
  if (inputs.summary && markdown !== undefined) runner.addSummary(markdown);
  log.out(`from-artifact: ${safePiece(word)}\n`);
  return 0;
}

/** Paths of what a command writes for people and programs. */
interface Reports {
  readonly json: string;
  readonly html: string | undefined;
}

function reportsIn(inputs: Inputs, folder: string): Reports {
  const html = inputs.action === "diff" && inputs.html ? join(folder, "plan.html") : undefined;
  return { json: join(folder, "report.json"), html };
}

/** What is closed is not planned any more. */
const NOTHING_DONE: Done = { exit: EXIT.ok, failure: undefined, results: [] };

interface Ended {
  readonly inputs: Inputs;
  readonly event: RunEvent;
  readonly base: string | undefined;
  readonly done: Done;
  /** Everything printed. */
  readonly text: string;
  readonly reports: Reports;
}

/** What labels and reviews add counts like an input. */
async function withForge(
  inputs: Inputs,
  event: RunEvent,
  runner: Runner,
): Promise<{ readonly inputs: Inputs; readonly allow: readonly string[] }> {
  if (inputs.action !== "apply" && inputs.action !== "diff") return { inputs, allow: [] };
  const { expect, allow } = await runner.steps.before(inputs, event);
  if (inputs.action === "diff") return { inputs, allow };
  const merged = { ...inputs, expect: [...inputs.expect, ...expect], allow: [...inputs.allow, ...allow] };
  return { inputs: merged, allow };
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
  reports: Reports,
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
  const flags = [`--out=json=${reports.json}`, ...(reports.html === undefined ? [] : [`--out=html=${reports.html}`])];
  const whole = at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
  const ended = await Promise.race([
    runCommand(whole, { ...io, out: keep(log.out), err: keep(log.err), tell: (result) => results.push(result) }, false),
    deadline.then(() => ({ exit: EXIT.interrupted, failure: outOfTime() })),
  ]);
  log.flush();
  const done = { ...ended, results };
  if (ended.failure?.code === "INTERRUPTED") writeLastReceipt(done, reports.json);
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
  reports: Reports,
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
  const restore = { json: join(runner.folder(), "restore.json"), html: undefined };
  await command(restoreArguments(inputs), restore, runner);
  return (await command(args, reports, runner)).done;
}

async function conclude(ended: Ended, runner: Runner): Promise<number> {
  const { inputs, done, reports } = ended;
  const { log } = runner;
  const word = wordOf(done);
  publish(outputsOf(inputs, done, existing(reports.json)), runner);
  if (reports.html !== undefined) publish({ "html-url": existing(reports.html) }, runner);
  const cause = redBecause(inputs, done);
  await annotate(ended, cause, runner);
  await Promise.race([afterwards(ended, runner), runner.deadline]);
  if (inputs.summary && done !== NOTHING_DONE) runner.addSummary(await summaryOf(ended, runner));
  log.out(`result: ${word} (exit code ${done.exit})${cause === undefined ? "" : `, red because of ${cause}`}\n`);
  if (cause === undefined) return 0;
  return done.exit === EXIT.ok ? EXIT.failed : done.exit;
}

function existing(path: string): string {
  return existsSync(path) ? path : "";
}

function publish(outputs: Outputs, { setOutput }: Runner): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}

async function annotate(
  { inputs, event, done, base }: Ended,
  cause: ReturnType<typeof redBecause>,
  runner: Runner,
): Promise<void> {
  const { log } = runner;
  const found = done.results.find((result) => result.kind === "problems");
  if (inputs.action === "diff" && inputs.annotations === "notices" && event.pullRequest !== undefined)
    log.obey(annotationCommands(await (await pages()).noticesOf({ event, done, base }, runner)));
  if (inputs.action === "validate" && inputs.annotations && found !== undefined)
    log.obey(githubProblems(found.problems, { prefix: found.prefix }));
  else if (cause !== undefined) log.obey(annotationCommands([verdict(inputs, cause, done)]));
}

/** The stores hold what they hold, whether or not a comment could be written. */
async function afterwards({ inputs, event, base, done, reports }: Ended, runner: Runner): Promise<void> {
  const report = existing(reports.json);
  try {
    publish(await runner.steps.after({ inputs, event, base, done, word: wordOf(done), report }), runner);
  } catch (error) {
    if (!isFailure(error)) throw error;
    const title = `trueup ${inputs.action}: not everything could be published`;
    runner.log.obey(annotationCommands([{ level: "warning", file: undefined, title, message: failureWords(error) }]));
  }
}

async function summaryOf({ inputs, event, base, done, text }: Ended, { io }: Runner): Promise<string> {
  const word = wordOf(done);
  const result = done.results.findLast((one) => one.kind === "plan" || one.kind === "receipt");
  // A plan that could not be applied: the log says why.
  if (inputs.action === "apply" && result?.kind === "plan" && done.failure !== undefined)
    return summaryText(inputs.action, word, { text });
  if (result?.kind === "receipt") {
    const { markdownReceipt } = await pages();
    return summaryText(inputs.action, word, {
      markdown: markdownReceipt(result.receipt, { ...result.context, root: inputs.workingDirectory }),
    });
  }
  if (result?.kind === "plan" && inputs.action !== "drift") {
    const { markdownPlan, stepSummary } = await pages();
    const page = pageOf(event, io.env);
    const markdown =
      page === undefined
        ? markdownPlan(result.plan, { ...result.context, root: inputs.workingDirectory })
        : stepSummary(
            asReviewed(result.plan, event),
            contextOf(result.context, result.ground, { page, base, now: io.now() }),
          );
    return summaryText(inputs.action, word, { markdown });
  }
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
