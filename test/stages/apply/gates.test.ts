/** What stands before and after an apply: ancestry, the reviewed plan, the receipt and its exit code. */
import { describe, expect, it } from "vitest";
import { type Relation, dropSuperseded } from "../../../src/apply/ancestry.ts";
import { expectPlan, otherPlan } from "../../../src/apply/expect.ts";
import { exitCodeOf, receiptOf } from "../../../src/apply/receipt.ts";
import { soFar } from "../../../src/apply/so-far.ts";
import { Failure } from "../../../src/failure.ts";
import type {
  Conflict,
  DestinationPlan,
  DestinationReceipt,
  Head,
  Plan,
  Receipt,
  UnitPlan,
} from "../../../src/model.ts";
import { destinationPlan, place, wholePlan } from "../plan/desk.ts";

const OLD = "a".repeat(40);
const NEW = "b".repeat(40);
const HEAD: Head = { generation: 1, commit: OLD, applyId: "x", plan: "p", state: "ready", at: "", by: "", tool: "" };
const UNIT: UnitPlan = {
  unit: "orders@dev",
  app: "orders",
  changes: [
    {
      kind: "create",
      key: "/a",
      setting: undefined,
      expected: null,
      secret: false,
      placeholder: false,
      members: ["a", "b"].map((name) => ({ path: [name], name, action: "add", secret: false })),
    },
  ],
  upkeep: false,
  managed: 0,
  ledger: { expected: null, record: { unit: "orders@dev", commit: null, applyId: "x", settings: new Map() } },
};
const CONFLICT: Conflict = {
  unit: "orders@dev",
  key: "/a",
  path: ["a"],
  name: "",
  secret: false,
  kind: "both-changed",
};

function destination(env: string, more: Partial<DestinationPlan> = {}): DestinationPlan {
  return destinationPlan(place(env), [UNIT], { head: { head: HEAD, version: "1" }, ...more });
}
const planOf = (destinations: readonly DestinationPlan[], commit: string | null = NEW): Plan =>
  wholePlan(destinations, { commit });

describe("ancestry", () => {
  const asked: string[] = [];
  const sort = async (
    destinations: readonly DestinationPlan[],
    relation: Relation,
    commit: string | null = NEW,
    rewrite = false,
  ) => {
    asked.length = 0;
    const found = await dropSuperseded(
      planOf(destinations, commit),
      (live, own) => {
        asked.push(`${live.slice(0, 1)} ${own.slice(0, 1)}`);
        return Promise.resolve(relation);
      },
      rewrite,
    );
    return { kept: found.plan.destinations.map((one) => one.destination), superseded: found.superseded };
  };

  it.each(["same", "ahead"] as const)("lets a commit through that is %s", async (relation) => {
    expect(await sort([destination("dev"), destination("prod")], relation)).toEqual({
      kept: ["config@dev", "config@prod"],
      superseded: [],
    });
    expect(asked).toEqual(["a b"]);
  });

  it("leaves out what runs a newer commit already, and says which", async () => {
    expect(await sort([destination("dev"), destination("prod", { units: [] })], "behind")).toEqual({
      kept: ["config@prod"],
      superseded: [
        {
          destination: "config@dev",
          place: "dev",
          target: "config",
          result: "superseded",
          applied: 0,
          pending: 0,
          proof: undefined,
          readBack: undefined,
          left: [],
          before: OLD,
          supersededBy: OLD,
          failure: undefined,
        },
      ],
    });
  });

  it("is not asked about outside of Git, where nothing is live, or where nothing is to be written", async () => {
    const one = destination("dev");
    expect((await sort([one], "diverged", null)).kept).toEqual(["config@dev"]);
    expect((await sort([destination("dev", { head: undefined })], "diverged")).kept).toEqual(["config@dev"]);
    const outside = { head: { ...HEAD, commit: null }, version: "1" };
    expect((await sort([destination("dev", { head: outside })], "diverged")).kept).toEqual(["config@dev"]);
    expect((await sort([destination("dev", { units: [] })], "diverged")).kept).toEqual(["config@dev"]);
    expect(asked).toEqual([]);
  });

  it("is asked once for each commit that is live", async () => {
    const other = { head: { ...HEAD, commit: "c".repeat(40) }, version: "1" };
    await sort([destination("dev"), destination("stage", { head: other }), destination("prod")], "ahead");
    expect(asked).toEqual(["a b", "c b"]);
  });

  it("refuses a history that was rewritten, unless that is accepted", async () => {
    await expect(sort([destination("dev")], "diverged")).rejects.toMatchObject({
      code: "DIVERGED",
      message: "config@dev runs commit aaaaaaa, which is not in the history of bbbbbbb",
      fix: "If history was rewritten on purpose, run again with --accept-rewrite. Otherwise apply a commit that contains the live one.",
    });
    expect((await sort([destination("dev")], "diverged", NEW, true)).kept).toEqual(["config@dev"]);
  });

  it("refuses where the clone cannot tell, unless that is accepted", async () => {
    await expect(sort([destination("dev")], "unknown")).rejects.toMatchObject({
      code: "HISTORY",
      message:
        "cannot prove that bbbbbbb comes after commit aaaaaaa, which config@dev runs: that commit is not in this clone",
      fix: "check out with full history (fetch-depth: 0 in actions/checkout, or git fetch --unshallow)",
    });
    expect((await sort([destination("dev")], "unknown", NEW, true)).kept).toEqual(["config@dev"]);
  });

  it("does not let an accepted rewrite go over a newer commit", async () => {
    expect((await sort([destination("dev")], "behind", NEW, true)).kept).toEqual([]);
  });
});

describe("the plan that was reviewed", () => {
  const plan = planOf([destination("dev"), destination("prod")]);
  const [dev, prod] = plan.environments;
  if (dev === undefined || prod === undefined) throw new Error("two environments");

  it.each([
    ["its id", [plan.id]],
    ["its digits", [plan.id.slice(2)]],
    ["its digest", [plan.digest]],
    ["its digest with p-", [` p-${plan.digest}\n`]],
    ["the ids of both environments", [dev.id, prod.id]],
    ["more than that", [dev.id, "p-0123456789abcdef", prod.digest]],
  ])("is found by %s", (_, expected) => {
    expect(otherPlan(plan, expected)).toBeUndefined();
    expect(() => expectPlan(plan, expected)).not.toThrow();
  });

  it("is another one if an environment that has something to do is not among them", () => {
    const other = otherPlan(plan, [dev.id, "p-0123456789abcdef"]);
    expect(other).toMatchObject({
      code: "STALE",
      message: `the plan is not the one that was reviewed: now ${plan.id}, expected ${dev.id}, p-0123456789abcdef`,
      details: [`prod: now ${prod.id}`],
      fix: "Something changed since: live, Git, or trueup itself. Look at the plan again (trueup diff) and have the new one approved.",
    });
    expect(() => expectPlan(plan, [dev.id])).toThrow("not the one that was reviewed");
  });

  it("asks nothing of an environment with nothing to do, but of one that has a conflict", () => {
    const idle = planOf([destination("dev"), destination("prod", { units: [] })]);
    const own = idle.environments[0]?.id ?? "";
    expect(otherPlan(idle, [own])).toBeUndefined();
    const clash = planOf([destination("dev"), destination("prod", { units: [], conflicts: [CONFLICT] })]);
    expect(otherPlan(clash, [own])?.details).toEqual([`prod: now ${clash.environments[1]?.id}`]);
  });

  it.each([
    "p-0123456789abcde",
    "0123456789abcdeg",
    "",
    "p-",
    "x0123456789abcdef",
    "0123456789abcdef x",
    "p-p-0123456789abcdef",
    "0123456789p-abcdef",
  ])("cannot be named by %j", (text) => {
    expect(() => otherPlan(plan, [plan.id, text])).toThrow(
      "--expect takes the id of a plan (p- and 16 digits) or its full digest",
    );
  });

  it("says what is wrong about such a name as a failure of usage", () => {
    expect(() => otherPlan(plan, ["x"])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

describe("the receipt", () => {
  const FACTS = { applyId: "x", startedAt: "2026-11-21T12:00:00Z", durationMs: 5, interrupted: false };
  const one = (result: DestinationReceipt["result"], failure?: Failure): DestinationReceipt => ({
    destination: "config@dev",
    place: "dev",
    target: "config",
    result,
    applied: 0,
    pending: 0,
    proof: undefined,
    readBack: undefined,
    left: [],
    before: null,
    supersededBy: undefined,
    failure: failure === undefined ? undefined : { code: failure.code, message: failure.message, details: [] },
  });
  const receipt = (results: readonly DestinationReceipt["result"][], interrupted = false): Receipt =>
    receiptOf(
      planOf([]),
      results.map((result) => one(result)),
      { ...FACTS, interrupted },
    );

  it("has the plan, the commit and the facts of the run", () => {
    const plan = planOf([destination("dev")]);
    const applied = one("applied");
    expect(receiptOf({ ...plan, dirty: true }, [applied], { ...FACTS, asReviewed: true })).toEqual({
      plan: plan.id,
      commit: NEW,
      dirty: true,
      applyId: "x",
      startedAt: "2026-11-21T12:00:00Z",
      durationMs: 5,
      asReviewed: true,
      result: "applied",
      destinations: [applied],
    });
  });

  it.each<[readonly DestinationReceipt["result"][], boolean, Receipt["result"], number]>([
    [[], false, "nothing", 0],
    [[], true, "nothing", 0],
    [["applied"], false, "applied", 0],
    [["applied", "superseded"], false, "applied", 0],
    [["superseded"], false, "superseded", 0],
    [["applied", "superseded"], true, "applied", 0],
    [["applied", "pending"], true, "interrupted", 130],
    [["failed"], true, "interrupted", 130],
    [["partial", "failed"], false, "partial", 5],
    [["moved"], false, "moved", 6],
    [["moved", "failed"], false, "moved", 6],
    [["applied", "moved"], false, "partial", 5],
    [["failed", "pending"], false, "failed", 1],
    [["pending"], false, "failed", 1],
    [["applied", "failed"], false, "partial", 5],
    [["applied", "pending"], false, "partial", 5],
  ])("of %j, interrupted %s, is %s: %i", (results, interrupted, result, code) => {
    const made = receipt(results, interrupted);
    expect(made.result).toBe(result);
    expect(exitCodeOf(made)).toBe(code);
  });

  it("that failed ends as its first failure does", () => {
    const made = (code: Failure["code"]): Receipt =>
      receiptOf(planOf([]), [one("pending"), one("failed", new Failure(code, "x"))], FACTS);
    expect(exitCodeOf(made("DENIED"))).toBe(1);
    expect(exitCodeOf(made("STALE"))).toBe(6);
    expect(exitCodeOf(made("INTERRUPTED"))).toBe(130);
  });

  it("of a plan that was refused ends with 4", () => {
    expect(exitCodeOf({ ...receipt([]), result: "refused" })).toBe(4);
  });
});

describe("receipts on the way", () => {
  it("have what ended, doubt about what runs, and what waits, in the order of the apply", () => {
    const plan = planOf([
      destination("prod"),
      destination("stage", { head: undefined }),
      destination("dev"),
      destination("dev", { units: [], destination: "idle@dev" }),
    ]);
    const ended: DestinationReceipt = {
      destination: "config@dev",
      place: "dev",
      target: "config",
      result: "applied",
      applied: 2,
      pending: 0,
      proof: "p",
      readBack: undefined,
      left: [],
      before: null,
      supersededBy: undefined,
      failure: undefined,
    };
    const waits = {
      destination: "config@prod",
      place: "prod",
      target: "config",
      result: "pending",
      applied: 0,
      pending: 2,
      proof: undefined,
      readBack: undefined,
      left: [],
      before: OLD,
      supersededBy: undefined,
      failure: undefined,
    };
    expect(soFar(plan, [ended], "config@stage")).toEqual([
      ended,
      {
        ...waits,
        destination: "config@stage",
        place: "stage",
        before: null,
        result: "partial",
        failure: {
          code: "UNKNOWN_OUTCOME",
          message: "config@stage: stopped before it was known what was written",
          fix: "run again: what is in place is skipped, what is missing is written",
          details: [],
        },
      },
      waits,
    ]);
    expect(soFar(plan, [], undefined).map(({ result }) => result)).toEqual(["pending", "pending", "pending"]);
  });
});
