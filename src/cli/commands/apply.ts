/** `trueup apply`: plans again, compares with the reviewed plan, asks the guards, writes, reads back. */
import { randomBytes } from "node:crypto";
import type { ApplyProgress } from "../../apply/apply.ts";
import { type Relation, dropSuperseded } from "../../apply/ancestry.ts";
import { otherPlan } from "../../apply/expect.ts";
import { countValues } from "../../apply/order.ts";
import { exitCodeOf, receiptOf } from "../../apply/receipt.ts";
import { soFar } from "../../apply/so-far.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { DestinationReceipt, Plan } from "../../model.ts";
import { type Planned, type StorePool, applyPlan, planLive, storePool, want } from "../../pipeline.ts";
import { lacksSources } from "../../plan/unsourced.ts";
import { humanPlan } from "../../report/plan/human.ts";
import { jsonPlan } from "../../report/plan/json.ts";
import { markdownPlan } from "../../report/plan/markdown.ts";
import { makeProgress } from "../../report/progress.ts";
import { safeText } from "../../report/redact.ts";
import { humanReceipt } from "../../report/receipt/human.ts";
import { jsonReceipt } from "../../report/receipt/json.ts";
import { markdownReceipt } from "../../report/receipt/markdown.ts";
import { drivers } from "../../stores/registry.ts";
import { groundOf, planContext } from "../context.ts";
import { sopsKeys } from "../keys.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import { emit, emitFiles } from "../output.ts";
import { type OpenedProject, open } from "../project.ts";
import { type DiffOptions, planOptions } from "./diff.ts";

export interface ApplyOptions extends DiffOptions {
  readonly yes?: boolean;
  readonly expect?: readonly string[];
  /** When the plan is not the expected one: `stop` (default), `continue`, or `auto`: stop where it is protected. */
  readonly onMismatch?: string;
  readonly dryRun?: boolean;
  readonly readback?: boolean;
  readonly continue?: boolean;
  readonly acceptRewrite?: boolean;
}

export async function applyCommand(addresses: readonly string[], options: ApplyOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io);
  const stores = storePool(drivers, project.folder, io.env, "apply");
  try {
    return await run(project, stores, addresses, options, io);
  } finally {
    await stores.close();
  }
}

async function run(
  project: OpenedProject,
  stores: StorePool,
  addresses: readonly string[],
  options: ApplyOptions,
  io: Io,
): Promise<ExitCode> {
  const startedAt = io.now();
  const started = io.clock();
  const settings = planOptions(project, addresses, options, io, true);
  if (project.loaded.repo !== undefined) requireKnown(project.loaded.repo, settings.scope);
  const desired = want(project, settings.scope);
  if ("problems" in desired) return printInvalid(desired.problems, project, options, io);
  const { bench, wanted } = desired;
  const full = await planLive(bench, wanted, stores, settings, io.signal);
  const { plan, superseded } = await dropSuperseded(
    full.plan,
    (live, commit) => relationOf(project, live, commit),
    options.acceptRewrite ?? false,
  );
  const planned: Planned = { ...full, plan };
  const context = planContext(project, bench.repo, options, io);
  const ground = groundOf(project, bench.repo);
  let asReviewed: boolean | undefined;
  const facts = (interrupted: boolean) => ({
    applyId: settings.applyId,
    startedAt,
    durationMs: io.clock() - started,
    interrupted,
    ...(asReviewed === undefined ? {} : { asReviewed }),
  });
  const finish = (receipts: readonly DestinationReceipt[]): ExitCode => {
    const receipt = receiptOf(plan, [...superseded, ...receipts], facts(io.signal.aborted));
    io.tell?.({ kind: "receipt", receipt, plan, context, ground });
    emit(
      {
        human: () => humanReceipt(receipt, context),
        json: () => jsonReceipt(receipt),
        markdown: () => markdownReceipt(receipt, { ...context, root: "." }),
      },
      options,
      io,
    );
    return exitCodeOf(receipt);
  };
  io.tell?.({ kind: "plan", plan, context, ground });
  asReviewed = isAsReviewed(plan, options, io);
  const refused = plan.refusals.some((refusal) => !refusal.lifted) || lacksSources(plan);
  const idle = plan.destinations.every((destination) => destination.units.length === 0);
  if (!refused && idle && !(options.dryRun ?? false)) return finish([]);
  if (refused || (options.dryRun ?? false)) {
    const reports = {
      human: () => humanPlan(plan, context),
      json: () => jsonPlan(plan, context),
      markdown: () => markdownPlan(plan, { ...context, root: "." }),
    };
    emitFiles(reports, options, io);
    io.out(options.format === "json" ? reports.json() : reports.human());
    return refused ? EXIT.refused : EXIT.ok;
  }
  await confirm(plan, () => humanPlan(plan, context), options, io);
  const progress = progressOf(plan, context.color, options, io);
  const ended: DestinationReceipt[] = [];
  const follow = (event: ApplyProgress): void => {
    if (event.kind === "end") ended.push(event.receipt);
    if (event.kind !== "step") {
      const running = event.kind === "start" ? event.destination : undefined;
      const receipt = receiptOf(plan, [...superseded, ...soFar(plan, ended, running)], facts(true));
      io.tell?.({ kind: "receipt", receipt, plan, context, ground });
    }
    progress.show(event);
  };
  const receipts = await applyPlan(planned, stores, settings, {
    by: whoRuns(io),
    readBack: options.readback ?? true,
    keepGoing: options.continue ?? false,
    signal: io.signal,
    keys: () => sopsKeys(io),
    progress: follow,
    random: (count) => randomBytes(count),
  });
  progress.end();
  return finish(receipts);
}

/** Undefined if nothing was expected. Throws `STALE` for another plan, unless the run is to go on with it. */
function isAsReviewed(plan: Plan, options: ApplyOptions, io: Io): boolean | undefined {
  const otherwise = options.onMismatch ?? "stop";
  if (!["stop", "continue", "auto"].includes(otherwise))
    throw new Failure("USAGE", `--on-mismatch ${otherwise} is not stop, continue or auto`);
  if (options.expect === undefined || options.expect.length === 0) return undefined;
  const other = otherPlan(plan, options.expect);
  if (other === undefined) return true;
  if (otherwise === "stop" || (otherwise === "auto" && plan.summary.protected)) throw other;
  io.err(`Note  ${safeText(other.message)}\n`);
  return false;
}

/** Bars on standard error, one a destination; on a pipe one line for each that is finished. */
function progressOf(
  plan: Plan,
  color: boolean,
  options: ApplyOptions,
  io: Io,
): { show: (event: ApplyProgress) => void; end: () => void } {
  const busy = plan.destinations.filter((destination) => destination.units.length > 0);
  const several = new Set(busy.map((destination) => destination.target)).size > 1;
  const names = new Map(
    busy.map((destination) => [destination.destination, several ? destination.destination : destination.place.id]),
  );
  const stream = { isTTY: io.errIsTerminal, columns: io.columns, write: io.err };
  const progress = makeProgress(stream, {
    color,
    quiet: options.quiet ?? false,
    places: [...names.values()],
  });
  const show = (event: ApplyProgress): void => {
    if (event.kind === "start") progress.start(names.get(event.destination) ?? event.destination, event.total);
    else if (event.kind === "step") progress.advance(names.get(event.destination) ?? event.destination, event.done);
    else
      progress.finish(
        names.get(event.receipt.destination) ?? event.receipt.destination,
        event.receipt.proof ?? event.receipt.result,
        event.receipt.result === "applied",
      );
  };
  return { show, end: () => progress.end() };
}

async function relationOf(project: OpenedProject, live: string, commit: string): Promise<Relation> {
  if (project.git === undefined)
    throw new Failure("HISTORY", "this folder is not in a Git repository, but a Git commit is live");
  return project.git.ancestry(live, commit);
}

/** Shows the plan and asks. Where nobody can answer, `--yes` must have been given; it skips the question, never a guard. */
async function confirm(plan: Plan, text: () => string, options: ApplyOptions, io: Io): Promise<void> {
  if (options.yes ?? false) return;
  if (io.ask === undefined)
    throw new Failure("USAGE", "apply needs --yes where nobody can answer a question", {
      fix: "look at trueup diff, then run trueup apply --yes",
    });
  io.err(text());
  const total = plan.destinations.reduce((sum, destination) => sum + countValues(destination), 0);
  const question = plan.summary.protected
    ? `Apply to a protected environment? Type the number of changes (${total}) to confirm: `
    : "Apply? Type yes to confirm: ";
  const answer = (await io.ask(question)).trim().toLowerCase();
  const right = plan.summary.protected ? [String(total)] : ["y", "yes"];
  if (!right.includes(answer)) throw new Failure("USAGE", "not applied", { fix: "nothing was written" });
}

/** For people who look at the store: the run in CI, or the user at the keyboard. */
function whoRuns(io: Io): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = io.env;
  if (server !== undefined && repository !== undefined && id !== undefined)
    return `${server}/${repository}/actions/runs/${id}`;
  return io.env.USER ?? io.env.USERNAME ?? "";
}
