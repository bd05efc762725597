/** What an apply and a plan cost: requests, and time under the quotas of an account. */
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_RATES } from "../../src/stores/ssm/options.ts";
import { run, tempFolder } from "../project.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { DoubleOptions, SsmDouble } from "./ssm-double/double.ts";
import { fastClock } from "./ssm-double/open.ts";
import { USUAL } from "./ssm-double/quotas.ts";
import { driversTo, repo } from "./ssm-double/repo.ts";

const [APPS, KEYS] = [40, 25];
const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function setUp(options: DoubleOptions): Promise<{ double: SsmDouble; folder: string }> {
  const double = await startDouble({ oddPages: false, ...options });
  const { folder, dispose } = tempFolder(repo(APPS, KEYS));
  disposals.push(dispose, () => double.stop());
  return { double, folder };
}

const settings = (double: SsmDouble): string[] =>
  [...double.everything("/shop/prod/")].filter(([key]) => !key.includes(".trueup")).map(([, text]) => text);

describe("1,000 parameters in 40 units", () => {
  it("take few requests: a first apply, and a plan without changes", async () => {
    const { double, folder } = await setUp({});
    const drivers = driversTo(double.endpoint);
    const { receipts } = await run(folder, "apply", { drivers });
    expect(receipts.map((receipt) => receipt.result)).toEqual(["applied"]);
    expect(settings(double)).toHaveLength(APPS * KEYS);
    const writes = double.count("PutParameter", "DeleteParameters", "GetParameterHistory");
    expect(writes).toBeLessThanOrEqual(APPS * KEYS + 2 * APPS + 5);
    const reads = double.count() - writes;
    // Each key three times by tens (before, after, at the end), the ledger twice, and the first look at everything.
    expect(reads).toBeLessThanOrEqual(3 * APPS * Math.ceil((KEYS + 1) / 10) + 2 * APPS + 10);

    const before = double.count();
    const again = await run(folder, "plan", { drivers });
    expect(again.plan.destinations.flatMap(({ units }) => units)).toEqual([]);
    expect(double.count() - before).toBeLessThanOrEqual((APPS * KEYS) / 10 + APPS + 5);
    const wrote = double.count("PutParameter");
    await run(folder, "apply", { drivers });
    expect(double.count("PutParameter")).toBe(wrote);
  });

  it("are written about as fast as the quotas allow, nearly without throttling", { timeout: 60_000 }, async () => {
    const clock = fastClock(25);
    const { double, folder } = await setUp({ quotas: USUAL, now: () => clock.now() });
    const begin = clock.now();
    const { receipts } = await run(folder, "apply", {
      drivers: driversTo(double.endpoint, { rates: DEFAULT_RATES }, clock),
    });
    const seconds = (clock.now() - begin) / 1000;
    expect(receipts.map((receipt) => receipt.result)).toEqual(["applied"]);
    expect(seconds).toBeLessThan((double.count("PutParameter") / USUAL.write) * 1.1);
    const throttled = double.calls.filter(({ answer }) => answer === "ThrottlingException").length;
    expect(throttled).toBeLessThanOrEqual(double.count() / 100);
  });
});

describe("a storm of throttling", () => {
  it("of 60 seconds delays an apply, and loses nothing", { timeout: 60_000 }, async () => {
    const clock = fastClock(40);
    const double = await startDouble({ quotas: USUAL, now: () => clock.now() });
    const { folder, dispose } = tempFolder(repo(5, 10));
    disposals.push(dispose, () => double.stop());
    const end = clock.now() + 60_000;
    double.fault = () => (clock.now() < end ? "throttle" : undefined);
    const drivers = driversTo(double.endpoint, { rates: DEFAULT_RATES, patience: 300_000 }, clock);
    const { receipts } = await run(folder, "apply", { drivers });
    expect(receipts.map((receipt) => receipt.result)).toEqual(["applied"]);
    expect(settings(double)).toHaveLength(50);
    const versions = [...double.everything("/shop/prod/app0/").keys()].map(
      (key) => double.parameter(key)?.versions.length,
    );
    expect(new Set(versions)).toEqual(new Set([1]));
    // Few calls went into the storm: the pace was cut.
    expect(double.calls.filter(({ answer }) => answer === "throttle").length).toBeLessThan(150);
  });

  it("without an end stops a read with a failure, not with a shorter store", async () => {
    const clock = fastClock(100);
    const double = await startDouble({});
    const { folder, dispose } = tempFolder(repo(1, 3));
    disposals.push(dispose, () => double.stop());
    await run(folder, "apply", { drivers: driversTo(double.endpoint) });
    let pages = 0;
    double.fault = ({ operation }) => (operation === "GetParametersByPath" && ++pages > 1 ? "throttle" : undefined);
    const drivers = driversTo(double.endpoint, { patience: 20_000 }, clock);
    await expect(run(folder, "plan", { drivers })).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
