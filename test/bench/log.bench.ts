/** A million hostile values through the log of an action: how many forge a command, with and without it. */
import { forged, hostileValue, putThrough } from "../actions/hostile-log.ts";
import { obeyed } from "../actions/runner-rules.ts";
import { seeded } from "../attacks/hostile.ts";

const total = Number(process.argv[2] ?? 1_000_000);
const random = seeded(Number(process.argv[3] ?? 1));
const toolkit = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const counts = { raw: 0, toolkit: 0, ours: 0, log: 0, values: 0 };
let spent = 0;
while (counts.values < total) {
  const values = Array.from({ length: Math.min(1000, total - counts.values) }, () => hostileValue(random));
  for (const value of values) {
    if (obeyed(value).length > 0) counts.raw++;
    if (obeyed(toolkit(value)).length > 0) counts.toolkit++;
  }
  const start = performance.now();
  const through = putThrough(values, random);
  spent += performance.now() - start;
  counts.log += forged(through);
  counts.ours += through.ours;
  counts.values += values.length;
}
const line = (name: string, count: number): string => `${name.padEnd(44)} ${String(count).padStart(9)}\n`;
process.stdout.write(
  line("hostile values", counts.values) +
    line("forge a command, printed raw", counts.raw) +
    line("… with the escapes of @actions/core alone", counts.toolkit) +
    line("… through the log", counts.log) +
    line("commands of ours in between, all obeyed", counts.ours) +
    `${((spent / counts.values) * 1000).toFixed(1)} µs a value\n`,
);
process.exitCode = counts.log === 0 ? 0 : 1;
