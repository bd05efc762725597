/** Receipts of real applies, one job for each environment, in one comment. */
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../../src/model.ts";
import { hide, markOf } from "../../../../src/report/pull-request/hidden.ts";
import { type ReceiptCommentContext, receiptComment } from "../../../../src/report/pull-request/receipt-comment.ts";
import { receiptStateOf } from "../../../../src/report/pull-request/receipt-state.ts";
import { tablesIn } from "../../../attacks/gfm.ts";
import { BASE, COMMIT, PLACES } from "../build.ts";
import { receiptOf } from "../receipts.ts";
import { FILES, PAGE, type Shop, shop } from "./shop.ts";

const golden = (name: string): string => `./golden/${name}.md`;
const REVIEWED = "p-2b165dc41a884f2a";

async function merged(): Promise<Shop> {
  const made = shop();
  await made.apply({ commit: BASE });
  made.files["apps/orders/base.yaml"] = (FILES["apps/orders/base.yaml"] ?? "").replace("port: 8080", "port: 8090");
  return made;
}

const NEXT: readonly NonNullable<ReceiptCommentContext["waiting"]>[] = [
  [{ env: "staging", forApproval: false }, { env: "prod", forApproval: true }],
  [{ env: "prod", forApproval: true }],
  [],
]; // prettier-ignore

/** What the jobs of dev, staging and prod leave behind, one after the other. */
async function jobs(made: Shop, more: Partial<ReceiptCommentContext> = {}): Promise<string[]> {
  const bodies: string[] = [];
  for (const [i, env] of ["dev", "staging", "prod"].entries()) {
    const { receipt, ctx } = await made.apply({ commit: COMMIT, envs: [env] });
    const context: ReceiptCommentContext = {
      world: ctx.world,
      page: PAGE,
      root: ".",
      reviewed: { plan: REVIEWED, same: true },
      waiting: NEXT[i] ?? [],
      at: `12:2${i} UTC`,
      needs: [],
      ...(env === "prod" ? { approvedBy: "reviewer" } : {}),
      ...more,
    };
    bodies.push(receiptComment(receipt, context, bodies.at(-1)));
  }
  return bodies;
}

describe("receiptComment", () => {
  it("grows with every environment until it is live everywhere", async () => {
    const [dev, staging, prod] = await jobs(await merged());
    expect(dev).toContain("### ⏳ Live in dev · **prod** waits for approval");
    await expect(staging).toMatchFileSnapshot(golden("receipt-waiting"));
    await expect(prod).toMatchFileSnapshot(golden("receipt-live"));
    expect(tablesIn(prod ?? "")[0]?.rows).toHaveLength(4);
    expect(prod?.startsWith(markOf("receipt", "."))).toBe(true);
  });

  it("says where it stopped, what is behind and what to do; a second run of the job mends it", async () => {
    const made = await merged();
    made.deny("prod.us-east-2");
    const [, , stopped] = await jobs(made);
    await expect(stopped).toMatchFileSnapshot(golden("receipt-stopped"));
    const fresh = await merged();
    const { receipt, ctx } = await fresh.apply({ commit: COMMIT, envs: ["prod"] });
    const again = receiptComment(receipt, { world: ctx.world, page: PAGE, root: "." }, stopped);
    expect(again).toContain("### ✅ Live everywhere");
    expect(again).not.toContain("DENIED");
  });

  it("drops what had failed once a job finds nothing left to do there", async () => {
    const made = await merged();
    made.deny("prod.us-east-2");
    const [, , stopped = ""] = await jobs(made);
    const fresh = await merged();
    const { receipt, ctx } = await fresh.apply({ commit: COMMIT, envs: ["prod"] });
    const nothing = { ...receipt, result: "nothing" as const, destinations: [] };
    expect(receiptComment(nothing, ctx, stopped)).toContain("### ❌ Stopped in **prod** us-east-2");
    const over = receiptComment(nothing, { ...ctx, env: "prod" }, stopped);
    expect(over).toContain("### ✅ Live · ");
    expect(over).not.toContain("❌");
  });

  it("names the pull requests that were applied with it", async () => {
    const [, , prod] = await jobs(await merged(), { reviewed: { plan: REVIEWED, same: false }, alsoContains: [479] });
    await expect(prod).toMatchFileSnapshot(golden("receipt-also"));
  });

  it("names the pull request that overtook it", async () => {
    const { receipt, ctx } = await (await merged()).apply({ commit: COMMIT });
    const superseded: Receipt = {
      ...receipt,
      result: "superseded",
      destinations: receipt.destinations.map((one) => ({ ...one, result: "superseded", supersededBy: BASE })),
    };
    const body = receiptComment(superseded, { world: ctx.world, page: PAGE, root: ".", overtakenBy: 484 });
    expect(body).toContain(
      "### ⏩ Applied together with [pull request 484](https://github.com/example/shop-config/pull/484) (`91be02d`)",
    );
  });

  it("keeps what was done when a guard stops a later environment", async () => {
    const [dev] = await jobs(await merged());
    const refused: Receipt = { ...receiptOf(), commit: COMMIT, result: "refused", destinations: [] };
    const body = receiptComment(refused, { world: { places: PLACES }, page: PAGE, root: "." }, dev);
    expect(body).toContain("### ❌ Refused by a guard · 1 of 1 key is live");
    expect(tablesIn(body)[0]?.rows).toHaveLength(1);
  });
});

describe("what a receipt comment remembers", () => {
  const context: ReceiptCommentContext = { world: { places: PLACES }, page: PAGE, root: "." };

  it("is read back as it was written", () => {
    const receipt = receiptOf();
    const body = receiptComment(receipt, { ...context, at: "12:21 UTC", approvedBy: "reviewer" });
    const state = receiptStateOf(body);
    expect(state).toMatchObject({ commit: receipt.commit, plans: [receipt.plan], result: receipt.result });
    expect(state?.parts.map((part) => part.receipt)).toEqual(
      receipt.destinations.map((one) => ({ ...one, failure: one.failure && { ...one.failure, details: [] } })),
    );
    expect(state?.parts[0]).toMatchObject({ at: "12:21 UTC", approvedBy: "reviewer" });
  });

  it("starts anew for another commit", () => {
    const receipt = receiptOf();
    const body = receiptComment(receipt, context);
    const [first] = receipt.destinations;
    if (first === undefined) throw new Error("no destination");
    const other: Receipt = { ...receipt, commit: "a".repeat(40), destinations: [first] };
    expect(receiptStateOf(receiptComment(other, context, body))?.parts).toHaveLength(1);
  });

  it("is dropped as a whole if one field is not what it should be", () => {
    const state = {
      commit: COMMIT,
      plans: [REVIEWED],
      durationMs: 1,
      result: "applied",
      parts: [
        {
          id: "config@dev", place: "dev", target: "config", result: "applied", applied: 1, pending: 0, proof: "revision 1",
          read: [1, []], left: [["a@dev:b", "why"]], before: BASE, by: null, failure: ["DENIED", "no", null], at: "12:04", approvedBy: "a",
        },
      ],
    }; // prettier-ignore
    const [part] = state.parts;
    const read = (value: object) => receiptStateOf(`x\n${hide("state", value)}\n`);
    expect(read(state)).toBeDefined();
    const tops: Record<string, unknown>[] = [
      { commit: "x y" }, { plans: ["<img>"] }, { plans: "p" }, { durationMs: -1 }, { durationMs: Infinity }, { result: "fine" },
      { parts: [part, null] }, { parts: {} }, { parts: Array.from({ length: 101 }, () => part) },
    ]; // prettier-ignore
    for (const change of tops) expect(read({ ...state, ...change }), JSON.stringify(change)).toBeUndefined();
    const parts: Record<string, unknown>[] = [
      { id: 1 }, { place: "x".repeat(900) }, { target: null }, { result: "done" }, { applied: -1 }, { pending: "1" }, { proof: 1 },
      { read: [1] }, { read: [1, [2]] }, { left: [["a"]] }, { left: [["a", 1]] }, { left: "x" }, { before: "zz" }, { by: "zz" },
      { failure: ["a"] }, { failure: ["a", "b", 1] }, { at: "x".repeat(41) }, { approvedBy: "@org/team" },
      { left: Array.from({ length: 21 }, () => ["a", "b"]) },
    ]; // prettier-ignore
    for (const change of parts)
      expect(read({ ...state, parts: [{ ...part, ...change }] }), JSON.stringify(change)).toBeUndefined();
  });

  it("and what is shown stays below 60,000 characters with 100 places that failed at length", () => {
    const long = "why | not ".repeat(100);
    const [first] = receiptOf().destinations;
    if (first === undefined) throw new Error("no destination");
    const destinations = Array.from({ length: 100 }, (_, i) => ({
      ...first,
      destination: `config@place-${i}`,
      place: `place-${i}`,
      result: "failed" as const,
      pending: 50,
      left: Array.from({ length: 50 }, (_unused, n) => ({ address: `${n}${long}`, why: long })),
      failure: { code: "DENIED", message: long, fix: long, details: [long] },
    }));
    const body = receiptComment({ ...receiptOf(), result: "failed", destinations }, context);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(receiptStateOf(body)?.parts).toHaveLength(100);
    expect(body).toMatch(/and [\d,]+ more values/u);
  });
});
