/** The contract of a store. Every store keeps the promises in `docs/stores.md`; `test/stores/contract.ts` checks them. */
import type { Entry, Head, Key, LedgerEntry, LedgerRecord, PlainMap, Setting, UnitId, Version } from "../model.ts";
import type { Failure } from "../failure.ts";
import type { Sealed } from "../secret.ts";

export interface ReadQuery {
  /** Each ends with a slash; every key below it is read. */
  readonly prefixes: readonly Key[];
  /** Exact keys. One that does not exist is simply absent from the answer. */
  readonly keys: readonly Key[];
  /** `versions`: entries of secrets come without their value. */
  readonly secrets: "versions" | "values";
  /** Keys known to be secret, for stores that cannot tell by themselves. */
  readonly secretKeys: ReadonlySet<Key>;
}

export type Write =
  | {
      readonly kind: "put";
      readonly key: Key;
      readonly text: string | Sealed;
      readonly secret: boolean;
      readonly expected: Version | null;
    }
  | { readonly kind: "delete"; readonly key: Key; readonly expected: Version };

/** The changes of one unit with its ledger record: applied whole or not at all where `limits.atomic` says so. */
export interface Group {
  readonly unit: UnitId;
  /** Adds, then changes, then deletes. May be empty: then only the ledger record is written. */
  readonly writes: readonly Write[];
  readonly ledger: {
    readonly key: Key;
    readonly expected: Version | null;
    /** Versions of the keys in `writes` are not known yet; the store fills them in (`records.ts`). */
    readonly record: LedgerRecord;
    /** The record as it stands in the store now: what a write-ahead record (`pending`) is built from. */
    readonly previous: LedgerRecord | undefined;
    /** Where `previous` has an announcement: what of it came true, as the plan saw it. */
    readonly applied?: ReadonlyMap<Key, LedgerEntry>;
    /** Keys that the record names no more, and that are still there: nothing in them is ours. */
    readonly left?: ReadonlyMap<Key, Version>;
    /** Keys that are not written, and that do not show what `previous` says of them, as the plan saw them; null: absent. */
    readonly unseen?: ReadonlyMap<Key, Version | null>;
  };
}

export interface HeadChange {
  readonly key: Key;
  readonly expected: Version | null;
  /** The head to end with; `state` is set by the store: `applying` on the way, then `ready` or `partial`. */
  readonly head: Head;
  /**
   * Versions of all units' records as the plan saw them, also of units without a group: a store whose reads may be behind
   * compares them where it goes on after an apply that did not end.
   */
  readonly records: ReadonlyMap<Key, Version>;
}

export type CommitEvent =
  | { readonly kind: "applied"; readonly unit: UnitId; readonly versions: ReadonlyMap<Key, Version> }
  /** A key had another version than expected: nothing of this unit was written. */
  | { readonly kind: "moved"; readonly unit: UnitId; readonly keys: readonly Key[] }
  /** The store refused or failed; `written` tells which keys of the unit are in place (empty where units are atomic). */
  | { readonly kind: "failed"; readonly unit: UnitId; readonly failure: Failure; readonly written: readonly Key[] }
  /** Last event: the head is written. `proof` is for people: `revision 88214`. */
  | { readonly kind: "head"; readonly version: Version; readonly state: "ready" | "partial"; readonly proof: string };

/** Where a destination's settings and records live, and what is there, for {@link Store.rights}. */
export interface RightsQuery {
  /** Each ends with a slash. */
  readonly prefixes: readonly Key[];
  /** Exact keys outside of the prefixes. */
  readonly keys: readonly Key[];
  /** Settings that an apply may write. */
  readonly wanted: readonly Pick<Setting, "key" | "secret" | "layout">[];
  /** What the store holds, as far as it could be read; the value tells a secret. */
  readonly present: ReadonlyMap<Key, boolean>;
  /** A name that nobody has, made by chance: letters, digits and hyphens. */
  readonly nobody: string;
}

/** One thing that trueup must be allowed to do. */
export interface Right {
  /** `ssm:PutParameter`, `write`. */
  readonly action: string;
  /** Which of them needs it; undefined where both have one login. */
  readonly role: "plan" | "apply" | undefined;
  readonly state: "granted" | "missing" | "unchecked";
  /** Of what is missing or unchecked: what it is about and why, and what to do. */
  readonly message?: string;
  readonly fix?: string | undefined;
}

export interface Store {
  /** Every entry asked for, in any order, page by page. A read that fails or may be incomplete throws: it never looks like a shorter store. */
  read(query: ReadQuery, signal?: AbortSignal): AsyncIterable<readonly Entry[]>;
  /**
   * Writes the groups, guarded by head and versions. Throws a `MOVED` failure, with nothing written, if the head has
   * another version than expected. After `signal` aborts no further request is started; the one in flight is finished.
   */
  commit(head: HeadChange, groups: readonly Group[], signal?: AbortSignal): AsyncIterable<CommitEvent>;
  /**
   * Finds out what these credentials may do, with requests that cannot change anything, whatever their answer. Throws
   * where the store cannot be asked at all.
   */
  rights?(query: RightsQuery, signal?: AbortSignal): Promise<readonly Right[]>;
  close(): Promise<void>;
}

/** What a store can take; known without connecting, so a fork's pull request is checked too. */
export interface Limits {
  /** The largest thing applied whole. */
  readonly atomic: "apply" | "unit" | "key";
  /** `refused`: a write to a key that moved is not done. `noticed`: it may be done, and is then reported. */
  readonly staleWrites: "refused" | "noticed";
  /** Why the store cannot hold a setting, with the cure; undefined if it can. `text` is undefined for secrets. */
  refuses(
    setting: Pick<Setting, "key" | "secret">,
    text: string | undefined,
  ): { readonly message: string; readonly fix: string } | undefined;
}

/** What a run is for. A job that may apply is often not trusted with the role for plans, and the other way round. */
export type Purpose = "plan" | "apply";

/** One kind of store: what `type:` in trueup.yaml names. Drivers are in `registry.ts`, in the open. */
export interface StoreDriver {
  readonly type: string;
  readonly limits: Limits;
  /** JSON Schema (draft-07) of `connection`. */
  readonly connectionSchema: PlainMap;
  /** Defaults of a target of this type. `connection` is merged under the user's. */
  readonly defaults: {
    readonly path?: string;
    readonly layout: "keys" | "groups" | "blob";
    readonly connection: PlainMap;
  };
  /** How people name an older version of a key, if the store keeps it readable for a while: `/shop/orders/key:7`. */
  readonly older?: (key: Key, version: Version) => string;
  /**
   * Opens the store. `connection` has its templates rendered and `{ fromEnv }` replaced by text. `folder` is the
   * config root, for relative paths. SDKs are loaded here, on first use. `purpose` is for stores where plans and
   * applies run as somebody else; without it the store is opened for a plan.
   */
  open(connection: PlainMap, folder: string, purpose?: Purpose): Promise<Store>;
}

/** All that a query asks for, by key. Throws what the store throws. */
export async function entriesOf(
  store: Pick<Store, "read">,
  query: ReadQuery,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Key, Entry>> {
  const entries = new Map<Key, Entry>();
  for await (const page of store.read(query, signal)) for (const entry of page) entries.set(entry.key, entry);
  return entries;
}
