/** One destination in memory, with what Git wants of it: planned and applied by the engine alone, without files. */
import { formatPath, parsePath } from "../../../src/address.ts";
import { type ApplyInput, apply } from "../../../src/apply/apply.ts";
import { readLive } from "../../../src/live.ts";
import type {
  Change,
  Config,
  Destination,
  DestinationPlan,
  Holder,
  Key,
  KeyPath,
  Layout,
  LedgerRecord,
  Live,
  Member,
  MemberChange,
  Place,
  Plan,
  SecretId,
  Setting,
  Shape,
  UnitId,
  UnitPlan,
  Value,
} from "../../../src/model.ts";
import { type PlanInput, planDestination } from "../../../src/plan/destination-plan.ts";
import { assemblePlan } from "../../../src/plan/plan.ts";
import { Sealed, holdsSecret, isSecret, secret } from "../../../src/secret.ts";
import { type MemoryStore, memoryStore } from "../../../src/stores/memory.ts";
import { decodeLedger, ledgerKey } from "../../../src/stores/records.ts";

/** A value of Git that trueup can get at, with what its recipe says. */
class Held {
  readonly value: Value;
  readonly digest: string;
  readonly holders: readonly Holder[];
  constructor(value: Value, digest: string, holders: readonly Holder[]) {
    this.value = value;
    this.digest = digest;
    this.holders = holders;
  }
}

/** A secret that people fill in. */
export const external = (id: SecretId): Value => secret([{ secret: id, through: [] }]);
/** A secret that trueup can get at; another `digest` is another value. */
export const held = (id: SecretId, digest: string, holder: Holder = "sops"): Held =>
  new Held(external(id), digest, [holder]);
/** Any value with such secrets in it. */
export const heldIn = (value: Value, digest: string): Held => new Held(value, digest, ["sops"]);

type Given = Value | Held | Readonly<Record<string, Value | Held>>;
/** What one unit wants: a value for each key, or, in groups and blobs, values by name. */
export type Wants = Readonly<Record<Key, Given>>;

export function place(env: string, region?: string, isProtected = false): Place {
  return { id: region === undefined ? env : `${env}.${region}`, env, region, protected: isProtected, vars: {} };
}

interface Ground {
  readonly layout?: Layout;
  readonly shape?: Shape;
  readonly id?: string;
  readonly place?: Place;
  /** The store of another desk. */
  readonly memory?: MemoryStore;
}

export const META = "/cfg/.trueup/";
export const COMMIT = "c".repeat(40);

export function desk(ground: Ground = {}) {
  const { layout = "keys", shape = "nested", id = "local@dev", place: at = place("dev") } = ground;
  const { memory = memoryStore() } = ground;
  const vault = new Map<SecretId, string>();
  let units: Destination["units"] = [];

  const pathOf = (unit: UnitId, key: Key): KeyPath => key.slice(`/cfg/${appOf(unit)}/`.length).split("/");
  const member = (unit: UnitId, key: Key, name: string, given: Given): Member => {
    const inside = shape === "env" ? [name] : (parsePath(name) ?? [name]);
    const path = layout === "keys" ? pathOf(unit, key) : [...(layout === "groups" ? pathOf(unit, key) : []), ...inside];
    const value = given instanceof Held ? given.value : (given as Value);
    const recipe = given instanceof Held ? { digest: given.digest, holders: given.holders } : undefined;
    return { path, name, value, ...(recipe === undefined ? {} : { recipe }) };
  };
  const setting = (unit: UnitId, key: Key, given: Given): Setting => {
    const members =
      layout === "keys" || given instanceof Held || isSecret(given)
        ? [member(unit, key, "", given)]
        : Object.entries(given as Readonly<Record<string, Given>>).map(([name, each]) => member(unit, key, name, each));
    return { key, layout, shape, secret: members.some(({ value }) => holdsSecret(value)), members };
  };
  const destination = (): Destination => ({
    id,
    target: {
      name: id.slice(0, id.indexOf("@")),
      type: "memory",
      select: "all",
      layout,
      shape,
      path: "",
      meta: undefined,
      apps: undefined,
      places: undefined,
      connection: {},
    },
    place: at,
    connection: {},
    storeId: "memory",
    meta: META,
    reads: { prefixes: ["/cfg/"], keys: [] },
    units,
  });
  const read = (): Promise<Live> => readLive(memory.store, destination());
  const planOn = (live: Live, given: Partial<PlanInput> = {}): DestinationPlan =>
    planDestination({
      destination: destination(),
      live,
      policy: { overwriteDrift: false, overwriteConflicts: false },
      inScope: () => true,
      pathOfKey: pathOf,
      others: () => new Set(),
      isMade: () => false,
      near: () => [],
      reserved: META,
      commit: COMMIT,
      applyId: "apply-1",
      ...given,
    });
  const inputFor = (plan: Plan, live: Live, given: Partial<ApplyInput> = {}): ApplyInput => ({
    plan,
    destinations: new Map([[id, destination()]]),
    live: new Map([[id, live]]),
    reveal: ({ secret: name }) => new Sealed(vault.get(name) ?? `value of ${name}`),
    store: () => Promise.resolve(memory.store),
    applyId: "apply-1",
    at: "2026-11-21T12:00:00Z",
    by: "ana",
    tool: "test",
    readBack: true,
    keepGoing: false,
    signal: undefined,
    progress: () => undefined,
    ...given,
  });

  return {
    memory,
    vault,
    destination,
    read,
    planOn,
    inputFor,
    /** What Git wants from now on. */
    git(wanted: Readonly<Record<UnitId, Wants>>, sources: ReadonlyMap<SecretId, Key> = new Map()): void {
      units = Object.entries(wanted).map(([unit, keys]) => ({
        unit,
        app: appOf(unit),
        settings: Object.entries(keys).map(([key, given]) => setting(unit, key, given)),
        ...(sources.size === 0 ? {} : { sources }),
      }));
    },
    plan: async (given: Partial<PlanInput> = {}): Promise<DestinationPlan> => planOn(await read(), given),
    /** Plans and writes. */
    async apply(given: Partial<PlanInput> = {}, how: Partial<ApplyInput> = {}): Promise<DestinationPlan> {
      const live = await read();
      const plan = planOn(live, given);
      const receipts = await apply(inputFor(wholePlan([plan]), live, how));
      const failed = receipts.find((receipt) => receipt.result !== "applied");
      if (failed !== undefined) throw new Error(`${failed.result}: ${JSON.stringify(failed)}`);
      return plan;
    },
    text: (key: Key): string | undefined => memory.contents().get(key),
    json: (key: Key): unknown => JSON.parse(memory.contents().get(key) ?? "null"),
    ledger(unit: UnitId): LedgerRecord | undefined {
      const key = ledgerKey(META, appOf(unit));
      const text = memory.contents().get(key);
      return text === undefined ? undefined : decodeLedger(text, key, "own");
    },
  };
}
export type Desk = ReturnType<typeof desk>;

export function appOf(unit: UnitId): string {
  return unit.slice(0, unit.indexOf("@"));
}

const CONFIG = {
  environments: ["dev", "stage", "prod"].map((name) => ({
    name,
    protected: name === "prod",
    regions: [],
    vars: {},
  })),
} as unknown as Config;

/** A plan of these destinations: dev, stage and prod, in that order. */
export function wholePlan(destinations: readonly DestinationPlan[], given: Partial<Plan> = {}): Plan {
  const plan = assemblePlan({
    config: CONFIG,
    destinations,
    edits: [],
    refusals: [],
    against: { kind: "live" },
    commit: COMMIT,
    dirty: false,
    tool: "test",
  });
  return { ...plan, ...given };
}

/** A plan of one destination that says nothing but its units. */
export function destinationPlan(
  at: Place,
  units: readonly UnitPlan[],
  more: Partial<DestinationPlan> = {},
): DestinationPlan {
  return {
    destination: `config@${at.id}`,
    target: "config",
    type: "memory",
    place: at,
    head: undefined,
    units,
    drift: [],
    conflicts: [],
    needsValue: [],
    kept: [],
    unsourced: [],
    foreign: [],
    untouched: 0,
    digest: `digest of ${at.id}`,
    ...more,
  };
}

/** All that a plan says, one line for each thing. */
export function told(plan: DestinationPlan): string[] {
  const about = (item: { unit: UnitId; path: KeyPath }): string => `${item.unit}:${formatPath(item.path)}`;
  return [
    ...plan.units.flatMap((unit) => [
      ...(unit.upkeep ? [`upkeep ${unit.unit}`] : []),
      ...unit.changes.map((change) => changeLine(change)),
    ]),
    ...[
      ...plan.drift.map((item) => ["drift", item] as const),
      ...plan.conflicts.map((item) => ["conflict", item] as const),
    ].map(
      ([word, item]) =>
        `${word} ${item.kind} ${about(item)} in ${item.key}${item.name === "" ? "" : ` (${item.name})`}${item.secret ? " secret" : ""}${sides("git", item.git)}${sides("live", item.live)}`,
    ),
    ...plan.needsValue.map((item) => `needs ${about(item)} ${item.secret}`),
    ...plan.kept.map((item) => `kept ${about(item)}`),
    ...plan.unsourced.map(
      (item) =>
        `unsourced ${about(item)} ${item.secret} ${item.source}${item.needed ? " needed" : ""}${item.near.length === 0 ? "" : ` near ${item.near.join()}`}`,
    ),
  ];
}

function sides(word: string, value: unknown): string {
  return value === undefined ? "" : ` ${word} ${JSON.stringify(value)}`;
}

function changeLine(change: Change): string {
  const flags = `${change.secret ? " secret" : ""}${change.placeholder ? " to fill" : ""}`;
  const setting = change.setting === undefined ? " nothing" : "";
  return `${change.kind} ${change.key} @${change.expected ?? "none"}${flags}${setting}: ${change.members.map(memberText).join(", ")}`;
}

function memberText(member: MemberChange): string {
  const { path, name, action, before, after, recipe, made, sources = [] } = member;
  const word = formatPath(path);
  return [
    `${member.secret ? "secret " : ""}${action} ${word}${name === "" || name === word ? "" : `(${name})`}`,
    ...(before === undefined ? [] : [`was ${JSON.stringify(before)}`]),
    ...(after === undefined ? [] : [`is ${JSON.stringify(after)}`]),
    ...(recipe === undefined ? [] : [`recipe ${recipe.digest}`]),
    ...(made === true ? ["made"] : []),
    ...sources.map(({ key, from, to }) => `${key} ${from ?? "none"}->${to ?? "none"}`),
  ].join(" ");
}
