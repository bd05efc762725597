/** A config repo of many apps whose target is SSM, and drivers that lead to a double. */
import type { Drivers } from "../../../src/index.ts";
import { realClock } from "../../../src/stores/ssm/clock.ts";
import type { Clock } from "../../../src/stores/ssm/clock.ts";
import type { Options } from "../../../src/stores/ssm/options.ts";
import { ssm } from "../../../src/stores/ssm/ssm.ts";
import { openOn } from "./open.ts";

const configOf = (path: string): string => `version: 1
system: shop
environments:
  prod: {}
  later: {}
targets:
  config: { type: aws-ssm, path: "${path}" }
`;

/** Files of `apps` apps in prod with `keys` values each; `value` is part of every text. */
export function repo(
  apps: number,
  keys: number,
  value = "one",
  path = "/shop/{{env}}/{{app}}/{{key}}",
): Record<string, string> {
  const text = (app: number): string =>
    Array.from({ length: keys }, (_, n) => `key-${n}: value ${value} of app ${app} number ${n}\n`).join("");
  return {
    "trueup.yaml": configOf(path),
    ...Object.fromEntries(
      Array.from({ length: apps }, (_, app) => [
        [`apps/app${app}/base.yaml`, text(app)],
        [`apps/app${app}/app.yaml`, "places: [prod]\n"],
      ]).flat() as [string, string][],
    ),
  };
}

/** Drivers whose SSM is at `endpoint`. */
export function driversTo(endpoint: string, changes: Partial<Options> = {}, clock: Clock = realClock): Drivers {
  return {
    "aws-ssm": {
      ...ssm,
      open: (connection, _folder, purpose) => openOn(endpoint, changes, clock, connection, purpose),
    },
  };
}
