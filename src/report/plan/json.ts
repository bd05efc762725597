/** A plan for machines: `schemas/plan.schema.json`. Stable; every other format could be made from it. */
import { formatPath } from "../../address.ts";
import type { Change, Conflict, DestinationPlan, Drift, Edit, Origin, Plain, Plan, UnitId } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { printJson } from "../json.ts";

type Context = Pick<PlanContext, "locate" | "schemas">;

/** One JSON document, indented, ended by a line feed. `before` and `after` are absent for secrets. */
export function jsonPlan(plan: Plan, ctx: Context): string {
  const ids = new Map(plan.edits.map((edit, i) => [edit, `e${i + 1}`]));
  const editOf = editIndex(plan, ids);
  return printJson({
    version: 1,
    plan: plan.id,
    digest: plan.digest,
    against: plan.against.kind === "live" ? "live" : plan.against.ref,
    head: plan.commit,
    dirty: plan.dirty,
    environments: plan.environments.map((env) => ({
      name: env.name,
      protected: env.protected,
      plan: env.id,
      digest: env.digest,
      changes: isBusy(plan, env.name),
    })),
    summary: summaryDocument(plan),
    destinations: plan.destinations.map(destinationDocument),
    edits: plan.edits.map((edit) => editDocument(edit, ids.get(edit) ?? "", ctx)),
    writes: plan.destinations.flatMap((destination) => writeDocuments(destination, editOf)),
    conflicts: plan.destinations.flatMap((one) => one.conflicts.map((item) => differenceDocument(item, one))),
    drift: plan.destinations.flatMap((one) => one.drift.map((item) => differenceDocument(item, one))),
    needs_value: plan.destinations.flatMap((one) =>
      one.needsValue.map((item) => ({ unit: item.unit, key: formatPath(item.path), secret: item.secret })),
    ),
    missing_sources: plan.destinations.flatMap((one) =>
      one.unsourced.map((item) => ({
        unit: item.unit,
        key: formatPath(item.path),
        secret: item.secret,
        source: item.source,
        near: item.near,
        needed: item.needed,
      })),
    ),
    kept_secrets: plan.destinations.flatMap((one) =>
      one.kept.map((item) => ({ unit: item.unit, key: formatPath(item.path) })),
    ),
    refusals: plan.refusals.map((refusal) => ({
      guard: refusal.guard,
      message: refusal.message,
      examples: refusal.examples,
      lifted: refusal.lifted,
    })),
    ...(ctx.schemas === undefined ? {} : { schemas: schemasDocument(ctx.schemas) }),
  });
}

function schemasDocument({ files, brokenBefore }: NonNullable<Context["schemas"]>): object {
  const broken = brokenBefore.map(({ code, message, reach }) => ({ code, message, units: reach ?? [] }));
  return { changed: files, broken_before: broken };
}

/** Something to write, or to decide, in this environment. */
function isBusy(plan: Plan, environment: string): boolean {
  return plan.destinations.some((one) => one.place.env === environment && one.units.length + one.conflicts.length > 0);
}

function summaryDocument(plan: Plan): object {
  const { summary } = plan;
  return {
    add: summary.add,
    change: summary.change,
    replace: summary.replace,
    delete: summary.delete,
    adopt: summary.adopt,
    conflict: summary.conflict,
    drift: summary.drift,
    foreign: summary.foreign,
    needs_value: summary.needsValue,
    apps: summary.apps,
    units: summary.units,
    places: summary.places,
    protected: summary.protected,
  };
}

function destinationDocument(one: DestinationPlan): object {
  const head = one.head?.head;
  return {
    id: one.destination,
    target: one.target,
    type: one.type,
    place: one.place.id,
    environment: one.place.env,
    protected: one.place.protected,
    digest: one.digest,
    head:
      head === undefined
        ? null
        : {
            generation: head.generation,
            commit: head.commit,
            dirty: head.dirty,
            apply: head.applyId,
            plan: head.plan,
            state: head.state,
            at: head.at,
            by: head.by,
            tool: head.tool,
          },
    writes: one.units.reduce((sum, unit) => sum + unit.changes.length, 0),
    untouched: one.untouched,
    foreign: one.foreign.length,
  };
}

function editDocument(edit: Edit, id: string, ctx: Context): object {
  const open = edit.secret ? [] : edit.outcomes;
  const [only] = open.length === 1 ? open : [];
  return {
    id,
    key: formatPath(edit.path),
    action: edit.action,
    secret: edit.secret,
    placeholder: edit.placeholder,
    ...(edit.holders === undefined ? {} : { holders: edit.holders }),
    ...(edit.made === undefined ? {} : { made: edit.made }),
    ...(edit.sources === undefined
      ? {}
      : { sources: edit.sources.map(({ key, from, to }) => ({ key, from: from ?? null, to: to ?? null })) }),
    ...valuesOf(only),
    ...(edit.origin === undefined ? {} : { source: sourceDocument(edit.origin, ctx) }),
    ...(edit.template === undefined ? {} : { template: edit.template }),
    reaches: distinct(edit.outcomes.flatMap((outcome) => outcome.units)),
    ...(open.length > 1
      ? { outcomes: open.map((outcome) => ({ ...valuesOf(outcome), reaches: distinct(outcome.units) })) }
      : {}),
    shadowed: edit.shadowed.map((shadow) => ({
      at: shadow.unit,
      by: sourceDocument(shadow.by, ctx),
      ...(edit.secret || shadow.value === undefined ? {} : { value: shadow.value }),
    })),
  };
}

/** A value that two targets take is written twice in one unit. */
function distinct(units: readonly UnitId[]): UnitId[] {
  return [...new Set(units)];
}

function valuesOf(outcome: { readonly before?: Plain; readonly after?: Plain } | undefined): object {
  return {
    ...(outcome?.before === undefined ? {} : { before: outcome.before }),
    ...(outcome?.after === undefined ? {} : { after: outcome.after }),
  };
}

function sourceDocument(origin: Origin, ctx: Context): object {
  const position = ctx.locate(origin);
  return position === undefined
    ? { file: origin.file }
    : { file: position.file, line: position.line, col: position.column };
}

/** Which edits change a value of a unit, by unit and path. */
type EditIndex = ReadonlyMap<UnitId, ReadonlyMap<string, string>>;

function editIndex(plan: Plan, ids: ReadonlyMap<Edit, string>): EditIndex {
  const index = new Map<UnitId, Map<string, string>>();
  for (const edit of plan.edits) {
    const key = formatPath(edit.path);
    for (const unit of edit.outcomes.flatMap((outcome) => outcome.units)) {
      const keys = index.get(unit) ?? new Map<string, string>();
      index.set(unit, keys);
      keys.set(key, ids.get(edit) ?? "");
    }
  }
  return index;
}

function writeDocuments(one: DestinationPlan, editOf: EditIndex): object[] {
  return one.units.flatMap((unit) =>
    unit.changes.map((change) => ({
      destination: one.destination,
      target: one.target,
      unit: unit.unit,
      kind: change.kind,
      address: change.key,
      secret: change.secret,
      placeholder: change.placeholder,
      edits: editsOf(change, editOf.get(unit.unit)),
    })),
  );
}

function editsOf(change: Change, keys: ReadonlyMap<string, string> | undefined): string[] {
  return [...new Set(change.members.flatMap((member) => keys?.get(formatPath(member.path)) ?? []))];
}

function differenceDocument(item: Drift | Conflict, one: DestinationPlan): object {
  return {
    destination: one.destination,
    unit: item.unit,
    key: formatPath(item.path),
    address: item.key,
    kind: item.kind,
    secret: item.secret,
    ...(item.secret || item.git === undefined ? {} : { git: item.git }),
    ...(item.secret || item.live === undefined ? {} : { live: item.live }),
  };
}
