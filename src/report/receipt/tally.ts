/** Numbers and names that every form of a receipt needs. */
import type { DestinationReceipt, Place, Receipt } from "../../model.ts";

export interface Tally {
  readonly applied: number;
  readonly pending: number;
  /** Values read back, and keys that did not hold what was written; undefined where nothing was read back. */
  readonly readBack: { readonly checked: number; readonly wrong: readonly string[] } | undefined;
  /** Not written, each with its reason. */
  readonly left: readonly { readonly address: string; readonly why: string }[];
  readonly failures: readonly (NonNullable<DestinationReceipt["failure"]> & { readonly place: string })[];
  /** The commit that was live before, where all destinations agree on it. */
  readonly before: string | undefined;
  readonly supersededBy: string | undefined;
}

export function tallyOf(receipt: Receipt): Tally {
  const { destinations } = receipt;
  const sum = (of: (one: DestinationReceipt) => number): number => destinations.reduce((n, one) => n + of(one), 0);
  const read = destinations.flatMap((one) => one.readBack ?? []);
  const before = new Set(destinations.map((one) => one.before));
  const [only] = before;
  return {
    applied: sum((one) => one.applied),
    pending: sum((one) => one.pending),
    readBack:
      read.length === 0
        ? undefined
        : { checked: read.reduce((n, one) => n + one.checked, 0), wrong: read.flatMap((one) => one.wrong) },
    left: destinations.flatMap((one) => one.left),
    failures: destinations.flatMap((one) => (one.failure === undefined ? [] : [{ place: one.place, ...one.failure }])),
    before: before.size === 1 ? (only ?? undefined) : undefined,
    supersededBy: destinations.find((one) => one.supersededBy !== undefined)?.supersededBy,
  };
}

/** Environments of the receipt in the order of `places`. */
export function environmentsOf(
  receipt: Receipt,
  places: readonly Place[],
): { readonly env: string; readonly protected: boolean }[] {
  const ids = new Set(receipt.destinations.map((one) => one.place));
  const touched = new Map(places.filter((place) => ids.has(place.id)).map((place) => [place.env, place.protected]));
  return [...touched].map(([env, isProtected]) => ({ env, protected: isProtected }));
}
