/** What the tool has checked by itself, what it leaves alone, and where to go from here. */
import { formatAddress } from "../../../address.ts";
import { code, prose, wordLink } from "../../markdown.ts";
import { plural, shortCommit, some } from "../../words.ts";
import type { Facts } from "./facts.ts";
import { deletions } from "./title.ts";

export function footSections(facts: Facts): string[][] {
  return [keptSection(facts), againstSection(facts), ticks(facts), origin(facts)];
}

function keptSection(facts: Facts): string[] {
  const kept = facts.plan.destinations.flatMap((destination) => destination.kept);
  if (kept.length === 0) return [];
  const addresses = [...new Set(kept.map(({ unit, path }) => formatAddress(unit, path)))];
  const what = plural(addresses.length, "secret is no longer used", "secrets are no longer used");
  return [
    `🔑 ${what}: ${some(addresses.slice(0, 6).map(code), 5)}. The values are **kept** in the store; ${code("trueup secrets prune")} removes them.`,
  ];
}

function againstSection(facts: Facts): string[] {
  const { against } = facts.plan;
  if (against.kind === "live") return [];
  return [
    `> No store was read: this is the change against ${code(shortCommit(against.ref))}, not against what is live. Apply compares again before it writes.`,
  ];
}

function ticks(facts: Facts): string[] {
  const deleted = deletions(facts).all;
  const words = ["✔ schema", "✔ no plaintext secrets", deleted === 0 ? "✔ no deletions" : plural(deleted, "deletion")];
  if (facts.plan.refusals.some((refusal) => refusal.lifted)) {
    const lifted = facts.plan.refusals.filter((refusal) => refusal.lifted).map((refusal) => refusal.guard);
    words.push(`⚠ guard lifted: ${[...new Set(lifted)].join(", ")}`);
  }
  return [[...words, ...untouched(facts)].join(" · ")];
}

/** Drift and strangers: seen, left alone. */
export function untouched(facts: Facts): string[] {
  const { summary, destinations } = facts.plan;
  const words: string[] = [];
  if (summary.drift > 0) {
    const addresses = destinations.flatMap((one) => one.drift.map((drift) => formatAddress(drift.unit, drift.path)));
    words.push(
      `ℹ ${plural(summary.drift, "key")} drifted earlier, not touched: ${some(addresses.slice(0, 3).map(code), 2)}`,
    );
  }
  if (summary.foreign > 0) words.push(`ℹ ${plural(summary.foreign, "key")} nobody manages, not touched`);
  return words;
}

function origin(facts: Facts): string[] {
  const { plan, ctx } = facts;
  const words = [`Plan ${code(plan.id)}`];
  if (plan.commit !== null) {
    const base = ctx.base === undefined ? "" : ` merged into ${code(shortCommit(ctx.base))}`;
    words.push(code(shortCommit(plan.commit)) + base);
  }
  const at = ctx.comparedAt === undefined ? "" : ` at ${prose(ctx.comparedAt)}`;
  words.push(`compared with ${plan.against.kind === "live" ? "**live**" : code(shortCommit(plan.against.ref))}${at}`);
  words.push(...(ctx.homes ?? []).map((home) => wordLink(home.name, home.url)));
  const touched = new Set(plan.summary.places);
  const envs = [...new Set(ctx.world.places.filter((place) => touched.has(place.id)).map((place) => place.env))];
  const order = envs.length > 1 ? `After merge: ${envs.map(prose).join(" → ")}. ` : "";
  return [`<sub>${words.join(" · ")}<br>${order}To undo: revert this pull request.</sub>`];
}
