/** The plan: everything that would be written, and everything else worth knowing, as plain data. */
import { canonicalJson, sha256 } from "../canonical.ts";
import type { Config, DestinationPlan, Edit, GuardRefusal, Plan, PlanSummary } from "../model.ts";

export interface PlanParts {
  readonly config: Config;
  readonly destinations: readonly DestinationPlan[];
  readonly edits: readonly Edit[];
  readonly refusals: readonly GuardRefusal[];
  readonly against: Plan["against"];
  readonly commit: string | null;
  readonly dirty: boolean;
  /** Version of trueup: a plan of another version is another plan. */
  readonly tool: string;
}

export function assemblePlan(parts: PlanParts): Plan {
  const { destinations, edits, refusals, against, commit, dirty } = parts;
  const environments = parts.config.environments.flatMap(({ name, protected: isProtected }) => {
    const own = destinations.filter((destination) => destination.place.env === name);
    if (own.length === 0) return [];
    const digest = digestOf(
      own.map((destination) => destination.digest),
      parts.tool,
    );
    return [{ name, protected: isProtected, id: idOf(digest), digest }];
  });
  const [only, ...more] = environments;
  const digest =
    only !== undefined && more.length === 0
      ? only.digest
      : digestOf(
          environments.map((environment) => environment.digest),
          parts.tool,
        );
  return {
    id: idOf(digest),
    digest,
    against,
    commit,
    dirty,
    environments,
    destinations,
    edits,
    refusals,
    summary: summarize(destinations),
  };
}

function digestOf(digests: readonly string[], tool: string): string {
  return sha256(canonicalJson(["plan 1", tool, ...digests]));
}

function idOf(digest: string): string {
  return `p-${digest.slice(0, 16)}`;
}

function summarize(destinations: readonly DestinationPlan[]): PlanSummary {
  const counts = { add: 0, change: 0, replace: 0, delete: 0, adopt: 0 };
  const [apps, units, places] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let isProtected = false;
  for (const destination of destinations) {
    for (const unit of destination.units) {
      for (const change of unit.changes) {
        for (const member of change.members) {
          if (change.kind === "adopt" || change.kind === "replace") counts[change.kind]++;
          else counts[member.action === "remove" ? "delete" : member.action]++;
        }
        apps.add(unit.app);
        units.add(unit.unit);
        places.add(destination.place.id);
        isProtected ||= destination.place.protected;
      }
    }
  }
  const total = (pick: (destination: DestinationPlan) => readonly unknown[]): number =>
    destinations.reduce((sum, destination) => sum + pick(destination).length, 0);
  return {
    ...counts,
    conflict: total((destination) => destination.conflicts),
    drift: total((destination) => destination.drift),
    foreign: total((destination) => destination.foreign),
    needsValue: total((destination) => destination.needsValue),
    apps: apps.size,
    units: units.size,
    places: [...places],
    protected: isProtected,
  };
}
