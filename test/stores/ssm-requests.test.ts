/** What an apply and a plan cost: requests, and time under the quotas of an account. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_RATES } from "../../src/stores/ssm/options.ts";
import { run, tempFolder } from "../project.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { DoubleOptions, SsmDouble } from "./ssm-double/double.ts";
import { fastClock } from "./ssm-double/open.ts";
import { USUAL } from "./ssm-double/quotas.ts";
import { driversTo, repo } from "./ssm-double/repo.ts";

/** Few, so that CI is quick; `npm run bench -- ssm` holds 1,000 and 10,000 parameters to the same limits. */
const [APPS, KEYS] = [10, 25];
const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function setUp(options: DoubleOptions, path?: string): Promise<{ double: SsmDouble; folder: string }> {
  const double = await startDouble({ oddPages: false, ...options });
  const { folder, dispose } = tempFolder(repo(APPS, KEYS, "one", path));
  disposals.push(dispose, () => double.stop());
  return { double, folder };
}

const settings = (double: SsmDouble): string[] =>
  [...double.everything("/shop/")].filter(([key]) => !key.includes(".trueup")).map(([, text]) => text);

/** One read by path for all units, or one for each where another place lies between. */
const PATHS = ["/shop/{{env}}/{{app}}/{{key}}", "/shop/{{app}}/{{env}}/{{key}}"];

describe("250 parameters in 10 units", () => {
  it.each(PATHS)("take few requests: %s", async (path) => {
    const { double, folder } = await setUp({}, path);
    const options = { drivers: driversTo(double.endpoint), scope: { envs: ["prod"] } };
    const counted = async (mode: "plan" | "apply"): Promise<readonly [writes: number, reads: number]> => {
      double.calls.splice(0);
      const { receipts } = await run(folder, mode, options);
      expect(receipts.filter(({ result }) => result !== "applied")).toEqual([]);
      const writes = double.count("PutParameter", "DeleteParameters", "GetParameterHistory");
      return [writes, double.count() - writes];
    };
    const [first, firstReads] = await counted("apply");
    expect(settings(double)).toHaveLength(APPS * KEYS);
    // Twice the ledger record of each unit, the claim, and the head at the beginning and at the end.
    expect(first).toBe(APPS * KEYS + 2 * APPS + 3);
    // Each key three times by tens (before, after, at the end), the ledger twice, and the first look at everything.
    expect(firstReads).toBeLessThanOrEqual(3 * APPS * Math.ceil((KEYS + 1) / 10) + 2 * APPS + 10);

    const [nothing, look] = await counted("plan");
    expect([nothing, look <= (APPS * KEYS) / 10 + APPS + 5]).toEqual([0, true]);
    expect(await counted("apply")).toEqual([0, look]);

    const base = join(folder, "apps/app7/base.yaml");
    writeFileSync(base, readFileSync(base, "utf8").replace("value one of app 7 number 3", "another value"));
    const [one, oneReads] = await counted("apply");
    // The value, its unit's ledger record before and after, the claim, and the head twice.
    expect(one).toBe(6);
    expect(oneReads).toBeLessThanOrEqual(look + 10);
  });
});

describe("the usual quotas of an account", () => {
  it("are used and kept: hardly anything is throttled", { timeout: 60_000 }, async () => {
    const clock = fastClock(25);
    const double = await startDouble({ oddPages: false, quotas: USUAL, now: () => clock.now() });
    const { folder, dispose } = tempFolder(repo(APPS, KEYS));
    disposals.push(dispose, () => double.stop());
    const begin = clock.now();
    const drivers = driversTo(double.endpoint, { rates: DEFAULT_RATES }, clock);
    const { receipts } = await run(folder, "apply", { drivers, scope: { envs: ["prod"] } });
    expect(receipts.map((receipt) => receipt.result)).toEqual(["applied"]);
    // A busy machine makes a fast clock inexact; `npm run bench -- ssm` measures in real time.
    expect((clock.now() - begin) / 1000).toBeLessThan((double.count("PutParameter") / USUAL.write) * 2);
    const throttled = double.calls.filter(({ answer }) => answer === "ThrottlingException").length;
    expect(throttled).toBeLessThanOrEqual(double.count() / 10);
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
