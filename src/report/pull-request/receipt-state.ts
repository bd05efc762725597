/**
 * What a receipt comment remembers: the receipts of environments that separate jobs have applied, as one. Read back
 * from the comment, it is judged like any input; if anything is wrong with it, the comment starts anew.
 */
import type { DestinationReceipt, Receipt } from "../../model.ts";
import { cutText } from "../table.ts";
import { COMMIT, countField, fieldsOf, hide, listField, patternField, textField, unhide } from "./hidden.ts";
import { LOGIN } from "./risk.ts";

export interface Part {
  readonly receipt: DestinationReceipt;
  /** `12:48 UTC`: when its job ended. */
  readonly at: string | undefined;
  /** Login name. */
  readonly approvedBy: string | undefined;
}

export interface ReceiptState {
  readonly commit: string | null;
  /** Plans applied, one for each job; in order. */
  readonly plans: readonly string[];
  readonly durationMs: number;
  /** How the latest job ended. */
  readonly result: Receipt["result"];
  readonly parts: readonly Part[];
  /** True: some job applied another plan than the reviewed one. */
  readonly differs: boolean;
  /** Numbers of pull requests that some job made live with this one. */
  readonly also: readonly number[];
  /** Secrets that still need a value; undefined where no job said. */
  readonly needs: readonly Need[] | undefined;
}

export interface Need {
  readonly place: string;
  readonly secret: string;
}

/** What is remembered of one destination: enough to show it again. */
const PARTS = 100;
const NEEDS = 100;
const LEFT = 20;
const WORDS = 200;
const RESULTS: readonly Receipt["result"][] = [
  "applied", "nothing", "superseded", "partial", "moved", "refused", "failed", "interrupted",
]; // prettier-ignore
const PART_RESULTS: readonly DestinationReceipt["result"][] = [
  "applied", "nothing", "superseded", "partial", "moved", "failed", "pending",
]; // prettier-ignore
const SETTLED: ReadonlySet<DestinationReceipt["result"]> = new Set(["applied", "nothing", "superseded"]);
/** Ids are shown and compared, never used as anything else. */
const ID = /^[\w.@:+/-]{1,100}$/u;

export interface Job {
  /** `12:48 UTC`: when it ended; and the login name of who let it run. */
  readonly at?: string;
  readonly approvedBy?: string;
  readonly alsoContains?: readonly number[];
  /** Places of the environment that it applied, whole. */
  readonly places?: ReadonlySet<string>;
  /** Secrets that still need a value there. */
  readonly needs?: readonly Need[];
}

/**
 * The state with the receipt of one more job. Destinations of a job that ran again are replaced; those that had failed
 * and have nothing to do any more are not behind any more.
 */
export function withReceipt(state: ReceiptState | undefined, receipt: Receipt, job: Job): ReceiptState {
  const old = state !== undefined && state.commit === receipt.commit ? state : undefined;
  const fresh = receipt.destinations.map((one): Part => ({
    receipt: one,
    at: job.at,
    approvedBy: approver(job.approvedBy),
  }));
  const ids = new Set(fresh.map((part) => part.receipt.destination));
  const isOver = ({ receipt: { place, result } }: Part): boolean =>
    job.places?.has(place) === true && !SETTLED.has(result);
  const kept = (old?.parts ?? []).filter((part) => !ids.has(part.receipt.destination) && !isOver(part));
  return {
    commit: receipt.commit,
    plans: [...new Set([...(old?.plans ?? []), receipt.plan])].slice(-PARTS),
    // Clocks give fractions; what is remembered is a count.
    durationMs: (old?.durationMs ?? 0) + Math.round(receipt.durationMs),
    result: receipt.result,
    parts: [...kept, ...fresh],
    differs: (old?.differs ?? false) || receipt.asReviewed === false,
    also: [...new Set([...(old?.also ?? []), ...(job.alsoContains ?? [])])].slice(-PARTS),
    needs: needsOf(old, job),
  };
}

/** What a job says of its places replaces what was known of them. */
function needsOf(old: ReceiptState | undefined, { needs, places }: Job): ReceiptState["needs"] {
  if (needs === undefined) return old?.needs;
  return [...(old?.needs ?? []).filter(({ place }) => places?.has(place) !== true), ...needs].slice(0, NEEDS);
}

function approver(name: string | undefined): string | undefined {
  return name !== undefined && LOGIN.test(name) ? name : undefined;
}

/** All jobs as one receipt. */
export function asReceipt(state: ReceiptState, latest: Receipt): Receipt {
  const destinations = state.parts.map((part) => part.receipt);
  return { ...latest, durationMs: state.durationMs, result: resultOf(state, destinations), destinations };
}

function resultOf(state: ReceiptState, destinations: readonly DestinationReceipt[]): Receipt["result"] {
  if (state.result === "refused" || state.result === "interrupted") return state.result;
  if (destinations.length === 0) return state.result;
  const results = new Set(destinations.map((one) => one.result));
  if (results.has("moved")) return "moved";
  if (results.has("failed") || results.has("partial") || results.has("pending")) return "partial";
  if (results.has("applied")) return "applied";
  return results.has("superseded") ? "superseded" : "nothing";
}

/** Characters of the hidden last line, and how much of lists and texts is tried to stay below. */
const MOST = 40_000;
const DETAIL = [
  { left: LEFT, width: WORDS },
  { left: 5, width: 80 },
  { left: 0, width: 20 },
];

/** The hidden last line. Long lists and texts are cut in it; empty where not even that is enough. */
export function rememberReceipt(state: ReceiptState): string {
  const lines = DETAIL.map((detail) => {
    const parts = state.parts.slice(-PARTS).map((part) => partDocument(part, detail));
    const { differs, also, needs, ...rest } = state;
    return hide("state", {
      ...rest,
      parts,
      ...(differs ? { differs } : {}),
      ...(also.length > 0 ? { also } : {}),
      ...(needs === undefined
        ? {}
        : { needs: needs.map(({ place, secret }) => [cutText(place, 80), cutText(secret, 80)]) }),
    });
  });
  return lines.find((line) => line.length <= MOST) ?? "";
}

function partDocument(
  { receipt: one, at, approvedBy }: Part,
  detail: { readonly left: number; readonly width: number },
): object {
  const cut = (words: string): string => cutText(words, detail.width);
  const { readBack, failure } = one;
  return {
    id: cutText(one.destination, WORDS),
    place: cutText(one.place, WORDS),
    target: cutText(one.target, WORDS),
    result: one.result,
    applied: one.applied,
    pending: one.pending,
    proof: one.proof === undefined ? null : cut(one.proof),
    read: readBack === undefined ? null : [readBack.checked, readBack.wrong.slice(0, LEFT).map(cut)],
    left: one.left.slice(0, detail.left).map(({ address, why }) => [cut(address), cut(why)]),
    before: one.before,
    by: one.supersededBy,
    failure:
      failure === undefined
        ? null
        : [cut(failure.code), cut(failure.message), failure.fix === undefined ? null : cut(failure.fix)],
    at,
    approvedBy,
  };
}

/** The state of a receipt comment; undefined where there is none, or none that can be trusted to be one. */
export function receiptStateOf(body: string): ReceiptState | undefined {
  const fields = fieldsOf(unhide("state", body));
  const commit = fields?.["commit"] === null ? null : patternField(fields?.["commit"], COMMIT);
  const plans = listField(fields?.["plans"], PARTS, (item) => patternField(item, ID));
  const durationMs = countField(fields?.["durationMs"]);
  const result = RESULTS.find((one) => one === fields?.["result"]);
  const parts = listField(fields?.["parts"], PARTS, readPart);
  const differs = fields?.["differs"] === true;
  const also = listField(fields?.["also"] ?? [], PARTS, countField);
  const needs = optional(fields?.["needs"], (value) => listField(value, NEEDS, readNeed));
  if (commit === undefined || plans === undefined || durationMs === undefined || also === undefined) return undefined;
  return result === undefined || parts === undefined || needs === undefined
    ? undefined
    : { commit, plans, durationMs, result, parts, differs, also, needs: needs[0] };
}

/** What was cut may be a little longer than its width: characters of no width count nothing there. */
const text = (item: unknown): string | undefined => textField(item, WORDS * 4);

/** `undefined` inside a list of one: the field is not there. Undefined: it is wrong. */
function optional<T>(item: unknown, read: (item: unknown) => T | undefined): readonly [T | undefined] | undefined {
  if (item === undefined || item === null) return [undefined];
  const value = read(item);
  return value === undefined ? undefined : [value];
}

function readPart(item: unknown): Part | undefined {
  const fields = fieldsOf(item);
  if (fields === undefined) return undefined;
  const destination = text(fields["id"]);
  const place = text(fields["place"]);
  const target = text(fields["target"]);
  const result = PART_RESULTS.find((one) => one === fields["result"]);
  const [applied, pending] = [countField(fields["applied"]), countField(fields["pending"])];
  const left = listField(fields["left"], LEFT, readLeft);
  const proof = optional(fields["proof"], text);
  const readBack = optional(fields["read"], readReadBack);
  const before = optional(fields["before"], (value) => patternField(value, COMMIT));
  const supersededBy = optional(fields["by"], (value) => patternField(value, COMMIT));
  const failure = optional(fields["failure"], readFailure);
  const at = optional(fields["at"], (value) => textField(value, 40));
  const approvedBy = optional(fields["approvedBy"], (value) => patternField(value, LOGIN));
  if (destination === undefined || place === undefined || target === undefined || result === undefined)
    return undefined;
  if (applied === undefined || pending === undefined || left === undefined || proof === undefined) return undefined;
  if (readBack === undefined || before === undefined || supersededBy === undefined || failure === undefined)
    return undefined;
  if (at === undefined || approvedBy === undefined) return undefined;
  return {
    receipt: {
      destination,
      place,
      target,
      result,
      applied,
      pending,
      proof: proof[0],
      readBack: readBack[0],
      left,
      before: before[0] ?? null,
      supersededBy: supersededBy[0],
      failure: failure[0],
    },
    at: at[0],
    approvedBy: approvedBy[0],
  };
}

function readNeed(item: unknown): Need | undefined {
  const [place, secret] = listField(item, 2, text) ?? [];
  return place === undefined || secret === undefined ? undefined : { place, secret };
}

function readLeft(item: unknown): DestinationReceipt["left"][number] | undefined {
  const [address, why] = listField(item, 2, text) ?? [];
  return address === undefined || why === undefined ? undefined : { address, why };
}

function readReadBack(item: unknown): DestinationReceipt["readBack"] {
  if (!Array.isArray(item) || item.length !== 2) return undefined;
  const [checked, wrong] = [countField(item[0]), listField(item[1], LEFT, text)];
  return checked === undefined || wrong === undefined ? undefined : { checked, wrong };
}

function readFailure(item: unknown): DestinationReceipt["failure"] {
  if (!Array.isArray(item) || item.length !== 3) return undefined;
  const [code, message, fix] = [text(item[0]), text(item[1]), optional(item[2], text)];
  if (code === undefined || message === undefined || fix === undefined) return undefined;
  return { code, message, details: [], ...(fix[0] === undefined ? {} : { fix: fix[0] }) };
}
