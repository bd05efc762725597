/** No value of a secret is in anything that a pull request shows, wherever the store holds one. */
import { describe, expect, it } from "vitest";
import { annotationCommands } from "../../../../src/report/annotation.ts";
import { htmlPlan } from "../../../../src/report/html/page.ts";
import { checkTitle, planCheck } from "../../../../src/report/pull-request/check.ts";
import { driftIssue, driftNote, newDrift } from "../../../../src/report/pull-request/drift-issue.ts";
import { editNotices } from "../../../../src/report/pull-request/notices.ts";
import { planComment, stepSummary } from "../../../../src/report/pull-request/plan-comment.ts";
import { receiptComment } from "../../../../src/report/pull-request/receipt-comment.ts";
import { COMMIT } from "../build.ts";
import { FILES, PAGE, shop } from "./shop.ts";

const CANARIES = ["canary-1-Zq7!", "canary-2-Zq7!", "canary-3-Zq7!"];
const PLACES = ["dev.eu-west-1", "staging.eu-west-1", "prod.eu-west-1", "prod.us-east-2"];
const SECRETS = Object.fromEntries(["a", "b", "c"].map((name) => [name, { description: "x" }]));

/** The text as it is, and everything in it that is encoded. */
function readings(text: string): string[] {
  const blocks = text.match(/[A-Za-z0-9+/]{24,}={0,2}/gu) ?? [];
  return [text, ...blocks.map((block) => Buffer.from(block, "base64").toString("utf8"))];
}

/** Ways to write a value that somebody could turn back. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const reversed = value.split("").toReversed().join("");
  return [value, reversed, encodeURIComponent(value), bytes.toString("base64").slice(0, -2), bytes.toString("hex")];
}

describe("what a pull request shows", () => {
  it("has no value of a secret in it: new ones, changed, drifted, deleted, kept", async () => {
    const made = shop({
      ...FILES,
      "apps/pay/base.yaml": 'a: "{{secret.a}}"\nb: "{{secret.b}}"\nplain: 1\n',
      "apps/pay/secrets.yaml": JSON.stringify({ a: SECRETS["a"], b: SECRETS["b"] }),
    });
    await made.apply();
    for (const place of PLACES) {
      const [env] = place.split(".");
      for (const [i, name] of ["a", "b"].entries())
        made.store(place).handPut(`/config/${env}/pay/${name}`, CANARIES[i] ?? "", { secret: true });
    }
    await made.apply();
    // Changed by hand after it was applied, dropped from Git, made plain, and new.
    made.store("prod.eu-west-1").handPut("/config/prod/pay/a", CANARIES[2] ?? "", { secret: true });
    made.store("dev.eu-west-1").handDelete("/config/dev/pay/a");
    made.files["apps/pay/base.yaml"] = 'a: "{{secret.a}}"\nb: plain now\nc: "{{secret.c}}"\nplain: 2\n';
    made.files["apps/pay/secrets.yaml"] = JSON.stringify({ a: SECRETS["a"], c: SECRETS["c"] });
    const { plan, ctx } = await made.plan();
    const { receipt } = await made.apply({ commit: COMMIT });
    const texts = {
      comment: planComment(plan, ctx).body,
      summary: stepSummary(plan, ctx),
      check: planCheck(plan, ctx).summary,
      title: checkTitle(plan, ctx),
      notices: annotationCommands(editNotices(plan, ctx)),
      drift: `${driftIssue(plan, ctx)?.title}${driftIssue(plan, ctx)?.body}${driftNote(newDrift(undefined, plan))}`,
      receipt: receiptComment(receipt, { world: ctx.world, page: PAGE, root: "." }),
      html: htmlPlan(plan, ctx),
    };
    expect(plan.edits.some((edit) => edit.secret)).toBe(true);
    expect([...made.store("prod.us-east-2").contents().values()]).toContain(CANARIES[0]);
    for (const [name, text] of Object.entries(texts)) {
      expect(text.length, name).toBeGreaterThan(0);
      for (const reading of readings(text))
        for (const spelling of CANARIES.flatMap(spellings)) expect(reading.includes(spelling), name).toBe(false);
    }
    expect(readings(texts.receipt).some((reading) => reading.includes('"parts"'))).toBe(true);
  });
});
