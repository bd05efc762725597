/** What a reviewer approves: another plan has another digest, and nothing else changes it. */
import { describe, expect, it } from "vitest";
import type { DestinationPlan, Unsourced } from "../../../src/model.ts";
import { lacksSources, refuseUnsourced } from "../../../src/plan/unsourced.ts";
import { type Wants, desk, external, held, place, wholePlan } from "./desk.ts";

const SOURCES = new Map([["ref", "/platform/ref"]]);

interface State {
  readonly wants?: Wants;
  /** What is live before, as other people wrote it. */
  readonly live?: Readonly<Record<string, string>>;
  readonly applied?: Wants;
  readonly hand?: Readonly<Record<string, string>>;
  /** A key that somebody deleted. */
  readonly gone?: string;
  readonly layout?: "keys" | "groups";
  readonly id?: string;
  readonly unit?: string;
  readonly made?: boolean;
  readonly win?: boolean;
}

async function planOf(state: State): Promise<DestinationPlan> {
  const { unit = "orders@dev", layout = "keys", id = "local@dev" } = state;
  const one = desk({ layout, id, place: place("dev") });
  for (const [key, text] of Object.entries(state.live ?? {})) one.memory.handPut(key, text);
  if (state.applied !== undefined) {
    one.git({ [unit]: state.applied }, SOURCES);
    await one.apply();
  }
  for (const [key, text] of Object.entries(state.hand ?? {})) one.memory.handPut(key, text);
  if (state.gone !== undefined) one.memory.handDelete(state.gone);
  one.git({ [unit]: state.wants ?? {} }, SOURCES);
  return one.plan({
    isMade: () => state.made === true,
    policy: { overwriteDrift: false, overwriteConflicts: state.win === true },
  });
}

const A = "/cfg/orders/a";

describe("the digest of a destination", () => {
  it.each<[string, State, State]>([
    ["another destination", { wants: { [A]: 1 } }, { wants: { [A]: 1 }, id: "other@dev" }],
    ["another unit", { wants: { [A]: 1 } }, { wants: { [A]: 1 }, unit: "orders@stage" }],
    ["another key", { wants: { [A]: 1 } }, { wants: { "/cfg/orders/b": 1 } }],
    ["another value", { wants: { [A]: 1 } }, { wants: { [A]: 2 } }],
    ["text and number", { wants: { [A]: 1 } }, { wants: { [A]: "1" } }],
    ["nothing to do", { wants: { [A]: 1 } }, {}],
    ["null and nothing", { wants: { [A]: null }, applied: { [A]: 1 } }, { applied: { [A]: 1 } }],
    ["another value before", { wants: { [A]: 1 }, live: { [A]: "x" } }, { wants: { [A]: 1 }, live: { [A]: "y" } }],
    ["adopted or changed", { wants: { [A]: 2 }, live: { [A]: "1" } }, { wants: { [A]: 2 }, applied: { [A]: 1 } }],
    ["a secret or a plain value", { wants: { [A]: external("s") } }, { wants: { [A]: "s" } }],
    ["another recipe", { wants: { [A]: held("s", "1") } }, { wants: { [A]: held("s", "2") } }],
    ["a recipe or a placeholder", { wants: { [A]: held("s", "1") } }, { wants: { [A]: external("s") } }],
    [
      "a value made up, and one that is not",
      { wants: { [A]: held("s", "2") }, applied: { [A]: held("s", "1") } },
      { wants: { [A]: held("s", "2") }, applied: { [A]: held("s", "1") }, made: true },
    ],
    [
      "another version of the source",
      { wants: { [A]: held("ref", "1") }, live: { "/platform/ref": "x" } },
      { wants: { [A]: held("ref", "1") }, live: { "/platform/z": "x", "/platform/ref": "x" } },
    ],
    [
      "a source that moved, and one that is gone",
      {
        wants: { [A]: held("ref", "2") },
        live: { "/platform/ref": "x" },
        applied: { [A]: held("ref", "1") },
        hand: { "/platform/ref": "y" },
      },
      {
        wants: { [A]: held("ref", "2") },
        live: { "/platform/ref": "x" },
        applied: { [A]: held("ref", "1") },
        gone: "/platform/ref",
      },
    ],
    [
      "a source that is gone, and one that is as it was",
      {
        wants: { [A]: held("ref", "2") },
        live: { "/platform/ref": "x" },
        applied: { [A]: held("ref", "1") },
        gone: "/platform/ref",
      },
      { wants: { [A]: held("ref", "2") }, live: { "/platform/ref": "x" }, applied: { [A]: held("ref", "1") } },
    ],
    [
      "another name in a group",
      { layout: "groups", wants: { [A]: { x: 1 } } },
      { layout: "groups", wants: { [A]: { y: 1 } } },
    ],
    [
      "a conflict and none",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 1 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
    ],
    [
      "another value live in a conflict",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "8" } },
    ],
    [
      "another value of Git in a conflict",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 3 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
    ],
    [
      "a conflict of another kind",
      { wants: {}, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 3 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
    ],
    [
      "a conflict in another name of a group",
      {
        layout: "groups",
        wants: { [A]: { x: 2, y: 1 } },
        applied: { [A]: { x: 1, y: 1 } },
        hand: { [A]: '{"x":9,"y":1}' },
      },
      {
        layout: "groups",
        wants: { [A]: { x: 1, y: 2 } },
        applied: { [A]: { x: 1, y: 1 } },
        hand: { [A]: '{"x":1,"y":9}' },
      },
    ],
    [
      "a conflict in another key",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      {
        wants: { [A]: 1, "/cfg/orders/b": 2 },
        applied: { [A]: 1, "/cfg/orders/b": 1 },
        hand: { "/cfg/orders/b": "9" },
      },
    ],
    [
      "a conflict in another unit",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" }, unit: "orders@stage" },
    ],
    [
      "a conflict and a lifted one",
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" } },
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "9" }, win: true },
    ],
  ])("differs by %s", async (_, left, right) => {
    expect((await planOf(left)).digest).not.toBe((await planOf(right)).digest);
  });

  it.each<[string, State, State]>([
    [
      "another version of the key",
      { wants: { [A]: 2 }, applied: { [A]: 1 } },
      { wants: { [A]: 2 }, applied: { [A]: 1 }, hand: { [A]: "1" } },
    ],
    ["a foreign key", { wants: { [A]: 1 } }, { wants: { [A]: 1 }, live: { "/cfg/theirs": "x" } }],
    ["drift that stays", {}, { wants: { [A]: 1 }, applied: { [A]: 1 }, hand: { [A]: "9" } }],
  ])("is the same for %s", async (_, left, right) => {
    expect((await planOf(left)).digest).toBe((await planOf(right)).digest);
  });

  it("does not know the commit or the apply", async () => {
    const one = desk();
    one.git({ "orders@dev": { [A]: 1 } });
    const plans = await Promise.all([one.plan(), one.plan({ commit: null, applyId: "other" })]);
    expect(plans[0].digest).toBe(plans[1].digest);
  });

  it("tells kinds of change, and an addition from a change, apart", async () => {
    const kept = { layout: "groups", live: { [A]: '{"x":1}' } } as const;
    const added = await planOf({ ...kept, wants: { [A]: { x: 1, y: 2 } } });
    const changed = await planOf({ layout: "groups", live: { [A]: '{"x":1,"y":2}' }, wants: { [A]: { x: 1, y: 2 } } });
    expect(added.digest).not.toBe(changed.digest);
  });
});

describe("sources that are not there", () => {
  const missing = (needed: boolean, secret = "db", unit = "orders@dev"): Unsourced => ({
    unit,
    path: ["pass"],
    secret,
    source: `/platform/${secret}`,
    near: [],
    needed,
  });
  const plan = async (...unsourced: readonly (readonly Unsourced[])[]) => {
    const empty = await planOf({});
    return wholePlan(unsourced.map((each) => ({ ...empty, unsourced: each })));
  };

  it("stop an apply that needs them, and are all named, each once", async () => {
    const needed = await plan(
      [missing(false, "idle")],
      [missing(false, "other"), missing(true), missing(true), missing(true, "b")],
    );
    expect(lacksSources(needed)).toBe(true);
    expect(() => refuseUnsourced(needed)).toThrow(
      expect.objectContaining({
        code: "REFUSED",
        message: "secrets are to be read from keys that do not exist; nothing was written",
        details: ["db of orders@dev: /platform/db", "b of orders@dev: /platform/b"],
        fix: "make the source, or mend the path of the secret in secrets.yaml",
      }),
    );
  });

  it("stop nothing where nothing is to be taken from them", async () => {
    const idle = await plan([missing(false)], []);
    expect(lacksSources(idle)).toBe(false);
    expect(() => refuseUnsourced(idle)).not.toThrow();
  });
});
