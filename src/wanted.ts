/** Destinations with everything their units want, and where each value comes from. */
import {
  type Scope,
  type UnitResult,
  type Workbench,
  hasAllApps,
  problemsOfFiles,
  scopeMatcher,
  unitOrigin,
  unitsOf,
} from "./desired.ts";
import { globMatcher } from "./address.ts";
import { groupBy } from "./group.ts";
import type { Frame } from "./map/frame.ts";
import { decodePath } from "./map/keys.ts";
import { pathFor, unitPrefix } from "./map/path.ts";
import type { Destination, Key, KeyPath, Origin, Plain, UnitId, UnitSettings } from "./model.ts";
import type { Sources } from "./plan/edits.ts";
import { type Problem, foldProblems } from "./problem.ts";
import { originsOf } from "./resolve/origin.ts";
import { layersFor } from "./resolve/resolve.ts";
import { holdsSecret } from "./secret.ts";
import { homeFinder } from "./secrets/homes.ts";
import { parseSimple } from "./template/template.ts";
import { valueAt } from "./tree.ts";

export interface Wanted {
  readonly destinations: readonly (Destination & { readonly frame: Frame })[];
  readonly units: ReadonlyMap<UnitId, UnitResult>;
  readonly problems: readonly Problem[];
  readonly inScope: (unit: UnitId) => boolean;
}

/** Renders and maps everything in scope and keeps it. */
export function wantedBy(bench: Workbench, scope: Scope): Wanted {
  const units = new Map<UnitId, UnitResult>();
  const problems: Problem[] = [...bench.problems];
  const drafts = new Map<string, Draft>();
  const targets = (scope.targets ?? []).map((glob) => globMatcher(glob));
  const chosen = (frame: Frame): boolean =>
    targets.length === 0 || targets.some((matches) => matches(frame.target.name));
  const matches = scopeMatcher({ ...scope, apps: [], addresses: [] });
  for (const [, frames] of bench.frames) {
    for (const frame of frames) {
      if (chosen(frame) && matches({ name: "" }, frame.place))
        drafts.set(frame.id, { frame, units: [], prefixes: new Set(), keys: new Set() });
    }
  }
  const homes = homeFinder(bench.repo);
  for (const unit of unitsOf(bench, scope)) {
    units.set(unit.resolved.id, unit);
    homes.note(unit.resolved, unit.mapped);
    problems.push(...unit.problems);
    for (const { frame, unit: settings, reads } of unit.mapped.settings) {
      const draft = drafts.get(frame.id);
      if (draft === undefined) continue;
      draft.units.push(settings);
      if (frame.prefix === undefined && reads.prefix !== undefined) draft.prefixes.add(reads.prefix);
      if (frame.prefix === undefined || frame.target.layout === "blob")
        for (const key of reads.keys) draft.keys.add(key);
    }
  }
  for (const app of new Set([...units.values()].map((unit) => unit.resolved.app)))
    problems.push(...problemsOfFiles(bench, app));
  problems.push(...homes.problems(hasAllApps(scope)));
  const touched = touchedPlaces(bench, scope);
  const destinations = [...drafts.values()].filter((draft) => touched(draft)).map(finish);
  return {
    destinations,
    units,
    problems: foldProblems([...problems, ...bench.schemas.problems()]),
    inScope: unitMatcher(bench, scope),
  };
}

interface Draft {
  readonly frame: Frame;
  readonly units: UnitSettings[];
  readonly prefixes: Set<Key>;
  readonly keys: Set<Key>;
}

/** With `--app` or an address, destinations without any such unit are not even read. */
function touchedPlaces(bench: Workbench, scope: Scope): (draft: Draft) => boolean {
  const narrowed = (scope.apps ?? []).length > 0 || (scope.addresses ?? []).length > 0;
  const matches = scopeMatcher(scope);
  return (draft) =>
    !narrowed || draft.units.length > 0 || bench.repo.apps.some((app) => matches(app, draft.frame.place));
}

function finish({ frame, units, prefixes, keys }: Draft): Destination & { readonly frame: Frame } {
  const whole = frame.prefix === undefined ? [...prefixes] : [frame.prefix];
  const outer = whole.filter((prefix) => !whole.some((other) => other !== prefix && prefix.startsWith(other)));
  const inside = (key: Key): boolean => outer.some((prefix) => key.startsWith(prefix));
  const { prefix: _prefix, reserved: _reserved, ...rest } = frame;
  return { ...rest, frame, units, reads: { prefixes: outer, keys: [...keys].filter((key) => !inside(key)) } };
}

/** Units of the ledger that Git no longer has belong to the scope if their app's name and their place do. */
function unitMatcher(bench: Workbench, scope: Scope): (unit: UnitId) => boolean {
  const matches = scopeMatcher(scope);
  const places = new Map(bench.repo.places.map((place) => [place.id, place]));
  return (unit) => {
    const at = unit.indexOf("@");
    const place = places.get(unit.slice(at + 1));
    return place === undefined || matches({ name: unit.slice(0, at) }, place);
  };
}

/** Logical path of a physical key that Git no longer has: what stands after the unit's own part of the path. */
export function pathOfKey(bench: Workbench, frame: Frame, unit: UnitId, key: Key): KeyPath {
  const keyOf = pathFor(
    frame.target,
    bench.repo.config,
    frame.place,
    unit.slice(0, unit.indexOf("@")),
    bench.engine.parse,
  );
  const prefix = typeof keyOf === "function" ? unitPrefix(keyOf, frame.target.layout) : undefined;
  if (frame.target.layout === "blob") return [];
  return decodePath(prefix !== undefined && key.startsWith(prefix) ? key.slice(prefix.length) : key.slice(1));
}

/** Where values come from, for folding changes into edits. */
export function sourcesOf(bench: Workbench, wanted: Wanted): Sources {
  const siblings = groupBy(wanted.units.values(), (unit) => unit.resolved.app.name);
  const repoLayers = [bench.repo.shared.layers, ...bench.repo.apps.map((app) => app.layers)];
  const layerOf = new Map(repoLayers.flatMap((layers) => [...layers.values()].map((layer) => [layer.file, layer])));
  const rawAt = (origin: Origin): Plain | undefined => {
    const layer = layerOf.get(origin.file);
    return layer === undefined ? undefined : (valueAt(layer.values, origin.path) as Plain | undefined);
  };
  return {
    origin: (id, path) => {
      const unit = wanted.units.get(id);
      return unit === undefined ? undefined : followShared(bench, unit, unitOrigin(unit.resolved, path));
    },
    template: (origin) => {
      const raw = rawAt(origin);
      return typeof raw === "string" && raw.includes("{{") ? raw : undefined;
    },
    shadowed: (id, path, origin) => {
      const app = wanted.units.get(id)?.resolved.app;
      return (siblings.get(app?.name ?? "") ?? []).flatMap((unit) => {
        const [winner, ...others] = originsOf(unit.resolved.layers, path);
        if (
          winner === undefined ||
          winner.origin.file === origin.file ||
          !others.some((other) => other.origin.file === origin.file)
        )
          return [];
        const value = valueAt(unit.rendered.values, path);
        return [
          {
            unit: unit.resolved.id,
            by: winner.origin,
            ...(value === undefined || holdsSecret(value) ? {} : { value: value as Plain }),
          },
        ];
      });
    },
  };
}

/** A value that is nothing but `{{shared.x}}` was really written in shared/. */
function followShared(bench: Workbench, unit: UnitResult, origin: Origin | undefined): Origin | undefined {
  if (origin === undefined) return undefined;
  const [winner] = originsOf(unit.resolved.layers, origin.path);
  const template = typeof winner?.value === "string" ? parseSimple(winner.value) : undefined;
  const [only] = template?.parts ?? [];
  if (template?.parts.length !== 1 || typeof only !== "object" || only.kind !== "name" || only.parts[0] !== "shared")
    return origin;
  const [source] = originsOf(layersFor(bench.repo.shared.layers, unit.resolved.place), only.parts.slice(1));
  return source?.origin ?? origin;
}
