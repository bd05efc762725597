/** Plans: small, secret, destructive, large, conflict, drift, nothing. And what printers need beside them. */
import type { At, Conflict, Edit, Place, Plain, Plan, Position } from "../../../src/model.ts";
import type { PlanContext, World } from "../../../src/report/context.ts";
import { splitUnit } from "../../../src/report/reach.ts";
import { edit, origin, place, PLACES, planOf, WORLD } from "./build.ts";

/** Lines are found in a table: `apps/orders/base.yaml` + path → line. Everything else is on line 1. */
function locator(lines: { readonly [fileAndPath: string]: number }): (at: At) => Position | undefined {
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
