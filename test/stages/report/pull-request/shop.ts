/** A small config repo that goes through the whole pipeline in memory: what a pull request shows is made from real plans. */
import {
  Failure,
  type Plan,
  type Planned,
  type Problem,
  type Receipt,
  type Store,
  type StoreDriver,
  applyPlan,
  locate,
  memorySource,
  memoryStore,
  openProject,
  planLive,
  planRef,
  receiptOf,
  storePool,
  want,
} from "../../../../src/index.ts";
import type { At, LocatedProblem, Position } from "../../../../src/index.ts";
import type { PullRequestContext } from "../../../../src/report/pull-request/page.ts";
import { worldOf } from "../../../../src/cli/context.ts";
import { located } from "../../../../src/cli/project.ts";
import { BASE, COMMIT } from "../build.ts";

export type Files = Readonly<Record<string, string>>;

export const PAGE: PullRequestContext["page"] = {
  serverUrl: "https://github.com",
  repository: "example/shop-config",
  sha: COMMIT,
  runUrl: "https://github.com/example/shop-config/actions/runs/1893",
  artifactUrls: {
    html: "https://github.com/example/shop-config/actions/runs/1893/artifacts/1",
    json: "https://github.com/example/shop-config/actions/runs/1893/artifacts/2",
  },
  pullNumber: 482,
};

export const TRUEUP = `version: 1
system: shop
environments:
  dev: { regions: [eu-west-1] }
  staging: { regions: [eu-west-1] }
  prod: { protected: true, regions: [eu-west-1, us-east-2] }
targets:
  config: { type: etcd, path: "/config/{{env}}/{{app}}/{{key}}", connection: { at: "{{env}}.{{region}}" } }
guards: { max_delete: 30%, max_apps: 25 }
`;

export const ORDERS: Files = {
  "apps/orders/base.yaml": `http:
  port: 8080
  timeout_ms: 3000
cache:
  ttl: 300
  host: cache.example.com
kafka:
  topic: "orders.{{env}}"
logging: { level: info }
database:
  pool: { max: 10 }
  host: "orders.{{env}}.db.example.com"
  port: 5432
features:
  express_checkout: true
`,
  "apps/orders/staging.yaml": "logging: { level: info }\n",
  "apps/orders/prod.yaml": `http: { timeout_ms: 1500 }
features: { express_checkout: false }
database:
  pool:
    max: 40
`,
  "apps/orders/prod.us-east-2.yaml": "database: { pool: { max: 60 } }\n",
};

export const FILES: Files = {
  "trueup.yaml": TRUEUP,
  ...ORDERS,
  "apps/cart/base.yaml": "http: { port: 8081 }\ncache: { ttl: 60 }\n",
};

type Memory = ReturnType<typeof memoryStore>;

/** Stores by place, kept between runs. */
export interface Shop {
  readonly files: Record<string, string>;
  readonly store: (place: string) => Memory;
  /** From now on the store of this place refuses to be written. */
  readonly deny: (place: string) => void;
  readonly plan: (commit?: string) => Promise<Shown>;
  /** The plan against other files instead of the stores. */
  readonly against: (ref: string, base: Files) => Promise<Shown>;
  readonly apply: (options?: { readonly commit?: string; readonly envs?: readonly string[] }) => Promise<Applied>;
  readonly problems: () => Promise<{ readonly problems: readonly LocatedProblem[]; readonly ctx: PullRequestContext }>;
}
export interface Shown {
  readonly plan: Plan;
  readonly ctx: PullRequestContext;
}
export interface Applied extends Shown {
  readonly receipt: Receipt;
}

export function shop(initial: Files = FILES): Shop {
  const files: Record<string, string> = { ...initial };
  const stores = new Map<string, Memory>();
  const store = (place: string): Memory => {
    const memory = stores.get(place) ?? memoryStore();
    stores.set(place, memory);
    return memory;
  };
  const denied = new Set<string>();
  const open = (place: string): Store => {
    const { store: inner } = store(place);
    if (!denied.has(place)) return inner;
    const refuse = (): never => {
      throw new Failure("DENIED", `etcd ${place}: permission denied for /config/prod/ (user trueup-apply)`, {
        fix: "grant write on /config/prod/ to trueup-apply",
      });
    };
    return { ...inner, commit: refuse };
  };
  const etcd: StoreDriver = {
    type: "etcd",
    limits: memoryStore().limits,
    connectionSchema: { type: "object" },
    defaults: { layout: "keys", connection: {} },
    open: (connection) => Promise.resolve(open(connection["at"] as string)),
  };
  const drivers = { etcd };

  const opened = async (from: Files, commit: string, envs: readonly string[], applying: boolean) => {
    const project = await openProject(memorySource(from), drivers);
    const desired = want(project, { envs });
    if ("problems" in desired) throw new Error(desired.problems.map((one) => one.message).join("\n"));
    const options = {
      scope: { envs },
      allow: new Set<string>(),
      commit,
      dirty: false,
      now: "2026-11-21T12:04:00Z",
      applyId: "apply-1",
      tool: "trueup test",
      applying,
    };
    const ctx = contextOf(worldOf(desired.bench.repo), (at) => locate(at, project.loaded.sources));
    return { desired, options, ctx };
  };

  const plan: Shop["plan"] = async (commit = COMMIT) => {
    const { desired, options, ctx } = await opened(files, commit, [], false);
    const pool = storePool(drivers, ".", {});
    const { plan: made } = await planLive(desired.bench, desired.wanted, pool, options);
    return { plan: made, ctx };
  };

  const against: Shop["against"] = async (ref, base) => {
    const { desired, options, ctx } = await opened(files, COMMIT, [], false);
    const old = await opened(base, BASE, [], false);
    const { plan: made } = planRef(desired.bench, desired.wanted, old.desired.wanted, ref, options);
    return { plan: made, ctx };
  };

  const apply: Shop["apply"] = async ({ commit = BASE, envs = [] } = {}) => {
    const { desired, options, ctx } = await opened(files, commit, envs, true);
    const pool = storePool(drivers, ".", {});
    const planned: Planned = await planLive(desired.bench, desired.wanted, pool, options);
    const destinations = await applyPlan(planned, pool, options, {
      by: "test",
      readBack: true,
      keepGoing: false,
      progress: () => undefined,
    });
    const facts = { applyId: "apply-1", startedAt: options.now, durationMs: 20_500, interrupted: false };
    return { plan: planned.plan, ctx, receipt: receiptOf(planned.plan, destinations, facts) };
  };

  const problems: Shop["problems"] = async () => {
    const project = await openProject(memorySource(files), drivers);
    const find = (at: At): Position | undefined => locate(at, project.loaded.sources);
    const desired = want(project, {});
    const found: readonly Problem[] = "problems" in desired ? desired.problems : [];
    const repo = project.bench?.repo;
    const world = repo === undefined ? { places: [], apps: 0, units: 0 } : worldOf(repo);
    return { problems: located(found, { locate: find, loaded: project.loaded }), ctx: contextOf(world, find) };
  };
  return { files, store, deny: (place) => void denied.add(place), plan, against, apply, problems };
}

export function contextOf(
  world: PullRequestContext["world"],
  find: PullRequestContext["locate"],
  more: Partial<PullRequestContext> = {},
): PullRequestContext {
  return {
    color: false,
    width: 100,
    verbose: false,
    maxValueWidth: 80,
    world,
    locate: find,
    page: PAGE,
    root: ".",
    comparedAt: "12:04 UTC",
    base: BASE,
    liftBy: "maintain",
    ...more,
  };
}
