/**
 * A plan as one file that needs nothing else: no network, no server, opened from an artifact or a mail. The policy in
 * its head lets nothing run but our own script and style, by their digests; data is text, never markup.
 */
import { createHash } from "node:crypto";
import type { Plan } from "../../model.ts";
import { protectedEnvs } from "../reach.ts";
import { safePiece, safeText } from "../redact.ts";
import { plural, shortCommit } from "../words.ts";
import { type HtmlContext, pageData } from "./data.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Everything the page shows, as HTML. Ends with a line feed. */
export function htmlPlan(plan: Plan, ctx: HtmlContext): string {
  const title = `trueup · plan ${escaped(plan.id)}`;
  const policy = [
    "default-src 'none'",
    `script-src ${sourceOf(SCRIPT)}`,
    `style-src ${sourceOf(STYLE)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${header(plan, ctx)}
<main id="main"><noscript>This page lists the plan with a small script of its own. Without it, see the JSON.</noscript></main>
<script type="application/json" id="data">${embedded(pageData(plan, ctx))}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/** JSON in which nothing can end the element that holds it, nor start another. */
function embedded(data: object): string {
  return JSON.stringify(data).replace(/[<>&\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function escaped(text: string): string {
  return safePiece(text).replace(/[<>&"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

function header(plan: Plan, ctx: HtmlContext): string {
  const { summary } = plan;
  const other = plan.against.kind === "ref" ? plan.against.ref : "live";
  const commit = plan.commit === null ? "working tree" : shortCommit(plan.commit);
  const at = ctx.comparedAt === undefined ? "" : ` · ${ctx.comparedAt}`;
  const guarded = protectedEnvs(summary.places, ctx.world.places).map((env) => env.toUpperCase());
  const keys = summary.add + summary.change + summary.replace + summary.adopt + summary.delete;
  const badges = [
    ...(guarded.length === 0 ? [] : [["guarded", `reaches ${guarded.join(", ")}`]]),
    ["", `${plural(plan.edits.length, "edit")} → ${plural(keys, "key")}`],
    ...(summary.delete === 0 ? [] : [["guarded", plural(summary.delete, "deletion")]]),
    ...(summary.conflict === 0 ? [] : [["guarded", plural(summary.conflict, "conflict")]]),
    ...plan.refusals
      .filter((one) => !one.lifted)
      .map((one) => ["guarded", `refused by guard ${one.guard}: ${one.message}`]),
  ];
  const spans = badges.map(([kind = "", words = ""]) => `<span class="badge ${kind}">${escaped(words)}</span>`);
  const text = `<header>
<h1>Plan ${escaped(plan.id)}</h1>
<p class="muted">${escaped(`${commit} → ${other}${at}`)}</p>
<p>${spans.join(" ")}</p>
<nav id="nav" aria-label="Sections"></nav>
<label class="search">Search <input id="search" type="search" autocomplete="off" placeholder="app, key, value or file  ( / )"></label>
</header>`;
  return safeText(text);
}
