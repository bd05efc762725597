/** What is read back from comments and events that anybody may have written: plans, receipts, drift, payloads. */
import { eventOf } from "../../../src/actions/event.ts";
import { isFailure } from "../../../src/failure.ts";
import { identityOf } from "../../../src/forge/marker.ts";
import { knownDriftOf } from "../../../src/report/pull-request/drift-issue.ts";
import { plansShown } from "../../../src/report/pull-request/earlier.ts";
import { hide } from "../../../src/report/pull-request/hidden.ts";
import { receiptComment } from "../../../src/report/pull-request/receipt-comment.ts";
import { receiptStateOf, rememberReceipt } from "../../../src/report/pull-request/receipt-state.ts";
import { complaintsAbout } from "../../attacks/documents.ts";
import { PAGE } from "../../stages/report/pull-request/shop.ts";
import { receiptOf } from "../../stages/report/receipts.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

const COMMIT = "4f2c1aab4c0d5e6f708192a3b4c5d6e7f8091a2b";
const PART = {
  id: "prod/local",
  place: "prod",
  target: "local",
  result: "applied",
  applied: 2,
  pending: 0,
  proof: "r 1",
  read: [2, []],
  left: [],
  before: null,
  by: null,
  failure: null,
  at: "12:48 UTC",
  approvedBy: "eva",
};
const STATE = { commit: COMMIT, plans: ["p-3f9a1c0011223344"], durationMs: 1200, result: "applied", parts: [PART] };
const SHOWN = {
  plans: [
    {
      commit: COMMIT,
      plan: "p-3f9a1c0011223344",
      counts: [1, 2, 3],
      risk: { reaches: ["prod"], deletes: 1, replaces: 0, conflicts: 0, guards: ["delete"] },
      run: 12,
      at: "now",
    },
  ],
};
/** Kinds of hidden lines, with the readers that must not be fooled by them. */
const KINDS = ["state", "shown", "known"] as const;

export const comments: FuzzTarget = {
  name: "comments",
  fresh: 1500,
  dictionary: [
    '"parts":[',
    '"result":"applied"',
    '"failure":["x","y",null]',
    '"read":[1,["k"]]',
    '"left":[["a","b"]]',
    '"commit":null',
    '"__proto__":{"polluted":1},',
    "null",
    "1e999",
    "-1",
    '"p-3f9a1c0011223344"',
    '"@org"',
    "<!-- trueup:plan root=. -->",
    "|",
    "`",
    '"\\u202e"',
    "[]",
    "{}",
    "\n",
  ],
  seeds: [
    JSON.stringify(STATE),
    JSON.stringify({
      ...STATE,
      result: "partial",
      parts: [{ ...PART, result: "failed", failure: ["UNREACHABLE", "gone", "wait"], left: [["a@prod:k", "why"]] }],
    }),
    JSON.stringify(SHOWN),
    `<!-- trueup:plan root=. head=4f2c1aa -->\ntext\n<!-- trueup:state e30= -->`,
    '{"pull_request":{"number":7,"head":{"sha":"x"},"labels":[{"name":"a"}]}}',
  ],
  run(input) {
    const text = textOf(input);
    bodies(text);
    const data = jsonOf(text);
    if (data !== undefined) for (const kind of KINDS) bodies(`words\n${hide(kind, data)}`);
    try {
      const event = eventOf(
        { GITHUB_EVENT_NAME: "pull_request", GITHUB_REPOSITORY: text, GITHUB_SHA: text, GITHUB_REF: text },
        text,
      );
      for (const leaf of [
        event.ref,
        event.repository,
        event.run,
        event.sha,
        event.pullRequest?.base.ref,
        ...(event.pullRequest?.labels ?? []),
      ])
        must(!/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(leaf ?? ""), "nothing that could end a line", leaf);
    } catch (error) {
      must(isFailure(error), "a failure with words", String(error));
    }
  },
};

function bodies(body: string): void {
  must(!/[\n\r]/u.test(identityOf(body) ?? ""), "an identity is one line");
  knownDriftOf(body);
  for (const plan of plansShown(body))
    must(plan.commit === null || /^[0-9a-f]{7,64}$/u.test(plan.commit), "a commit is one", plan.commit);
  const state = receiptStateOf(body);
  if (state === undefined) return;
  const again = receiptStateOf(`x\n${rememberReceipt(state)}`);
  must(again !== undefined, "what is remembered can be read");
  mustEqual(receiptStateOf(`x\n${rememberReceipt(again)}`), again, "and stays what it is");
  const context = { world: { places: [] }, page: PAGE, root: "." };
  // The comment is made of the state only if it is about the same commit.
  const text = receiptComment({ ...receiptOf(), commit: state.commit }, context, body);
  mustEqual(complaintsAbout({ name: "receipt", text, hidden: ["receipt", "state"] }), [], "a harmless comment");
}

function jsonOf(text: string): object | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null ? data : undefined;
  } catch {
    return undefined;
  }
}
