/** Plans built by hand that hang together: places, edits, and what follows from them. */
import type {
  Change,
  Conflict,
  DestinationPlan,
  Drift,
  Edit,
  GuardRefusal,
  Key,
  Origin,
  Place,
  Plan,
  PlanSummary,
  UnitPlan,
} from "../../../src/model.ts";
import type { World } from "../../../src/report/context.ts";
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
  readonly unsourced?: DestinationPlan["unsourced"];
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
      unsourced: here(parts.unsourced ?? []),
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
