/** The mocks of the design, made from real plans. Each golden file was read line by line beside its mock. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/failure.ts";
import { plansShown } from "../../../../src/report/pull-request/earlier.ts";
import { hide, markOf } from "../../../../src/report/pull-request/hidden.ts";
import { labelsOf } from "../../../../src/report/pull-request/labels.ts";
import { failureComment, invalidComment } from "../../../../src/report/pull-request/no-plan.ts";
import { closedComment, planComment, stepSummary } from "../../../../src/report/pull-request/plan-comment.ts";
import { checkTitle, planCheck, problemsTitle } from "../../../../src/report/pull-request/check.ts";
import { riskNote, riskOf } from "../../../../src/report/pull-request/risk.ts";
import { BASE, COMMIT } from "../build.ts";
import { large, LARGE_WORLD, manyChanges } from "../fixtures.ts";
import { contextOf, FILES, type Files, type Shop, shop, TRUEUP } from "./shop.ts";

const OTHER = "9ab31c0d4c0d5e6f708192a3b4c5d6e7f8091a2b";

/** The three edits of the design's running example. */
function edited(made: Shop): void {
  change(made, "apps/orders/base.yaml", "max: 10", "max: 20");
  change(made, "apps/orders/base.yaml", "express_checkout: true", "express_checkout: true\n  gift_cards: false");
  change(made, "apps/orders/prod.yaml", "1500", "1200");
}

function change(made: Shop, file: string, from: string, to: string): void {
  const text = made.files[file] ?? "";
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  made.files[file] = text.replace(from, to);
}

async function applied(files: Files = FILES): Promise<Shop> {
  const made = shop(files);
  await made.apply();
  return made;
}

const golden = (name: string): string => `./golden/${name}.md`;

/** Apps enough for a plan that a guard calls wide. */
function wide(level: string): Files {
  const places = ["dev", "qa", "staging", "preprod"].map((env) => `  ${env}: { regions: [eu-1, eu-2, us-1, us-2] }\n`);
  return {
    "trueup.yaml": TRUEUP.replace(
      /environments:[\s\S]*?targets:/u,
      () => `environments:\n${places.join("")}  prod: { protected: true, regions: [eu-1, eu-2, us-1, us-2] }\ntargets:`,
    ),
    "shared/base.yaml": `logging:\n  level: ${level}\n`,
    ...Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [
        `apps/app-${String(i + 1).padStart(3, "0")}/base.yaml`,
        'level: "{{shared.logging.level}}"\n',
      ]),
    ),
  };
}

describe("planComment", () => {
  it("tells a small plan", async () => {
    const made = await applied();
    made.store("staging.eu-west-1").handPut("/config/staging/orders/logging/level", "debug");
    edited(made);
    const { plan, ctx } = await made.plan();
    const { body, tooLarge } = planComment(plan, ctx);
    expect(tooLarge).toBe(false);
    expect(checkTitle(plan, ctx)).toBe("+4 ~4 -0 · reaches PROD");
    expect(labelsOf(plan)).toEqual(["trueup:prod"]);
    await expect(body).toMatchFileSnapshot(golden("small"));
    await expect(stepSummary(plan, ctx)).toMatchFileSnapshot(golden("summary"));
  });

  it("says in one line that nothing changes", async () => {
    const made = await applied();
    change(made, "apps/orders/base.yaml", "http:", "# only a comment\nhttp:");
    const { plan, ctx } = await made.plan();
    const { body } = planComment(plan, ctx);
    expect(planCheck(plan, ctx)).toMatchObject({ title: "no changes", conclusion: "success" });
    await expect(body).toMatchFileSnapshot(golden("no-change"));
  });

  it("tells what secrets need", async () => {
    const secrets = "db_password: { description: Password of the database }\n";
    const payments = {
      "apps/payments/base.yaml": 'payments:\n  db: "{{secret.db_password}}"\n',
      "apps/payments/secrets.yaml": secrets,
    };
    const made = await applied({ ...FILES, ...payments });
    change(made, "apps/payments/base.yaml", "payments:", 'payments:\n  webhook_key: "{{secret.webhook_key}}"');
    made.files["apps/payments/secrets.yaml"] = `${secrets}webhook_key: { description: Signs our calls }\n`;
    const { plan, ctx } = await made.plan();
    await expect(planComment(plan, ctx).body).toMatchFileSnapshot(golden("secrets"));
  });

  it("shows every value that is deleted in a protected environment", async () => {
    const made = await applied();
    made.files["apps/orders/base.yaml"] = "http:\n  port: 8080\n  timeout_ms: 3000\nlogging: { level: info }\n";
    made.files["apps/orders/prod.yaml"] = "http: { timeout_ms: 1500 }\n";
    delete made.files["apps/orders/prod.us-east-2.yaml"];
    const { plan, ctx } = await made.plan();
    const { body } = planComment(plan, ctx);
    expect(labelsOf(plan)).toEqual(["trueup:prod", "trueup:delete"]);
    expect(planCheck(plan, ctx).conclusion).toBe("failure");
    await expect(body).toMatchFileSnapshot(golden("destructive"));
  });

  it("folds 10,000 keys of 500 apps into 4 kB", async () => {
    const made = await applied(wide("info"));
    made.files["shared/base.yaml"] = "logging:\n  level: warn\n";
    const { plan, ctx } = await made.plan();
    const { body, tooLarge } = planComment(plan, ctx);
    expect(plan.summary.change).toBe(10_000);
    expect(body.length).toBeLessThan(4096);
    expect(tooLarge).toBe(false);
    expect(labelsOf(plan)).toEqual(["trueup:prod", "trueup:wide"]);
    await expect(body).toMatchFileSnapshot(golden("large"));
  });

  it("says which store could not be read", async () => {
    const made = shop();
    edited(made);
    const { plan, ctx } = await made.against("main", FILES);
    const unread = { message: "etcd at prod.us-east-2 did not answer within 10 s", fix: "check the network" };
    await expect(planComment(plan, { ...ctx, unread }).body).toMatchFileSnapshot(golden("unread"));
  });
});

describe("comments without a plan", () => {
  it("list what is wrong, with place and cure", async () => {
    const made = shop();
    change(made, "apps/orders/base.yaml", '"orders.{{env}}"', "{{env}}.orders");
    change(made, "apps/cart/base.yaml", "8081", '"{{vars.domian}}"');
    const { problems, ctx } = await made.problems();
    expect(problemsTitle(problems)).toMatch(/^\d errors? in \d files?$/u);
    await expect(invalidComment(problems, COMMIT, ctx)).toMatchFileSnapshot(golden("invalid"));
  });

  it("say what failed and what to do", async () => {
    const { ctx } = await shop().problems();
    const failure = new Failure("UNREACHABLE", "etcd at prod.us-east-2 did not answer within 10 s", {
      fix: "check endpoints and network; trueup doctor says more",
      details: ["https://etcd.example.com:2379: connection refused"],
    });
    await expect(failureComment(failure, COMMIT, ctx)).toMatchFileSnapshot(golden("failed"));
  });

  it("stay below the limit, whatever there is to say", async () => {
    const { problems, ctx } = await shop({ ...FILES, "apps/a/base.yaml": "a: {{b}}\n" }).problems();
    const [first] = problems;
    if (first === undefined) throw new Error("no problem");
    const many = Array.from({ length: 5000 }, (_, i) => ({ ...first, message: `${i} ${"|".repeat(280)}` }));
    const body = invalidComment(many, COMMIT, ctx);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(body).toContain("**5,000 errors in 1 file**");
    expect(body).toMatch(/and 4,9\d\d more: \[full plan\]/u);
  });
});

describe("the life of one comment", () => {
  it("folds away what it showed before, newest first, at most ten, and a second run of a commit once", async () => {
    const made = await applied();
    edited(made);
    let body = "";
    for (let i = 0; i < 14; i++) {
      const { plan, ctx } = await made.plan(i.toString(16).repeat(40));
      ({ body } = planComment(plan, ctx, plansShown(body)));
      ({ body } = planComment(plan, ctx, plansShown(body)));
    }
    const commits = [...body.matchAll(/^- `([0-9a-f]{7})` · \+4 ~4 -0 · /gmu)].map((match) => match[1]);
    expect(commits).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => n.toString(16).repeat(7)));
    expect(body).toContain("Earlier: 10 plans");
    expect(body.startsWith(markOf("plan", "."))).toBe(true);
  });

  it("goes from a plan to a failure, to a plan, to closed", async () => {
    const made = await applied();
    edited(made);
    const first = await made.plan();
    let { body } = planComment(first.plan, first.ctx);
    change(made, "apps/cart/base.yaml", "8081", '"{{vars.domian}}"');
    const invalid = await made.problems();
    body = invalidComment(invalid.problems, OTHER, invalid.ctx, plansShown(body));
    await expect(body).toMatchFileSnapshot(golden("invalid-after-plan"));
    change(made, "apps/cart/base.yaml", '"{{vars.domian}}"', "8082");
    const second = await made.plan(BASE);
    ({ body } = planComment(second.plan, second.ctx, plansShown(body)));
    expect(plansShown(body).map((one) => [one.commit?.slice(0, 7), one.plan !== null])).toEqual([
      ["91be02d", true],
      ["9ab31c0", false],
      ["4f2c1aa", true],
    ]);
    await expect(closedComment(body, ".")).toMatchFileSnapshot(golden("closed"));
  });

  it("forgets everything if the remembered line is not what it wrote", () => {
    const good = {
      commit: COMMIT,
      plan: "p-3f9a1c0011223344",
      counts: [1, 2, 3],
      risk: { reaches: ["prod"], deletes: 0, replaces: 0, conflicts: 0, guards: [] },
      run: 1,
      at: null,
    };
    const shownBy = (plans: unknown, text = "") => plansShown(`${text}\n${hide("shown", { plans })}\n`);
    expect(shownBy([good])).toEqual([good]);
    const bad: unknown[] = [
      { ...good, commit: "`@org`" },
      { ...good, plan: "p-<img>" },
      { ...good, counts: [1, 2] },
      { ...good, counts: [1, 2, -3] },
      { ...good, run: "1" },
      { ...good, run: 1.5 },
      { ...good, at: "x".repeat(41) },
      { ...good, risk: null },
      { ...good, risk: { ...good.risk, guards: ["x".repeat(81)] } },
      null,
      [],
    ];
    for (const one of bad) expect(shownBy([good, one]), JSON.stringify(one)).toEqual([]);
    expect(shownBy(Array.from({ length: 12 }, () => good))).toEqual([]);
    expect(shownBy([good], "x".repeat(70_000))).toEqual([]);
    expect(plansShown(`${hide("shown", { plans: [good] })}\nsomething after it`)).toEqual([]);
    expect(plansShown("<!-- trueup:shown !!!! -->")).toEqual([]);
    expect(plansShown("<!-- trueup:shown e30 -->")).toEqual([]);
    expect(plansShown(hide("shown", JSON.parse(`{"plans":${"[".repeat(300)}${"]".repeat(300)}}`) as object))).toEqual(
      [],
    );
  });
});

describe("riskNote", () => {
  it("calls the approvers when a risk is new, and only then", async () => {
    const made = await applied();
    change(made, "apps/orders/base.yaml", "max: 10", "max: 20");
    const before = riskOf((await made.plan()).plan);
    change(made, "apps/orders/base.yaml", "  port: 5432\n", "");
    const { plan, ctx } = await made.plan();
    const after = riskOf(plan);
    const people = { approvers: ["reviewer", "dev-b", "not a name", "@org/team"], reviewed: COMMIT };
    expect(riskNote(before, after, people)).toBe(
      "@reviewer, @dev-b since your review at `4f2c1aa` this plan also reaches PROD and deletes 2 keys in PROD.\n",
    );
    expect(riskNote(after, after, people)).toBeUndefined();
    expect(riskNote(after, before, people)).toBeUndefined();
    const [remembered] = plansShown(planComment(plan, ctx).body);
    expect(remembered?.risk).toEqual(after);
    expect(riskNote(after, { ...after, guards: ["delete"] }, { approvers: [], reviewed: COMMIT })).toBe(
      "Since your review at `4f2c1aa` this plan also is refused by the guard delete.\n",
    );
  });
});

describe("the budget", () => {
  const ctx = contextOf(LARGE_WORLD, () => undefined);
  it.each([
    ["change", 10_000],
    ["remove", 10_000],
    ["add", 3000],
  ] as const)("of a comment is 60,000 characters with what is remembered (%s)", (action, n) => {
    const plan = manyChanges(n, action);
    let body = "";
    for (const digit of "0123456789ab")
      ({ body } = planComment({ ...plan, commit: digit.repeat(40) }, ctx, plansShown(body)));
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(plansShown(body)).toHaveLength(11);
  });

  it("of a summary is 900,000 bytes", () => {
    const text = stepSummary(manyChanges(20_000), ctx);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(900_000);
    expect(Buffer.byteLength(text)).toBeGreaterThan(500_000);
  });

  it("counts characters in a comment: a plan in Japanese has as much room as one in English", () => {
    const plan = {
      ...large,
      refusals: Array.from({ length: 150 }, () => ({ ...large.refusals[0]!, message: "設定".repeat(80) })),
    };
    const { body } = planComment(plan, ctx);
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(Buffer.byteLength(body)).toBeGreaterThan(60_000);
  });

  it("200 rows that must be reviewed are all shown; of 201 the first 50, counts per app, and the check fails", () => {
    for (const [n, shown] of [
      [200, 200],
      [201, 50],
    ] as const) {
      const all = manyChanges(1100, "remove");
      const edits = all.edits.filter((one) => one.outcomes[0]?.units[0]?.includes("@prod.")).slice(0, n);
      expect(edits).toHaveLength(n);
      const plan = { ...all, edits };
      const { body, tooLarge } = planComment(plan, ctx);
      expect(body.match(/^\| `group\.key_\d+` \|/gmu)).toHaveLength(shown);
      expect(tooLarge).toBe(n > 200);
      expect(planCheck(plan, ctx).conclusion).toBe(n > 200 ? "failure" : "success");
      expect(body.includes("151 more rows, values per app: `app-")).toBe(n > 200);
      expect(body.includes("too large to review")).toBe(n > 200);
      expect(stepSummary(plan, ctx).match(/^\| `group\.key_\d+` \|/gmu)).toHaveLength(n);
    }
  });
});
