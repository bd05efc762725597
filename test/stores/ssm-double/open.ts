/** Opens the real driver on a double, with a clock that tests can make run faster. */
import type { PlainMap } from "../../../src/model.ts";
import type { Purpose, Store } from "../../../src/stores/store.ts";
import { realClock } from "../../../src/stores/ssm/clock.ts";
import type { Clock } from "../../../src/stores/ssm/clock.ts";
import { optionsOf } from "../../../src/stores/ssm/options.ts";
import type { Options } from "../../../src/stores/ssm/options.ts";
import { openSsm } from "../../../src/stores/ssm/open.ts";

/** Nobody's credentials: the SDK signs with them, and a double does not look. */
export function setTestCredentials(): void {
  process.env["AWS_ACCESS_KEY_ID"] = "AKIAEXAMPLE";
  process.env["AWS_SECRET_ACCESS_KEY"] = "example";
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  process.env["AWS_CONFIG_FILE"] = "/nonexistent";
  process.env["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent";
}

/** As fast as the server is: what most tests want. */
export const UNHURRIED = { read: 100_000, write: 100_000, describe: 100_000, delete: 100_000 };

export function openOn(
  endpoint: string,
  changes: Partial<Options> = {},
  clock: Clock = realClock,
  connection: PlainMap = {},
  purpose: Purpose = "plan",
): Promise<Store> {
  setTestCredentials();
  const options = { ...optionsOf({ region: "us-east-2", ...connection, endpoint }), rates: UNHURRIED };
  return openSsm({ ...options, settle: 100, takeover: 1000, timeout: 1000, ...changes }, purpose, clock);
}

/** A clock on which `factor` seconds pass in one. */
export function fastClock(factor: number): Clock {
  return {
    now: () => performance.now() * factor,
    sleep: (ms, signal) => realClock.sleep(ms / factor, signal),
    random: () => Math.random(),
  };
}
