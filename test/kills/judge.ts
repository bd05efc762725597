/** Whether a store holds what it may hold: right after a kill, and when the apply was run again. Knows nothing of the store. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Key } from "../../src/model.ts";
import type { Ground } from "./ground.ts";
import type { Case } from "./plans.ts";

type Contents = ReadonlyMap<Key, string>;

const isRecord = (key: Key): boolean => key.includes("/.trueup/");

/** Each key old or new, and whatever stands or falls together all old or all new; the ledger names what trueup wrote. */
export function halfwayWrongs(ground: Ground, plan: Case, old: Contents, now: Contents): string[] {
  const found: string[] = [];
  const states = new Map<string, { readonly olds: Key[]; readonly news: Key[] }>();
  for (const key of new Set([...old.keys(), ...now.keys(), ...plan.expected.keys()])) {
    if (isRecord(key)) continue;
    const [was, is] = [old.get(key), now.get(key)];
    const [isOld, isNew] = [is === was, isAsPlanned(plan, key, is, was)];
    // Deleted and not yet made anew: how a store without transactions changes a type, and says so.
    const isBetween = ground.kind === "ssm" && plan.allow.includes("replace") && is === undefined;
    if (!isOld && !isNew && !isBetween) found.push(`${key} is neither as before nor as planned`);
    if (isOld === isNew) continue;
    const state = states.get(ground.atom(key)) ?? { olds: [], news: [] };
    (isOld ? state.olds : state.news).push(key);
    states.set(ground.atom(key), state);
  }
  for (const [atom, { olds, news }] of states)
    if (olds.length > 0 && news.length > 0) found.push(`${atom} is mixed: ${olds[0]} is old and ${news[0]} is new`);
  const owned = new Set<Key>();
  for (const record of recordsOf(now)) {
    for (const key of [...record.settings.keys(), ...record.pending.keys()]) owned.add(key);
    if (ground.kind !== "ssm" && record.pending.size > 0 && plan.expected.size < 100)
      found.push(`the ledger of ${record.unit} announces something in a store that has transactions`);
    for (const [key, digest] of record.settings) {
      if (record.pending.has(key) || digest === undefined || old.get(key) === now.get(key)) continue;
      if (digest !== digestOf(now.get(key) ?? ""))
        found.push(`the ledger of ${record.unit} says something else than ${key}`);
    }
  }
  for (const [key, text] of now)
    if (!isRecord(key) && old.get(key) !== text && !owned.has(key))
      found.push(`${key} was written and no ledger names it`);
  return found;
}

/** When all is done: exactly what Git wants, beside what others wrote; ledger and head say so. */
export function convergedWrongs(
  ground: Ground,
  plan: Case,
  foreign: ReadonlyMap<Key, string>,
  now: Contents,
): string[] {
  const found: string[] = [];
  for (const [key, fits] of plan.expected) {
    const is = now.get(key);
    if (is === undefined || !fits(is)) found.push(`${key} is not as planned in the end`);
  }
  for (const [key, text] of foreign) if (now.get(key) !== text) found.push(`${key} is foreign and was changed`);
  for (const key of now.keys())
    if (!isRecord(key) && !plan.expected.has(key) && !foreign.has(key)) found.push(`${key} is there and should not be`);
  const [first, ...others] = plan.alike;
  for (const [key, value] of others)
    if (first !== undefined && value(now.get(key) ?? "") !== first[1](now.get(first[0]) ?? ""))
      found.push(`${key} and ${first[0]} hold two different made-up values`);
  const owned = new Set<Key>();
  for (const record of recordsOf(now)) {
    if (record.pending.size > 0) found.push(`the ledger of ${record.unit} still announces something`);
    for (const [key, digest] of record.settings) {
      owned.add(key);
      if (!now.has(key)) found.push(`the ledger of ${record.unit} names ${key}, which is not there`);
      else if (digest !== undefined && plan.drift === 0 && digest !== digestOf(now.get(key) ?? ""))
        found.push(`the ledger of ${record.unit} says something else than ${key}`);
    }
  }
  for (const key of plan.expected.keys())
    if (!owned.has(key) && !key.startsWith("/platform/") && !isLeft(plan, key)) found.push(`no ledger names ${key}`);
  // Killed between the last ledger record and the head: there is nothing left to plan, so the head goes on saying `applying`.
  for (const [key, text] of ground.kind === "ssm" ? [] : now)
    if (key.includes("/.trueup/") && key.endsWith("/head") && !text.includes('"state":"ready"'))
      found.push(`${key} does not say ready`);
  return found;
}

/** A key that somebody changed by hand and Git drops stays where it is, owned or not. */
function isLeft(plan: Case, key: Key): boolean {
  return plan.drift > 0 && plan.expected.get(key)?.("by hand") === true;
}

function isAsPlanned(plan: Case, key: Key, is: string | undefined, was: string | undefined): boolean {
  const fits = plan.expected.get(key);
  if (fits !== undefined) return is !== undefined && fits(is);
  return plan.foreign.has(key) ? is === was : is === undefined;
}

interface LedgerText {
  readonly unit: string;
  /** Digest of the text, of plain keys in layout `keys`. */
  readonly settings: ReadonlyMap<Key, string | undefined>;
  readonly pending: ReadonlySet<Key>;
}

/** Ledger records, read by the words of `docs/stores.md` and not by the code that wrote them. */
function recordsOf(contents: Contents): LedgerText[] {
  return [...contents].flatMap(([key, text]) => {
    if (!/\/\.trueup\/.*\/units\/[^/]+$/u.test(key)) return [];
    const raw = JSON.parse(text.startsWith("{") ? text : unpacked(key, text, contents)) as {
      readonly unit: string;
      readonly prefix: string;
      readonly settings: Readonly<
        Record<string, string | { readonly d?: string; readonly s?: 1; readonly m?: unknown }>
      >;
      readonly pending?: Readonly<Record<string, unknown>>;
    };
    const settings = Object.entries(raw.settings).map(([name, entry]) => {
      const digest = typeof entry === "string" ? entry : entry.s === 1 || entry.m !== undefined ? undefined : entry.d;
      return [raw.prefix + name, digest] as const;
    });
    const pending = Object.keys(raw.pending ?? {}).map((name) => raw.prefix + name);
    return [{ unit: raw.unit, settings: new Map(settings), pending: new Set(pending) }];
  });
}

function unpacked(key: Key, text: string, contents: Contents): string {
  const words = text.split(" ");
  const [count, slot, , first = ""] = words.slice(-4);
  const parts = Array.from(
    { length: Number(count) },
    (_, n) => contents.get(`${key.replace("/units/", "/parts/")}/${slot}/${n}`)?.split(" ")[1] ?? "",
  );
  return gunzipSync(Buffer.from([first, ...parts].join(""), "base64")).toString("utf8");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
