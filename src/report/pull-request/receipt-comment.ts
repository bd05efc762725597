/** One new comment on the merged pull request, edited until every environment is done. */
import type { Receipt } from "../../model.ts";
import { COMMENT, type World } from "../context.ts";
import { wordLink } from "../markdown.ts";
import { type PoorReview, type ReceiptMarkdownContext, markdownReceipt } from "../receipt/markdown.ts";
import { type Page, pullUrl, repositoryUrl } from "./page.ts";
import { asReceipt, type Need, receiptStateOf, rememberReceipt, withReceipt } from "./receipt-state.ts";

export interface ReceiptCommentContext {
  readonly world: Pick<World, "places">;
  readonly page: Page;
  readonly root: string;
  /** The plan that was reviewed, and whether what was applied is (its part for) it. */
  readonly reviewed?: { readonly plan: string; readonly same: boolean };
  /** Numbers of pull requests that were merged in between and are applied with this one. */
  readonly alsoContains?: readonly number[];
  /** Number of the pull request that overtook this one. */
  readonly overtakenBy?: number;
  /** Environments that are still to be applied. */
  readonly waiting?: readonly { readonly env: string; readonly forApproval: boolean }[];
  /** The environment that this job applied. */
  readonly env?: string;
  /** `12:48 UTC`: when this job ended; and the login name of who let it run. */
  readonly at?: string;
  readonly approvedBy?: string;
  /** As in {@link ReceiptMarkdownContext}. */
  readonly fleeting?: boolean;
  /** Secrets that still need a value in the environment of this job. */
  readonly needs?: readonly Need[];
  /** What is wanting in its approvals. */
  readonly review?: PoorReview;
}

/**
 * The body with the receipt of one more job in it. `body`: the comment as it is now, undefined for a new one; it may
 * hold anything. First line: `markOf("receipt", root)`.
 */
export function receiptComment(receipt: Receipt, ctx: ReceiptCommentContext, body?: string): string {
  const before = body === undefined ? undefined : receiptStateOf(body);
  const state = withReceipt(before, receipt, { ...ctx, ...placesOf(ctx) });
  const last = rememberReceipt(state);
  const most = COMMENT.most - last.length - 2;
  return `${markdownReceipt(asReceipt(state, receipt), { ...receiptContextOf(ctx, state), most })}\n${last}\n`;
}

/** A job that stopped before it knew its places is remembered under the name of its environment. */
function placesOf({ env, world }: ReceiptCommentContext): { readonly places?: ReadonlySet<string> } {
  if (env === undefined) return {};
  return { places: new Set([env, ...world.places.filter((place) => place.env === env).map(({ id }) => id)]) };
}

function receiptContextOf(
  ctx: ReceiptCommentContext,
  { parts, differs, also, needs }: ReturnType<typeof withReceipt>,
): ReceiptMarkdownContext {
  const { page } = ctx;
  const pullLink = (number: number): string => wordLink(`pull request ${number}`, pullUrl(page, number));
  const { html } = page.artifactUrls ?? {};
  return {
    world: ctx.world,
    root: ctx.root,
    ...(ctx.reviewed === undefined ? {} : { reviewed: ctx.reviewed.plan, asReviewed: ctx.reviewed.same && !differs }),
    ...(also.length === 0 ? {} : { alsoContains: also.filter(isNumber).map(pullLink) }),
    ...(ctx.overtakenBy === undefined ? {} : { overtakenBy: pullLink(ctx.overtakenBy) }),
    ...(ctx.waiting === undefined ? {} : { waiting: ctx.waiting }),
    ...(ctx.review === undefined ? {} : { review: ctx.review }),
    ...(ctx.fleeting === undefined ? {} : { fleeting: ctx.fleeting }),
    ...(needs === undefined ? {} : { needsValue: { secrets: count(needs, "secret"), places: count(needs, "place") } }),
    details: new Map(
      parts.map(({ receipt, at, approvedBy }) => [
        receipt.destination,
        {
          ...(at === undefined ? {} : { at }),
          ...(approvedBy === undefined ? {} : { approvedBy: personLink(page, approvedBy) }),
        },
      ]),
    ),
    links: [
      { name: "run", url: page.runUrl },
      ...(html === undefined ? [] : [{ name: "picture", url: html }]),
      ...(page.pullNumber === undefined ? [] : [{ name: "pull request", url: pullUrl(page, page.pullNumber) }]),
      { name: "commit", url: `${repositoryUrl(page)}/commit/${page.sha}` },
    ],
  };
}

function count(needs: readonly Need[], what: keyof Need): number {
  return new Set(needs.map((need) => need[what])).size;
}

function isNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** A name in a link calls nobody. */
function personLink(page: Page, login: string): string {
  return wordLink(login, `${page.serverUrl}/${login}`);
}
