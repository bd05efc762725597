/** One input on one target: what it throws, how long it takes, and whether it left something in every object. */
import { Finding, type FuzzTarget } from "./target.ts";

/** Milliseconds of processor time that one input may take. */
const SLOW = 1000;

const NAMES = [Object.prototype, Array.prototype, Function.prototype, String.prototype].map(
  (each) => [each, Object.getOwnPropertyNames(each).length] as const,
);

function isPolluted(): boolean {
  for (const _ in {}) return true;
  return NAMES.some(([each, count]) => Object.getOwnPropertyNames(each).length !== count);
}

/** What is wrong; undefined if every promise was kept. */
export async function faultOf(target: FuzzTarget, input: Buffer, limit = SLOW): Promise<string | undefined> {
  const first = await once(target, input, limit);
  // Other work may share the machine: what is slow must be slow twice more.
  if (first !== "slow") return first;
  const again = [await once(target, input, limit), await once(target, input, limit)];
  return again.every((each) => each === "slow") ? `takes more than ${limit} ms` : again.find((each) => each !== "slow");
}

async function once(target: FuzzTarget, input: Buffer, limit: number): Promise<string | undefined> {
  const cpu = process.cpuUsage();
  try {
    // Not `await` for those that need none: it would be most of their time.
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    return error instanceof Finding
      ? error.message
      : `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  if (isPolluted()) return "something is in every object";
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1000 > limit ? "slow" : undefined;
}
