/** What a team lives through with one small repo, on the directory store: plans, drift, conflicts, guards, secrets. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Plan } from "../src/index.ts";
import { formatPath } from "../src/index.ts";
import { PLACEHOLDER } from "../src/apply/compose.ts";
import { run, tempFolder, writeFiles } from "./project.ts";

const CONFIG = `version: 1
system: shop
environments:
  dev: {}
  prod: { protected: true }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`;
let folder: string;
let dispose: () => void;
const live = (key: string): string => join(folder, ".trueup/live", key);
const read = (key: string): string => readFileSync(live(key), "utf8");
const hand = (key: string, text: string): void => {
  mkdirSync(dirname(live(key)), { recursive: true });
  writeFileSync(live(key), text);
};
const base = (text: string): void => writeFiles(folder, { "apps/orders/base.yaml": text });
const rows = (plan: Plan): string[] =>
  plan.destinations.flatMap((destination) =>
    destination.units.flatMap((unit) =>
      unit.changes.flatMap((change) =>
        change.members.map(
          (member) =>
            `${change.kind} ${unit.unit}:${formatPath(member.path)} ${JSON.stringify(member.before)} -> ${JSON.stringify(member.after)}`,
        ),
      ),
    ),
  );
const refused = (plan: Plan): string[] =>
  plan.refusals.filter((refusal) => !refusal.lifted).map((refusal) => refusal.guard);

beforeEach(async () => {
  ({ folder, dispose } = tempFolder({
    "trueup.yaml": CONFIG,
    "apps/orders/base.yaml": "a: 1\nb: two\nc: { d: true }\n",
    "apps/orders/prod.yaml": "a: 9\n",
  }));
  await run(folder, "apply");
});
afterEach(() => dispose());

describe("one edit", () => {
  it("is a change where it reaches, and names the place that keeps its own value", async () => {
    base("a: 2\nb: two\nc: { d: true }\n");
    const { plan } = await run(folder, "plan");
    expect(rows(plan)).toEqual(["update orders@dev:a 1 -> 2"]);
    expect(plan.edits).toMatchObject([
      {
        path: ["a"],
        action: "change",
        origin: { file: "apps/orders/base.yaml" },
        shadowed: [{ unit: "orders@prod", value: 9, by: { file: "apps/orders/prod.yaml" } }],
      },
    ]);
  });

  it("has the same plan id whatever the order of keys, and another id for another value", async () => {
    base("a: 2\nb: two\nc: { d: true }\n");
    const first = (await run(folder, "plan")).plan;
    base("c: { d: true }\n# moved\nb: two\na: 2\n");
    const second = (await run(folder, "plan", { commit: "f".repeat(40) })).plan;
    base("a: 3\nb: two\nc: { d: true }\n");
    const third = (await run(folder, "plan")).plan;
    expect(second.digest).toBe(first.digest);
    expect(third.digest).not.toBe(first.digest);
  });

  it("is rolled back by the older files", async () => {
    base("a: 2\nb: three\n");
    await run(folder, "apply");
    expect(read("cfg/dev/orders/b")).toBe("three");
    base("a: 1\nb: two\nc: { d: true }\n");
    await run(folder, "apply");
    expect([read("cfg/dev/orders/a"), read("cfg/dev/orders/b"), read("cfg/dev/orders/c/d")]).toEqual([
      "1",
      "two",
      "true",
    ]);
    expect(rows((await run(folder, "plan")).plan)).toEqual([]);
  });
});

describe("somebody else's hands", () => {
  it("leaves drift alone and reports it", async () => {
    hand("cfg/dev/orders/b", "by hand");
    const { plan } = await run(folder, "apply");
    expect(rows(plan)).toEqual([]);
    expect(plan.destinations[0]?.drift).toMatchObject([
      { unit: "orders@dev", path: ["b"], kind: "changed", git: "two", live: "by hand" },
    ]);
    expect(read("cfg/dev/orders/b")).toBe("by hand");
    // It stays drift after another value was applied.
    base("a: 2\nb: two\nc: { d: true }\n");
    await run(folder, "apply");
    expect((await run(folder, "plan")).plan.summary.drift).toBe(1);
  });

  it("restores drift where the repo says so", async () => {
    writeFiles(folder, { "trueup.yaml": `${CONFIG}drift: { on_apply: overwrite }\n` });
    hand("cfg/dev/orders/b", "by hand");
    rmSync(live("cfg/dev/orders/a"));
    const { plan } = await run(folder, "apply");
    expect(rows(plan)).toEqual(["create orders@dev:a undefined -> 1", 'update orders@dev:b "by hand" -> "two"']);
    expect([read("cfg/dev/orders/a"), read("cfg/dev/orders/b")]).toEqual(["1", "two"]);
  });

  it("refuses when both changed a value, until told that Git wins", async () => {
    hand("cfg/dev/orders/b", "by hand");
    base("a: 1\nb: by git\nc: { d: true }\n");
    const { plan } = await run(folder, "plan");
    expect(rows(plan)).toEqual(['update orders@prod:b "two" -> "by git"']);
    expect(refused(plan)).toEqual(["conflict"]);
    expect(plan.destinations[0]?.conflicts).toMatchObject([
      { path: ["b"], kind: "both-changed", git: "by git", live: "by hand" },
    ]);
    const lifted = await run(folder, "apply", { allow: ["conflict"] });
    expect(refused(lifted.plan)).toEqual([]);
    expect(read("cfg/dev/orders/b")).toBe("by git");
  });

  it("does not delete a value that was changed by hand", async () => {
    hand("cfg/dev/orders/b", "by hand");
    base("a: 1\nc: { d: true }\n");
    const { plan } = await run(folder, "plan");
    expect(plan.destinations[0]?.conflicts).toMatchObject([{ kind: "changed-live", live: "by hand" }]);
    expect(rows(plan)).toEqual(['delete orders@prod:b "two" -> undefined']);
  });

  it("sees that somebody already did what Git now says", async () => {
    hand("cfg/dev/orders/b", "three");
    base("a: 1\nb: three\nc: { d: true }\n");
    const { plan } = await run(folder, "apply");
    expect(rows(plan)).toEqual(['update orders@prod:b "two" -> "three"']);
    expect((await run(folder, "plan")).plan.summary).toMatchObject({ drift: 0, conflict: 0, change: 0 });
  });

  it("never touches a foreign key, and adopts one only when told to", async () => {
    hand("cfg/dev/orders/theirs", "x");
    hand("cfg/dev/orders/bb", "x");
    const { plan } = await run(folder, "apply");
    expect(plan.destinations[0]?.foreign).toEqual(["/cfg/dev/orders/bb", "/cfg/dev/orders/theirs"]);
    base("a: 1\nb: two\nc: { d: true }\ntheirs: ours\n");
    const wants = await run(folder, "plan");
    expect(refused(wants.plan)).toEqual(["adopt"]);
    await run(folder, "apply", { allow: ["adopt"] });
    expect([read("cfg/dev/orders/theirs"), read("cfg/dev/orders/bb")]).toEqual(["ours", "x"]);
  });
});

describe("guards", () => {
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}: ${index}\n`).join("");

  it("stops the loss of a third of an app, counts per app and environment", async () => {
    base(many(20));
    await run(folder, "apply", { allow: ["delete"] });
    base(many(14));
    expect(refused((await run(folder, "plan")).plan)).toEqual([]);
    base(many(13));
    const { plan } = await run(folder, "plan");
    expect(refused(plan)).toEqual(["delete", "delete"]);
    expect(plan.refusals[0]?.message).toContain("orders@dev loses 7 of 20 keys (35%)");
    expect(refused((await run(folder, "plan", { allow: ["delete"] })).plan)).toEqual([]);
  });

  it("does not let everything go, whatever else is lifted", async () => {
    rmSync(join(folder, "apps/orders"), { recursive: true });
    writeFiles(folder, { "apps/other/base.yaml": "{}\n" });
    const { plan } = await run(folder, "plan", { allow: ["delete"] });
    expect(refused(plan)).toEqual(["empty", "empty"]);
    await run(folder, "apply", { allow: ["delete", "empty"] });
    expect(() => read("cfg/dev/orders/a")).toThrow("ENOENT");
  });

  it("keeps what must never be deleted", async () => {
    writeFiles(folder, { "trueup.yaml": `${CONFIG}guards: { keep: ["*@prod:c.**"] }\n` });
    base("a: 1\nb: two\n");
    const { plan } = await run(folder, "plan");
    expect(plan.refusals).toMatchObject([
      { guard: "delete", message: 'keep "*@prod:c.**": 1 deletion', examples: ["orders@prod:c.d"] },
    ]);
  });

  it("freezes an environment for a time, and only then", async () => {
    writeFiles(folder, {
      "trueup.yaml": `${CONFIG}guards: { freeze: [{ envs: [prod], from: "2026-12-20T00:00Z", to: "2027-01-02T00:00Z", reason: "Holidays" }] }\n`,
    });
    base("a: 1\nb: new\nc: { d: true }\n");
    expect(refused((await run(folder, "plan", { now: "2026-12-19T23:59:59Z" })).plan)).toEqual([]);
    expect(refused((await run(folder, "plan", { now: "2026-12-24T12:00:00Z" })).plan)).toEqual(["freeze"]);
    expect(refused((await run(folder, "plan", { now: "2027-01-02T00:00:00Z" })).plan)).toEqual([]);
  });

  it("stops a plan that is too wide", async () => {
    writeFiles(folder, { "trueup.yaml": `${CONFIG}guards: { max_apps: 1 }\n`, "apps/users/base.yaml": "x: 1\n" });
    base("a: 2\nb: two\nc: { d: true }\n");
    expect(refused((await run(folder, "plan")).plan)).toEqual(["wide"]);
  });
});

describe("secrets", () => {
  const withSecret = (): void =>
    writeFiles(folder, {
      "apps/orders/base.yaml": 'a: 1\nb: two\nc: { d: true }\npassword: "{{secret.db}}"\n',
      "apps/orders/secrets.yaml": "db: { description: Postgres }\n",
    });

  it("gets a placeholder once, which people fill and trueup never overwrites", async () => {
    withSecret();
    const first = await run(folder, "apply");
    expect(first.plan.summary.needsValue).toBe(2);
    expect(read("cfg/dev/orders/password")).toBe(PLACEHOLDER);
    hand("cfg/dev/orders/password", "hunter2");
    const second = await run(folder, "apply");
    expect(rows(second.plan)).toEqual([]);
    expect(second.plan.summary).toMatchObject({ needsValue: 1, drift: 0 });
    expect(read("cfg/dev/orders/password")).toBe("hunter2");
  });

  it("has no value anywhere in a plan", async () => {
    withSecret();
    await run(folder, "apply");
    hand("cfg/dev/orders/password", "canary-hunter2");
    base('a: 2\nb: "{{secret.db}}"\n');
    const { plan } = await run(folder, "plan");
    expect(JSON.stringify(plan, (_, value: unknown) => (value instanceof Map ? [...value] : value))).not.toContain(
      "canary-hunter2",
    );
  });

  it("keeps a filled secret that Git no longer names, and removes an empty placeholder", async () => {
    withSecret();
    await run(folder, "apply");
    hand("cfg/dev/orders/password", "hunter2");
    base("a: 1\nb: two\nc: { d: true }\n");
    rmSync(join(folder, "apps/orders/secrets.yaml"));
    const { plan } = await run(folder, "apply");
    expect(rows(plan)).toEqual(["delete orders@prod:password undefined -> undefined"]);
    expect(plan.destinations[0]?.kept).toMatchObject([{ unit: "orders@dev", path: ["password"] }]);
    expect(read("cfg/dev/orders/password")).toBe("hunter2");
  });

  it("does not turn a plain value into a secret (or back) without a word", async () => {
    writeFiles(folder, { "apps/orders/secrets.yaml": "db: {}\n" });
    base('a: 1\nb: "{{secret.db}}"\nc: { d: true }\n');
    const { plan } = await run(folder, "plan");
    expect(refused(plan)).toEqual(["replace"]);
    await run(folder, "apply", { allow: ["replace"] });
    expect(read("cfg/dev/orders/b")).toBe(PLACEHOLDER);
  });
});

describe("blobs", () => {
  const blob = CONFIG.replace("{{app}}/{{key}}", "{{app}}").replace("directory,", "directory, layout: blob,");

  beforeEach(async () => {
    dispose();
    ({ folder, dispose } = tempFolder({
      "trueup.yaml": blob,
      "apps/orders/base.yaml": "a: 1\nb: two\nc: { d: true }\n",
    }));
    await run(folder, "apply");
  });

  it("keeps strangers and drift inside, and speaks of values, not of the blob", async () => {
    expect(read("cfg/dev/orders")).toBe('{"a":1,"b":"two","c":{"d":true}}');
    hand("cfg/dev/orders", '{"a":1,"b":"by hand","c":{"d":true},"stranger":"s"}');
    base("a: 2\nb: two\n");
    const { plan } = await run(folder, "apply", { allow: ["delete"] });
    expect(rows(plan)).toEqual([
      "update orders@dev:a 1 -> 2",
      "update orders@dev:c.d true -> undefined",
      "update orders@prod:a 1 -> 2",
      "update orders@prod:c.d true -> undefined",
    ]);
    expect(plan.destinations[0]?.drift).toMatchObject([{ path: ["b"], live: "by hand" }]);
    expect(JSON.parse(read("cfg/dev/orders"))).toEqual({ a: 2, b: "by hand", stranger: "s" });
    expect((await run(folder, "plan")).plan.summary).toMatchObject({ add: 0, change: 0, delete: 0, drift: 1 });
  });

  it("is not confused by something that is no JSON", async () => {
    hand("cfg/dev/orders", "oops");
    const same = await run(folder, "plan");
    expect(same.plan.summary).toMatchObject({ drift: 1, change: 0, conflict: 0 });
    base("a: 2\nb: two\nc: { d: true }\n");
    expect(refused((await run(folder, "plan")).plan)).toEqual(["conflict"]);
    await run(folder, "apply", { allow: ["conflict"] });
    expect(JSON.parse(read("cfg/dev/orders"))).toEqual({ a: 2, b: "two", c: { d: true } });
  });
});
