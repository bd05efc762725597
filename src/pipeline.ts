/**
 * The line of work, cut at different lengths. Read this second, after `model.ts`.
 *
 *   load → resolve → render → validate → map → read → plan → guard → apply → report
 *   edge   pure      pure     pure       pure   edge   pure   pure    edge    edge
 *
 * `validate` stops after map, `diff` after guard, `apply` plans again and goes on. Drift is a plan that ought to be
 * empty: there is no second engine.
 */
import { type ApplyProgress, apply } from "./apply/apply.ts";
import { PLACEHOLDER } from "./apply/compose.ts";
import { secretsOf, secretsToReveal } from "./apply/plaintext.ts";
import { rehearse } from "./apply/rehearse.ts";
import type { Scope, Workbench } from "./desired.ts";
import { readLive } from "./live.ts";
import type { Destination, DestinationReceipt, Entry, Key, LedgerEntry, Live, Plan, UnitId } from "./model.ts";
import { planDestination } from "./plan/destination-plan.ts";
import { foldEdits } from "./plan/edits.ts";
import { checkGuards } from "./plan/guard.ts";
import { assemblePlan } from "./plan/plan.ts";
import { refuseUnsourced } from "./plan/unsourced.ts";
import { type Problem, hasErrors } from "./problem.ts";
import { ledgerMarks } from "./setting.ts";
import type { Project } from "./project.ts";
import { fitOf } from "./secrets/fit.ts";
import type { RandomBytes } from "./secrets/generate.ts";
import {
  type Holding,
  type NeededValue,
  type ReadDestination,
  type ValueId,
  findHolding,
  neededValues,
  valueId,
} from "./secrets/holdings.ts";
import { definitionOf, originOf } from "./secrets/origins.ts";
import { openSecrets } from "./secrets/reveal.ts";
import { type Surroundings, nearSources, readElsewhere, refuseLonely } from "./surroundings.ts";
import type { StorePool } from "./store-pool.ts";
import type { KeySource } from "./secrets/sops/decrypt.ts";
import { textOf } from "./map/map.ts";
import { type Wanted, pathOfKey, sourcesOf, wantedBy } from "./wanted.ts";

export { type StorePool, storePool } from "./store-pool.ts";

/** What varies from run to run and is not data of the repo. */
export interface PlanOptions {
  readonly scope: Scope;
  readonly allow: ReadonlySet<string>;
  readonly commit: string | null;
  readonly dirty: boolean;
  /** ISO 8601. */
  readonly now: string;
  readonly applyId: string;
  readonly tool: string;
  /** True: the plan is going to be applied, so rules for applying count. */
  readonly applying: boolean;
}

export interface Planned {
  readonly bench: Workbench;
  readonly plan: Plan;
  readonly wanted: Wanted;
  readonly live: ReadonlyMap<string, Live>;
  /** Where the generated values are that the plan writes; those that are nowhere are made up. */
  readonly holdings: ReadonlyMap<ValueId, Holding>;
}

/** Everything wanted in scope, or the problems that make the configuration invalid. */
export function want(
  project: Project,
  scope: Scope,
): { readonly bench: Workbench; readonly wanted: Wanted } | { readonly problems: readonly Problem[] } {
  if (project.bench === undefined) return { problems: project.problems };
  const wanted = wantedBy(project.bench, scope);
  const problems = [...project.problems, ...wanted.problems];
  return hasErrors(problems) ? { problems } : { bench: project.bench, wanted };
}

/** Reads every destination and plans against it. A destination that cannot be read fails the whole plan. */
export async function planLive(
  bench: Workbench,
  wanted: Wanted,
  stores: StorePool,
  options: PlanOptions,
  signal?: AbortSignal,
): Promise<Planned> {
  const live = new Map<string, Live>();
  for (const destination of wanted.destinations)
    live.set(destination.id, await readLive(await stores.open(destination), destination, signal));
  const near = await nearSources(wanted, live, stores, signal);
  const against = { kind: "live" } as const;
  const first = planAgainst(bench, wanted, live, against, options, { near, elsewhere: [] });
  if (first.made.length === 0) return first;
  const elsewhere = await readElsewhere(bench, wanted, options.scope, first.made, stores, signal);
  if (elsewhere.length === 0) return first;
  const second = planAgainst(bench, wanted, live, against, options, { near, elsewhere });
  if (options.applying) refuseLonely(second.made, elsewhere);
  return second;
}

/** Plans against what another rendering of the repo (a Git ref) would have put into the stores. Needs no store. */
export function planRef(bench: Workbench, wanted: Wanted, base: Wanted, ref: string, options: PlanOptions): Planned {
  const before = new Map(base.destinations.map((destination) => [destination.id, destination]));
  const live = new Map(wanted.destinations.map((destination) => [destination.id, asLive(before.get(destination.id))]));
  return planAgainst(bench, wanted, live, { kind: "ref", ref }, options, { near: new Map(), elsewhere: [] });
}

/**
 * Plans until nothing new turns up: a secret whose value is nowhere to be read back gets a new one, and then all its
 * uses are written. `made` are those.
 */
function planAgainst(
  bench: Workbench,
  wanted: Wanted,
  live: ReadonlyMap<string, Live>,
  against: Plan["against"],
  options: PlanOptions,
  around: Surroundings,
): Planned & { readonly made: readonly NeededValue[] } {
  const read: ReadDestination[] = [
    ...wanted.destinations.flatMap((destination) => {
      const found = live.get(destination.id);
      return found === undefined ? [] : [{ destination, live: found }];
    }),
    ...around.elsewhere,
  ];
  const made = new Map<ValueId, NeededValue>();
  const holdings = new Map<ValueId, Holding>();
  for (;;) {
    const planned = planOnce(bench, wanted, live, against, options, around.near, new Set(made.keys()));
    const before = made.size;
    for (const value of neededValues(planned.plan, secretsOf, (unit, id) => definitionOf(bench, wanted, unit, id))) {
      const holding = findHolding(value, read);
      if (holding === undefined) made.set(value.id, value);
      else holdings.set(value.id, holding);
    }
    if (made.size === before) return { ...planned, holdings, made: [...made.values()] };
  }
}

function planOnce(
  bench: Workbench,
  wanted: Wanted,
  live: ReadonlyMap<string, Live>,
  against: Plan["against"],
  options: PlanOptions,
  near: Surroundings["near"],
  made: ReadonlySet<ValueId>,
): Omit<Planned, "holdings"> {
  const { config } = bench.repo;
  const policy = {
    overwriteDrift: config.drift.onApply === "overwrite" || options.allow.has("drift"),
    overwriteConflicts: options.allow.has("conflict"),
  };
  const destinations = wanted.destinations.map((destination) =>
    planDestination({
      destination,
      live: live.get(destination.id) ?? { entries: new Map(), head: undefined, ledger: new Map() },
      policy,
      inScope: wanted.inScope,
      pathOfKey: (unit, key) => pathOfKey(bench, destination.frame, unit, key),
      others: () => keysOfOthers(wanted, destination, live),
      isMade: (unit, secret) => made.has(valueId(destination.place.id, unit, secret)),
      near: (key) => near.get(`${destination.storeId} ${key}`) ?? [],
      reserved: destination.frame.reserved,
      // No commit holds what a dirty work tree applies.
      commit: options.dirty ? null : options.commit,
      applyId: options.applyId,
    }),
  );
  const refusals = checkGuards({
    destinations,
    guards: config.guards,
    allow: options.allow,
    now: options.now,
    dirty: options.dirty && options.applying,
  });
  const edits = foldEdits(destinations, sourcesOf(bench, wanted));
  const plan = assemblePlan({
    config,
    destinations,
    edits,
    refusals,
    against,
    commit: options.commit,
    dirty: options.dirty,
    tool: options.tool,
  });
  return { bench, plan, wanted, live };
}

/** Keys that other targets own or want in the same store. */
function keysOfOthers(wanted: Wanted, destination: Destination, live: ReadonlyMap<string, Live>): ReadonlySet<Key> {
  const keys = new Set<Key>();
  for (const other of wanted.destinations) {
    if (other.id === destination.id || other.storeId !== destination.storeId) continue;
    for (const unit of other.units) {
      for (const setting of unit.settings) keys.add(setting.key);
      for (const key of unit.sources?.values() ?? []) keys.add(key);
    }
    for (const { record } of live.get(other.id)?.ledger.values() ?? [])
      for (const key of record.settings.keys()) keys.add(key);
  }
  return keys;
}

/** What the stores would hold if this had been applied: for plans against a Git ref. */
function asLive(destination: Destination | undefined): Live {
  const entries = new Map<Key, Entry>();
  const ledger = new Map<
    UnitId,
    { record: { unit: UnitId; commit: null; applyId: string; settings: Map<Key, LedgerEntry> }; version: string }
  >();
  for (const { unit, settings } of destination?.units ?? []) {
    const written = new Map<Key, LedgerEntry>();
    for (const setting of settings) {
      const text = textOf(setting);
      entries.set(setting.key, {
        key: setting.key,
        version: "ref",
        secret: setting.secret,
        ...(text === undefined ? {} : { value: text }),
      });
      const members = ledgerMarks(setting);
      const bare = setting.layout === "keys";
      written.set(setting.key, {
        digest: bare ? (members.get("") ?? undefined) : undefined,
        version: "ref",
        secret: setting.secret,
        ...(bare ? {} : { members }),
      });
    }
    ledger.set(unit, { record: { unit, commit: null, applyId: "ref", settings: written }, version: "ref" });
  }
  return { entries, head: undefined, ledger };
}

export interface ApplyOptions {
  readonly by: string;
  readonly readBack: boolean;
  readonly keepGoing: boolean;
  readonly signal?: AbortSignal;
  /** Keys that open encrypted files; asked for only if a secret of one is to be written. */
  readonly keys?: () => Promise<KeySource>;
  /** Cryptographic random source; without it no value can be made up. */
  readonly random?: RandomBytes;
  readonly progress: (event: ApplyProgress) => void;
}

/**
 * Carries out a plan that {@link planLive} made and no guard refuses. Throws, with nothing written, if the value of a
 * secret cannot be got (see `openSecrets`) or does not fit where it belongs (`UNFIT`).
 */
export async function applyPlan(
  planned: Planned,
  stores: StorePool,
  options: PlanOptions,
  how: ApplyOptions,
): Promise<readonly DestinationReceipt[]> {
  const { bench, plan, wanted, live } = planned;
  refuseUnsourced(plan);
  const destinations = new Map(wanted.destinations.map((destination) => [destination.id, destination]));
  const open = (destination: Destination) => stores.open(destination);
  const needed = plan.destinations.flatMap(secretsToReveal);
  const reveal = await openSecrets(needed, {
    originOf: (use) => originOf(bench, wanted, destinations.get(use.destination), live, use),
    holdings: planned.holdings,
    placeholder: PLACEHOLDER,
    keys: how.keys ?? (() => Promise.resolve({ ageIdentities: [] })),
    random: how.random,
    open,
    signal: how.signal,
  });
  if (needed.length > 0) await rehearse({ plan, destinations, live, reveal, store: open, fit: fitOf(bench, wanted) });
  return apply({
    plan,
    destinations,
    live,
    reveal,
    store: open,
    applyId: options.applyId,
    at: options.now,
    by: how.by,
    tool: options.tool,
    readBack: how.readBack,
    keepGoing: how.keepGoing,
    signal: how.signal,
    progress: how.progress,
  });
}
