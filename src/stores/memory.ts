/** A store in memory, for tests: strict about every promise of the contract, and open to look into. */
import { Failure } from "../failure.ts";
import type { Entry, Key, Version } from "../model.ts";
import { encodeHead, encodeLedger, SAME_VERSION } from "./records.ts";
import type { CommitEvent, Group, HeadChange, Limits, ReadQuery, Store, Write } from "./store.ts";

interface Held {
  readonly text: string;
  readonly version: Version;
  readonly secret: boolean;
}

export interface MemoryStore {
  readonly store: Store;
  readonly limits: Limits;
  /** Writes as somebody else would. A key stays as secret as it was unless told otherwise. */
  handPut(key: Key, text: string, options?: { readonly secret?: boolean }): void;
  handDelete(key: Key): void;
  /** Every key with its text, secrets included. */
  contents(): Map<Key, string>;
  /** From now on reads throw this failure; `undefined` makes them work again. */
  failReads(failure: Failure | undefined): void;
}

const memoryLimits: Limits = {
  atomic: "apply",
  staleWrites: "refused",
  refuses: () => undefined,
};

/** Entries of one page. Small, so that callers meet more than one page in tests. */
const PAGE = 100;

/** A store that holds `initial` and forgets everything with the process. Versions are increasing integers, one for each write by hand and one for each commit. */
export function memoryStore(initial: Readonly<Record<Key, string>> = {}): MemoryStore {
  const held = new Map<Key, Held>();
  let revision = 0;
  let broken: Failure | undefined;

  const handPut: MemoryStore["handPut"] = (key, text, options = {}) => {
    revision++;
    held.set(key, { text, version: `${revision}`, secret: options.secret ?? held.get(key)?.secret ?? false });
  };
  for (const [key, text] of Object.entries(initial)) handPut(key, text);

  async function* read(query: ReadQuery, signal?: AbortSignal): AsyncGenerator<readonly Entry[]> {
    if (signal?.aborted === true) throw interrupted("read");
    if (broken !== undefined) throw broken;
    const found = [...held].filter(([key]) => isWanted(query, key)).map(([key, each]) => entryOf(query, key, each));
    for (let start = 0; start < found.length; start += PAGE) yield found.slice(start, start + PAGE);
  }

  async function* commit(
    change: HeadChange,
    groups: readonly Group[],
    signal?: AbortSignal,
  ): AsyncGenerator<CommitEvent> {
    if (signal?.aborted === true) throw interrupted("commit");
    if ((held.get(change.key)?.version ?? null) !== change.expected) throw headMoved(change.key);
    const version = `${++revision}`;
    const events = groups.map((group) => commitGroup(held, group, version));
    const state = events.every((event) => event.kind === "applied") ? "ready" : "partial";
    held.set(change.key, { text: encodeHead({ ...change.head, state }), version, secret: false });
    yield* events;
    yield { kind: "head", version, state, proof: `revision ${version}` };
  }

  return {
    store: { read, commit, close: () => Promise.resolve() },
    limits: memoryLimits,
    handPut,
    handDelete: (key) => void held.delete(key),
    contents: () => new Map([...held].map(([key, each]) => [key, each.text])),
    failReads: (failure) => void (broken = failure),
  };
}

function isWanted(query: ReadQuery, key: Key): boolean {
  return query.keys.includes(key) || query.prefixes.some((prefix) => key.startsWith(prefix));
}

function entryOf(query: ReadQuery, key: Key, { text, version, secret }: Held): Entry {
  const hidden = secret || query.secretKeys.has(key);
  return { key, version, secret: hidden, ...(hidden && query.secrets === "versions" ? {} : { value: text }) };
}

function commitGroup(held: Map<Key, Held>, group: Group, version: Version): CommitEvent {
  const { unit, writes, ledger } = group;
  const guards: readonly Pick<Write, "key" | "expected">[] = [...writes, ledger];
  const keys = guards
    .filter(({ key, expected }) => (held.get(key)?.version ?? null) !== expected)
    .map(({ key }) => key);
  if (keys.length > 0) return { kind: "moved", unit, keys };

  const versions = new Map<Key, Version>();
  for (const write of writes) {
    if (write.kind === "delete") {
      held.delete(write.key);
      continue;
    }
    const text = typeof write.text === "string" ? write.text : write.text.reveal();
    held.set(write.key, { text, version, secret: write.secret });
    versions.set(write.key, version);
  }
  const own = new Map([...versions.keys()].map((key) => [key, SAME_VERSION]));
  held.set(ledger.key, { text: encodeLedger(ledger.record, own), version, secret: false });
  return { kind: "applied", unit, versions };
}

function headMoved(key: Key): Failure {
  return new Failure("MOVED", `${key} in the memory store is not the head that was read: another apply came first.`, {
    fix: "Plan again, then apply.",
  });
}

function interrupted(what: string): Failure {
  return new Failure(
    "INTERRUPTED",
    `The ${what} of the memory store was stopped before it began. Nothing was written.`,
    {
      fix: "Run it again when you are ready.",
    },
  );
}
