/** Filling in a secret: the one write that does not come from Git, because Git must not know the value. */
import { Failure } from "../failure.ts";
import { groupBy } from "../group.ts";
import type { Destination, Entry, Head, Key, Live } from "../model.ts";
import { Sealed } from "../secret.ts";
import { composeText, decomposeText } from "../setting.ts";
import { headKey, ledgerKey } from "../stores/records.ts";
import type { Group, Store } from "../stores/store.ts";
import type { SecretUseSite } from "./uses.ts";

/** Who does it and when: for the head, for people. */
export interface FillFacts {
  readonly applyId: string;
  readonly at: string;
  readonly by: string;
  readonly tool: string;
}

/**
 * Writes `value` to every use in one destination, guarded by the versions just read. Returns the keys written. Throws
 * `MOVED` if somebody wrote meanwhile, `MISSING` if trueup has made no placeholder there yet.
 */
export async function fillSecret(
  store: Store,
  destination: Destination,
  live: Live,
  uses: readonly SecretUseSite[],
  value: Sealed,
  facts: FillFacts,
): Promise<readonly Key[]> {
  const { head } = live;
  const entries = await currentTexts(store, uses);
  const missing = uses.find((use) => !entries.has(use.key));
  if (head === undefined || missing !== undefined) {
    throw new Failure("MISSING", `${missing?.key ?? destination.id} has no placeholder yet`, {
      fix: "run trueup apply first: it makes the placeholder, and the ledger then knows the key",
    });
  }
  const groups = [...groupBy(uses, (use) => use.unit)].map(([, own]) =>
    groupFor(own, destination, live, entries, value),
  );
  const next: Head = { ...head.head, ...facts, generation: head.head.generation + 1, state: "ready" };
  for await (const event of store.commit(
    { key: headKey(destination.meta), expected: head.version, head: next },
    groups,
  )) {
    if (event.kind === "failed") throw event.failure;
    if (event.kind === "moved")
      throw new Failure("MOVED", `${event.keys.join(", ")} was changed by somebody else just now`, {
        fix: "nothing was written there; run the command again",
      });
  }
  return uses.map((use) => use.key);
}

async function currentTexts(store: Store, uses: readonly SecretUseSite[]): Promise<ReadonlyMap<Key, Entry>> {
  const keys = [...new Set(uses.map((use) => use.key))];
  // Only a group or blob must be read with its values: one name in it changes, the others stay.
  const whole = uses.every((use) => use.setting.layout === "keys");
  const entries = new Map<Key, Entry>();
  for await (const page of store.read({
    prefixes: [],
    keys,
    secrets: whole ? "versions" : "values",
    secretKeys: new Set(keys),
  })) {
    for (const entry of page) entries.set(entry.key, entry);
  }
  return entries;
}

function groupFor(
  uses: readonly SecretUseSite[],
  destination: Destination,
  live: Live,
  entries: ReadonlyMap<Key, Entry>,
  value: Sealed,
): Group {
  const [first] = uses;
  const ledger = first === undefined ? undefined : live.ledger.get(first.unit);
  if (first === undefined || ledger === undefined)
    throw new Failure("MISSING", "trueup has not written this unit yet", { fix: "run trueup apply first" });
  const settings = new Map(ledger.record.settings);
  const writes = [...groupBy(uses, (use) => use.key)].map(([key, own]) => {
    const known = settings.get(key);
    if (known === undefined)
      throw new Failure("MISSING", `${key} is not in the ledger`, { fix: "run trueup apply first" });
    const { placeholder: _placeholder, ...rest } = known;
    settings.set(key, { ...rest, version: undefined });
    const entry = entries.get(key);
    return {
      kind: "put" as const,
      key,
      secret: true,
      expected: entry?.version ?? null,
      text: textWith(own, entry, value),
    };
  });
  const record = { ...ledger.record, settings };
  return {
    unit: first.unit,
    writes,
    ledger: { key: ledgerKey(destination.meta, first.app), expected: ledger.version, record, previous: ledger.record },
  };
}

function textWith(uses: readonly SecretUseSite[], entry: Entry | undefined, value: Sealed): Sealed {
  const [first] = uses;
  if (first === undefined || first.setting.layout === "keys") return value;
  const members = new Map(decomposeText(first.setting, entry?.value ?? ""));
  for (const use of uses) members.set(use.member, value.reveal());
  return new Sealed(composeText(first.setting, members));
}
