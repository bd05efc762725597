/** Timing with ratios in mind: several rounds, cases interleaved, medians. */

export interface Measured {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Runs all cases `rounds` times in turn, so that a busy moment of the machine hits all alike. Milliseconds. */
export async function measure(
  cases: Readonly<Record<string, () => unknown>>,
  rounds: number,
): Promise<Record<string, Measured>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      globalThis.gc?.();
      const start = performance.now();
      await run();
      times[name]?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)]));
}

function summary(list: readonly number[]): Measured {
  const sorted = list.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** A line of a table: name, median with its range, ratio to a base. */
export function row(name: string, measured: Measured, base?: Measured): string {
  const ratio = base === undefined ? "" : `   ${(measured.median / base.median).toFixed(2)}x`;
  return `${name.padEnd(34)} ${measured.median.toFixed(0).padStart(7)} ms  [${measured.min.toFixed(0)}..${measured.max.toFixed(0)}]${ratio}\n`;
}
