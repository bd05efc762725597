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
import { secretsToReveal } from "./apply/plaintext.ts";
import type { Scope, Workbench } from "./desired.ts";
import { Failure } from "./failure.ts";
import { readLive } from "./live.ts";
import type {
  Destination,
  DestinationReceipt,
  Entry,
  Key,
  LedgerEntry,
  Live,
  Plan,
  PlainMap,
  SecretId,
  UnitId,
} from "./model.ts";
import { planDestination } from "./plan/destination-plan.ts";
import { foldEdits } from "./plan/edits.ts";
import { checkGuards } from "./plan/guard.ts";
import { assemblePlan } from "./plan/plan.ts";
import { type Problem, hasErrors } from "./problem.ts";
import { canonicalJson } from "./canonical.ts";
import { ledgerMarks } from "./setting.ts";
import type { Drivers, Project } from "./project.ts";
import { openSecrets } from "./secrets/reveal.ts";
import type { KeySource } from "./secrets/sops/decrypt.ts";
import type { Purpose, Store } from "./stores/store.ts";
import { textOf } from "./map/map.ts";
import { type Wanted, pathOfKey, sourcesOf, wantedBy } from "./wanted.ts";

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
  return planAgainst(bench, wanted, live, { kind: "live" }, options);
}

/** Plans against what another rendering of the repo (a Git ref) would have put into the stores. Needs no store. */
export function planRef(bench: Workbench, wanted: Wanted, base: Wanted, ref: string, options: PlanOptions): Planned {
  const before = new Map(base.destinations.map((destination) => [destination.id, destination]));
  const live = new Map(wanted.destinations.map((destination) => [destination.id, asLive(before.get(destination.id))]));
  return planAgainst(bench, wanted, live, { kind: "ref", ref }, options);
}

function planAgainst(
  bench: Workbench,
  wanted: Wanted,
  live: ReadonlyMap<string, Live>,
  against: Plan["against"],
  options: PlanOptions,
): Planned {
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
    for (const unit of other.units) for (const setting of unit.settings) keys.add(setting.key);
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

/** Stores opened once per connection, closed together. */
export interface StorePool {
  open(destination: Destination): Promise<Store>;
  close(): Promise<void>;
}

/**
 * `env` answers `{ fromEnv: NAME }` in connections; `folder` is the config root, for relative paths. Open it with
 * `apply` where {@link applyPlan} is going to follow.
 */
export function storePool(
  drivers: Drivers,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  purpose: Purpose = "plan",
): StorePool {
  const open = new Map<string, Promise<Store>>();
  return {
    open: (destination) => {
      const id = canonicalJson([destination.target.type, destination.connection]);
      const known = open.get(id);
      if (known !== undefined) return known;
      const driver = Object.hasOwn(drivers, destination.target.type) ? drivers[destination.target.type] : undefined;
      if (driver === undefined) throw new Failure("USAGE", `there is no store type ${destination.target.type}`);
      const store = driver.open(withCredentials(destination.connection, env), folder, purpose);
      open.set(id, store);
      return store;
    },
    close: async () => {
      await Promise.allSettled([...open.values()].map(async (store) => (await store).close()));
    },
  };
}

function withCredentials(connection: PlainMap, env: Readonly<Record<string, string | undefined>>): PlainMap {
  return Object.fromEntries(
    Object.entries(connection).flatMap(([name, value]) => {
      if (typeof value !== "object" || value === null || !("fromEnv" in value)) return [[name, value]];
      const variable = typeof value.fromEnv === "string" ? value.fromEnv : "";
      const text = env[variable];
      if (text === undefined || text === "")
        throw new Failure("MISSING", `the environment variable ${variable} is not set (connection.${name})`, {
          fix: `set ${variable}, or drop connection.${name} from trueup.yaml`,
        });
      return [[name, text]];
    }),
  );
}

export interface ApplyOptions {
  readonly by: string;
  readonly readBack: boolean;
  readonly keepGoing: boolean;
  readonly signal?: AbortSignal;
  /** Keys that open encrypted files; asked for only if a secret of one is to be written. */
  readonly keys?: () => Promise<KeySource>;
  readonly progress: (event: ApplyProgress) => void;
}

/**
 * Carries out a plan that {@link planLive} made and no guard refuses. Throws, with nothing written, if secrets are
 * encrypted in Git and cannot be decrypted.
 */
export async function applyPlan(
  planned: Planned,
  stores: StorePool,
  options: PlanOptions,
  how: ApplyOptions,
): Promise<readonly DestinationReceipt[]> {
  const { bench, plan, wanted, live } = planned;
  const find = (unit: UnitId, secret: SecretId) => {
    const resolved = wanted.units.get(unit)?.resolved;
    return resolved === undefined ? undefined : bench.encrypted.find(resolved.app, resolved.place, secret);
  };
  const needed = plan.destinations.flatMap(secretsToReveal);
  const reveal = await openSecrets(needed, find, how.keys ?? (() => Promise.resolve({ ageIdentities: [] })));
  return apply({
    plan,
    destinations: new Map(wanted.destinations.map((destination) => [destination.id, destination])),
    live,
    reveal,
    store: (destination) => stores.open(destination),
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
