import { describe } from "vitest";
import { ssm } from "../../src/stores/ssm/ssm.ts";
import { storeContract } from "./contract.ts";
import type { Harness } from "./contract.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { DoubleOptions } from "./ssm-double/double.ts";
import { openOn } from "./ssm-double/open.ts";

/** A double of its own for every test. Claims of generations are the driver's own business, so they are left out. */
async function harness(options: DoubleOptions): Promise<Harness> {
  const double = await startDouble(options);
  const store = await openOn(double.endpoint, { settle: (options.staleMs ?? 0) * 3 + 100 });
  return {
    store,
    limits: ssm.limits,
    prefix: "/contract/a/",
    handPut: (key, text) => Promise.resolve(double.handPut(key, text)),
    handDelete: (key) => Promise.resolve(double.handDelete(key)),
    readRaw: (prefix) =>
      Promise.resolve(new Map([...double.everything(prefix)].filter(([key]) => !key.includes("/.trueup/gen/")))),
    failReads: () => {
      double.fault = ({ operation }) => (operation.startsWith("Get") ? "deny" : undefined);
      return Promise.resolve();
    },
    async dispose() {
      await store.close();
      await double.stop();
    },
  };
}

describe("the double of SSM", () => {
  storeContract("SSM", () => harness({}));
  storeContract("SSM with reads that are behind", () => harness({ staleMs: 30, seed: 7 }));
});
