/** The real engine in simulated worlds: seeds, fixed regressions, a small world in every order, and seeded bugs. */
import { readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/simulate.mjs");
/** Milliseconds: the machine that runs this may be busy with other things. */
const PATIENCE = 240_000;

function simulate<T>(...args: readonly string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [SCRIPT, "--json", ...args], { maxBuffer: 1 << 26 }, (error, out) => {
      if (out === "") reject(error ?? new Error("the simulation said nothing"));
      else resolve(JSON.parse(out) as T);
    });
  });
}

interface Seeds {
  readonly seeds: number;
  readonly repeated: number;
  readonly failures: readonly object[];
  readonly counts: Readonly<Record<string, number>>;
}

describe("simulation", () => {
  it("breaks no rule in any world, and runs every world the same way twice", { timeout: PATIENCE }, async () => {
    const { seeds, repeated, failures, counts } = await simulate<Seeds>("--seeds", "10000");
    expect(failures).toEqual([]);
    expect(seeds).toBe(10_000);
    expect(repeated).toBeGreaterThan(20);
    // Worlds in which nothing goes wrong prove nothing.
    for (const what of [
      "fault: lose-reply",
      "fault: late",
      "fault: crash-arrives",
      "result: partial",
      "result: superseded",
      "result: moved",
      "state: a ledger record with pending is left",
      "state: a generation was taken over",
      "state: a race was told",
      "state: placeholder written",
      "state: a reader read during changes",
    ])
      expect(counts[what] ?? 0, what).toBeGreaterThan(0);
  });

  it("keeps every bug out that it found once", { timeout: PATIENCE }, async () => {
    const { files } = await simulate<{ files: { file: string; violations: object[]; same: boolean }[] }>(
      "--regressions",
    );
    expect(files.length).toBeGreaterThan(8);
    expect(files.filter(({ violations, same }) => violations.length > 0 || !same)).toEqual([]);
  });

  it("breaks no rule in any order of a small world with one lost message", { timeout: PATIENCE }, async () => {
    interface Result {
      readonly store: string;
      readonly schedules: number;
      readonly states: number;
      readonly failures: readonly object[];
    }
    const scope = ["--lost", "1", "--crashes", "0"];
    const { results } = await simulate<{ results: Result[] }>("--exhaustive", "--store", "etcd", ...scope);
    expect(results).toMatchObject([{ store: "etcd", complete: true, failures: [] }]);
    expect(results[0]?.states).toBeGreaterThan(1000);
    const first = await simulate<{ results: Result[] }>("--exhaustive", "--store", "ssm", "--most", "500");
    expect(first.results).toMatchObject([{ store: "ssm", schedules: 500, failures: [] }]);
  });

  it("has no seeded bug that is not in the code as it stands", async () => {
    interface Mutant {
      readonly name: string;
      readonly patch: { readonly file: string; readonly find: string };
    }
    const { MUTANTS } = (await import(new URL("mutants.mjs", import.meta.url).href)) as {
      readonly MUTANTS: readonly Mutant[];
    };
    const stale = MUTANTS.filter(({ patch }) => readFileSync(patch.file, "utf8").split(patch.find).length !== 2);
    expect(stale.map(({ name }) => name)).toEqual([]);
    expect(MUTANTS.length).toBeGreaterThan(40);
  });

  it("finds bugs that were put in on purpose", { timeout: PATIENCE }, async () => {
    const { found, missed } = await simulate<{ found: object[]; missed: object[] }>("--mutants", "--sample", "6");
    expect(missed).toEqual([]);
    expect(found.length).toBeGreaterThan(5);
  });
});
