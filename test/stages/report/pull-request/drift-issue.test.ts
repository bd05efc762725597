/** The issue that says what is live and not what Git says, from real plans. */
import { describe, expect, it } from "vitest";
import {
  driftIssue,
  driftNote,
  driftOver,
  knownDriftOf,
  newDrift,
} from "../../../../src/report/pull-request/drift-issue.ts";
import { hide, markOf } from "../../../../src/report/pull-request/hidden.ts";
import { planOf } from "../build.ts";
import { LARGE_PLACES, LARGE_WORLD } from "../fixtures.ts";
import { contextOf, FILES, type Shop, shop } from "./shop.ts";

async function drifted(): Promise<Shop> {
  const made = shop();
  await made.apply();
  made.store("prod.eu-west-1").handPut("/config/prod/orders/http/timeout_ms", "3000");
  made.store("staging.eu-west-1").handDelete("/config/staging/cart/cache/ttl");
  made.store("dev.eu-west-1").handPut("/config/dev/orders/logging/level", "debug");
  return made;
}

describe("driftIssue", () => {
  it("lists protected environments first, with display and commands apart", async () => {
    const { plan, ctx } = await (await drifted()).plan();
    const issue = driftIssue(plan, ctx);
    expect(issue?.title).toBe("Config drift: 3 keys (1 in PROD)");
    expect(issue?.body.startsWith(markOf("drift", "."))).toBe(true);
    await expect(issue?.body).toMatchFileSnapshot("./golden/drift.md");
  });

  it("is nothing where nothing has drifted", async () => {
    const made = shop();
    await made.apply();
    const { plan, ctx } = await made.plan();
    expect(driftIssue(plan, ctx)).toBeUndefined();
    expect(driftOver()).toBe("Live is what Git says again.\n");
  });

  it("counts conflicts too", async () => {
    const made = await drifted();
    const text = FILES["apps/orders/prod.yaml"] ?? "";
    made.files["apps/orders/prod.yaml"] = text.replace("1500", "1200");
    const { plan, ctx } = await made.plan();
    const issue = driftIssue(plan, ctx);
    expect(issue?.title).toBe("Config drift: 3 keys (1 in PROD)");
    expect(issue?.body).toContain("changed in Git and live");
  });

  it("holds 10,000 keys", () => {
    const drift = Array.from({ length: 10_000 }, (_, i) => ({
      unit: `app-${i % 50}@${LARGE_PLACES[i % 20]?.id}`,
      key: `/k/${i}`,
      path: ["group", `key_${i}`],
      name: "",
      secret: false,
      kind: "changed" as const,
      git: "a".repeat(100),
      live: "b".repeat(100),
    }));
    const plan = planOf({ places: LARGE_PLACES, drift });
    const issue = driftIssue(
      plan,
      contextOf(LARGE_WORLD, () => undefined),
    );
    expect(issue?.title).toBe("Config drift: 10,000 keys (2000 in PROD)");
    expect(issue?.body.length).toBeLessThanOrEqual(60_000);
    expect(issue?.body).toMatch(/9,[89]\d\d more keys in .*: \[full plan\]/u);
    const known = knownDriftOf(issue?.body ?? "");
    expect(known?.total).toBe(10_000);
    expect(newDrift(known, plan)).toEqual([]);
  });
});

describe("newDrift", () => {
  it("is what was not known before; a key that changes again is not new", async () => {
    const made = await drifted();
    const first = await made.plan();
    const known = knownDriftOf(driftIssue(first.plan, first.ctx)?.body ?? "");
    expect(newDrift(undefined, first.plan)).toHaveLength(3);
    expect(newDrift(known, first.plan)).toEqual([]);
    made.store("prod.eu-west-1").handPut("/config/prod/orders/http/timeout_ms", "4000");
    made.store("prod.us-east-2").handPut("/config/prod/orders/http/timeout_ms", "4000");
    const fresh = newDrift(known, (await made.plan()).plan);
    expect(fresh).toEqual(["orders@prod.us-east-2:http.timeout_ms"]);
    expect(driftNote(fresh)).toBe("New drift: `orders@prod.us-east-2:http.timeout_ms`.\n");
    expect(driftNote([])).toBeUndefined();
  });

  it("forgets what cannot be read", () => {
    const id = "a".repeat(22);
    const read = (value: object) => knownDriftOf(`x\n${hide("known", value)}`);
    expect(read({ ids: [id], total: 1 })).toEqual({ ids: [id], total: 1 });
    for (const value of [
      {},
      { ids: [id] },
      { ids: ["<img>"], total: 1 },
      { ids: id, total: 1 },
      { ids: [id], total: -1 },
    ])
      expect(read(value), JSON.stringify(value)).toBeUndefined();
    expect(read({ ids: Array.from({ length: 501 }, () => id), total: 501 })).toBeUndefined();
  });
});
