/** Values made to harm whoever prints them, and plans, problems and receipts that are full of them. */
import { Failure } from "../../src/failure.ts";
import type { Place, Plan, Receipt } from "../../src/model.ts";
import type { LocatedProblem } from "../../src/problem.ts";
import { edit, origin, planOf } from "../stages/report/build.ts";
import { receiptOf } from "../stages/report/receipts.ts";

/** Rows CMD-01..08, 10, 12, 13 of security.md, and what widens them. */
export const COMMANDS: readonly string[] = [
  "::add-mask::true",
  "x ##[add-mask]true",
  "\u00a0\u2028  ::error file=a::b",
  "a\r::stop-commands::t",
  "a\n::stop-commands::t",
  "a\r\n  ::error::t",
  "##[set-output name=digest]00",
  "##[save-state name=x]y",
  "::add-matcher::/tmp/x.json",
  "##[add-matcher]/tmp/x.json",
  "##[start-action x]",
  "##[end-action x]",
  "##[group]x",
  "::group::x",
  "\u00ad::error::soft hyphen",
  "\u200b:\u200b:error::zero width",
  "#\u200d#\u200d[error]zero width",
  "#\u0000#[error]nul",
  "##\u0488[error]enclosing mark",
  "\ufeff::warning::byte order mark",
  "\u0085::notice::next line",
  "\u001b[2K\u001b[1G::error::after an escape",
  "\u009b2K::error::c1",
  "\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007",
  "::ERROR::upper case",
  "##[Error]mixed case",
  ":",
  "::",
  "#",
  "##",
  "[error]",
  "##vso[task.setvariable variable=x]y",
  "####[error]x",
  "::::error::::",
];

/** Rows MD-01..05, 09, 11 of security.md, and what widens them. */
export const MARKDOWN: readonly string[] = [
  "```",
  "`".repeat(40),
  "a ``` b `` c ` d",
  "~~~",
  "`",
  " ` ",
  "| x | y |",
  "a|b",
  String.raw`a\|b`,
  String.raw`a\\|b`,
  "trailing\\",
  "new\nline",
  "cell |\n| --- | more",
  "<details open><h1>Approved by @owner</h1>",
  "</details></summary></code></sub>",
  "<!-- trueup:plan root=. -->",
  "-->",
  "--><img src=x>",
  "![x](http://evil.example/p.png)",
  "<img src=http://evil.example/p.png>",
  "[click](javascript:alert(1))",
  "[x]: http://evil.example",
  "http://evil.example www.evil.example a@evil.example",
  "@org/team",
  "#123",
  "GH-1",
  "fixes #1, closes org/repo#2",
  "4f2c1aab4c0d5e6f708192a3b4c5d6e7f8091a2b",
  ":tada: :100:",
  "&lt;b&gt; &#64;org",
  "**bold** _it_ ~~no~~ $x^2$",
  "- [ ] task",
  "1. list",
  "# heading",
  "---",
  "===",
  "> [!NOTE]",
  "+ looks added",
  "- looks removed",
  "\u202egnp.exe",
  "zero\u200bwidth",
  "\ud800 lone",
  "    indented code",
  "\t",
  " ",
  "",
  "日本語 e\u0301",
];

const PIECES = [
  ...COMMANDS,
  ...MARKDOWN,
  " ",
  "\n",
  "\r",
  "\t",
  ":",
  "::",
  "#",
  "##[",
  "]",
  "\u001b[31m",
  "%0A",
  "%25",
  "::error::",
  "{{x}}",
  "é",
];

/** A number generator with a seed, so that a failure can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A few fragments in a row. */
export function mix(random: () => number): string {
  const n = 1 + Math.floor(random() * 5);
  return Array.from({ length: n }, () => PIECES[Math.floor(random() * PIECES.length)] ?? "").join("");
}

/** Places whose names are hostile too, beside honest ones. */
export function hostilePlaces(text: string): Place[] {
  return [
    { id: "dev", env: "dev", region: undefined, protected: false, vars: {} },
    { id: `${text}.r1`, env: text, region: "r1", protected: true, vars: {} },
    { id: `${text}.${text}`, env: text, region: text, protected: true, vars: {} },
  ];
}

/** A plan in which everything that can come from a user or a store is the text. */
export function hostilePlan(text: string, places: readonly Place[]): Plan {
  const app = text.replaceAll("@", "");
  const units = places.map((place) => `${app}@${place.id}`);
  const others = units.map((unit) => `b${unit}`);
  const file = `apps/${text}/base.yaml`;
  const path = [text, "k"];
  const at = origin(file, path);
  const [unit = ""] = units.slice(1);
  const edits = [
    edit({ path, action: "add", origin: at, outcomes: [{ after: text, units }] }),
    edit({
      path: ["a", text],
      action: "change",
      origin: at,
      outcomes: [{ before: text, after: `${text}!`, units: others }],
      shadowed: [{ unit, value: text, by: at }],
    }),
    edit({
      path: ["m"],
      action: "change",
      origin: at,
      template: text,
      outcomes: units.map((one, i) => ({ before: i, after: { [text]: [text, i] }, units: [one] })),
    }),
    edit({ path: [text], action: "remove", outcomes: [{ before: text, units }] }),
    edit({ path: [text, "r"], action: "replace", origin: at, outcomes: [{ before: text, after: [text], units }] }),
    edit({ path: [text, "s"], action: "add", secret: true, placeholder: true, origin: at, outcomes: [{ units }] }),
    edit({ path: [text, "o"], action: "adopt", origin: at, outcomes: [{ after: text, units }] }),
  ];
  const plan = planOf({
    places,
    edits,
    drift: [{ unit, key: text, path: [text], name: text, secret: false, kind: "changed", git: text, live: [text] }],
    conflicts: [
      { unit, key: text, path: [text], name: text, secret: false, kind: "both-changed", git: text, live: text },
    ],
    needsValue: [{ unit, path: [text], secret: text }],
    kept: [{ unit, path: [text] }],
    refusals: [
      { guard: "delete", message: text, examples: [text, `a ${text}`], lifted: false },
      { guard: "wide", message: `too wide: ${text}`, examples: [], lifted: true },
    ],
  });
  return {
    ...plan,
    commit: text,
    against: { kind: "ref", ref: text },
    destinations: plan.destinations.map((one) => ({
      ...one,
      type: text,
      target: text,
      foreign: [text, `${text}2`, `${text}3`],
    })),
    summary: { ...plan.summary, foreign: 3 },
  };
}

export function hostileProblem(text: string): LocatedProblem {
  return {
    code: "TU3002",
    severity: "error",
    message: text,
    at: { file: text },
    position: { file: text, line: 2, column: 2, endLine: 2, endColumn: 4 },
    label: text,
    fix: text,
    notes: [
      { name: text, text },
      { name: "rule", text },
    ],
    notePositions: [undefined, { file: text, line: 3, column: 1, endLine: 4, endColumn: 1 }],
    reach: [`${text}@${text}`, `a@${text}`],
  };
}

export function hostileReceipt(text: string): Receipt {
  const receipt = receiptOf();
  return {
    ...receipt,
    plan: text,
    commit: text,
    result: "partial",
    destinations: [
      {
        destination: text,
        place: text,
        target: text,
        result: "partial",
        applied: 1,
        pending: 1,
        proof: text,
        readBack: { checked: 1, wrong: [text] },
        left: [{ address: text, why: text }],
        before: text,
        supersededBy: text,
        failure: { code: text, message: text, details: [text], fix: text },
      },
      ...receipt.destinations.map((one) => ({ ...one, target: text })),
    ],
  };
}

export function hostileFailure(text: string): Failure {
  return new Failure("UNREACHABLE", text, { fix: text, details: [text, `a ${text}`] });
}
