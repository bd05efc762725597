/** Runs one scenario from its first apply until all is quiet, and says what was wrong. */
import { type Report, runApply } from "./applier.ts";
import { diceOf } from "./dice.ts";
import { directoryStore } from "./directory-store.ts";
import { etcdStore } from "./etcd-store.ts";
import type { SimulatedStore } from "./ground.ts";
import {
  type Context,
  type Violation,
  checkBatch,
  checkConverged,
  checkRun,
  ledgerOf,
  universeOf,
} from "./invariants.ts";
import { enter, processesAre } from "./platform.ts";
import { runReader } from "./reader.ts";
import { type Run, type Scenario } from "./scenario.ts";
import { ssmStore } from "./ssm-store.ts";
import { type Actor, type Chooser, stopOf, worldOf } from "./world.ts";

export interface Outcome {
  readonly violations: readonly Violation[];
  /** Of everything that happened, in its order. */
  readonly hash: number;
  readonly events: number;
  readonly time: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
}

/** Events of one phase, at most: a world that goes on longer is stuck. */
const MANY = 20_000;
/** Milliseconds after the last trouble. */
const CALM_AFTER = 60_000;
/** Every how many-th world is run once more when it has converged. */
const DEEP = 5;
const CALM: Run = { commit: 0, at: 0, allow: [], faults: [], slow: 1 };
const EVERYTHING = ["drift", "conflict", "adopt", "replace", "delete", "empty", "wide"];

export interface Options {
  readonly traced?: boolean;
  /** Looks at the end as closely as it can, whatever the seed says. */
  readonly thorough?: boolean;
  /** Chooses while the runs of the scenario are at work; before and after, time does. */
  readonly chooser?: Chooser;
  /** True: how everything ends from here on is known. */
  readonly isKnownEnd?: (context: Context) => boolean;
  /** Told of the world when the runs are about to begin. */
  readonly watch?: (context: Context) => void;
}

export function simulate(scenario: Scenario, options: Options = {}): Outcome {
  const actors: Actor[] = [];
  const actorOf = (name: string, run: Run, number: number): Actor => {
    const actor: Actor = {
      name,
      pid: 1000 + number,
      dice: diceOf(scenario.pace, number, 3),
      stop: stopOf(),
      slow: run.slow,
      faults: new Map(run.faults),
      crash: run.crash,
      expired: run.expired ?? Infinity,
      denied: run.denied,
      jump: run.jump,
      alive: true,
      calls: 0,
      skew: 0,
      lateWrites: [],
    };
    actors.push(actor);
    return actor;
  };
  const nobody = actorOf("nobody", CALM, 900);
  let isOpen = false;
  const { next, fate, instant, answered } = options.chooser ?? {};
  const chooser: Chooser = {
    ...(next === undefined ? {} : { next: (events) => (isOpen ? next(events) : 0) }),
    ...(fate === undefined ? {} : { fate: (actor, what) => (isOpen ? fate(actor, what) : undefined) }),
    ...(answered === undefined
      ? {}
      : { answered: (actor, what, answer) => (isOpen ? answered(actor, what, answer) : undefined) }),
    ...(instant === undefined ? {} : { instant }),
  };
  const world = worldOf(nobody, chooser, { timeout: 10_000, traced: options.traced ?? false });
  enter(world);
  processesAre((pid) =>
    actors.some((actor) => actor.pid === pid && actor.alive && reports.get(actor.name)?.ended === undefined),
  );
  const reports = new Map<string, Report>();
  const checked: { context?: Context } = {};
  const store = storeFor(scenario, actors, (batch) => {
    if (checked.context !== undefined) checkBatch(checked.context, batch);
  });
  const context: Context = {
    scenario,
    world,
    store,
    reports,
    log: [],
    batches: [],
    violations: [],
    lastBy: new Map(),
    touched: new Set(),
    unseen: new Map(),
    excused: new Set(),
    universe: universeOf(scenario),
  };
  checked.context = context;

  const begin = (name: string, run: Run, number: number): Report => {
    const actor = actorOf(name, run, number);
    const report: Report = {
      name,
      spec: run,
      actor,
      began: world.now,
      ended: undefined,
      planned: undefined,
      expected: undefined,
      receipt: undefined,
      failure: undefined,
      bug: undefined,
      exit: undefined,
    };
    reports.set(name, report);
    world.start(actor, () => runApply(scenario, report, store.driver()));
    return report;
  };
  const settle = (): void => {
    if (!world.run(MANY, () => false))
      context.violations.push({
        rule: "I14 endless",
        text: `still at it after ${MANY} events: ${world.pending().slice(0, 3).join("; ")}`,
      });
  };
  const conclude = (report: Report): Report => {
    if (report.ended !== undefined) checkRun(context, report);
    else if (report.actor.alive) context.violations.push({ rule: "I14 stuck", text: `${report.name} never ended` });
    else world.count("result: died");
    return report;
  };

  if (scenario.first !== null) {
    const first = begin("first", { ...CALM, commit: scenario.first, allow: EVERYTHING }, 901);
    settle();
    conclude(first);
  }
  for (const [key, text] of Object.entries(scenario.preset)) store.handPut(key, text, false);

  const runs = scenario.runs.map((run, n): { run: Run; n: number; report: Report | undefined } => ({
    run,
    n,
    report: undefined,
  }));
  const start = world.now;
  isOpen = true;
  for (const each of runs) {
    world.at(
      start + each.run.at,
      nobody,
      `begins run${each.n}`,
      () => {
        each.report = begin(`run${each.n}`, each.run, each.n);
        const { actor } = each.report;
        if (each.run.interrupt !== undefined)
          world.at(world.now + each.run.interrupt, actor, "SIGINT", () => {
            if (each.report?.ended === undefined) world.count("fault: SIGINT");
            actor.stop.abort();
          });
      },
      true,
    );
  }
  for (const { at, key, text, into } of scenario.hands) {
    world.at(
      start + at,
      nobody,
      `hand ${text === null ? "deletes" : "writes"} ${key}`,
      () => {
        if (runs.some(({ report }) => report !== undefined && report.ended === undefined && report.actor.alive))
          world.count("state: hand edit during an apply");
        if (text === null) store.handDelete(key);
        else if (into === undefined) store.handPut(key, text, /\/[sg]\d+$/u.test(key));
        else store.handPut(key, withName(store.cells.get(key)?.text, into, text), false);
      },
      true,
    );
  }
  for (const [n, read] of (scenario.reads ?? []).entries()) {
    const name = `reader${n}`;
    const reader = actorOf(name, CALM, 800 + n);
    world.at(
      start + read.at,
      nobody,
      "an app begins to read",
      () => world.start(reader, () => runReader(context, name, read)),
      true,
    );
  }
  options.watch?.(context);
  settle();
  isOpen = false;
  for (const { report } of runs) if (report !== undefined) conclude(report);
  survey(context);
  if (context.violations.length === 0 && options.isKnownEnd?.(context) !== true)
    quiet(context, options.thorough === true || scenario.pace % DEEP === 0, begin, settle, conclude);
  return {
    violations: context.violations,
    hash: world.hash >>> 0,
    events: world.events,
    time: world.now,
    counts: world.counts,
    trace: world.trace ?? [],
  };
}

/** A blob as somebody leaves it who puts one value into it. */
function withName(blob: string | undefined, name: string, text: string): string {
  try {
    return JSON.stringify({ ...(JSON.parse(blob ?? "{}") as object), [name]: text, hand: "made" });
  } catch {
    return JSON.stringify({ [name]: text, hand: "made" });
  }
}

type Once = (name: string, number: number, run: Partial<Run>) => Report;

/**
 * The trouble is over: the newest commit is applied, first as anybody would, then with everything allowed, then again.
 * Where one of them says nothing new, or a world is not looked at thoroughly, it is left out: worlds cost what their
 * applies cost, and other seeds have other luck.
 */
function quiet(
  context: Context,
  isThorough: boolean,
  begin: (name: string, run: Run, number: number) => Report,
  settle: () => void,
  conclude: (report: Report) => Report,
): void {
  const { scenario, store, world } = context;
  store.relieve();
  // Until reads show everything that was written, and deleted names are free again.
  world.at(world.now + CALM_AFTER, world.actor, "is quiet", () => undefined, true);
  settle();
  const isClean = context.touched.size === 0 && Object.keys(scenario.guards).length === 0;
  const once: Once = (name, number, run) => {
    const report = begin(name, { ...CALM, commit: scenario.tip, ...run }, number);
    settle();
    return conclude(report);
  };
  const isPlainOnly = !isThorough && scenario.pace % 2 === 0;
  const isWhole = (isThorough || isClean || isPlainOnly) && rerun(context, isClean, once);
  if ((isWhole || isPlainOnly || allowed(context, once)) && isThorough) again(context, once);
}

/** I5: what anybody would do works, or is refused for what others did. True: everything is as the newest commit wants it. */
function rerun(context: Context, isClean: boolean, once: Once): boolean {
  const { violations } = context;
  const plain = once("rerun", 902, { allow: ["delete", "empty", "replace"] });
  const [code, exit] = [plain.failure?.code ?? plain.receipt?.destinations[0]?.failure?.code, plain.exit];
  const isPlain = exit === 0 || code === "REFUSED" || code === "DIVERGED";
  if (!isPlain)
    violations.push({
      rule: "I5 re-run",
      text: `the re-run of the newest commit ended with ${exit} (${code ?? "no code"}: ${plain.failure?.message ?? plain.receipt?.destinations[0]?.failure?.message ?? ""})`,
    });
  // Refused by the store, not by a guard: see the honest limits.
  const isInTheWay = context.scenario.store === "ssm" && plain.receipt !== undefined;
  if (isClean && code === "REFUSED" && !isInTheWay)
    violations.push({
      rule: "I5 re-run",
      text: `the re-run was refused (${plain.failure?.message ?? ""}) though nobody else wrote anything`,
    });
  if (isClean && exit === 0) checkConverged(context, plain);
  return isClean && exit === 0;
}

/** I5, I8: with everything allowed, everything is as the newest commit wants it. False where an honest limit is in the way. */
function allowed(context: Context, once: Once): boolean {
  const all = once("allowed", 903, { allow: EVERYTHING, acceptRewrite: true });
  if (all.receipt?.destinations[0]?.failure?.code === "REFUSED" && context.scenario.store === "ssm") {
    context.world.count("limit: a placeholder of an apply that died is in the way of a plain value (SSM)");
    return false;
  }
  if (all.exit === 0) checkConverged(context, all);
  else
    context.violations.push({
      rule: "I5 re-run",
      text: `with everything allowed the newest commit ended with ${all.exit} (${all.failure?.message ?? all.receipt?.destinations[0]?.failure?.message ?? ""})`,
    });
  return true;
}

/** I5: what has converged stays so, and a re-run writes nothing. */
function again({ log, violations }: Context, once: Once): void {
  const before = log.length;
  const second = once("again", 904, { allow: EVERYTHING, acceptRewrite: true });
  if (second.exit !== 0 || log.length > before)
    violations.push({
      rule: "I5 second re-run",
      text: `a second re-run ended with ${second.exit} and wrote ${log.length - before} keys`,
    });
}

function storeFor(
  scenario: Scenario,
  actors: readonly Actor[],
  witness: (batch: Parameters<typeof checkBatch>[1]) => void,
): SimulatedStore {
  if (scenario.store === "etcd") return etcdStore(scenario, witness);
  if (scenario.store === "directory") return directoryStore(witness);
  const mayWrite = (by: string, key: string): boolean => {
    const denied = actors.find(({ name }) => name === by)?.denied;
    return denied === undefined || !key.endsWith(denied);
  };
  return ssmStore(scenario, diceOf(scenario.pace, 5), mayWrite, witness);
}

/** What the trouble left behind: shows that the worlds reach the states they are for. */
function survey({ world, store, log }: Context): void {
  for (const record of ledgerOf(store.cells).values())
    if (record.pending !== undefined) world.count("state: a ledger record with pending is left");
  const head = store.cells.get("/config/.trueup/shop/config/prod/head");
  if (head?.text.includes('"state":"applying"') === true) world.count("state: a head that says applying is left");
  if (head?.text.includes('"state":"partial"') === true) world.count("state: a head that says partial is left");
  if (log.some(({ key }) => /\/gen\/\d+\.\d\d$/u.test(key))) world.count("state: a generation was taken over");
  if (log.some(({ key, after }) => key.includes("/gen/") && after?.text.includes('"stopped":true') === true))
    world.count("state: a claim says stopped");
}
