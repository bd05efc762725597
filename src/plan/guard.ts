/** Rules that can refuse a plan. Each says what it saw; lifting one is explicit and lifts nothing else. */
import { formatAddress, globMatcher, parseAddress, placeMatcher } from "../address.ts";
import { groupBy } from "../group.ts";
import type { Change, DestinationPlan, GuardRefusal, Guards, MemberChange, UnitId } from "../model.ts";

export interface GuardInput {
  readonly destinations: readonly DestinationPlan[];
  readonly guards: Guards;
  /** Words given to `--allow` (or labels that count). */
  readonly allow: ReadonlySet<string>;
  /** ISO 8601; for freezes. */
  readonly now: string;
  /** True: the work tree has changes that are in no commit, and the plan is to be applied. */
  readonly dirty: boolean;
}

interface Row {
  readonly destination: DestinationPlan;
  readonly unit: UnitId;
  readonly app: string;
  readonly change: Change;
  readonly member: MemberChange;
}
type Refusal = Omit<GuardRefusal, "lifted">;

/** A guard with few keys is a nuisance: percentages start here. */
const MIN_KEYS = 10;
const SHOWN = 5;

export function checkGuards(input: GuardInput): readonly GuardRefusal[] {
  const rows = input.destinations.flatMap((destination) =>
    destination.units.flatMap(({ unit, app, changes }) =>
      changes.flatMap((change) => change.members.map((member): Row => ({ destination, unit, app, change, member }))),
    ),
  );
  const refusals = [
    ...conflicts(input),
    ...maxDelete(input, rows),
    ...maxDeleteCount(input, rows),
    ...keep(input, rows),
    ...empty(input),
    ...wide(input, rows),
    ...freeze(input, rows),
    ...byKind(
      rows,
      "adopt",
      "exist already and were not made by trueup; adopting them makes trueup change and delete them from now on",
    ),
    ...byKind(rows, "replace", "change between plain and secret; the value that is live now is lost"),
    ...dirty(input, rows),
  ];
  return refusals.map((refusal) => ({ ...refusal, lifted: input.allow.has(refusal.guard) }));
}

function isDelete(row: Row): boolean {
  return row.member.action === "remove";
}

function examplesOf(rows: readonly Row[]): string[] {
  return rows.slice(0, SHOWN).map((row) => formatAddress(row.unit, row.member.path));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function conflicts({ destinations }: GuardInput): Refusal[] {
  const found = destinations.flatMap((destination) => destination.conflicts);
  if (found.length === 0) return [];
  const examples = found.slice(0, SHOWN).map((conflict) => formatAddress(conflict.unit, conflict.path));
  return [
    {
      guard: "conflict",
      message: `${plural(found.length, "value")} changed both in Git and live; lifting lets Git win`,
      examples,
    },
  ];
}

/** Per app and environment, over all its places and targets: a share of the keys trueup manages there. */
function maxDelete({ destinations, guards }: GuardInput, rows: readonly Row[]): Refusal[] {
  const managed = new Map<string, number>();
  for (const { units, place } of destinations) {
    for (const unit of units)
      managed.set(`${unit.app}@${place.env}`, (managed.get(`${unit.app}@${place.env}`) ?? 0) + unit.managed);
  }
  const lost = groupBy(rows.filter(isDelete), (row) => `${row.app}@${row.destination.place.env}`);
  return [...managed].flatMap(([where, total]) => {
    const deleted = lost.get(where) ?? [];
    const share = deleted.length / total;
    if (total < MIN_KEYS || share <= guards.maxDelete) return [];
    const message = `max_delete: ${where} loses ${deleted.length} of ${total} keys (${percent(share)}), more than ${percent(guards.maxDelete)}`;
    return [{ guard: "delete" as const, message, examples: examplesOf(deleted) }];
  });
}

function maxDeleteCount({ guards }: GuardInput, rows: readonly Row[]): Refusal[] {
  const limit = guards.maxDeleteCount;
  if (limit === undefined) return [];
  return [...groupBy(rows.filter(isDelete), (row) => row.destination.place.env)].flatMap(([env, deleted]) =>
    deleted.length <= limit
      ? []
      : [
          {
            guard: "delete" as const,
            message: `max_delete_count: ${plural(deleted.length, "deletion")} in ${env}, more than ${limit}`,
            examples: examplesOf(deleted),
          },
        ],
  );
}

function keep({ guards }: GuardInput, rows: readonly Row[]): Refusal[] {
  return guards.keep.flatMap((glob) => {
    const pattern = parseAddress(glob);
    const [app, key, place] = [globMatcher(pattern.app), globMatcher(pattern.key), placeMatcher(pattern.place)];
    const hit = rows.filter(
      (row) => isDelete(row) && app(row.app) && place(row.destination.place) && key(row.member.path.join(".")),
    );
    if (hit.length === 0) return [];
    return [
      {
        guard: "delete" as const,
        message: `keep ${JSON.stringify(glob)}: ${plural(hit.length, "deletion")}`,
        examples: examplesOf(hit),
      },
    ];
  });
}

/** Nothing would be left: usually a renamed folder or a wrong environment, never lifted by `delete`. */
function empty({ destinations }: GuardInput): Refusal[] {
  return destinations.flatMap((destination) => {
    const managed = destination.units.reduce((sum, unit) => sum + unit.managed, 0);
    const deleted = destination.units.flatMap((unit) =>
      unit.changes.flatMap((change) => change.members.filter((member) => member.action === "remove")),
    );
    const others = destination.units.some((unit) => unit.ledger.record.settings.size > 0);
    if (
      destination.head === undefined ||
      managed < 2 ||
      deleted.length < managed ||
      others ||
      destination.untouched > 0
    )
      return [];
    return [
      {
        guard: "empty" as const,
        message: `everything in ${destination.destination} would be deleted (${plural(deleted.length, "key")})`,
        examples: [],
      },
    ];
  });
}

function wide({ guards }: GuardInput, rows: readonly Row[]): Refusal[] {
  const apps = new Set(rows.map((row) => row.app));
  if (apps.size <= guards.maxApps) return [];
  return [{ guard: "wide", message: `max_apps: ${apps.size} is over ${guards.maxApps}`, examples: [] }];
}

function freeze({ guards, now }: GuardInput, rows: readonly Row[]): Refusal[] {
  const at = Date.parse(now);
  return guards.freeze.flatMap((window) => {
    const frozen = at >= Date.parse(window.from) && at < Date.parse(window.to);
    const matchers = window.envs.map(placeMatcher);
    const hit = frozen ? rows.filter((row) => matchers.some((matches) => matches(row.destination.place))) : [];
    if (hit.length === 0) return [];
    return [
      { guard: "freeze" as const, message: `frozen until ${window.to}: ${window.reason}`, examples: examplesOf(hit) },
    ];
  });
}

function byKind(rows: readonly Row[], kind: "adopt" | "replace", why: string): Refusal[] {
  const hit = rows.filter((row) => row.change.kind === kind);
  return hit.length === 0
    ? []
    : [{ guard: kind, message: `${plural(hit.length, "value")} ${why}`, examples: examplesOf(hit) }];
}

function dirty(input: GuardInput, rows: readonly Row[]): Refusal[] {
  const hit = input.dirty ? rows.filter((row) => row.destination.place.protected) : [];
  if (hit.length === 0) return [];
  return [
    {
      guard: "dirty",
      message: "the work tree has changes that are in no commit, and the plan reaches a protected environment",
      examples: examplesOf(hit),
    },
  ];
}
