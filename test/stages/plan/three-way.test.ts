import { describe, expect, it } from "vitest";
import { threeWay } from "../../../src/plan/three-way.ts";

describe("three columns", () => {
  it.each([
    // wanted, applied, live
    [undefined, undefined, "x", "same"],
    [undefined, "a", undefined, "settled"],
    [undefined, "a", "a", "remove"],
    [undefined, "a", "b", "changed-live"],
    ["a", undefined, undefined, "add"],
    ["a", undefined, "a", "adopt"],
    ["a", undefined, "b", "adopt"],
    ["a", "a", undefined, "drift-deleted"],
    ["a", "b", undefined, "deleted-live"],
    ["a", "a", "a", "same"],
    ["b", "a", "a", "change"],
    ["a", "a", "b", "drift"],
    ["b", "a", "b", "settled"],
    ["c", "a", "b", "both-changed"],
  ] as const)("wanted %s, applied %s, live %s: %s", (wanted, applied, live, verdict) => {
    expect(threeWay({ wanted, applied, live })).toBe(verdict);
  });
});
