/** Folds physical changes into what the author did: one edit with everything it reaches. */
import { formatPath } from "../address.ts";
import { canonicalJson } from "../canonical.ts";
import type { Change, DestinationPlan, Edit, MemberChange, Origin, Plain, UnitId } from "../model.ts";

/** Where values come from; supplied by whoever resolved the layers. */
export interface Sources {
  /** The line that supplies a value, followed into `shared/` where the value is one shared name. */
  origin(unit: UnitId, path: readonly string[]): Origin | undefined;
  /** Text at an origin, if it is a template. */
  template(origin: Origin): string | undefined;
  /** Units that the line at `origin` would reach if no later layer overrode it, with the layer that does. */
  shadowed(
    unit: UnitId,
    path: readonly string[],
    origin: Origin,
  ): readonly { readonly unit: UnitId; readonly value?: Plain; readonly by: Origin }[];
}

interface Draft {
  readonly path: readonly string[];
  readonly action: Edit["action"];
  readonly secret: boolean;
  readonly origin: Origin | undefined;
  readonly placeholder: boolean;
  readonly outcomes: Map<string, { before?: Plain; after?: Plain; units: UnitId[] }>;
}

const ACTION: Readonly<Record<MemberChange["action"], Edit["action"]>> = {
  add: "add",
  change: "change",
  remove: "remove",
};

export function foldEdits(destinations: readonly DestinationPlan[], sources: Sources): readonly Edit[] {
  const drafts = new Map<string, Draft>();
  for (const { units } of destinations) {
    for (const { unit, changes } of units) {
      for (const change of changes) for (const member of change.members) fold(drafts, unit, change, member, sources);
    }
  }
  return [...drafts.values()].map((draft) => finish(draft, sources));
}

function fold(drafts: Map<string, Draft>, unit: UnitId, change: Change, member: MemberChange, sources: Sources): void {
  const action = change.kind === "adopt" || change.kind === "replace" ? change.kind : ACTION[member.action];
  const origin = member.action === "remove" ? undefined : sources.origin(unit, member.path);
  const app = unit.slice(0, unit.indexOf("@"));
  const source = origin === undefined ? app : `${origin.file}\0${origin.path.join("\0")}`;
  const id = [action, member.secret, formatPath(member.path), source].join("\0");
  const draft = drafts.get(id) ?? {
    path: member.path,
    action,
    secret: member.secret,
    origin,
    placeholder: change.placeholder && member.secret,
    outcomes: new Map(),
  };
  drafts.set(id, draft);
  const outcomeId = canonicalJson([
    member.before ?? null,
    member.before === undefined,
    member.after ?? null,
    member.after === undefined,
  ]);
  const outcome = draft.outcomes.get(outcomeId);
  if (outcome !== undefined) outcome.units.push(unit);
  else {
    draft.outcomes.set(outcomeId, {
      ...(member.before === undefined ? {} : { before: member.before }),
      ...(member.after === undefined ? {} : { after: member.after }),
      units: [unit],
    });
  }
}

function finish(draft: Draft, sources: Sources): Edit {
  const outcomes = [...draft.outcomes.values()];
  const [unit] = outcomes[0]?.units ?? [];
  const { origin } = draft;
  const reached = new Set(outcomes.flatMap((outcome) => outcome.units));
  const shadowed =
    origin === undefined || unit === undefined
      ? []
      : sources.shadowed(unit, draft.path, origin).filter((item) => !reached.has(item.unit));
  return {
    path: draft.path,
    action: draft.action,
    secret: draft.secret,
    origin,
    template: origin === undefined || outcomes.length < 2 ? undefined : sources.template(origin),
    outcomes,
    shadowed,
    placeholder: draft.placeholder,
  };
}
