/** Physical changes folded into what the author did, and the plan as a whole. */
import { describe, expect, it } from "vitest";
import type { Change, ChangeKind, DestinationPlan, MemberChange, Origin, UnitPlan } from "../../../src/model.ts";
import { type Sources, foldEdits } from "../../../src/plan/edits.ts";
import { appOf, destinationPlan, place, wholePlan } from "./desk.ts";

const BASE: Origin = { file: "apps/orders/base.yaml", path: ["a"] };
const PROD: Origin = { file: "apps/orders/prod.yaml", path: ["a"] };
const NOWHERE: Sources = { origin: () => BASE, template: () => undefined, shadowed: () => [] };

function member(fields: Partial<MemberChange> = {}): MemberChange {
  return { path: ["a"], name: "", action: "change", secret: false, ...fields };
}
function change(kind: ChangeKind, members: readonly MemberChange[], placeholder = false): Change {
  return { kind, key: "/cfg/a", setting: undefined, expected: "1", secret: false, placeholder, members };
}
function unitPlan(unit: string, changes: readonly Change[]): UnitPlan {
  const record = { unit, commit: null, applyId: "a", settings: new Map() };
  return { unit, app: appOf(unit), changes, upkeep: false, managed: 1, ledger: { expected: null, record } };
}
function destination(units: readonly UnitPlan[], more: Partial<DestinationPlan> = {}): DestinationPlan {
  return destinationPlan(more.place ?? place("dev"), units, more);
}
const one = (unit: string, fields: Partial<MemberChange>, kind: ChangeKind = "update", placeholder = false) =>
  destination([unitPlan(unit, [change(kind, [member(fields)], placeholder)])]);

describe("edits", () => {
  it("are one where one line did it, with every unit it reaches", () => {
    const edits = foldEdits(
      [one("orders@dev", { before: 1, after: 2 }), one("orders@prod", { before: 1, after: 2 })],
      NOWHERE,
    );
    expect(edits).toEqual([
      {
        path: ["a"],
        action: "change",
        secret: false,
        origin: BASE,
        template: undefined,
        outcomes: [{ before: 1, after: 2, units: ["orders@dev", "orders@prod"] }],
        shadowed: [],
        placeholder: false,
      },
    ]);
  });

  it("have an outcome for each pair of values, and then show the template behind it", () => {
    const sources: Sources = { ...NOWHERE, template: (origin) => `template at ${origin.file}` };
    const outcomes = [
      { before: 1, after: 2 },
      { before: 1, after: 3 },
      { before: 2, after: 3 },
      { after: 3 },
      { before: null, after: 3 },
      { before: 3 },
    ];
    const edits = foldEdits(
      outcomes.map((sides, index) => one(`orders@dev${index}`, sides)),
      sources,
    );
    expect(edits).toHaveLength(1);
    expect(edits[0]?.outcomes).toStrictEqual(
      outcomes.map((sides, index) => ({ ...sides, units: [`orders@dev${index}`] })),
    );
    expect(edits[0]?.template).toBe("template at apps/orders/base.yaml");
    expect(foldEdits([one("orders@dev", { after: 1 })], sources)[0]?.template).toBeUndefined();
    const two = [one("orders@dev", { after: 1 }), one("orders@prod", { after: 2 })];
    expect(foldEdits(two, sources)[0]?.template).toBe("template at apps/orders/base.yaml");
  });

  it("are many where lines, paths, actions, secrecy or holders differ", () => {
    const sources: Sources = { ...NOWHERE, origin: (unit) => (unit.endsWith("prod") ? PROD : BASE) };
    const edits = foldEdits(
      [
        one("orders@dev", {}),
        one("orders@prod", {}),
        one("orders@dev2", { path: ["b"] }),
        one("orders@dev3", { action: "add" }),
        one("orders@dev4", { secret: true }),
        one("orders@dev5", { secret: true, recipe: { digest: "r", holders: ["sops"] } }),
        one("orders@dev6", { secret: true, recipe: { digest: "r", holders: ["generate"] } }),
        one("orders@dev7", { secret: true, recipe: { digest: "r", holders: ["generate"] }, made: true }),
        one("orders@dev8", {}, "adopt"),
        one("orders@dev9", {}, "replace"),
      ],
      sources,
    );
    expect(
      edits.map(({ path, action, secret, origin, holders, made }) => [
        path[0],
        action,
        secret,
        origin?.file,
        holders,
        made,
      ]),
    ).toEqual([
      ["a", "change", false, BASE.file, undefined, undefined],
      ["a", "change", false, PROD.file, undefined, undefined],
      ["b", "change", false, BASE.file, undefined, undefined],
      ["a", "add", false, BASE.file, undefined, undefined],
      ["a", "change", true, BASE.file, undefined, undefined],
      ["a", "change", true, BASE.file, ["sops"], undefined],
      ["a", "change", true, BASE.file, ["generate"], undefined],
      ["a", "change", true, BASE.file, ["generate"], true],
      ["a", "adopt", false, BASE.file, undefined, undefined],
      ["a", "replace", false, BASE.file, undefined, undefined],
    ]);
  });

  it("that remove have no line any more: they are one for each app", () => {
    const sources: Sources = {
      origin: () => BASE,
      template: () => "a template",
      shadowed: () => [{ unit: "x@dev", by: PROD }],
    };
    const edits = foldEdits(
      [
        one("orders@dev", { action: "remove", before: 1 }, "delete"),
        one("orders@prod", { action: "remove", before: 2 }, "delete"),
        one("users@dev", { action: "remove", before: 1 }, "delete"),
      ],
      sources,
    );
    expect(edits).toMatchObject([
      {
        action: "remove",
        origin: undefined,
        template: undefined,
        shadowed: [],
        outcomes: [
          { before: 1, units: ["orders@dev"] },
          { before: 2, units: ["orders@prod"] },
        ],
      },
      { action: "remove", outcomes: [{ before: 1, units: ["users@dev"] }] },
    ]);
  });

  it("name who keeps a value of their own, unless another outcome reaches them", () => {
    const asked: unknown[] = [];
    const sources: Sources = {
      ...NOWHERE,
      shadowed: (...args) => {
        asked.push(args);
        return ["orders@prod", "orders@dev", "orders@stage"].map((unit) => ({ unit, value: 9, by: PROD }));
      },
    };
    const edits = foldEdits([one("orders@dev", { after: 1 }), one("orders@stage", { after: 2 })], sources);
    expect(edits[0]?.shadowed).toEqual([{ unit: "orders@prod", value: 9, by: PROD }]);
    expect(asked).toEqual([["orders@dev", ["a"], BASE]]);
  });

  it("say whether somebody is to fill in a value: not for plain values beside it, nor where trueup has it", () => {
    const filled = (fields: Partial<MemberChange>, placeholder = true): boolean | undefined =>
      foldEdits([one("orders@dev", fields, "create", placeholder)], NOWHERE)[0]?.placeholder;
    expect(filled({ secret: true })).toBe(true);
    expect(filled({ secret: true }, false)).toBe(false);
    expect(filled({ secret: false, after: 1 })).toBe(false);
    expect(filled({ secret: true, recipe: { digest: "r", holders: ["sops"] } })).toBe(false);
  });

  it("name each source that moved once", () => {
    const moved = { key: "/platform/db", from: "1", to: "2" };
    const other = { key: "/platform/db", from: undefined, to: "2" };
    const edits = foldEdits(
      [
        one("orders@dev", { sources: [moved] }),
        one("orders@prod", { sources: [moved, other] }),
        one("orders@stage", {}),
      ],
      NOWHERE,
    );
    expect(edits).toHaveLength(1);
    expect(edits[0]?.sources).toEqual([moved, other]);
  });
});

describe("the plan as a whole", () => {
  const at = (env: string, digest: string) =>
    destination([], { place: place(env), digest, destination: `config@${env}` });

  it("has an id for each environment that is in it, in their order, and one for all", () => {
    const plan = wholePlan([at("prod", "p"), at("dev", "d"), at("dev", "e")]);
    expect(plan.environments.map(({ name, protected: isProtected }) => [name, isProtected])).toEqual([
      ["dev", false],
      ["prod", true],
    ]);
    for (const { id, digest } of [plan, ...plan.environments]) {
      expect(digest).toMatch(/^[0-9a-f]{64}$/u);
      expect(id).toBe(`p-${digest.slice(0, 16)}`);
    }
    const digests = new Set([plan.digest, ...plan.environments.map(({ digest }) => digest)]);
    expect(digests.size).toBe(3);
    expect(wholePlan([at("dev", "d")]).digest).not.toBe(wholePlan([at("dev", "e")]).digest);
    expect(wholePlan([at("dev", "d"), at("prod", "p")]).digest).not.toBe(
      wholePlan([at("dev", "d"), at("prod", "q")]).digest,
    );
  });

  it("of one environment has that environment's id, so that one review is enough", () => {
    const both = wholePlan([at("dev", "d"), at("prod", "p")]);
    const alone = wholePlan([at("dev", "d")]);
    expect(alone.digest).toBe(alone.environments[0]?.digest);
    expect(alone.digest).toBe(both.environments[0]?.digest);
    expect(wholePlan([]).environments).toEqual([]);
    expect(wholePlan([]).digest).not.toBe(alone.digest);
  });

  it("has the same id on every machine and in every version of Node", () => {
    // Worked out by hand: printf '["plan 1","test","d"]' | sha256sum
    expect(wholePlan([at("dev", "d")]).digest).toBe("ba13cae123fff066fd44327ebfd87352ddce37c00a949e80c794cc3af8a6a000");
  });

  it("counts values by what happens to them, and where", () => {
    const prod = place("prod", undefined, true);
    const about = { unit: "orders@dev", path: ["a"] };
    const clash = { ...about, key: "/k", name: "", secret: false };
    const plan = wholePlan([
      destination(
        [
          unitPlan("orders@dev", [
            change("create", [member({ action: "add" })]),
            change("update", [member({ action: "add" }), member({ action: "change" }), member({ action: "remove" })]),
            change("adopt", [member({ action: "add" })]),
            change("replace", [member({ action: "change" }), member({ action: "remove" })]),
            change("delete", [member({ action: "remove" }), member({ action: "remove" })]),
          ]),
          unitPlan("users@dev", [change("update", [member()])]),
          unitPlan("idle@dev", []),
        ],
        {
          drift: [{ ...clash, kind: "changed" }],
          conflicts: [
            { ...clash, kind: "both-changed" },
            { ...clash, kind: "both-changed" },
          ],
          foreign: ["/x", "/y", "/z"],
        },
      ),
      destination([], { place: prod, needsValue: [{ ...about, secret: "s" }], drift: [{ ...clash, kind: "changed" }] }),
    ]);
    expect(plan.summary).toEqual({
      add: 2,
      change: 2,
      replace: 2,
      delete: 3,
      adopt: 1,
      conflict: 2,
      drift: 2,
      foreign: 3,
      needsValue: 1,
      apps: 2,
      units: 2,
      places: ["dev"],
      protected: false,
    });
    const reaches = wholePlan([
      destination([unitPlan("orders@prod", [change("update", [member()])])], { place: prod }),
      destination([unitPlan("orders@dev", [change("update", [member()])])]),
    ]);
    expect(reaches.summary).toMatchObject({ apps: 1, units: 2, places: ["prod", "dev"], protected: true });
  });
});
