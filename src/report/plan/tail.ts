/** What follows the plan line on a terminal: guards, secrets to fill in, drift, strangers. And the plan with nothing in it. */
import { formatAddress } from "../../address.ts";
import type { GuardRefusal, Plan } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { type Line, styled } from "../print.ts";
import { appsOf, foldPlaces, placesInWords, placesOf } from "../reach.ts";
import { plural, shortCommit, some } from "../words.ts";
import { driftText, unsourcedText } from "./change.ts";
import { needsRows, unsourcedRows } from "./fold.ts";
import { labelOf } from "./lift.ts";

export function tailLines(plan: Plan, ctx: PlanContext, folded: boolean): Line[] {
  return [
    ...plan.refusals.flatMap((refusal) => refusalLines(refusal)),
    ...unsourcedLines(plan, ctx),
    ...needsLines(plan, ctx),
    ...noteLines(plan, ctx),
    ...(folded && !ctx.verbose ? [label("Full list", "--verbose")] : []),
  ];
}

export function nothingLines(plan: Plan, ctx: PlanContext): Line[] {
  const { places, units } = ctx.world;
  const other = plan.against.kind === "ref" ? plan.against.ref : undefined;
  const commit = plan.commit === null ? "the working tree" : `commit ${shortCommit(plan.commit)}`;
  const clean = plan.summary.drift === 0;
  const all = units === 1 ? "The one unit" : `All ${plural(units, "unit")}`;
  const text = clean
    ? ` No changes. ${all} match${units === 1 ? "es" : ""} ${other ?? commit}.`
    : " No changes in Git.";
  const upkeep = plan.destinations.flatMap((destination) => destination.units).filter((unit) => unit.upkeep).length;
  const upkeepLine = label("Note", `the ledger of ${plural(upkeep, "unit")} is brought up to date; no value changes`);
  return [
    [styled("green", "✔"), text],
    ...(upkeep > 0 && places.length > 0 ? [upkeepLine] : []),
    ...unsourcedLines(plan, ctx),
    ...needsLines(plan, ctx),
    ...noteLines(plan, ctx),
  ];
}

function label(name: string, text: string): Line {
  return [styled("bold", name), `  ${text}`];
}

function refusalLines(refusal: GuardRefusal): Line[] {
  const examples = refusal.examples.length === 0 ? [] : [[styled("dim", `  ${refusal.examples.join(", ")}`)]];
  if (refusal.lifted)
    return [[styled("yellow", "Lifted guard"), `  ${refusal.guard}: ${refusal.message}`], ...examples];
  const tag = labelOf(refusal.guard);
  return [
    [styled("red", "Refused by guard"), `  ${refusal.guard}: ${refusal.message}`],
    ...examples,
    [`  lift with --allow ${refusal.guard}${tag === undefined ? "" : ` or the label ${tag}`}`],
  ];
}

/** Secrets that cannot be written, because nothing is where their value should come from. */
function unsourcedLines(plan: Plan, ctx: PlanContext): Line[] {
  return unsourcedRows(plan).map((row) => {
    const name = row.secret.startsWith("shared.") ? row.secret : `${appsOf(row.units).join(", ")}.${row.secret}`;
    const head = row.needed ? styled("red", "✖ No source") : styled("yellow", "No source");
    return [head, `  ${name}: ${placesInWords(placesOf(row.units), ctx.world.places)}   ${unsourcedText(row)}`];
  });
}

function needsLines(plan: Plan, ctx: PlanContext): Line[] {
  return needsRows(plan).map(({ secret, units }) => {
    const apps = appsOf(units);
    const shared = secret.startsWith("shared.");
    const name = shared ? secret : `${apps.join(", ")}.${secret}`;
    const [env = "", ...later] = new Set(foldPlaces(placesOf(units), ctx.world.places).map((words) => words.env));
    const owner = shared ? "shared" : (apps[0] ?? "");
    const how = `trueup secrets set ${owner} ${shared ? secret.slice("shared.".length) : secret} --env ${env}${later.length === 0 ? "" : ` (then ${some(later, 4)})`}`;
    return [
      styled("yellow", "? Needs a value"),
      `  ${name}: ${placesInWords(placesOf(units), ctx.world.places)}   ${how}`,
    ];
  });
}

function noteLines(plan: Plan, ctx: PlanContext): Line[] {
  return [...schemaLines(ctx), ...driftLines(plan, ctx), ...keptLines(plan, ctx), ...foreignLines(plan, ctx)];
}

function schemaLines({ schemas, verbose }: PlanContext): Line[] {
  if (schemas === undefined) return [];
  const limit = verbose ? Infinity : 2;
  const [first, ...more] = schemas.brokenBefore.map(({ message }) => message);
  const head = label("Schema", `${some(schemas.files, limit)} changed too`);
  if (first === undefined) return [head];
  const rest = more.length === 0 ? "" : ` (and ${plural(more.length, "more")})`;
  return [
    [...head, ": the rules of before would refuse these values"],
    [`        ${first}${verbose ? "" : rest}`],
    ...(verbose ? more.map((message): Line => [`        ${message}`]) : []),
  ];
}

function keptLines(plan: Plan, ctx: PlanContext): Line[] {
  const kept = plan.destinations.flatMap((destination) => destination.kept);
  if (kept.length === 0) return [];
  const addresses = [...new Set(kept.map(({ unit, path }) => formatAddress(unit, path)))];
  const what = `${plural(addresses.length, "secret is", "secrets are")} no longer used`;
  return [
    label("Note", `${what}: ${some(addresses, ctx.verbose ? Infinity : 2)} (kept in the store; trueup secrets prune)`),
  ];
}

function driftLines(plan: Plan, ctx: PlanContext): Line[] {
  const drift = plan.destinations.flatMap((destination) => destination.drift);
  const [first] = drift;
  if (first === undefined) return [];
  const texts = drift.map((one) => `${formatAddress(one.unit, one.path)} ${driftText(one, ctx.maxValueWidth)}`);
  const what =
    drift.length === 1
      ? texts.join("")
      : some(
          drift.map((one) => formatAddress(one.unit, one.path)),
          2,
        );
  const when = plan.edits.length === 0 ? "" : " before this change";
  const head = label("Note", `${plural(drift.length, "key")} drifted${when}: ${what} (not touched; trueup drift)`);
  return ctx.verbose && drift.length > 1 ? [head, ...texts.map((text): Line => [`      ${text}`])] : [head];
}

function foreignLines(plan: Plan, ctx: PlanContext): Line[] {
  const foreign = plan.destinations.flatMap((destination) => destination.foreign);
  if (foreign.length === 0) return [];
  const head = label(
    "Note",
    `${plural(foreign.length, "key")} nobody manages: ${some(foreign, 2)} (not touched; trueup drift --unmanaged)`,
  );
  return ctx.verbose && foreign.length > 2 ? [head, ...foreign.map((key): Line => [`      ${key}`])] : [head];
}
