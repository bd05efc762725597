/** The real engine in simulated worlds: seeds, fixed regressions, a small world in every order, and seeded bugs. */
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
    const { seeds, repeated, failures, counts } = await simulate<Seeds>("--seeds", "3000");
    expect(failures).toEqual([]);
    expect(seeds).toBe(3000);
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

  it("breaks no rule in the first orders of a small world", { timeout: PATIENCE }, async () => {
    interface Result {
      readonly store: string;
      readonly schedules: number;
      readonly failures: readonly object[];
    }
    const { results } = await simulate<{ results: Result[] }>("--exhaustive", "--most", "1500");
    expect(results.map(({ store, schedules, failures }) => ({ store, schedules, failures }))).toEqual([
      { store: "etcd", schedules: 1500, failures: [] },
      { store: "ssm", schedules: 1500, failures: [] },
    ]);
  });

  it("finds bugs that were put in on purpose", { timeout: PATIENCE }, async () => {
    const { found, missed } = await simulate<{ found: object[]; missed: object[] }>("--mutants", "--sample", "8");
    expect(missed).toEqual([]);
    expect(found.length).toBeGreaterThan(5);
  });
});
