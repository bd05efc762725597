/** A receipt for people at a terminal. */
import type { DestinationReceipt, Receipt } from "../../model.ts";
import type { ReportOptions, World } from "../context.ts";
import { failureLines } from "../failure.ts";
import { type Line, print, styled } from "../print.ts";
import { safePiece } from "../redact.ts";
import { alignColumns, type Cell } from "../table.ts";
import { displayWidth } from "../width.ts";
import { count, duration, listed, plural, shortCommit } from "../words.ts";
import { environmentsOf, type Tally, tallyOf } from "./tally.ts";

export interface ReceiptContext extends ReportOptions {
  readonly world: Pick<World, "places">;
}

/** Addresses that are named without `--verbose`. */
const LEFT = 20;

/** What happened in each place, the verdict, and what to do next. */
export function humanReceipt(receipt: Receipt, ctx: ReceiptContext): string {
  const tally = tallyOf(receipt);
  const lines: Line[] = [];
  const table = placeLines(receipt, tally);
  if (table.length > 0) lines.push(...table, []);
  for (const failure of tally.failures) lines.push(...failureLines(failure), []);
  lines.push(...verdictLines(receipt, tally, ctx));
  return print(lines, ctx.color);
}

const MARK: { readonly [result: string]: string } = { applied: "✔", nothing: "✔", superseded: "✔", pending: "·" };

function placeLines(receipt: Receipt, tally: Tally): Line[] {
  if (receipt.result === "nothing" || receipt.result === "superseded") return [];
  const several = new Set(receipt.destinations.map((one) => one.target)).size > 1;
  const name = (one: DestinationReceipt): string => (several ? one.destination : one.place);
  const rows = receipt.destinations.map((one): Cell[] => {
    const keys = `${count(one.applied)}/${count(one.applied + one.pending)} keys`;
    const mark = MARK[one.result];
    return [
      [mark === undefined ? styled("red", "✖") : styled("green", mark), ` ${name(one)}`],
      keys,
      [...(one.proof === undefined ? [] : [one.proof]), ...(one.result === "applied" ? [] : [one.result])].join("   "),
    ];
  });
  const width = Math.max("read back".length, ...receipt.destinations.map((one) => displayWidth(safePiece(name(one)))));
  return [...alignColumns(rows, { indent: 2, gap: 3 }), ...readBackLines(tally, width)];
}

function readBackLines(tally: Tally, width: number): Line[] {
  const read = tally.readBack;
  if (read === undefined) return [];
  const right = read.checked - read.wrong.length;
  const mark = read.wrong.length === 0 ? styled("green", "✔") : styled("red", "✖");
  return [
    ["  ", mark, ` ${"read back".padEnd(width)}   ${count(right)} of ${count(read.checked)} keys hold the new values`],
  ];
}

function verdictLines(receipt: Receipt, tally: Tally, ctx: ReceiptContext): Line[] {
  const where = listed(
    environmentsOf(receipt, ctx.world.places).map((one) => (one.protected ? one.env.toUpperCase() : one.env)),
  );
  const more = receipt.dirty ? " and uncommitted changes" : "";
  const commit = receipt.commit === null ? "the working tree" : `commit ${shortCommit(receipt.commit)}${more}`;
  const took = duration(receipt.durationMs);
  switch (receipt.result) {
    case "applied":
      return [
        (tally.readBack?.wrong ?? []).length === 0
          ? good(`Applied ${plural(tally.applied, "change")} in ${took} · ${commit} is now live in ${where}`)
          : bad(`Applied ${plural(tally.applied, "change")} in ${took}, but not every key holds what was written`),
        ...wrongLines(tally),
        ...undoLines(receipt, tally, ctx),
      ];
    case "nothing":
      return [good(`Nothing to do: ${nothingText(where)} what ${commit} says`)];
    case "superseded":
      return [good(supersededText(tally, where, commit))];
    case "refused":
      return [bad("Refused by a guard; nothing was written")];
    case "moved":
      return [
        bad(`Live has changed since the plan was made; ${wroteText(tally)}`),
        ...leftLines(tally, ctx),
        next("plan again, and look at what changed: trueup diff"),
      ];
    default:
      return [bad(`${STOPPED[receipt.result]} after ${took}; ${wroteText(tally)}`), ...openLines(tally, ctx)];
  }
}

const STOPPED = { partial: "Applied in part", interrupted: "Interrupted", failed: "Could not be applied" } as const;

function openLines(tally: Tally, ctx: ReceiptContext): Line[] {
  const cure = tally.failures.length > 0 ? "mend the cause above, then run" : "run";
  return [
    ...leftLines(tally, ctx),
    ...wrongLines(tally),
    next(`${cure} the same command again: finished keys are skipped`),
  ];
}

function wroteText(tally: Tally): string {
  const all = tally.applied + tally.pending;
  return tally.applied === 0
    ? "nothing was written"
    : `${count(tally.applied)} of ${plural(all, "change")} done, nothing was rolled back`;
}

/** `where` is empty when no place was written to at all. */
function nothingText(where: string): string {
  if (where === "") return "live already is";
  return `${where} already ${where.includes(" and ") ? "hold" : "holds"}`;
}

function supersededText(tally: Tally, where: string, commit: string): string {
  const newer = tally.supersededBy === undefined ? "a newer commit" : shortCommit(tally.supersededBy);
  return `Nothing to do: ${where} already runs ${newer}, which contains ${commit}`;
}

function leftLines(tally: Tally, ctx: ReceiptContext): Line[] {
  const shown = ctx.verbose ? tally.left : tally.left.slice(0, LEFT);
  const hidden = tally.left.length - shown.length;
  return [
    ...shown.map(({ address, why }): Line => ["  ", styled("yellow", "pending"), `   ${address}  ${why}`]),
    ...(hidden > 0 ? [[`            … and ${plural(hidden, "more value")} (--verbose lists all)`]] : []),
  ];
}

function wrongLines(tally: Tally): Line[] {
  return (tally.readBack?.wrong ?? []).map((key): Line => [
    "  ",
    styled("red", "wrong"),
    `     ${key} does not hold what was written`,
  ]);
}

function undoLines(receipt: Receipt, tally: Tally, ctx: ReceiptContext): Line[] {
  const ids = new Set(receipt.destinations.map((one) => one.place));
  const envs = [...new Set(ctx.world.places.filter((place) => ids.has(place.id)).map((place) => place.env))];
  const only = envs.length === 1 ? ` --env ${envs[0]}` : "";
  const back = tally.before === undefined ? "" : `      (back to ${shortCommit(tally.before)})`;
  return [["  ", styled("dim", "undo"), `  trueup rollback${only}${back}`]];
}

function good(text: string): Line {
  return [styled("green", "✔"), ` ${text}`];
}
function bad(text: string): Line {
  return [styled("red", "✖"), ` ${text}`];
}
function next(text: string): Line {
  return ["  ", styled("cyan", "next"), `      ${text}`];
}
