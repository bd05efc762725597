/** Plans and receipts built by hand: small, secret, destructive, large, conflict, drift, nothing. */
import type {
  At,
  Change,
  Conflict,
  DestinationPlan,
  DestinationReceipt,
  Drift,
  Edit,
  Environment,
  GuardRefusal,
  Key,
  Origin,
  Place,
  Plain,
  Plan,
  PlanSummary,
  Position,
  Receipt,
  UnitPlan,
} from "../../../src/model.ts";
import type { PlanContext, World } from "../../../src/report/context.ts";
import { splitUnit } from "../../../src/report/reach.ts";

export const COMMIT = "4f2c1aab4c0d5e6f708192a3b4c5d6e7f8091a2b";
export const BASE = "91be02d0a1b2c3d4e5f60718293a4b5c6d7e8f90";

export function place(env: string, region: string | undefined, isProtected = false): Place {
  return { id: region === undefined ? env : `${env}.${region}`, env, region, protected: isProtected, vars: {} };
}

/** dev and staging in one region, prod (protected) in two. */
export const PLACES: readonly Place[] = [
  place("dev", "eu-west-1"),
  place("staging", "eu-west-1"),
  place("prod", "eu-west-1", true),
  place("prod", "us-east-2", true),
];
export const [DEV, STAGING, PROD_EU, PROD_US] = PLACES.map((one) => one.id) as [string, string, string, string];

export const WORLD: World = { places: PLACES, apps: 10, units: 40 };

/** Lines are found in a table: `apps/orders/base.yaml` + path → line. Everything else is on line 1. */
export function locator(lines: { readonly [fileAndPath: string]: number }): (at: At) => Position | undefined {
  return (at) => {
    if (!("path" in at)) return undefined;
    const line = lines[`${at.file} ${at.path.join(".")}`];
    if (line === undefined) return undefined;
    return { file: at.file, line, column: 3, endLine: line, endColumn: 8 };
  };
}

export function planContext(overrides: Partial<PlanContext> = {}): PlanContext {
  return {
    color: false,
    width: 130,
    verbose: false,
    maxValueWidth: 60,
    world: WORLD,
    locate: locator(LINES),
    ...overrides,
  };
}

const LINES = {
  "apps/orders/base.yaml database.pool.max": 11,
  "apps/orders/base.yaml features.gift_cards": 19,
  "apps/orders/prod.yaml http.timeout_ms": 2,
  "apps/orders/prod.yaml database.pool.max": 5,
  "apps/orders/prod.us-east-2.yaml database.pool.max": 2,
  "apps/payments/secrets.yaml webhook_key": 4,
  "apps/payments/base.yaml stripe_key": 9,
  "apps/payments/base.yaml database.user": 7,
  "apps/payments/base.yaml hosts": 12,
  "apps/payments/base.yaml endpoint": 15,
  "shared/base.yaml logging.level": 4,
  "apps/ledger/prod.yaml kafka.brokers": 9,
};

export function origin(file: string, path: readonly string[]): Origin {
  return { file, path };
}

export function edit(fields: Partial<Edit> & Pick<Edit, "path" | "action" | "outcomes">): Edit {
  return { secret: false, origin: undefined, template: undefined, shadowed: [], placeholder: false, ...fields };
}

interface Parts {
  readonly edits?: readonly Edit[];
  readonly drift?: readonly Drift[];
  readonly conflicts?: readonly Conflict[];
  readonly foreign?: readonly Key[];
  readonly refusals?: readonly GuardRefusal[];
  readonly needsValue?: DestinationPlan["needsValue"];
  readonly kept?: DestinationPlan["kept"];
  readonly places?: readonly Place[];
}

/** A plan that hangs together: one etcd target `config`, writes and counts derived from the edits. */
export function planOf(parts: Parts): Plan {
  const { edits = [], drift = [], conflicts = [], foreign = [], refusals = [], places = PLACES } = parts;
  const needsValue = parts.needsValue ?? [];
  const destinations = places.map((one): DestinationPlan => {
    const here = <T extends { readonly unit: string }>(all: readonly T[]): T[] =>
      all.filter((item) => splitUnit(item.unit).place === one.id);
    return {
      destination: `config@${one.id}`,
      target: "config",
      type: "etcd",
      place: one,
      head: {
        head: {
          generation: 41,
          commit: BASE,
          applyId: "a-17",
          plan: "0f".repeat(32),
          state: "ready",
          at: "2026-11-20T08:00:00Z",
          by: "run 1893",
          tool: "trueup 0.1.0",
        },
        version: "7",
      },
      units: unitPlans(edits, one),
      drift: here(drift),
      conflicts: here(conflicts),
      needsValue: here(needsValue),
      kept: here(parts.kept ?? []),
      untouched: 0,
      foreign:
        one.id === DEV || places !== PLACES ? [] : foreign.filter((key) => key.startsWith(`/config/${one.env}/`)),
      digest: "ab".repeat(32),
    };
  });
  return {
    id: "p-3f9a1c0011223344",
    digest: `3f9a1c0011223344${"0".repeat(48)}`,
    against: { kind: "live" },
    commit: COMMIT,
    dirty: false,
    environments: environmentsOf(places),
    destinations,
    edits,
    refusals,
    summary: summaryOf(edits, destinations),
  };
}

function environmentsOf(places: readonly Place[]): Plan["environments"] {
  const names = [...new Set(places.map((one) => one.env))];
  return names.map((name, i) => ({
    name,
    protected: places.some((one) => one.env === name && one.protected),
    id: `p-${String(i + 1).repeat(16)}`,
    digest: String(i + 1).repeat(64),
  }));
}

const KIND = { add: "create", change: "update", remove: "delete", adopt: "adopt", replace: "replace" } as const;

function unitPlans(edits: readonly Edit[], one: Place): UnitPlan[] {
  const changes = new Map<string, Change[]>();
  for (const item of edits) {
    for (const outcome of item.outcomes) {
      for (const unit of outcome.units) {
        const { app, place: id } = splitUnit(unit);
        if (id !== one.id) continue;
        changes.set(unit, [...(changes.get(unit) ?? []), changeOf(item, outcome, `/config/${one.env}/${app}`)]);
      }
    }
  }
  return [...changes].map(([unit, list]) => ({
    unit,
    app: splitUnit(unit).app,
    changes: list,
    upkeep: false,
    ledger: { expected: "3", record: { unit, commit: COMMIT, applyId: "", settings: new Map() } },
    managed: 28,
  }));
}

function changeOf(item: Edit, outcome: Edit["outcomes"][number], prefix: string): Change {
  return {
    kind: KIND[item.action],
    key: `${prefix}/${item.path.join("/")}`,
    setting: undefined,
    expected: item.action === "add" ? null : "5",
    secret: item.secret,
    placeholder: item.placeholder,
    members: [
      {
        path: item.path,
        name: "",
        action: item.action === "add" ? "add" : item.action === "remove" ? "remove" : "change",
        secret: item.secret,
        ...(item.secret || outcome.before === undefined ? {} : { before: outcome.before }),
        ...(item.secret || outcome.after === undefined ? {} : { after: outcome.after }),
      },
    ],
  };
}

function summaryOf(edits: readonly Edit[], destinations: readonly DestinationPlan[]): PlanSummary {
  const units = new Set<string>();
  const counts = { add: 0, change: 0, remove: 0, adopt: 0, replace: 0 };
  for (const item of edits) {
    for (const outcome of item.outcomes) {
      counts[item.action] += outcome.units.length;
      for (const unit of outcome.units) units.add(unit);
    }
  }
  for (const unit of destinations.flatMap((one) => one.conflicts)) units.add(unit.unit);
  const touched = new Set([...units].map((unit) => splitUnit(unit).place));
  const places = destinations.map((one) => one.place).filter((one) => touched.has(one.id));
  const sum = (of: (one: DestinationPlan) => readonly unknown[]): number =>
    destinations.reduce((n, one) => n + of(one).length, 0);
  return {
    add: counts.add,
    change: counts.change,
    replace: counts.replace,
    delete: counts.remove,
    adopt: counts.adopt,
    conflict: sum((one) => one.conflicts),
    drift: sum((one) => one.drift),
    foreign: sum((one) => one.foreign),
    needsValue: sum((one) => one.needsValue),
    apps: new Set([...units].map((unit) => splitUnit(unit).app)).size,
    units: units.size,
    places: places.map((one) => one.id),
    protected: places.some((one) => one.protected),
  };
}

function everywhere(app: string): string[] {
  return PLACES.map((one) => `${app}@${one.id}`);
}

const orders = everywhere("orders") as [string, string, string, string];
const payments = everywhere("payments") as [string, string, string, string];

export const small: Plan = planOf({
  edits: [
    edit({
      path: ["database", "pool", "max"],
      action: "change",
      origin: origin("apps/orders/base.yaml", ["database", "pool", "max"]),
      outcomes: [{ before: 10, after: 20, units: orders.slice(0, 2) }],
      shadowed: [
        { unit: orders[2], value: 40, by: origin("apps/orders/prod.yaml", ["database", "pool", "max"]) },
        { unit: orders[3], value: 60, by: origin("apps/orders/prod.us-east-2.yaml", ["database", "pool", "max"]) },
      ],
    }),
    edit({
      path: ["http", "timeout_ms"],
      action: "change",
      origin: origin("apps/orders/prod.yaml", ["http", "timeout_ms"]),
      outcomes: [{ before: 1500, after: 1200, units: orders.slice(2) }],
    }),
    edit({
      path: ["features", "gift_cards"],
      action: "add",
      origin: origin("apps/orders/base.yaml", ["features", "gift_cards"]),
      outcomes: [{ after: false, units: orders }],
    }),
  ],
  drift: [
    {
      unit: orders[1],
      key: "/config/staging/orders/logging/level",
      path: ["logging", "level"],
      name: "",
      secret: false,
      kind: "changed",
      git: "info",
      live: "debug",
    },
  ],
});

/** Secrets, a replacement, a list that gets shorter, a template, and secrets nobody uses any more. */
export const secrets: Plan = planOf({
  edits: [
    edit({
      path: ["webhook_key"],
      action: "add",
      secret: true,
      placeholder: true,
      origin: origin("apps/payments/secrets.yaml", ["webhook_key"]),
      outcomes: [{ units: payments }],
    }),
    edit({
      path: ["stripe_key"],
      action: "change",
      secret: true,
      origin: origin("apps/payments/base.yaml", ["stripe_key"]),
      outcomes: [{ units: payments.slice(2) }],
    }),
    edit({
      path: ["database", "user"],
      action: "replace",
      origin: origin("apps/payments/base.yaml", ["database", "user"]),
      outcomes: [{ before: "payments", after: "payments_rw", units: payments.slice(0, 1) }],
    }),
    edit({
      path: ["hosts"],
      action: "change",
      origin: origin("apps/payments/base.yaml", ["hosts"]),
      outcomes: [
        { before: ["a.example.com", "b.example.com", "c.example.com"], after: ["a.example.com"], units: payments },
      ],
    }),
    edit({
      path: ["endpoint"],
      action: "change",
      template: "https://{{env}}.{{region}}.example.com",
      origin: origin("apps/payments/base.yaml", ["endpoint"]),
      outcomes: payments.map((unit) => ({
        before: "https://old.example.com",
        after: `https://${splitUnit(unit).place}.example.com`,
        units: [unit],
      })),
    }),
  ],
  needsValue: payments.map((unit) => ({ unit, path: ["webhook_key"], secret: "webhook_key" })),
  kept: [{ unit: payments[2], path: ["old_key"] }],
});

const lost = ["database.host", "database.port", "cache.ttl", "http.port", "legacy.endpoint", "kafka.brokers"];

/** Most of an app's keys go, and a guard stands in the way. */
export const destructive: Plan = planOf({
  edits: lost.map((key, i) =>
    edit({
      path: key.split("."),
      action: "remove",
      outcomes:
        i === 0
          ? orders.map((unit) => ({ before: `orders.${splitUnit(unit).place}.db.example.com`, units: [unit] }))
          : [{ before: i % 2 === 0 ? 300 + i : `value of ${key}`, units: i < 3 ? orders : orders.slice(0, 2) }],
    }),
  ),
  refusals: [
    {
      guard: "delete",
      message: "orders in prod loses 6 of 28 keys (21 %); the limit is 10 %",
      examples: [`${orders[2]}:database.host`, `${orders[3]}:database.host`],
      lifted: false,
    },
    { guard: "wide", message: "1 app is over the limit of 0", examples: [], lifted: true },
  ],
});

const LARGE_ENVS = ["dev", "qa", "staging", "preprod", "prod"];
export const LARGE_PLACES: readonly Place[] = LARGE_ENVS.flatMap((env) =>
  ["eu-1", "eu-2", "us-1", "us-2"].map((region) => place(env, region, env === "prod")),
);
export const LARGE_WORLD: World = { places: LARGE_PLACES, apps: 500, units: 10_000 };
const largeApps = Array.from({ length: 499 }, (_, i) => `app-${String(i + 1).padStart(3, "0")}`).concat("ledger");

/** One shared line that reaches 500 apps in 20 places, and a small edit beside it. */
export const large: Plan = planOf({
  places: LARGE_PLACES,
  edits: [
    edit({
      path: ["logging", "level"],
      action: "change",
      origin: origin("shared/base.yaml", ["logging", "level"]),
      outcomes: [
        {
          before: "info",
          after: "warn",
          units: largeApps.flatMap((app) => LARGE_PLACES.map((one) => `${app}@${one.id}`)),
        },
      ],
    }),
    edit({
      path: ["kafka", "brokers"],
      action: "change",
      origin: origin("apps/ledger/prod.yaml", ["kafka", "brokers"]),
      outcomes: [
        {
          before: "kafka-1.example.com:9092,kafka-2.example.com:9092,kafka-3.example.com:9092,kafka-4.example.com:9092",
          after: "kafka-1.example.com:9092,kafka-2.example.com:9092,kafka-3.example.com:9092,kafka-5.example.com:9092",
          units: LARGE_PLACES.slice(-4).map((one) => `ledger@${one.id}`),
        },
      ],
    }),
  ],
  refusals: [{ guard: "wide", message: "500 apps are over the limit of 25", examples: [], lifted: false }],
});

/** `n` edits that have nothing in common, spread over 500 apps. */
export function manyChanges(n: number, action: Edit["action"] = "change"): Plan {
  return planOf({
    places: LARGE_PLACES,
    edits: Array.from({ length: n }, (_, i) => {
      const app = largeApps[i % largeApps.length] ?? "";
      const unit = `${app}@${LARGE_PLACES[(i * 7) % LARGE_PLACES.length]?.id}`;
      const path = ["group", `key_${i}`];
      const outcome = {
        units: [unit],
        ...(action === "add" ? {} : { before: i as Plain }),
        ...(action === "remove" ? {} : { after: `new ${i}` }),
      };
      return edit({ path, action, origin: origin(`apps/${app}/base.yaml`, path), outcomes: [outcome] });
    }),
  });
}

export const conflict: Plan = planOf({
  edits: [
    edit({
      path: ["http", "port"],
      action: "change",
      origin: origin("apps/payments/base.yaml", ["http", "port"]),
      outcomes: [{ before: 8080, after: 9090, units: payments.slice(0, 2) }],
    }),
  ],
  conflicts: payments.slice(2).flatMap((unit): Conflict[] => [
    {
      unit,
      key: `/config/prod/payments/cache/ttl`,
      path: ["cache", "ttl"],
      name: "",
      secret: false,
      kind: "both-changed",
      git: 600,
      live: 900,
    },
    { unit, key: `/config/prod/payments/api_key`, path: ["api_key"], name: "", secret: true, kind: "changed-live" },
  ]),
  refusals: [{ guard: "conflict", message: "4 values were changed in Git and live", examples: [], lifted: false }],
});

export const driftOnly: Plan = planOf({
  drift: [
    {
      unit: orders[2],
      key: "/config/prod/orders/http/timeout_ms",
      path: ["http", "timeout_ms"],
      name: "",
      secret: false,
      kind: "changed",
      git: 1200,
      live: 3000,
    },
    {
      unit: "cart@staging.eu-west-1",
      key: "/config/staging/cart/cache/ttl",
      path: ["cache", "ttl"],
      name: "",
      secret: false,
      kind: "deleted",
      git: 300,
    },
    {
      unit: payments[3],
      key: "/config/prod/payments/stripe_key",
      path: ["stripe_key"],
      name: "",
      secret: true,
      kind: "changed",
    },
  ],
  foreign: ["/config/staging/orders/tmp/a", "/config/staging/orders/tmp/b", "/config/staging/orders/tmp/c"],
});

export const nothing: Plan = planOf({});

// ── Receipts ─────────────────────────────────────────────────────────────────────────────────────

function destinationReceipt(one: Place, fields: Partial<DestinationReceipt> = {}): DestinationReceipt {
  return {
    destination: `config@${one.id}`,
    place: one.id,
    target: "config",
    result: "applied",
    applied: 2,
    pending: 0,
    proof: "revision 88214",
    readBack: { checked: 2, wrong: [] },
    left: [],
    before: BASE,
    supersededBy: undefined,
    failure: undefined,
    ...fields,
  };
}

export function receiptOf(fields: Partial<Receipt> = {}): Receipt {
  return {
    plan: small.id,
    commit: COMMIT,
    applyId: "a-18",
    startedAt: "2026-11-20T12:21:00Z",
    durationMs: 900,
    result: "applied",
    destinations: PLACES.map((one) => destinationReceipt(one)),
    ...fields,
  };
}

export const applied: Receipt = receiptOf();

/** Permission denied in the last place. */
export const partial: Receipt = receiptOf({
  result: "partial",
  destinations: PLACES.map((one) =>
    one.id !== PROD_US
      ? destinationReceipt(one)
      : destinationReceipt(one, {
          result: "partial",
          applied: 1,
          pending: 1,
          proof: undefined,
          readBack: undefined,
          left: [{ address: `orders@${PROD_US}:features.gift_cards`, why: "permission denied" }],
          failure: {
            code: "DENIED",
            message: "etcd us-east-2: permission denied for /config/prod/orders/features/gift_cards (user trueup-apply)",
            details: ["1 of 2 keys had been written"],
            fix: "grant write on /config/prod/ to trueup-apply",
          },
        }),
  ),
});

export const superseded: Receipt = receiptOf({
  result: "superseded",
  destinations: PLACES.slice(2).map((one) =>
    destinationReceipt(one, {
      result: "superseded",
      applied: 0,
      proof: undefined,
      readBack: undefined,
      supersededBy: "7d10e55aa0b1c2d3e4f5061728394a5b6c7d8e9f",
    }),
  ),
});

export const moved: Receipt = receiptOf({
  result: "moved",
  destinations: PLACES.slice(0, 1).map((one) =>
    destinationReceipt(one, {
      result: "moved",
      applied: 0,
      pending: 2,
      proof: undefined,
      readBack: undefined,
      left: [{ address: `orders@${DEV}:http.port`, why: "changed live since it was read" }],
    }),
  ),
});
