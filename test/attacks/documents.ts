/** Every text of a pull request with hostile values in all its places, and what must hold for it whatever they are. */
import type { Plan, Receipt } from "../../src/model.ts";
import type { LocatedProblem } from "../../src/problem.ts";
import { annotationCommands } from "../../src/report/annotation.ts";
import { checkTitle, planCheck } from "../../src/report/pull-request/check.ts";
import { driftIssue, driftNote, newDrift } from "../../src/report/pull-request/drift-issue.ts";
import { plansShown } from "../../src/report/pull-request/earlier.ts";
import { failureComment, invalidComment } from "../../src/report/pull-request/no-plan.ts";
import { editNotices } from "../../src/report/pull-request/notices.ts";
import type { PullRequestContext } from "../../src/report/pull-request/page.ts";
import { closedComment, planComment, stepSummary } from "../../src/report/pull-request/plan-comment.ts";
import { receiptComment } from "../../src/report/pull-request/receipt-comment.ts";
import { LOGIN, riskNote, riskOf } from "../../src/report/pull-request/risk.ts";
import { edit, origin, planOf } from "../stages/report/build.ts";
import { contextOf, PAGE } from "../stages/report/pull-request/shop.ts";
import { receiptOf } from "../stages/report/receipts.ts";
import { read, tablesIn } from "./gfm.ts";
import { COMMANDS, hostilePlaces, MARKDOWN } from "./hostile.ts";

/** What else Markdown of GitHub knows: footnotes, math, autolinks, task lists, alerts, references in every spelling. */
export const MORE: readonly string[] = [
  ...MARKDOWN,
  ...COMMANDS,
  "[^1]",
  "[^1]: note",
  "$x^2$",
  "$`x`$",
  "$$\nx\n$$",
  "\\(x\\)",
  "- [x] done",
  "[ ]",
  "<https://evil.example>",
  "https://github.com/org/repo/issues/1",
  "mailto:a@evil.example",
  "org/repo#1",
  "org/repo@4f2c1aab",
  "user@4f2c1aab",
  "JIRA-12",
  "gh-1",
  "resolves #1",
  "<!-- trueup:plan root=. head=4f2c1aa plan=p-3f9a1c0011223344 -->",
  "<!-- trueup:shown e30= -->",
  "\n<!-- trueup:state e30= -->",
  "<!-->",
  "<!--",
  "--!>",
  "<![CDATA[x]]>",
  "<?x?>",
  "<!DOCTYPE x>",
  "<a href=//evil.example>",
  "<svg onload=x>",
  "</details>",
  "&#64;org &commat;org",
  "[!CAUTION]",
  "\u202e\u2066\u2069",
  "nul\u0000nul",
  "x".repeat(3000),
  "|".repeat(500),
  "`|`|".repeat(100),
  "日本語|`設定`",
  "a\\",
  "\\`",
  "`\\",
  "~~x~~ ==x== ::x::",
  "1. one",
  "1) one",
  "+ one",
  "===",
  "***",
  "    code",
  "\u3000wide",
  ":+1:",
  "12:30 :",
  "deadbee",
  "DEADBEEF00",
];

export interface HostileDocument {
  readonly name: string;
  readonly text: string;
  /** Rows of all tables but the matrix, where nothing may have been cut. */
  readonly rows?: number;
  /** Kinds of our hidden comments in it, in order. */
  readonly hidden: readonly string[];
}

const URL = "https://github.com/example/shop-config/";

function contextFor(text: string, places: PullRequestContext["world"]["places"]): PullRequestContext {
  return contextOf(
    { places, apps: 2, units: 6 },
    (at) => ({ file: at.file, line: 1, column: 1, endLine: 1, endColumn: 2 }),
    {
      root: text,
      base: text,
      comparedAt: text,
      liftBy: text,
      unread: { message: text, fix: text },
      page: { ...PAGE, sha: text },
    },
  );
}

/** One value in each place where a plan can have one, for each of the values. At most 60 values. */
export function planWith(values: readonly string[], places: PullRequestContext["world"]["places"]): Plan {
  const place = places[1]?.id ?? "";
  const unitOf = (text: string): string => `${text.replaceAll("@", "")}@${place}`;
  const edits = values.flatMap((text, i) => {
    const at = origin(text, [text]);
    const units = [unitOf(text)];
    return [
      edit({ path: [text, `a${i}`], action: "add", origin: at, outcomes: [{ after: text, units }] }),
      edit({ path: [`${i}`, text], action: "remove", outcomes: [{ before: text, units }] }),
    ];
  });
  const [first = ""] = values;
  return {
    ...planOf({
      places,
      edits,
      refusals: [{ guard: "delete", message: first, examples: [first], lifted: false }],
      needsValue: values.slice(0, 20).map((text) => ({ unit: unitOf(text), path: [text], secret: `s.${text}` })),
      kept: [{ unit: unitOf(first), path: [first] }],
      drift: values.map((text) => {
        const id = { unit: unitOf(text), key: text, path: [text], name: text };
        return { ...id, secret: false, kind: "changed" as const, git: text, live: [text] };
      }),
    }),
    commit: first,
    against: { kind: "ref", ref: first },
  };
}

function receiptWith(values: readonly string[]): Receipt {
  const [first = ""] = values;
  const destinations = values.map((text, i) => ({
    destination: `${i}${text}`,
    place: text,
    target: text,
    result: "partial" as const,
    applied: 1,
    pending: 1,
    proof: text,
    readBack: { checked: 1, wrong: [text] },
    left: [{ address: text, why: text }],
    before: text,
    supersededBy: text,
    failure: { code: text, message: text, details: [text], fix: text },
  }));
  return { ...receiptOf(), plan: first, commit: first, result: "partial", destinations };
}

function problemsWith(values: readonly string[]): LocatedProblem[] {
  return values.map((text) => ({
    code: "TU3002",
    severity: "error",
    message: text,
    at: { file: text },
    position: { file: text, line: 2, column: 2, endLine: 2, endColumn: 4 },
    label: text,
    fix: text,
    notes: [],
    notePositions: [],
    reach: [`${text}@${text}`],
  }));
}

/** Everything a pull request shows about the values. The first of them is also the name of places, commits and refs. */
export function documentsWith(values: readonly string[]): HostileDocument[] {
  const [first = ""] = values;
  const places = hostilePlaces(first);
  const ctx = contextFor(first, places);
  const plan = planWith(values, places);
  const receipt = receiptWith(values);
  const { body } = planComment(plan, ctx, plansShown(first));
  const once = receiptComment(receipt, { world: { places }, page: PAGE, root: first });
  const risk = { ...riskOf(plan), reaches: values.slice(0, 5), guards: values.slice(0, 5) };
  const none = { reaches: [], deletes: 0, replaces: 0, conflicts: 0, guards: [] };
  const failure = { code: "UNREACHABLE" as const, message: first, fix: first, details: values };
  return [
    { name: "comment", text: body, hidden: ["plan", "shown"] },
    { name: "comment again", text: planComment(plan, ctx, plansShown(body)).body, hidden: ["plan", "shown"] },
    { name: "summary", text: stepSummary(plan, ctx), rows: values.length, hidden: ["plan"] },
    { name: "check", text: planCheck(plan, ctx).summary, hidden: ["plan"] },
    { name: "invalid", text: invalidComment(problemsWith(values), first, ctx), hidden: ["plan", "shown"] },
    { name: "failed", text: failureComment(failure, first, ctx), hidden: ["plan", "shown"] },
    // A value that is a commit id is one: then the comment remembers it.
    {
      name: "closed",
      text: closedComment(body, first),
      hidden: plansShown(body).length > 0 ? ["plan", "shown"] : ["plan"],
    },
    { name: "receipt", text: once, rows: values.length, hidden: ["receipt", "state"] },
    {
      name: "receipt again",
      text: receiptComment(receipt, { world: { places }, page: PAGE, root: first, approvedBy: first }, once),
      hidden: ["receipt", "state"],
    },
    { name: "drift", text: driftIssue(plan, ctx)?.body ?? "", rows: values.length, hidden: ["drift", "known"] },
    { name: "drift note", text: driftNote(newDrift(undefined, plan)) ?? "", hidden: [] },
    {
      name: "risk note",
      text: riskNote(none, risk, { approvers: values.filter((text) => !LOGIN.test(text)), reviewed: first }) ?? "",
      hidden: [],
    },
  ];
}

/** Lines that go to the log of a runner. */
export function linesWith(values: readonly string[]): string {
  const places = hostilePlaces(values[0] ?? "");
  const plan = planWith(values, places);
  const ctx = contextFor(values[0] ?? "", places);
  return `${checkTitle(plan, ctx)}\n${annotationCommands(editNotices(plan, ctx))}`;
}

const OUR_TAGS = /^<(?:\/?(?:details|summary|b|sub|code)|details open|br)>$/u;
/** What GitHub would make more of, in text that is not code. `[!…]` is our own alert. */
const LIVE =
  /@\w|#\d|\b(?:[Gg][Hh]|[A-Z]{2,})-\d|\b[0-9a-fA-F]{7,40}\b|:[A-Za-z0-9_+-]+:|[Ww]{3}\.|:\/\/|\[\^|\[[ x]\]|\$|\]\(|`|\|/u;

/** What is wrong with a document; nothing if it is as harmless as it must be. */
export function complaintsAbout(document: HostileDocument): string[] {
  const { text, name, rows } = document;
  const seen = read(text);
  const found: string[] = [];
  const tags = [...seen.tags].filter((tag) => tag !== "<!-- -->" && !OUR_TAGS.test(tag));
  if (tags.length > 0) found.push(`${name}: tags ${tags.join(" ")}`);
  if (seen.images > 0) found.push(`${name}: an image`);
  const foreign = seen.links.filter((href) => !href.startsWith(URL) && !/^https:\/\/github\.com\/[\w-]+$/u.test(href));
  if (foreign.length > 0) found.push(`${name}: links ${foreign.join(" ")}`);
  const live = LIVE.exec(seen.prose);
  if (live !== null)
    found.push(`${name}: live text ${JSON.stringify(seen.prose.slice(live.index - 40, live.index + 60))}`);
  for (const kind of ["hr", "del", "checkbox", "def", "escape"])
    if ((seen.kinds.get(kind) ?? 0) > 0) found.push(`${name}: ${kind}`);
  const hidden = [...text.matchAll(/^<!-- trueup:(\w+) [^\n]*-->$/gmu)].map((match) => match[1]);
  const first = text.startsWith(`<!-- trueup:${document.hidden[0]} `) || document.hidden.length === 0;
  if (!first || hidden.join(" ") !== document.hidden.join(" ")) found.push(`${name}: hidden lines ${hidden.join(" ")}`);
  if (rows !== undefined) {
    const isMatrix = (cells: readonly string[]): boolean =>
      cells.slice(1).every((cell) => /^(?:[+~±!-][\d,]+ ?)*$/u.test(cell));
    const tables = tablesIn(text).filter((table) => !table.rows.every(isMatrix));
    const n = tables.reduce((sum, table) => sum + table.rows.length, 0);
    if (n !== rows) found.push(`${name}: ${n} rows instead of ${rows}`);
    const ragged = tables.some((table) => table.rows.some((row) => row.length !== table.columns));
    if (ragged) found.push(`${name}: a row with other columns`);
  }
  if (text.length > 60_000 && name !== "summary") found.push(`${name}: ${text.length} characters`);
  if (name === "summary" && Buffer.byteLength(text) > 900_000) found.push("summary: over 900,000 bytes");
  return found;
}
