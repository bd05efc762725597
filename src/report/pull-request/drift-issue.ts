/** One issue per repository that says what is live and not what Git says; edited in place, closed when it is over. */
import { formatAddress } from "../../address.ts";
import { digest } from "../../canonical.ts";
import type { Conflict, DestinationPlan, Drift, Plain, Plan } from "../../model.ts";
import { COMMENT } from "../context.ts";
import { bold, code, document, fence, marker, prose, table, wordLink } from "../markdown.ts";
import { quoteValue } from "../redact.ts";
import { splitUnit } from "../reach.ts";
import { cutText } from "../table.ts";
import { plural, shortCommit, some } from "../words.ts";
import { countField, fieldsOf, hide, listField, patternField, unhide } from "./hidden.ts";
import { pageContext, type PullRequestContext } from "./page.ts";

type Item = (Drift | Conflict) & { readonly destination: DestinationPlan };

/** What is remembered of the drift that an issue shows: who is new can be told, no value can be read. */
export interface KnownDrift {
  readonly ids: readonly string[];
  /** More than there are ids where the list is too long to remember. */
  readonly total: number;
}

export interface DriftIssue {
  readonly title: string;
  /** First line: `markOf("drift", root)`. */
  readonly body: string;
}

/** Ids in the hidden last line: 22 characters each before encoding. */
const REMEMBERED = 500;
/** Rows, columns of an address and of a value, tried until the body fits. */
const LADDER = [
  { rows: 200, key: 120, value: 60 },
  { rows: 100, key: 80, value: 40 },
  { rows: 30, key: 40, value: 24 },
  { rows: 5, key: 30, value: 16 },
];
type Level = (typeof LADDER)[number];
const LAST: Level = { rows: 0, key: 20, value: 16 };
/** Units for which a command is written out. */
const COMMANDS = 10;

/** Undefined where nothing has drifted: an issue that is open is closed then. */
export function driftIssue(plan: Plan, ctx: PullRequestContext): DriftIssue | undefined {
  const items = itemsOf(plan);
  if (items.length === 0) return undefined;
  const last = hide("known", knownDrift(plan));
  const most = COMMENT.most - last.length - 2;
  const texts = [...LADDER, LAST].map((level) => bodyText(items, plan, ctx, level));
  const text = texts.find((one) => one.length <= most) ?? texts.at(-1) ?? "";
  return { title: titleOf(items), body: `${text}\n${last}\n` };
}

/** `Config drift: 3 keys (1 in PROD)`. */
function titleOf(items: readonly Item[]): string {
  const guarded = items.filter((item) => item.destination.place.protected);
  const envs = [...new Set(guarded.map((item) => cutText(item.destination.place.env.toUpperCase(), 40)))];
  const where = guarded.length === 0 ? "" : ` (${guarded.length} in ${some(envs, 3)})`;
  return `Config drift: ${plural(items.length, "key")}${where}`;
}

/** Protected environments first. */
function itemsOf(plan: Plan): Item[] {
  const items = plan.destinations.flatMap((destination) =>
    [...destination.drift, ...destination.conflicts].map((item): Item => ({ ...item, destination })),
  );
  return items.toSorted((a, b) => Number(b.destination.place.protected) - Number(a.destination.place.protected));
}

export function knownDrift(plan: Plan): KnownDrift {
  const ids = [...new Set(itemsOf(plan).map(idOf))];
  return { ids: ids.slice(0, REMEMBERED), total: ids.length };
}

/** Of where it is and what kind it is, never of a value: a key that changes again is not new. */
function idOf(item: Item): string {
  return digest(JSON.stringify([item.destination.destination, item.unit, item.path, item.kind]));
}

/** What an issue remembers. Its body may hold anything; undefined if nothing in it can be trusted to be ours. */
export function knownDriftOf(body: string): KnownDrift | undefined {
  const fields = fieldsOf(unhide("known", body));
  const ids = listField(fields?.["ids"], REMEMBERED, (item) => patternField(item, /^[\w-]{22}$/u));
  const total = countField(fields?.["total"]);
  return ids === undefined || total === undefined ? undefined : { ids, total };
}

/** Addresses that have drifted since `known`; with too many to remember, those that make the number grow. */
export function newDrift(known: KnownDrift | undefined, plan: Plan): readonly string[] {
  const old = new Set(known?.ids);
  const fresh = itemsOf(plan).filter((item) => !old.has(idOf(item)));
  const forgotten = (known?.total ?? 0) - old.size;
  return fresh.slice(forgotten).map((item) => formatAddress(item.unit, item.path));
}

/** The comment that says so under the issue; undefined where nothing is new. */
export function driftNote(fresh: readonly string[]): string | undefined {
  if (fresh.length === 0) return undefined;
  const names = some(
    fresh.slice(0, 21).map((address) => code(cutText(address, 100))),
    20,
  );
  const more = fresh.length > 21 ? ` (${plural(fresh.length, "key")} in all)` : "";
  return document([[`New drift: ${names}${more}.`]]);
}

/** The last comment, before the issue is closed. */
export function driftOver(): string {
  return document([["Live is what Git says again."]]);
}

function bodyText(items: readonly Item[], plan: Plan, ctx: PullRequestContext, level: Level): string {
  return document([
    [marker("drift", { root: ctx.root }), headline(items, plan)],
    tableOf(items, ctx, level),
    ["### What to do"],
    ...cures(items),
    [foot(plan, ctx)],
  ]);
}

function headline(items: readonly Item[], plan: Plan): string {
  const heads = plan.destinations.flatMap((one) => one.head?.head.commit ?? []);
  const commits = [...new Set(heads)].map((commit) => code(cutText(shortCommit(commit), 40)));
  const applied = commits.length === 0 ? "" : ` (${some(commits, 3)})`;
  const places = new Map(items.map(({ destination: { place } }) => [place.id, place]));
  const names = [...places.values()].map((place) => (place.protected ? bold(place.id) : prose(place.id)));
  return `**${plural(items.length, "key")}** differ from what was applied${applied} in ${some(names, 6)}.`;
}

function tableOf(items: readonly Item[], ctx: PullRequestContext, level: Level): string[] {
  const value = Math.min(level.value, ctx.maxValueWidth);
  const rows = items
    .slice(0, level.rows)
    .map((item) => [
      code(cutText(formatAddress(item.unit, item.path), level.key)),
      side(item, item.kind === "changed-live" || item.kind === "added" ? undefined : item.git, value),
      side(item, item.kind === "deleted" || item.kind === "deleted-live" ? undefined : item.live, value),
      prose(WHY[item.kind]),
    ]);
  const hidden = items.slice(rows.length);
  const apps = [...new Set(hidden.map((item) => splitUnit(item.unit).app))].map((app) => code(cutText(app, 40)));
  const { homes = [] } = pageContext(ctx, true);
  const where = homes.map((home) => wordLink(home.name, home.url)).join(" · ");
  const note = hidden.length === 0 ? [] : ["", `${plural(hidden.length, "more key")} in ${some(apps, 5)}: ${where}`];
  if (rows.length === 0) return note.slice(1);
  return [...table(["Key", "Git says", "Live is", "What happened"], rows, false), ...note];
}

const WHY: { readonly [kind in Item["kind"]]: string } = {
  changed: "changed live",
  deleted: "deleted live",
  added: "added live",
  "both-changed": "changed in Git and live",
  "deleted-live": "changed in Git, deleted live",
  "changed-live": "deleted in Git, changed live",
};

function side(item: Item, value: Plain | undefined, width: number): string {
  if (item.secret) return "_(secret)_";
  return value === undefined ? "_(none)_" : code(quoteValue(value, { width }));
}

/** Commands that can be copied: only names that mean nothing to a shell are put into one. */
function cures(items: readonly Item[]): string[][] {
  const units = [...new Set(items.map((item) => item.unit))].filter((unit) => /^[\w.@-]+$/u.test(unit));
  const commands = (units.length > COMMANDS ? [] : units).map((unit) => `trueup apply ${unit} --allow drift,conflict`);
  return [
    ["Take it back, so that live is what Git says:"],
    fence("", commands.length === 0 ? ["trueup apply --allow drift,conflict"] : commands),
    ["Keep it: write the live value into Git, open a pull request and merge it. See it first:"],
    fence("", ["trueup drift"]),
  ];
}

function foot(plan: Plan, ctx: PullRequestContext): string {
  const { homes = [] } = pageContext(ctx, true);
  const words = [
    ...(plan.commit === null ? [] : [`Git at ${code(shortCommit(plan.commit))}`]),
    ...(ctx.comparedAt === undefined ? [] : [`compared at ${prose(ctx.comparedAt)}`]),
    ...homes.map((home) => wordLink(home.name === "full plan" ? "run" : home.name, home.url)),
  ];
  return `<sub>${words.join(" · ")}<br>This text is kept up to date; a comment is added only when more drifts. It is closed when live is what Git says.</sub>`;
}
