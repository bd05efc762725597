/** Guards: when each speaks, what it says, and that lifting one lifts no other. */
import { describe, expect, it } from "vitest";
import type {
  Change,
  ChangeKind,
  Conflict,
  DestinationPlan,
  Guards,
  Head,
  MemberChange,
  Place,
  UnitPlan,
} from "../../../src/model.ts";
import { type GuardInput, checkGuards } from "../../../src/plan/guard.ts";
import { appOf, destinationPlan, place } from "./desk.ts";

const GUARDS: Guards = {
  liftBy: "label",
  maxDelete: 0.3,
  maxDeleteCount: undefined,
  maxApps: 10,
  keep: [],
  freeze: [],
};
const HEAD = { head: {} as Head, version: "1" };
const DEV = place("dev");
const PROD = place("prod", "us-east-2", true);

function member(action: MemberChange["action"], name: string): MemberChange {
  return { path: name.split("."), name, action, secret: false };
}
function change(kind: ChangeKind, ...members: readonly MemberChange[]): Change {
  const key = `/cfg/${members[0]?.name}`;
  return { kind, key, setting: undefined, expected: null, secret: false, placeholder: false, members };
}
const removals = (count: number): Change[] =>
  Array.from({ length: count }, (_, index) => change("delete", member("remove", `k${index}`)));

interface Given {
  readonly changes?: readonly Change[];
  readonly managed?: number;
  /** Keys that the unit has afterwards. */
  readonly left?: number;
}
function unit(id: string, { changes = [], managed = 0, left = 1 }: Given = {}): UnitPlan {
  const settings = new Map(
    Array.from(
      { length: left },
      (_, index) => [`/left/${index}`, { digest: "d", version: "1", secret: false }] as const,
    ),
  );
  return {
    unit: id,
    app: appOf(id),
    changes,
    upkeep: false,
    managed,
    ledger: { expected: null, record: { unit: id, commit: null, applyId: "a", settings } },
  };
}
function destination(
  units: readonly UnitPlan[],
  at: Place = DEV,
  more: Partial<DestinationPlan> = {},
): DestinationPlan {
  return destinationPlan(at, units, { head: HEAD, digest: "d", ...more });
}
function check(destinations: readonly DestinationPlan[], guards: Partial<Guards> = {}, more: Partial<GuardInput> = {}) {
  return checkGuards({
    destinations,
    guards: { ...GUARDS, ...guards },
    allow: new Set(),
    now: "2026-11-21T12:00:00Z",
    dirty: false,
    ...more,
  });
}

describe("a plan without anything dangerous", () => {
  it("is refused by nobody", () => {
    const changes = [change("create", member("add", "a")), change("update", member("change", "b"))];
    expect(check([destination([unit("orders@dev", { changes, managed: 12 })])])).toEqual([]);
  });
});

describe("conflict", () => {
  const conflict = (name: string): Conflict => ({
    unit: "orders@dev",
    key: `/cfg/${name}`,
    path: [name],
    name: "",
    secret: false,
    kind: "both-changed",
  });

  it("counts the values of all destinations, and names a few", () => {
    const one = destination([], DEV, { conflicts: [conflict("a")] });
    expect(check([one])).toEqual([
      {
        guard: "conflict",
        message: "1 value changed both in Git and live; lifting lets Git win",
        examples: ["orders@dev:a"],
        lifted: false,
      },
    ]);
    const many = destination([], DEV, { conflicts: ["b", "c", "d", "e", "f"].map(conflict) });
    expect(check([one, many], {}, { allow: new Set(["conflict"]) })).toEqual([
      {
        guard: "conflict",
        message: "6 values changed both in Git and live; lifting lets Git win",
        examples: ["a", "b", "c", "d", "e"].map((name) => `orders@dev:${name}`),
        lifted: true,
      },
    ]);
  });
});

describe("max_delete", () => {
  const losing = (deleted: number, managed: number, id = "orders@dev"): UnitPlan =>
    unit(id, { changes: removals(deleted), managed });

  it("allows the share itself, and refuses one more", () => {
    expect(check([destination([losing(3, 10)])])).toEqual([]);
    expect(check([destination([losing(4, 10)])])).toEqual([
      {
        guard: "delete",
        message: "max_delete: orders@dev loses 4 of 10 keys (40%), more than 30%",
        examples: ["orders@dev:k0", "orders@dev:k1", "orders@dev:k2", "orders@dev:k3"],
        lifted: false,
      },
    ]);
  });

  it("names a few", () => {
    expect(check([destination([losing(6, 10)])])[0]?.examples).toEqual(
      ["k0", "k1", "k2", "k3", "k4"].map((name) => `orders@dev:${name}`),
    );
  });

  it("does not speak below ten keys", () => {
    expect(check([destination([losing(8, 9)])])).toEqual([]);
  });

  it("rounds what it says", () => {
    expect(check([destination([losing(5, 12)])], { maxDelete: 0.335 })[0]?.message).toBe(
      "max_delete: orders@dev loses 5 of 12 keys (42%), more than 34%",
    );
  });

  it("counts an app in one environment over its regions and targets, and apart from other apps and environments", () => {
    const west = place("prod", "us-west-2", true);
    const apart = [
      destination([losing(4, 20, "orders@dev"), losing(0, 20, "users@dev")]),
      destination([losing(4, 20, "orders@prod.us-east-2")], PROD),
    ];
    expect(check(apart)).toEqual([]);
    const together = [
      destination([losing(4, 6, "orders@prod.us-east-2")], PROD),
      destination([losing(0, 6, "orders@prod.us-west-2")], west),
    ];
    expect(check(together).map(({ message }) => message)).toEqual([
      "max_delete: orders@prod loses 4 of 12 keys (33%), more than 30%",
    ]);
  });

  it("counts values, not keys, and only those that go", () => {
    const mixed = change(
      "update",
      member("remove", "a"),
      member("remove", "b"),
      member("add", "c"),
      member("change", "d"),
    );
    expect(
      check([destination([unit("orders@dev", { changes: [mixed], managed: 10 })])], { maxDelete: 0.1 }),
    ).toMatchObject([
      {
        message: "max_delete: orders@dev loses 2 of 10 keys (20%), more than 10%",
        examples: ["orders@dev:a", "orders@dev:b"],
      },
    ]);
  });

  it("may be nothing at all", () => {
    expect(check([destination([losing(0, 10), losing(1, 10, "users@dev")])], { maxDelete: 0 })).toMatchObject([
      { message: "max_delete: users@dev loses 1 of 10 keys (10%), more than 0%" },
    ]);
  });
});

describe("max_delete_count", () => {
  it("counts deletions of an environment over all apps", () => {
    const dev = destination([
      unit("orders@dev", { changes: removals(1), managed: 2 }),
      unit("users@dev", { changes: [...removals(1), change("update", member("change", "x"))], managed: 2 }),
    ]);
    const prod = destination([unit("orders@prod.us-east-2", { changes: removals(1), managed: 2 })], PROD);
    expect(check([dev, prod], { maxDeleteCount: 2 })).toEqual([]);
    expect(check([dev, prod], { maxDeleteCount: 1 })).toEqual([
      {
        guard: "delete",
        message: "max_delete_count: 2 deletions in dev, more than 1",
        examples: ["orders@dev:k0", "users@dev:k0"],
        lifted: false,
      },
    ]);
    expect(check([prod], { maxDeleteCount: 0 })[0]?.message).toBe("max_delete_count: 1 deletion in prod, more than 0");
  });
});

describe("keep", () => {
  const dev = destination([
    unit("orders@dev", {
      changes: [change("delete", member("remove", "db.host")), change("update", member("change", "db.port"))],
    }),
    unit("users@dev", { changes: [change("delete", member("remove", "db.host"))] }),
  ]);
  const prod = destination(
    [unit("orders@prod.us-east-2", { changes: [change("delete", member("remove", "name"))] })],
    PROD,
  );

  it.each([
    ["orders", ["orders@dev:db.host", "orders@prod.us-east-2:name"]],
    ["orders@dev", ["orders@dev:db.host"]],
    ["@prod", ["orders@prod.us-east-2:name"]],
    ["*@prod.us-*", ["orders@prod.us-east-2:name"]],
    [":db.**", ["orders@dev:db.host", "users@dev:db.host"]],
    ["users:db.host", ["users@dev:db.host"]],
  ])("%s", (glob, examples) => {
    const count = `${examples.length} deletion${examples.length === 1 ? "" : "s"}`;
    expect(check([dev, prod], { keep: [glob] })).toEqual([
      { guard: "delete", message: `keep "${glob}": ${count}`, examples, lifted: false },
    ]);
  });

  it("does not speak of changes, of other keys, or where nothing matches; and for each pattern on its own", () => {
    expect(check([dev, prod], { keep: [":db.port", "orders:db", "stock", "orders@stage"] })).toEqual([]);
    expect(check([dev, prod], { keep: ["orders@dev", "users"] })).toHaveLength(2);
  });
});

describe("empty", () => {
  const gone = { changes: removals(2), managed: 2, left: 0 };

  it("speaks where all of two or more values would go, and is not lifted by delete", () => {
    expect(check([destination([unit("orders@dev", gone)])], {}, { allow: new Set(["delete"]) })).toEqual([
      { guard: "empty", message: "everything in config@dev would be deleted (2 keys)", examples: [], lifted: false },
    ]);
    const whole = [change("delete", member("remove", "a"), member("remove", "b"))];
    const two = [
      unit("orders@dev", { changes: removals(1), managed: 1, left: 0 }),
      unit("users@dev", { ...gone, changes: whole }),
    ];
    expect(check([destination(two)], {}, { allow: new Set(["empty"]) })).toMatchObject([
      { message: "everything in config@dev would be deleted (3 keys)", lifted: true },
    ]);
  });

  it.each<[string, readonly UnitPlan[], Partial<DestinationPlan>]>([
    ["was never applied to", [unit("orders@dev", gone)], { head: undefined }],
    ["had one value", [unit("orders@dev", { changes: removals(1), managed: 1, left: 0 })], {}],
    ["keeps a value", [unit("orders@dev", { changes: removals(2), managed: 3, left: 0 })], {}],
    ["gets something new", [unit("orders@dev", gone), unit("users@dev")], {}],
    ["has units that are not part of the plan", [unit("orders@dev", gone)], { untouched: 1 }],
    [
      "is changed only",
      [
        unit("orders@dev", {
          changes: [change("update", member("change", "a"), member("add", "b"))],
          managed: 2,
          left: 0,
        }),
      ],
      {},
    ],
  ])("says nothing of a destination that %s", (_, units, more) => {
    expect(check([destination(units, DEV, more)])).toEqual([]);
  });
});

describe("wide", () => {
  const units = (...ids: readonly string[]): UnitPlan[] =>
    ids.map((id) => unit(id, { changes: [change("update", member("change", "a"))] }));

  it("counts apps, wherever they are", () => {
    const two = [destination(units("orders@dev", "users@dev")), destination(units("orders@prod.us-east-2"), PROD)];
    expect(check(two, { maxApps: 2 })).toEqual([]);
    expect(check(two, { maxApps: 1 })).toEqual([
      { guard: "wide", message: "max_apps: 2 is over 1", examples: [], lifted: false },
    ]);
  });
});

describe("freeze", () => {
  const window = { envs: ["prod"], from: "2026-12-20T00:00+01:00", to: "2027-01-02T00:00+01:00", reason: "Holidays" };
  const changed = { changes: [change("update", member("change", "a"))] };
  const dev = destination([unit("orders@dev", changed)]);
  const prod = destination([unit("orders@prod.us-east-2", changed)], PROD);

  it.each([
    ["2026-12-19T22:59:59Z", false],
    ["2026-12-19T23:00:00Z", true],
    ["2027-01-01T22:59:59Z", true],
    ["2027-01-01T23:00:00Z", false],
  ])("at %s: %s", (now, frozen) => {
    expect(check([dev, prod], { freeze: [window] }, { now })).toEqual(
      frozen
        ? [
            {
              guard: "freeze",
              message: "frozen until 2027-01-02T00:00+01:00: Holidays",
              examples: ["orders@prod.us-east-2:a"],
              lifted: false,
            },
          ]
        : [],
    );
  });

  it("holds for each environment and place it names, and says nothing where the plan reaches none", () => {
    const at = { now: "2026-12-24T12:00:00Z" };
    const both = { ...window, envs: ["dev", "prod.us-east-2"] };
    expect(check([dev, prod], { freeze: [both] }, at)[0]?.examples).toEqual([
      "orders@dev:a",
      "orders@prod.us-east-2:a",
    ]);
    expect(check([dev], { freeze: [window] }, at)).toEqual([]);
    expect(check([dev, prod], { freeze: [window, both] }, at)).toHaveLength(2);
  });
});

describe("adopt and replace", () => {
  it("count the values concerned, each on its own", () => {
    const changes = [
      change("adopt", member("add", "a"), member("change", "b")),
      change("replace", member("change", "c")),
      change("create", member("add", "d")),
    ];
    expect(check([destination([unit("orders@dev", { changes })])], {}, { allow: new Set(["replace"]) })).toEqual([
      {
        guard: "adopt",
        message:
          "2 values exist already and were not made by trueup; adopting them makes trueup change and delete them from now on",
        examples: ["orders@dev:a", "orders@dev:b"],
        lifted: false,
      },
      {
        guard: "replace",
        message: "1 value change between plain and secret; the value that is live now is lost",
        examples: ["orders@dev:c"],
        lifted: true,
      },
    ]);
  });
});

describe("dirty", () => {
  const changed = { changes: [change("update", member("change", "a"))] };
  const dev = destination([unit("orders@dev", changed)]);
  const prod = destination([unit("orders@prod.us-east-2", changed)], PROD);

  it("keeps changes that are in no commit out of protected environments", () => {
    expect(check([dev, prod], {}, { dirty: true })).toEqual([
      {
        guard: "dirty",
        message: "the work tree has changes that are in no commit, and the plan reaches a protected environment",
        examples: ["orders@prod.us-east-2:a"],
        lifted: false,
      },
    ]);
    expect(check([dev, prod])).toEqual([]);
    expect(check([dev], {}, { dirty: true })).toEqual([]);
  });
});

describe("lifting", () => {
  it("is word by word", () => {
    const changes = [...removals(4), change("adopt", member("add", "x"))];
    const plan = [destination([unit("orders@dev", { changes, managed: 10 })])];
    const lifted = (...words: string[]) =>
      check(plan, {}, { allow: new Set(words) }).map((refusal) => `${refusal.guard} ${refusal.lifted}`);
    expect(lifted()).toEqual(["delete false", "adopt false"]);
    expect(lifted("delete")).toEqual(["delete true", "adopt false"]);
    expect(lifted("adopt", "delete")).toEqual(["delete true", "adopt true"]);
  });
});
