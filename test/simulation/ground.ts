/** What really happened in a store: every change, by whom, beside what was there before. Checks look only at this. */
import type { Key } from "../../src/model.ts";
import type { StoreDriver } from "../../src/stores/store.ts";

/** A key as it stands, whatever readers are shown. */
export interface Cell {
  readonly text: string;
  /** As the driver would tell it. */
  readonly version: string;
  readonly secret: boolean;
}

export interface Mutation {
  readonly by: string;
  readonly at: number;
  readonly key: Key;
  readonly before: Cell | undefined;
  readonly after: Cell | undefined;
}

/** Told of changes that happened in one step, right after it. */
export type Witness = (batch: readonly Mutation[]) => void;

export interface SimulatedStore {
  /** Everything that is there. */
  readonly cells: ReadonlyMap<Key, Cell>;
  handPut(key: Key, text: string, secret: boolean): void;
  handDelete(key: Key): void;
  /** When whoever changes the store now last looked at a key; only where looking and changing are two things. */
  lookedAt?(key: Key): number;
  /** From now on the store has room and nobody is throttled. */
  relieve(): void;
  /** Reads everything below a prefix as other programs do, in several calls; undefined: it went away meanwhile. */
  readonly plainRead?: (prefix: Key) => Promise<ReadonlyMap<Key, string> | undefined>;
  /** The real driver, on simulated wires. */
  driver(): Pick<StoreDriver, "open" | "limits">;
}
