/** Where generated values are: the keys that hold one alone, known from the ledgers without reading any value. */
import type {
  Destination,
  Key,
  LedgerEntry,
  Live,
  PlaceId,
  Plan,
  SecretDefinition,
  SecretId,
  UnitId,
  Version,
} from "../model.ts";
import { recipeOf } from "../map/recipe.ts";
import { secret } from "../secret.ts";
import { marksOf, recipeMark } from "../setting.ts";
import { generationDigest } from "./generate.ts";

/** One value: of a unit, or of a whole place where the secret is one of `shared/`. */
export type ValueId = string;

export function valueId(place: PlaceId, unit: UnitId, secretId: SecretId): ValueId {
  return isShared(secretId) ? `${place} ${secretId}` : `${unit} ${secretId}`;
}

/** A generated value that a plan writes somewhere. */
export interface NeededValue {
  readonly id: ValueId;
  readonly place: PlaceId;
  readonly unit: UnitId;
  readonly definition: SecretDefinition & { readonly generate: NonNullable<SecretDefinition["generate"]> };
}

/** A key that holds a generated value alone. */
export interface Holding {
  readonly destination: Destination;
  readonly key: Key;
  /** Name inside a group or blob; `""` where the key is one value. */
  readonly member: string;
  readonly version: Version;
}

export interface ReadDestination {
  readonly destination: Destination;
  readonly live: Live;
}

/** Every generated value that the changes of a plan write, each once. */
export function neededValues(
  { destinations }: Pick<Plan, "destinations">,
  usesOf: (change: Plan["destinations"][number]["units"][number]["changes"][number]) => readonly SecretId[],
  definitionOf: (unit: UnitId, secret: SecretId) => SecretDefinition | undefined,
): readonly NeededValue[] {
  const needed = new Map<ValueId, NeededValue>();
  for (const { place, units } of destinations) {
    for (const { unit, changes } of units) {
      for (const secretId of changes.flatMap(usesOf)) {
        const definition = definitionOf(unit, secretId);
        if (definition?.generate === undefined) continue;
        const id = valueId(place.id, unit, secretId);
        needed.set(id, { id, place: place.id, unit, definition: { ...definition, generate: definition.generate } });
      }
    }
  }
  return [...needed.values()];
}

/** A key of the place that has the value as Git describes it now, and that nobody changed since trueup wrote it. */
export function findHolding(value: NeededValue, read: readonly ReadDestination[]): Holding | undefined {
  const mark = markOf(value.definition);
  for (const { destination, live } of read) {
    if (destination.place.id !== value.place) continue;
    for (const [unit, { record }] of live.ledger) {
      if (unit !== value.unit && !isShared(value.definition.id)) continue;
      for (const [key, entry] of record.settings) {
        const member = memberWith(mark, entry);
        const version = live.entries.get(key)?.version;
        if (member === undefined || version === undefined) continue;
        // Where people fill in other names of the key, its version tells nothing.
        const shifting = [...marksOf(entry).values()].includes(null);
        if (shifting || entry.version === version) return { destination, key, member, version };
      }
      // New keys that an interrupted apply announced and wrote.
      for (const [key, entry] of record.pending ?? []) {
        const member = entry === null || record.settings.has(key) ? undefined : memberWith(mark, entry);
        const version = live.entries.get(key)?.version;
        if (member !== undefined && version !== undefined) return { destination, key, member, version };
      }
    }
  }
  return undefined;
}

function memberWith(mark: string, entry: LedgerEntry): string | undefined {
  return [...marksOf(entry)].find(([, each]) => each === mark)?.[0];
}

/** What the ledger says of a key that is the secret and nothing else. */
function markOf(definition: SecretDefinition): string {
  const value = secret([{ secret: definition.id, through: [] }]);
  const recipe = recipeOf(value, () => ({ digest: generationDigest(definition) ?? "", holder: "generate" }));
  return recipeMark(recipe?.digest ?? "");
}

function isShared(id: SecretId): boolean {
  return id.startsWith("shared.");
}
