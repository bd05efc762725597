/**
 * One unit: check that every key still is as it was planned, write down what is about to happen, put, delete, and write
 * the ledger record last. SSM writes one parameter at a time, so an apply that dies leaves a unit half written; its
 * record then tells our writes from other people's.
 */
import { Failure, isFailure } from "../../failure.ts";
import type { Key, LedgerEntry, UnitId, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import { announced } from "../announced.ts";
import { encodeLedger } from "../records.ts";
import type { CommitEvent, Group, HeadChange, Write } from "../store.ts";
import { record } from "./claim.ts";
import type { Client } from "./client.ts";
import { confirm } from "./confirm.ts";
import { limits } from "./limits.ts";
import { look } from "./look.ts";
import type { Seen } from "./look.ts";
import { pack } from "./packed.ts";
import { put } from "./put.ts";
import { isLoss, overtaken } from "./race.ts";
import type { Race } from "./race.ts";
import { remove } from "./remove.ts";
import { numberOf } from "./version.ts";

type PutWrite = Extract<Write, { readonly kind: "put" }>;

export interface UnitResult {
  /** Undefined: the apply was stopped before this unit was begun. */
  readonly event: CommitEvent | undefined;
  /** Number of the ledger record's version, where it was written whole. */
  readonly ledger?: number;
  /** What ends the whole apply. */
  readonly error?: Failure;
}

/** What says nothing about the next unit. */
const OF_THIS_UNIT = new Set(["MOVED", "LIMIT", "REFUSED", "DENIED", "CORRUPT"]);

interface Work {
  readonly client: Client;
  readonly change: HeadChange;
  readonly group: Group;
  readonly signal: AbortSignal | undefined;
  /** What the unit's keys and its record are now. */
  seen: ReadonlyMap<Key, Seen>;
  ledger: number;
  readonly written: Key[];
  readonly races: Race[];
}

export async function applyUnit(
  client: Client,
  change: HeadChange,
  group: Group,
  signal?: AbortSignal,
): Promise<UnitResult> {
  const { unit } = group;
  const work: Work = { client, change, group, signal, seen: new Map(), ledger: 0, written: [], races: [] };
  try {
    const early = refusal(group) ?? (await checked(work));
    if (early !== undefined) return { event: early };
    const versions = await carryOut(work);
    if (work.races.length === 0) return { event: { kind: "applied", unit, versions }, ledger: work.ledger };
    const failure = await overtaken(client, unit, work.races);
    return { event: { kind: "failed", unit, failure, written: work.written }, ledger: work.ledger };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { written } = work;
    const isBegun = error.code !== "INTERRUPTED" || written.length > 0;
    const event = isBegun ? ({ kind: "failed", unit, failure: error, written } as const) : undefined;
    return OF_THIS_UNIT.has(error.code) ? { event } : { event, error };
  }
}

/** What SSM would refuse is found before the first write. */
function refusal({ unit, writes, ledger }: Group): CommitEvent | undefined {
  const name = limits.refuses({ key: ledger.key, secret: false }, undefined);
  const found = [
    ...(name === undefined ? [] : [{ key: ledger.key, ...name }]),
    ...writes.flatMap((write) => {
      if (write.kind === "delete") return [];
      const why = limits.refuses(write, typeof write.text === "string" ? write.text : write.text.reveal());
      return why === undefined ? [] : [{ key: write.key, ...why }];
    }),
  ];
  const [first] = found;
  if (first === undefined) return undefined;
  const more = found.length > 1 ? ` (and ${found.length - 1} more keys)` : "";
  const failure = new Failure("LIMIT", `SSM cannot hold ${first.key}: ${first.message}${more}.`, { fix: first.fix });
  return { kind: "failed", unit, failure, written: [] };
}

/** Undefined if every key and the record have the versions that the plan saw. */
async function checked(work: Work): Promise<CommitEvent | undefined> {
  const { client, group, signal } = work;
  const { unit, writes, ledger } = group;
  const guards: readonly Pick<Write, "key" | "expected">[] = [...writes, ...settled(group), ledger];
  const isMoved = ({ key, expected }: Pick<Write, "key" | "expected">): boolean =>
    (work.seen.get(key)?.version ?? null) !== expected;
  const isBehind = ({ key, expected }: Pick<Write, "key" | "expected">): boolean =>
    (work.seen.get(key)?.number ?? 0) < numberOf(expected);
  // What was written a moment before its apply died may not be shown yet: once it is, the plan is too old.
  if (ledger.unseen !== undefined) await client.clock.sleep(client.options.settle, signal);
  const end = client.clock.now() + client.options.settle;
  for (let attempt = 0; ; attempt++) {
    const open = attempt === 0 ? guards : guards.filter(isMoved);
    const found = await look(
      client,
      open.map(({ key }) => key),
      false,
      signal,
    );
    work.seen = new Map([...[...work.seen].filter(([key]) => !open.some((each) => each.key === key)), ...found]);
    // A read may be behind the one that the plan was made from: only then look again.
    if (!guards.some((guard) => isMoved(guard) && isBehind(guard)) || client.clock.now() > end) break;
    await client.backOff(Math.min(attempt, 3), signal);
  }
  const keys = guards.filter(isMoved).map(({ key }) => key);
  if (keys.length > 0) return { kind: "moved", unit, keys };
  work.ledger = numberOf(ledger.expected);
  const other = writes.find(
    (write) => write.kind === "put" && typeDiffers(write, work.seen.get(write.key)) && !isReplaced(write, ledger),
  );
  return other === undefined ? undefined : { kind: "failed", unit, failure: typeChange(other), written: [] };
}

/**
 * Keys that the plan found as Git wants them, gone, or left to others, so that only the record changes. A read that was
 * behind, or not of one moment with that of the record, must not make the record say what is not so.
 */
function settled({ writes, ledger }: Group): { readonly key: Key; readonly expected: Version | null }[] {
  const written = new Set(writes.map((write) => write.key));
  const { settings } = ledger.record;
  const before = ledger.previous?.settings ?? new Map<Key, LedgerEntry>();
  // What was announced may be there although the plan did not see it.
  const gone = [...new Set([...before.keys(), ...(ledger.previous?.pending?.keys() ?? [])])]
    .filter((key) => !settings.has(key))
    .map((key) => ({ key, expected: ledger.left?.get(key) ?? null }));
  const found = [...settings].flatMap(([key, { version }]) =>
    version === undefined || before.get(key)?.version === version ? [] : [{ key, expected: version }],
  );
  const unseen = ledger.unseen ?? new Map<Key, Version | null>();
  return [
    ...[...found, ...gone].filter(({ key }) => !written.has(key) && !unseen.has(key)),
    ...[...unseen].map(([key, expected]) => ({ key, expected })),
  ];
}

function typeDiffers(write: PutWrite, seen: Seen | undefined): boolean {
  return seen !== undefined && seen.secret !== write.secret;
}

/**
 * True for a key of ours whose type Git changed: the plan showed it as a replacement, and a guard let it through. Any
 * other parameter is never deleted to make room for ours.
 */
function isReplaced(write: PutWrite, { previous }: Group["ledger"]): boolean {
  const before = previous?.settings.get(write.key);
  return before !== undefined && before.secret !== write.secret;
}

async function carryOut(work: Work): Promise<Map<Key, Version>> {
  const { client, group, change, signal } = work;
  const puts = group.writes.filter((write): write is PutWrite => write.kind === "put");
  const deletes = new Map(
    group.writes.flatMap((write) => (write.kind === "delete" ? [[write.key, write.expected]] : [])),
  );
  const replaced = puts.filter((write) => typeDiffers(write, work.seen.get(write.key)));
  // Also for one plain write: should this apply die right after it, and Git move on, nobody could tell whose it was.
  if (group.writes.length > 0) await writeLedger(work, encodeLedger(announced(change.head.applyId, group)));

  const numbers = new Map<Key, number>();
  for (const write of puts) numbers.set(write.key, await putOne(work, write));
  if (deletes.size > 0) await remove(client, deletes, puts.length > 0, (key) => work.written.push(key), signal);
  for (const { key, expected } of replaced) deletes.set(key, sure(expected, key));
  const versions =
    numbers.size + deletes.size > 0 ? await confirm(client, numbers, deletes, signal) : new Map<Key, Version>();
  await writeLedger(work, encodeLedger(group.ledger.record, versions));
  return versions;
}

/** The number of the key's version afterwards. */
async function putOne(work: Work, write: PutWrite): Promise<number> {
  const { client, group, change, signal, written, races } = work;
  const before = work.seen.get(write.key);
  // The value is there already: another version would only hide who wrote it.
  if (before !== undefined && !before.secret && before.text === write.text) return before.number;
  const { options } = client;
  const { commit, applyId } = change.head;
  const description =
    `${options.description} ${group.unit}, commit ${commit?.slice(0, 12) ?? "none"}, apply ${applyId}`.trim();
  const isOtherType = typeDiffers(write, before);
  // The name is without a value until the put below: seconds, or up to 45 where SSM does not free it at once.
  if (isOtherType && write.expected !== null)
    await remove(client, new Map([[write.key, write.expected]]), true, (key) => written.push(key), signal);
  const expected = isOtherType ? 0 : numberOf(write.expected);
  const result = await put(
    client,
    {
      ...write,
      expected,
      description: description.slice(0, 1024),
      tags: options.tags,
      ...(isOtherType ? { gone: write.expected } : {}),
    },
    signal,
  );
  if (result.kind === "exists") throw created(group.unit, write.key, written.length);
  if (!isOtherType) written.push(write.key);
  const race = { key: write.key, number: result.number };
  if (result.overtaken && (await isLoss(client, race, before?.secret === false ? before.text : undefined)))
    races.push(race);
  return result.number;
}

async function writeLedger(work: Work, text: string): Promise<void> {
  const { client, change, group, signal } = work;
  const { key } = group.ledger;
  const packing = pack(key, text, work.ledger + 1);
  for (const part of packing.parts) await putPart(work, part.key, part.text);
  const result = await put(client, { ...record(key, packing.root, change), expected: work.ledger }, signal);
  if (result.kind === "exists" || result.overtaken) throw recordMoved(group.unit, key);
  work.ledger = result.number;
}

/** A part of a record belongs to whoever claimed the generation; what it held before does not matter. */
async function putPart({ client, change, signal }: Work, key: Key, text: string): Promise<void> {
  const seen = (await look(client, [key], false, signal)).get(key);
  await put(client, { ...record(key, text, change), expected: seen?.number ?? 0 }, signal);
}

function typeChange({ key }: Write): Failure {
  return new Failure(
    "REFUSED",
    `${key} has another type (String or SecureString) in SSM than Git wants, and SSM cannot change the type of a parameter.`,
    {
      fix: `Delete it (aws ssm delete-parameter --name ${key}), wait 30 seconds, then plan and apply again. Readers find nothing meanwhile.`,
    },
  );
}

function created(unit: UnitId, key: Key, written: number): Failure {
  const rest = written === 0 ? "Nothing of the unit was written." : "The unit is written only in part.";
  return new Failure("MOVED", `Somebody created ${key} in the moment of writing; it was left alone. ${rest}`, {
    fix: "Plan again: the plan shows the key, and the unit's ledger record lists what was about to be written.",
  });
}

function recordMoved(unit: UnitId, key: Key): Failure {
  return new Failure("MOVED", `Somebody else wrote ${key}, the ledger record of ${unit}, in the same moment.`, {
    fix: "Another apply is at work on this unit. Wait until it is done, then plan again.",
  });
}
