/** What the contract suite does to a store, in few words: reads, commits and the records a commit needs. */
import { expect } from "vitest";
import { digest } from "../../src/canonical.ts";
import { isFailure, type Failure, type FailureCode } from "../../src/failure.ts";
import type { Entry, Head, Key, LedgerEntry, LedgerRecord, Version } from "../../src/model.ts";
import { Sealed } from "../../src/secret.ts";
import { decodeHead, decodeLedger, headKey, ledgerKey } from "../../src/stores/records.ts";
import type { CommitEvent, Group, HeadChange, Limits, ReadQuery, Store, Write } from "../../src/stores/store.ts";

/** One store under test. Every method is required: a hook that somebody forgot would hide a bug. */
export interface Harness {
  readonly store: Store;
  readonly limits: Limits;
  /** Ends with a slash; nothing lives below it, and nobody else uses it. */
  readonly prefix: Key;
  /** Writes a key as a person would, past trueup. */
  handPut(key: Key, text: string): Promise<void>;
  handDelete(key: Key): Promise<void>;
  /** Everything below a slash-ended prefix, read without any code of the store under test. */
  readRaw(prefix: Key): Promise<Map<Key, string>>;
  /** From now on every read of the store must fail. */
  failReads(): Promise<void>;
  dispose(): Promise<void>;
}

export interface Known {
  readonly head: { readonly head: Head; readonly version: Version } | undefined;
  readonly entries: ReadonlyMap<Key, Entry>;
  readonly ledgers: ReadonlyMap<string, { readonly record: LedgerRecord; readonly version: Version }>;
}

export const metaOf = (h: Harness): Key => `${h.prefix}.trueup/`;

export const put = (key: Key, text: string, expected: Version | null = null): Write => ({
  kind: "put",
  key,
  text,
  secret: false,
  expected,
});

export const putSecret = (key: Key, text: string, expected: Version | null = null): Write => ({
  kind: "put",
  key,
  text: new Sealed(text),
  secret: true,
  expected,
});

export const remove = (key: Key, expected: Version): Write => ({ kind: "delete", key, expected });

/** All entries of a query by key. A key that comes twice must come the same twice. */
export async function readAll(store: Store, query: Partial<ReadQuery>, signal?: AbortSignal): Promise<Map<Key, Entry>> {
  const found = new Map<Key, Entry>();
  const whole = { prefixes: [], keys: [], secrets: "values" as const, secretKeys: new Set<Key>(), ...query };
  for await (const page of store.read(whole, signal)) {
    for (const entry of page) {
      if (found.has(entry.key)) expect(entry).toEqual(found.get(entry.key));
      found.set(entry.key, entry);
    }
  }
  return found;
}

/** Head, ledger records and everything else below the harness' prefix. */
export async function look(h: Harness): Promise<Known> {
  const all = await readAll(h.store, { prefixes: [h.prefix] });
  const meta = metaOf(h);
  const entries = new Map([...all].filter(([key]) => !key.startsWith(meta)));
  const head = all.get(headKey(meta));
  const ledgers = [...all]
    .filter(([key]) => key.startsWith(`${meta}units/`))
    .map(([key, entry]) => {
      const record = decodeLedger(entry.value ?? "", key, entry.version);
      return [key.slice(`${meta}units/`.length), { record, version: entry.version }] as const;
    });
  return {
    head: head && { head: decodeHead(head.value ?? "", head.key), version: head.version },
    entries,
    ledgers: new Map(ledgers),
  };
}

/** The version a key has now; fails the test if the key is not there. */
export function versionOf(known: Known, key: Key): Version {
  const entry = known.entries.get(key);
  expect(entry, `${key} is not in the store`).toBeDefined();
  return entry?.version ?? "";
}

/** The group of `<app>@prod` with the ledger record that belongs to these writes. */
export function group(h: Harness, known: Known, app: string, writes: readonly Write[]): Group {
  const before = known.ledgers.get(app);
  const settings = new Map<Key, LedgerEntry>(before?.record.settings);
  for (const write of writes) {
    if (write.kind === "delete") settings.delete(write.key);
    else settings.set(write.key, { digest: digestOf(write.text), version: undefined, secret: write.secret });
  }
  const record = { unit: `${app}@prod`, commit: "c0ffee", applyId: "a-1", settings };
  return {
    unit: record.unit,
    writes,
    ledger: {
      key: ledgerKey(metaOf(h), app),
      expected: before?.version ?? null,
      record,
      previous: before?.record,
    },
  };
}

function digestOf(text: string | Sealed): string | undefined {
  return typeof text === "string" ? digest(text) : undefined;
}

/** The head that follows what is known. */
export function nextHead(h: Harness, known: Known, applyId = "a-1"): HeadChange {
  const generation = (known.head?.head.generation ?? 0) + 1;
  const at = "2026-01-02T03:04:05.000Z";
  return {
    key: headKey(metaOf(h)),
    expected: known.head?.version ?? null,
    head: { generation, commit: "c0ffee", applyId, plan: "d1", state: "ready", at, by: "contract", tool: "test" },
    records: new Map([...known.ledgers].map(([app, { version }]) => [ledgerKey(metaOf(h), app), version])),
  };
}

/** Runs a commit to its end and returns every event. */
export async function run(
  h: Harness,
  head: HeadChange,
  groups: readonly Group[],
  signal?: AbortSignal,
): Promise<CommitEvent[]> {
  const events: CommitEvent[] = [];
  for await (const event of h.store.commit(head, groups, signal)) events.push(event);
  return events;
}

/** Commits the writes of each app on what the store holds now; expects all of it to be applied. */
export async function apply(h: Harness, apps: Readonly<Record<string, readonly Write[]>>): Promise<Known> {
  const known = await look(h);
  const groups = Object.entries(apps).map(([app, writes]) => group(h, known, app, writes));
  const events = await run(h, nextHead(h, known), groups);
  const units = groups.map((each) => each.unit);
  expect(events.filter((event) => event.kind === "applied").map((event) => event.unit)).toEqual(
    expect.arrayContaining(units),
  );
  expect(events).toHaveLength(units.length + 1);
  expect(events.at(-1)).toMatchObject({ kind: "head", state: "ready" });
  return look(h);
}

/** The failure a promise ends with, which must be fit for people: code, message and cure. */
export async function failureOf(promise: Promise<unknown>, code?: FailureCode): Promise<Failure> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFailure(outcome)) throw new Error("a Failure was expected", { cause: outcome });
  if (code !== undefined) expect(outcome.code).toBe(code);
  expect(outcome.message.length).toBeGreaterThan(10);
  expect(outcome.fix ?? "", `fix of: ${outcome.message}`).not.toBe("");
  return outcome;
}
