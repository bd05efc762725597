/** The judge of a run finds what it is there for. */
import { describe, expect, it } from "vitest";
import { judge } from "./verdicts.ts";
import { APPS, type Attempt, NAMES, type Records, noRecords } from "./work.ts";

const HEAD = "/cfg/.trueup/shop/config/dev/head";
const state = (generation: number, token: string, more: Record<string, string> = {}): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({
      [HEAD]: JSON.stringify({ generation }),
      ...Object.fromEntries(APPS.flatMap((app) => NAMES.map((name) => [`/cfg/dev/${app}/${name}`, token]))),
      ...more,
    }),
  );
const attempt = (token: string, verdict: Attempt["verdict"], revision?: number): Attempt => ({
  token,
  from: 0,
  to: 1,
  verdict,
  code: verdict,
  revision,
});
const records = (revisions: readonly ReadonlyMap<string, string>[], ...attempts: Attempt[]): Records => ({
  ...noRecords(),
  attempts,
  revisions: new Map(revisions.map((values, n) => [n + 2, values])),
});

describe("judge", () => {
  it("has nothing to say of a run where every answer is true", () => {
    const run = records([state(1, "x"), state(2, "y")], attempt("x", "applied", 2), attempt("y", "unknown"));
    expect(judge(run)).toMatchObject({ wrongs: [], applied: 1, unknown: 1, unknownButDone: 1 });
  });

  it.each<[string, Records, string]>([
    ["an acknowledged apply that is nowhere", records([state(1, "x")], attempt("y", "applied", 9)), "in no revision"],
    ["an apply that denies what it did", records([state(1, "x")], attempt("x", "not applied")), "not applied"],
    ["a mixed unit", records([state(1, "x", { "/cfg/dev/a/k0": "y" })]), "mixed"],
    ["a generation that goes back", records([state(5, "x"), state(4, "y")]), "generation 5 became 4"],
    [
      "a key that changes without its head",
      records([state(1, "x"), state(1, "x", { "/cfg/dev/b/k0": "hand-1" })]),
      "without its head",
    ],
  ])("finds %s", (_, run, words) => {
    expect(judge(run).wrongs.join("\n")).toContain(words);
  });
});
