import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../src/model.ts";
import { humanReceipt } from "../../../src/report/receipt/human.ts";
import { jsonReceipt } from "../../../src/report/receipt/json.ts";
import { markdownReceipt } from "../../../src/report/receipt/markdown.ts";
import { tablesIn } from "../../attacks/gfm.ts";
import { WORLD } from "./build.ts";
import { planContext } from "./fixtures.ts";
import { applied, moved, partial, receiptOf, superseded } from "./receipts.ts";
import { complaints } from "./schemas.ts";

const nothing = receiptOf({ result: "nothing", destinations: applied.destinations.slice(2) });
const wrong = receiptOf({
  destinations: applied.destinations.map((one, i) =>
    i > 0 ? one : { ...one, readBack: { checked: 2, wrong: ["/config/dev/orders/http/port"] } },
  ),
});
const refused = receiptOf({ result: "refused", destinations: [] });
const interrupted = receiptOf({ ...partial, result: "interrupted" });

const CASES: [string, Receipt][] = [
  ["applied", applied],
  ["partial", partial],
  ["superseded", superseded],
  ["moved", moved],
  ["nothing", nothing],
  ["wrong", wrong],
  ["refused", refused],
  ["interrupted", interrupted],
];

describe("humanReceipt", () => {
  it.each(CASES)("%s, golden", async (name, receipt) => {
    await expect(humanReceipt(receipt, planContext())).toMatchFileSnapshot(`./golden/receipt-${name}.txt`);
  });

  it("names the environment to roll back where only one was applied", () => {
    const prod = receiptOf({ destinations: applied.destinations.slice(2) });
    expect(humanReceipt(prod, planContext())).toContain("trueup rollback --env prod      (back to 91be02d)");
  });

  it("lists every address that is left with --verbose", () => {
    const left = Array.from({ length: 500 }, (_, i) => ({ address: `orders@dev.eu-west-1:k${i}`, why: "not reached" }));
    const receipt = receiptOf({ ...moved, destinations: moved.destinations.map((one) => ({ ...one, left })) });
    expect(humanReceipt(receipt, planContext())).toContain("480 more values");
    expect(humanReceipt(receipt, planContext({ verbose: true }))).toContain(":k499  not reached");
  });
});

describe("jsonReceipt", () => {
  it.each(CASES)("%s fits schemas/receipt.schema.json", (_, receipt) => {
    expect(complaints("receipt", jsonReceipt(receipt))).toEqual([]);
  });

  it("partial, golden", async () => {
    await expect(jsonReceipt(partial)).toMatchFileSnapshot("./golden/receipt-partial.json.txt");
  });
});

describe("markdownReceipt", () => {
  const context = {
    world: WORLD,
    root: ".",
    reviewed: applied.plan,
    needsValue: { secrets: 0, places: 0 },
    links: [{ name: "run", url: "https://github.com/example/shop-config/actions/runs/1" }],
  };

  it.each(CASES.slice(0, 4))("%s, golden", async (name, receipt) => {
    await expect(markdownReceipt(receipt, context)).toMatchFileSnapshot(`./golden/receipt-${name}.md`);
  });

  it("has a row per destination", () => {
    expect(tablesIn(markdownReceipt(applied, context))[0]?.rows).toHaveLength(4);
  });

  it("says so if another plan was applied than the reviewed one", () => {
    expect(markdownReceipt(applied, { ...context, reviewed: "p-0000000000000000" })).toContain("not the reviewed plan");
    expect(markdownReceipt(applied, context)).toContain("exactly the reviewed plan");
  });

  it("stays below the limit of a comment with thousands of values left", () => {
    const left = Array.from({ length: 5000 }, (_, i) => ({
      address: "a".repeat(400) + String(i),
      why: "b".repeat(400),
    }));
    const receipt = receiptOf({ ...moved, destinations: moved.destinations.map((one) => ({ ...one, left })) });
    expect(Buffer.byteLength(markdownReceipt(receipt, context))).toBeLessThan(60_000);
  });
});
