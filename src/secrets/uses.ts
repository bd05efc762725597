/** Where a secret is used: every physical key it ends up in. */
import type { Destination, Key, KeyPath, Live, PlaceId, SecretId, Setting, UnitId } from "../model.ts";
import { onlySecret, secretsIn } from "../secret.ts";

export interface SecretUseSite {
  /** `orders.db_password`, or `shared.smtp_password`. */
  readonly name: string;
  readonly secret: SecretId;
  readonly app: string;
  readonly unit: UnitId;
  readonly path: KeyPath;
  readonly destination: string;
  readonly place: PlaceId;
  readonly env: string;
  readonly key: Key;
  /** Name inside a group or blob; `""` where the key holds the secret alone. */
  readonly member: string;
  readonly setting: Setting;
  /** True: the value is the secret and nothing else, so it can be filled in. */
  readonly whole: boolean;
  /** Key of the same store that its value is read from, where it is held by `ref`. */
  readonly source?: Key;
}

/** All uses in the destinations, in their order. */
export function secretUses(destinations: readonly Destination[]): readonly SecretUseSite[] {
  return destinations.flatMap((destination) =>
    destination.units.flatMap(({ unit, app, settings, sources }) =>
      settings
        .filter((setting) => setting.secret)
        .flatMap((setting) =>
          setting.members.flatMap((member) =>
            [...new Set(secretsIn(member.value))].map((id) => ({
              name: nameOf(app, id),
              secret: id,
              app,
              unit,
              path: member.path,
              destination: destination.id,
              place: destination.place.id,
              env: destination.place.env,
              key: setting.key,
              member: member.name,
              setting,
              whole: onlySecret(member.value) === id,
              ...sourceOf(sources?.get(id)),
            })),
          ),
        ),
    ),
  );
}

function sourceOf(source: Key | undefined): { readonly source?: Key } {
  return source === undefined ? {} : { source };
}

export function nameOf(app: string, id: SecretId): string {
  return id.startsWith("shared.") ? id : `${app}.${id}`;
}

/** When the rotation of its value began, if one is open: ISO 8601. */
export function rotationOf(use: SecretUseSite, live: Live | undefined): string | undefined {
  return live?.ledger.get(use.unit)?.record.settings.get(use.key)?.rotations?.get(use.member);
}

export type SecretState =
  | { readonly kind: "missing" }
  /** Held by `ref`, and nothing is where its value should come from. */
  | { readonly kind: "unsourced" }
  | { readonly kind: "placeholder" }
  | { readonly kind: "filled"; readonly version: string };

/** What is known of a secret's value without reading it. */
export function stateOf(use: SecretUseSite, live: Live | undefined): SecretState {
  if (use.source !== undefined && live?.sources?.has(use.source) === false) return { kind: "unsourced" };
  const entry = live?.entries.get(use.key);
  if (entry === undefined) return { kind: "missing" };
  const placeholder = live?.ledger.get(use.unit)?.record.settings.get(use.key)?.placeholder;
  return placeholder !== undefined && placeholder === entry.version
    ? { kind: "placeholder" }
    : { kind: "filled", version: entry.version };
}
