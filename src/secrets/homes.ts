/** Whether generated secrets can be read back: each needs a key in its place that holds it alone. */
import type { MappedUnit } from "../map/map.ts";
import type { PlaceId, Repo, ResolvedUnit, SecretDefinition, UnitId } from "../model.ts";
import type { Problem } from "../problem.ts";
import { onlySecret, secretsIn } from "../secret.ts";

interface Use {
  readonly secret: SecretDefinition;
  readonly units: UnitId[];
  alone: boolean;
}

/** Told about every unit, knows in the end which generated secrets no key holds alone. */
export function homeFinder(repo: Repo): {
  readonly note: (resolved: Pick<ResolvedUnit, "id" | "app" | "place">, mapped: MappedUnit) => void;
  /** With `shared` false, secrets of `shared/` are left out: another app may hold them. */
  readonly problems: (shared: boolean) => readonly Problem[];
} {
  const any = [repo.shared, ...repo.apps].some(({ secrets }) =>
    [...secrets.values()].some(({ generate }) => generate !== undefined),
  );
  const uses = new Map<string, Use>();
  return {
    note: ({ id: unit, app, place }, mapped) => {
      if (!any) return;
      for (const { unit: own } of mapped.settings) {
        for (const member of own.settings.flatMap(({ members }) => members)) {
          const alone = onlySecret(member.value);
          for (const id of secretsIn(member.value)) {
            const secret = app.secrets.get(id) ?? repo.shared.secrets.get(id);
            if (secret?.generate === undefined) continue;
            const use = useOf(uses, secret, unit, place.id);
            use.units.push(unit);
            use.alone ||= alone === id;
          }
        }
      }
    },
    problems: (shared) =>
      [...uses.values()]
        .filter(({ secret, alone }) => !alone && (shared || !isShared(secret)))
        .map(({ secret, units }) => lost(secret, units)),
  };
}

/** A secret of an app is one value for each unit, one of `shared/` one for each place. */
function useOf(uses: Map<string, Use>, secret: SecretDefinition, unit: UnitId, place: PlaceId): Use {
  const id = `${secret.id} ${isShared(secret) ? place : unit}`;
  const known = uses.get(id) ?? { secret, units: [], alone: false };
  uses.set(id, known);
  return known;
}

function isShared({ id }: SecretDefinition): boolean {
  return id.startsWith("shared.");
}

function lost({ id, at }: SecretDefinition, units: readonly UnitId[]): Problem {
  const name = isShared({ id } as SecretDefinition) ? id.replace("shared.", "shared.secret.") : `secret.${id}`;
  return {
    code: "TU4011",
    severity: "error",
    message: `no key holds the generated secret ${id} alone, so its value could not be read back for another use`,
    at,
    fix: `give it a key of its own: "{{${name}}}"; or from: sops, or from: external with the whole text as the secret`,
    reach: [...new Set(units)],
  };
}
