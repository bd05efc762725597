/** A receipt as one comment on the merged pull request. */
import type { DestinationReceipt, Receipt } from "../../model.ts";
import type { World } from "../context.ts";
import { bold, code, document, marker, prose, table, wordLink } from "../markdown.ts";
import { cutText } from "../table.ts";
import { count, duration, plural, shortCommit } from "../words.ts";
import { type Tally, tallyOf } from "./tally.ts";

export interface ReceiptMarkdownContext {
  readonly world: Pick<World, "places">;
  /** Config root, for the hidden first line. */
  readonly root: string;
  /** The plan that was reviewed; undefined where nothing was. */
  readonly reviewed?: string;
  readonly links?: readonly { readonly name: string; readonly url: string }[];
  /** Secrets that still need a value, and in how many places. */
  readonly needsValue?: { readonly secrets: number; readonly places: number };
}

/** Rows and addresses shown; places are few, addresses may be thousands. */
const ROWS = 100;
const LEFT = 50;

export function markdownReceipt(receipt: Receipt, ctx: ReceiptMarkdownContext): string {
  const tally = tallyOf(receipt);
  return document([
    [marker("receipt", { root: ctx.root, plan: receipt.plan }), `### ${title(receipt, tally, ctx)}`],
    receipt.result === "superseded" ? [] : rows(receipt, ctx),
    ...failures(tally),
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
  const live = `${count(tally.applied)} of ${plural(all, "key")} ${tally.applied === 1 ? "is" : "are"} live`;
  switch (receipt.result) {
    case "applied": {
      const everywhere = ctx.world.places.every((place) => receipt.destinations.some((one) => one.place === place.id));
      const wrong = tally.readBack?.wrong.length ?? 0;
      if (wrong > 0) return `❌ Applied, but ${plural(wrong, "key does", "keys do")} not hold what was written`;
      return `✅ Live${everywhere ? " everywhere" : ""} · ${plural(tally.applied, "key")} in ${plural(places, "place")}`;
    }
    case "nothing":
      return "✅ Nothing to apply: the stores already hold this";
    case "superseded":
      return `⏩ Applied together with ${tally.supersededBy === undefined ? "a newer merge" : code(shortCommit(tally.supersededBy))}`;
    case "refused":
      return "❌ Refused by a guard · nothing was written";
    case "interrupted":
      return `❌ Interrupted · ${live}`;
    case "moved":
      return `❌ Live has changed since the plan was made${at} · ${live}`;
    default:
      return `❌ Stopped${at} · ${live}`;
  }
}

function placeName(id: string, ctx: ReceiptMarkdownContext): string {
  const place = ctx.world.places.find((one) => one.id === id);
  if (place === undefined) return code(id);
  const alone = ctx.world.places.filter((one) => one.env === place.env).length === 1;
  const env = place.protected ? bold(place.env) : prose(place.env);
  return place.region === undefined || alone ? env : `${env} ${prose(place.region)}`;
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

function rows(receipt: Receipt, ctx: ReceiptMarkdownContext): string[] {
  const shown = receipt.destinations.slice(0, ROWS);
  if (shown.length === 0) return [];
  const several = new Set(receipt.destinations.map((one) => one.target)).size > 1;
  const hidden = receipt.destinations.length - shown.length;
  return [
    ...table(
      [" ", "result", "keys", "proof"],
      shown.map((one) => [
        placeName(one.place, ctx) + (several ? ` · ${prose(one.target)}` : ""),
        RESULT[one.result],
        one.pending === 0 ? count(one.applied) : `${count(one.applied)} of ${count(one.applied + one.pending)}`,
        one.proof === undefined ? "" : prose(cutText(one.proof, 80)),
      ]),
      false,
    ),
    ...(hidden > 0 ? ["", plural(hidden, "more destination")] : []),
  ];
}

function failures(tally: Tally): string[][] {
  const reasons = tally.failures
    .slice(0, LEFT)
    .map(
      (one) =>
        `- ${code(one.code)} in ${prose(one.place)}: ${prose(cutText(one.message, 300))}${one.fix === undefined ? "" : `. Fix: ${prose(cutText(one.fix, 300))}`}`,
    );
  const left = tally.left
    .slice(0, LEFT)
    .map(({ address, why }) => `- ${code(cutText(address, 200))}: ${prose(cutText(why, 200))}`);
  const hidden = tally.left.length - left.length;
  if (hidden > 0) left.push(`- and ${plural(hidden, "more value")}`);
  const cure =
    "**Next** mend the cause and run the job again (finished keys are skipped), or revert this pull request.";
  return [
    reasons,
    left.length === 0 ? [] : ["Not written:", "", ...left],
    tally.pending > 0 || reasons.length > 0 ? [cure] : [],
  ];
}

function checks(receipt: Receipt, tally: Tally, ctx: ReceiptMarkdownContext): string[] {
  const words: string[] = [];
  if (ctx.reviewed !== undefined) {
    words.push(
      ctx.reviewed === receipt.plan
        ? `✔ exactly the reviewed plan ${code(receipt.plan)}`
        : `⚠ not the reviewed plan ${code(ctx.reviewed)} but ${code(receipt.plan)}: other changes were merged in between`,
    );
  }
  const wrong = tally.readBack?.wrong.length ?? 0;
  if (tally.readBack !== undefined)
    words.push(wrong === 0 ? "✔ read back" : `❌ ${plural(wrong, "key")} read back with another value`);
  words.push(`took ${duration(receipt.durationMs)}`);
  return [
    `- ${words.join(" · ")}`,
    ...(ctx.needsValue === undefined ? [] : [`- 🔑 still to do: ${todo(ctx.needsValue)}`]),
  ];
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
