/** A receipt as one comment on the merged pull request. */
import type { DestinationReceipt, Receipt } from "../../model.ts";
import { COMMENT, type World } from "../context.ts";
import { bold, code, document, marker, prose, table, wordLink } from "../markdown.ts";
import { cutText } from "../table.ts";
import { count, duration, listed, plural, shortCommit, some } from "../words.ts";
import { environmentsOf, type Tally, tallyOf } from "./tally.ts";

export interface ReceiptMarkdownContext {
  readonly world: Pick<World, "places">;
  /** Config root, for the hidden first line. */
  readonly root: string;
  /** The plan that was reviewed; undefined where nothing was. */
  readonly reviewed?: string;
  /** True: the plan applied is the reviewed one, although their ids differ (each environment has a plan of its own). */
  readonly asReviewed?: boolean;
  /** Words and links for other pull requests that were applied with this one. */
  readonly alsoContains?: readonly string[];
  /** Words and link for the pull request that overtook this one. */
  readonly overtakenBy?: string;
  /** Environments that have not been applied yet, and what they wait for. */
  readonly waiting?: readonly { readonly env: string; readonly forApproval: boolean }[];
  /** What is known of a destination beyond its receipt, by its id: `12:48`, a link to who approved it. */
  readonly details?: ReadonlyMap<string, { readonly at?: string; readonly approvedBy?: string }>;
  readonly links?: readonly { readonly name: string; readonly url: string }[];
  /** True: every store is a folder on a machine that is thrown away after the job. */
  readonly fleeting?: boolean;
  /** Secrets that still need a value, and in how many places. */
  readonly needsValue?: { readonly secrets: number; readonly places: number };
  /** Undefined where the approvals are fine, or nobody knows. */
  readonly review?: PoorReview;
  /** Characters; 60,000 where nothing is said. */
  readonly most?: number;
}

/** What is wanting in the approvals of a pull request; `commit` is the one that was approved. */
export type PoorReview =
  | { readonly by: "nobody" | "author" | "bots" }
  | { readonly by: "earlier"; readonly commit: string };

interface Level {
  /** Rows of places, and addresses that were not written; places are few, addresses may be thousands. */
  readonly rows: number;
  readonly left: number;
  /** Columns of a message. */
  readonly width: number;
}
const LADDER: readonly Level[] = [
  { rows: 100, left: 50, width: 300 },
  { rows: 100, left: 20, width: 100 },
  { rows: 50, left: 5, width: 60 },
  { rows: 10, left: 2, width: 30 },
];
/** Columns of a name; real ones are shorter. */
const NAME = 60;
const LAST: Level = { rows: 0, left: 0, width: 20 };

/** At most `ctx.most` characters. Ends with a line feed. */
export function markdownReceipt(receipt: Receipt, ctx: ReceiptMarkdownContext): string {
  const most = ctx.most ?? COMMENT.most;
  for (const level of LADDER) {
    const text = render(receipt, ctx, level);
    if (text.length <= most) return text;
  }
  return render(receipt, ctx, LAST);
}

function render(receipt: Receipt, ctx: ReceiptMarkdownContext, level: Level): string {
  const tally = tallyOf(receipt);
  return document([
    [marker("receipt", { root: ctx.root, plan: receipt.plan }), `### ${title(receipt, tally, ctx)}`],
    receipt.result === "superseded" ? [] : rows(receipt, ctx, level),
    ...failures(tally, receipt, ctx, level),
    checks(receipt, tally, ctx),
    foot(receipt, tally, ctx),
  ]);
}

function title(receipt: Receipt, tally: Tally, ctx: ReceiptMarkdownContext): string {
  const places = new Set(receipt.destinations.map((one) => one.place)).size;
  const all = tally.applied + tally.pending;
  const stopped = receipt.destinations.find(
    (one) => one.result === "failed" || one.result === "partial" || one.result === "moved",
  );
  const at = stopped === undefined ? "" : ` in ${placeName(stopped.place, ctx)}`;
  const live =
    all === 0
      ? "nothing was written"
      : `${count(tally.applied)} of ${plural(all, "key")} ${tally.applied === 1 ? "is" : "are"} live`;
  const waiting = ctx.waiting ?? [];
  switch (receipt.result) {
    case "applied": {
      if (waiting.length > 0) return waitingTitle(receipt, ctx, waiting);
      const everywhere = ctx.world.places.every((place) => receipt.destinations.some((one) => one.place === place.id));
      const wrong = tally.readBack?.wrong.length ?? 0;
      if (wrong > 0) return `❌ Applied, but ${plural(wrong, "key does", "keys do")} not hold what was written`;
      if (ctx.fleeting === true)
        return `✅ Would be live${everywhere ? " everywhere" : ""} · no store is connected yet`;
      return `✅ Live${everywhere ? " everywhere" : ""} · ${plural(tally.applied, "key")} in ${plural(places, "place")}`;
    }
    case "nothing":
      if (waiting.length > 0) return waitingTitle(receipt, ctx, waiting);
      return "✅ Nothing to apply: the stores already hold this";
    case "superseded":
      return `⏩ Applied together with ${overtaking(tally, ctx)}`;
    case "refused":
      return `❌ Refused by a guard · ${tally.applied === 0 ? "nothing was written" : live}`;
    case "interrupted":
      return `❌ Interrupted · ${live}`;
    case "moved":
      return `❌ Live has changed since the plan was made${at} · ${live}`;
    default:
      return `❌ Stopped${at} · ${live}`;
  }
}

function overtaking(tally: Tally, ctx: ReceiptMarkdownContext): string {
  const commit = tally.supersededBy === undefined ? undefined : code(shortCommit(tally.supersededBy));
  if (ctx.overtakenBy === undefined) return commit ?? "a newer merge";
  return commit === undefined ? ctx.overtakenBy : `${ctx.overtakenBy} (${commit})`;
}

function waitingTitle(
  receipt: Receipt,
  ctx: ReceiptMarkdownContext,
  waiting: NonNullable<ReceiptMarkdownContext["waiting"]>,
): string {
  const approvals = waiting.filter((one) => one.forApproval).map((one) => one.env);
  const name = (env: string): string =>
    ctx.world.places.some((place) => place.env === env && place.protected) ? bold(env) : prose(env);
  const envs = [...new Set(environmentsOf(receipt, ctx.world.places).map(({ env }) => env))];
  const done = envs.length === 0 ? "Nothing is live yet" : `Live in ${listed(envs.map(name))}`;
  const names = listed((approvals.length === 0 ? waiting.map((one) => one.env) : approvals).map(name));
  const verb = (approvals.length || waiting.length) === 1 ? "waits" : "wait";
  return `⏳ ${done} · ${names} ${approvals.length === 0 ? (verb === "waits" ? "is next" : "are next") : `${verb} for approval`}`;
}

function placeName(id: string, ctx: ReceiptMarkdownContext): string {
  const place = ctx.world.places.find((one) => one.id === id);
  if (place === undefined) return code(cutText(id, NAME));
  const alone = ctx.world.places.filter((one) => one.env === place.env).length === 1;
  const env = place.protected ? bold(cutText(place.env, NAME)) : prose(cutText(place.env, NAME));
  return place.region === undefined || alone ? env : `${env} ${prose(cutText(place.region, NAME))}`;
}

const RESULT: { readonly [result in DestinationReceipt["result"]]: string } = {
  applied: "✅",
  nothing: "✅ nothing to do",
  superseded: "⏩ superseded",
  partial: "❌ in part",
  moved: "❌ live has changed",
  failed: "❌ failed",
  pending: "⏳ waiting",
};

function rows(receipt: Receipt, ctx: ReceiptMarkdownContext, level: Level): string[] {
  const shown = receipt.destinations.slice(0, level.rows);
  if (receipt.destinations.length === 0) return [];
  const several = new Set(receipt.destinations.map((one) => one.target)).size > 1;
  const timed = ctx.details !== undefined;
  const hidden = receipt.destinations.length - shown.length;
  return [
    ...table(
      [" ", "result", ...(timed ? ["when"] : []), "keys", "proof"],
      [...shown.map((one) => placeRow(one, ctx, several)), ...waitingRows(receipt, ctx).slice(0, level.rows)],
      false,
    ),
    ...(hidden > 0 ? ["", plural(hidden, "more destination")] : []),
  ];
}

function placeRow(one: DestinationReceipt, ctx: ReceiptMarkdownContext, several: boolean): string[] {
  const details = ctx.details?.get(one.destination);
  const approved = details?.approvedBy === undefined ? "" : ` · approved by ${details.approvedBy}`;
  return [
    placeName(one.place, ctx) + (several ? ` · ${prose(cutText(one.target, NAME))}` : ""),
    RESULT[one.result] + approved,
    ...(ctx.details === undefined ? [] : [details?.at === undefined ? "" : prose(details.at)]),
    one.pending === 0 ? count(one.applied) : `${count(one.applied)} of ${count(one.applied + one.pending)}`,
    one.proof === undefined ? "" : prose(cutText(one.proof, 80)),
  ];
}

/** Places of environments that are still to come. */
function waitingRows(receipt: Receipt, ctx: ReceiptMarkdownContext): string[][] {
  const seen = new Set(receipt.destinations.map((one) => one.place));
  return (ctx.waiting ?? []).flatMap(({ env, forApproval }) =>
    ctx.world.places
      .filter((place) => place.env === env && !seen.has(place.id))
      .map((place) => [
        placeName(place.id, ctx),
        forApproval ? "⏳ waiting for approval" : "⏳ waiting",
        ...(ctx.details === undefined ? [] : [""]),
        "",
        "",
      ]),
  );
}

function failures(tally: Tally, receipt: Receipt, ctx: ReceiptMarkdownContext, level: Level): string[][] {
  const reasons = tally.failures
    .slice(0, level.left)
    .map(
      (one) =>
        `- ${code(cutText(one.code, NAME))} in ${prose(cutText(one.place, NAME))}: ${prose(cutText(one.message, level.width))}${one.fix === undefined ? "" : `. Fix: ${prose(cutText(one.fix, level.width))}`}`,
    );
  const others = tally.failures.length - reasons.length;
  if (others > 0) reasons.push(`- and ${plural(others, "more failure")}`);
  const left = tally.left
    .slice(0, level.left)
    .map(({ address, why }) => `- ${code(cutText(address, level.width))}: ${prose(cutText(why, level.width))}`);
  const hidden = tally.left.length - left.length;
  if (hidden > 0) left.push(`- and ${plural(hidden, "more value")}`);
  const cure = `${behind(receipt, ctx)}**Next** mend the cause and run the job again (finished keys are skipped), or revert this pull request.`;
  return [
    reasons,
    left.length === 0 ? [] : ["Not written:", "", ...left],
    tally.pending > 0 || reasons.length > 0 ? [cure] : [],
  ];
}

/** Which places of an environment are not where their neighbours are. */
function behind(receipt: Receipt, ctx: ReceiptMarkdownContext): string {
  const envOf = (id: string): string | undefined => ctx.world.places.find((place) => place.id === id)?.env;
  const ahead = new Set(receipt.destinations.filter((one) => one.pending === 0).map((one) => envOf(one.place)));
  const lagging = receipt.destinations.filter((one) => one.pending > 0 && ahead.has(envOf(one.place)));
  if (lagging.length === 0) return "";
  const words = lagging.slice(0, 5).map((one) => `${placeName(one.place, ctx)} by ${plural(one.pending, "key")}`);
  return `**Now** behind its neighbours: ${some(words, 4)}. `;
}

function checks(receipt: Receipt, tally: Tally, ctx: ReceiptMarkdownContext): string[] {
  const words: string[] = [];
  if (ctx.fleeting === true)
    words.push(
      "⚪ written to a folder that is gone with this job: a target of type etcd or aws-ssm in trueup.yaml lasts",
    );
  const also = ctx.alsoContains ?? [];
  const same = ctx.reviewed !== undefined && (ctx.asReviewed ?? ctx.reviewed === receipt.plan);
  if (same) words.push(`✔ exactly the reviewed plan ${code(ctx.reviewed)}`);
  if (also.length > 0)
    words.push(
      ctx.asReviewed === undefined || same
        ? `ℹ also contains ${some(also, 5)}, merged before and not live until now`
        : `⚠ also contains ${some(also, 5)}, merged after this plan was made`,
    );
  else if (ctx.reviewed !== undefined && !same)
    words.push(
      `⚠ not the reviewed plan ${code(ctx.reviewed)} but ${code(receipt.plan)}: Git or the store changed in between`,
    );
  const wrong = tally.readBack?.wrong.length ?? 0;
  if (tally.readBack !== undefined)
    words.push(wrong === 0 ? "✔ read back" : `❌ ${plural(wrong, "key")} read back with another value`);
  words.push(`took ${duration(receipt.durationMs)}`);
  return [
    `- ${words.join(" · ")}`,
    ...(ctx.review === undefined ? [] : [`- ⚠ ${reviewed(ctx.review)}`]),
    ...(ctx.needsValue === undefined ? [] : [`- 🔑 still to do: ${todo(ctx.needsValue)}`]),
  ];
}

function reviewed(review: PoorReview): string {
  switch (review.by) {
    case "nobody":
      return "nobody approved this pull request";
    case "author":
      return "nobody but its author approved this pull request";
    case "bots":
      return "nobody but bots approved this pull request";
    default:
      return `approved at ${code(shortCommit(review.commit))}, and not after what was pushed since`;
  }
}

function todo(needs: NonNullable<ReceiptMarkdownContext["needsValue"]>): string {
  if (needs.secrets === 0) return "nothing";
  return `${plural(needs.secrets, "secret needs", "secrets need")} a value in ${plural(needs.places, "place")}`;
}

function foot(receipt: Receipt, tally: Tally, ctx: ReceiptMarkdownContext): string[] {
  const words = [
    `Undo: revert this pull request${tally.before === undefined ? "" : ` (back to ${code(shortCommit(tally.before))})`}`,
  ];
  if (receipt.commit !== null)
    words.push(`commit ${code(shortCommit(receipt.commit))}${receipt.dirty ? " and uncommitted changes" : ""}`);
  words.push(...(ctx.links ?? []).map((one) => wordLink(one.name, one.url)));
  return [`<sub>${words.join(" · ")}</sub>`];
}
