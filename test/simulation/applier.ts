/** One run of `trueup apply`: the real stages in the order of the command, on a scenario's data. */
import { dropSuperseded } from "../../src/apply/ancestry.ts";
import { expectPlan } from "../../src/apply/expect.ts";
import { exitCodeOf, receiptOf } from "../../src/apply/receipt.ts";
import { digest } from "../../src/canonical.ts";
import type { Workbench } from "../../src/desired.ts";
import { exitOf, Failure, isFailure } from "../../src/failure.ts";
import type { Config, Destination, Member, Place, Receipt, Setting, Target, UnitSettings } from "../../src/model.ts";
import { type Planned, type PlanOptions, applyPlan, planLive, storePool } from "../../src/pipeline.ts";
import { secret } from "../../src/secret.ts";
import { memberName } from "../../src/setting.ts";
import type { StoreDriver } from "../../src/stores/store.ts";
import type { Wanted } from "../../src/wanted.ts";
import { here } from "./platform.ts";
import {
  APPS,
  type Commit,
  ENV,
  META,
  RESERVED,
  type Run,
  type Scenario,
  SECRET_MARK,
  type Want,
  commitId,
  commitIndex,
  keyOf,
  relationOf,
} from "./scenario.ts";
import type { Actor } from "./world.ts";

/** What became of a run, as far as it got. */
export interface Report {
  readonly name: string;
  readonly spec: Run;
  readonly actor: Actor;
  readonly began: number;
  ended: number | undefined;
  planned: Planned | undefined;
  /** Id of the plan that was reviewed. */
  expected: string | undefined;
  receipt: Receipt | undefined;
  failure: Failure | undefined;
  /** Not a failure but a fault of ours. */
  bug: unknown;
  exit: number | undefined;
}

const place: Place = { id: ENV, env: ENV, region: undefined, protected: false, vars: {} };

export function targetOf({ layout }: Pick<Scenario, "layout">): Target {
  return {
    name: "config",
    type: "simulated",
    select: "all",
    layout,
    shape: "dotted",
    path: "/config/{{env}}/{{app}}/{{key}}",
    meta: undefined,
    apps: undefined,
    places: undefined,
    connection: {},
  };
}

function memberOf(target: Target, name: string, want: Want): Member {
  const path = [name];
  const written = memberName(path, target);
  if (typeof want === "string") return { path, name: written, value: want };
  if (want.secret === "external") return { path, name: written, value: secret([{ secret: name, through: [] }]) };
  const value = secret([{ secret: `${SECRET_MARK}${want.text}`, through: [] }]);
  return { path, name: written, value, recipe: { digest: digest(`cipher of ${want.text}`), holders: ["sops"] } };
}

/** What was worked out for a commit, for as long as its scenario is at work. */
const known = new WeakMap<Commit, Map<string, readonly Setting[]>>();

/** The settings of one app as a commit wants them. */
export function settingsOf(scenario: Scenario, commit: number, app: string): readonly Setting[] {
  const found = scenario.commits[commit];
  if (found === undefined) return [];
  const name = `${scenario.layout} ${app}`;
  const settings = known.get(found)?.get(name) ?? workOut(scenario, found, app);
  known.set(found, (known.get(found) ?? new Map<string, readonly Setting[]>()).set(name, settings));
  return settings;
}

function workOut(scenario: Scenario, commit: Commit, app: string): Setting[] {
  const target = targetOf(scenario);
  const wants = Object.entries(commit.wants).filter(([name]) => name.startsWith(`${app}/`));
  const members = wants.map(([name, want]) => ({
    name,
    want,
    member: memberOf(target, name.slice(app.length + 1), want),
  }));
  if (members.length === 0) return [];
  const { layout, shape } = target;
  if (layout === "blob")
    return [{ key: keyOf(app), layout, shape, secret: false, members: members.map(({ member }) => member) }];
  return members.map(({ name, want, member }) => ({
    key: keyOf(name),
    layout,
    shape,
    secret: typeof want !== "string",
    members: [member],
  }));
}

function wantedOf(scenario: Scenario, spec: Run): Wanted {
  const apps = APPS.filter((app) => spec.only === undefined || app === spec.only);
  const units = apps.map((app): UnitSettings => ({
    unit: `${app}@${ENV}`,
    app,
    settings: settingsOf(scenario, spec.commit, app),
  }));
  const destination: Destination = {
    id: `config@${ENV}`,
    target: targetOf(scenario),
    place,
    connection: {},
    storeId: "simulated",
    meta: META,
    reads: { prefixes: [`/config/${ENV}/`], keys: [] },
    units,
  };
  const frame = { reserved: RESERVED, prefix: `/config/${ENV}/` };
  return {
    destinations: [{ ...destination, frame }],
    units: new Map(),
    problems: [],
    inScope: (unit: string) => spec.only === undefined || unit === `${spec.only}@${ENV}`,
  } as unknown as Wanted;
}

function benchOf(scenario: Scenario): Workbench {
  const config: Config = {
    system: "shop",
    environments: [{ name: ENV, protected: false, regions: [], vars: {} }],
    regions: new Map(),
    targets: [],
    secrets: { default: "external", warnAfterDays: undefined, sources: [] },
    guards: {
      liftBy: "label",
      maxDelete: 1,
      maxDeleteCount: scenario.guards.maxDeleteCount,
      maxApps: 100,
      keep: [],
      freeze: [],
    },
    drift: { onApply: "report", ignore: [] },
    yaml: { merge: true },
    templates: { blocks: false },
    report: { maxValueWidth: 60 },
  };
  const shared = { secrets: new Map(), layers: new Map(), sops: new Map() };
  return {
    repo: { config, shared, apps: [], places: [place] },
    encrypted: { find: () => undefined },
    limits: () => undefined,
  } as unknown as Workbench;
}

/** Runs until it ends; the report says how. Never throws. */
export async function runApply(
  scenario: Scenario,
  report: Report,
  driver: Pick<StoreDriver, "open" | "limits">,
): Promise<void> {
  try {
    report.receipt = await carryOut(scenario, report, driver);
    report.exit = exitCodeOf(report.receipt);
  } catch (error) {
    if (isFailure(error)) report.failure = error;
    else report.bug = error;
    report.exit = exitOf(error);
  }
  report.ended = here().now;
}

async function carryOut(
  scenario: Scenario,
  report: Report,
  driver: Pick<StoreDriver, "open" | "limits">,
): Promise<Receipt> {
  const { spec, actor } = report;
  const { signal } = actor.stop;
  const simulated: StoreDriver = {
    ...driver,
    type: "simulated",
    connectionSchema: {},
    defaults: { layout: "keys", connection: {} },
  };
  const stores = storePool({ simulated }, "/", {});
  const bench = benchOf(scenario);
  const wanted = wantedOf(scenario, spec);
  const options: PlanOptions = {
    scope: {},
    allow: new Set(spec.allow),
    commit: commitId(spec.commit),
    dirty: false,
    now: "2026-11-21T00:00:00Z",
    applyId: `id-of-${actor.name}`,
    tool: "0.0.0",
    applying: true,
  };
  if (spec.review !== undefined) {
    report.expected = (await planLive(bench, wanted, stores, options, signal)).plan.id;
    await here().sleep(spec.review);
  }
  const full = await planLive(bench, wanted, stores, options, signal);
  report.planned = full;
  const relation = (live: string, commit: string) =>
    Promise.resolve(relationOf(scenario.commits, commitIndex(live), commitIndex(commit)));
  const { plan, superseded } = await dropSuperseded(full.plan, relation, spec.acceptRewrite ?? false);
  const finish = (receipts: Parameters<typeof receiptOf>[1]): Receipt =>
    receiptOf(plan, [...superseded, ...receipts], {
      applyId: options.applyId,
      startedAt: "",
      durationMs: 0,
      interrupted: signal.aborted,
    });
  if (report.expected !== undefined) expectPlan(plan, [report.expected]);
  const refused = plan.refusals.some((refusal) => !refusal.lifted);
  if (refused) throw new Failure("REFUSED", plan.refusals.map(({ guard }) => guard).join(", "));
  if (plan.destinations.every((destination) => destination.units.length === 0)) return finish([]);
  return finish(
    await applyPlan({ ...full, plan }, stores, options, {
      by: actor.name,
      readBack: true,
      keepGoing: false,
      signal,
      progress: () => undefined,
    }),
  );
}
