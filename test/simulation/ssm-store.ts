/** SSM in a world: the parameters of the strict double, behind the real driver with its own clock. */
import type { Key } from "../../src/model.ts";
import { limits } from "../../src/stores/ssm/limits.ts";
import { openSsm } from "../../src/stores/ssm/open.ts";
import { optionsOf } from "../../src/stores/ssm/options.ts";
import { type ParameterVersion, parametersOf } from "../stores/ssm-double/parameters.ts";
import { Refusal } from "../stores/ssm-double/rules.ts";
import type { Dice } from "./dice.ts";
import type { Cell, Mutation, SimulatedStore, Witness } from "./ground.ts";
import { here } from "./platform.ts";
import type { Scenario } from "./scenario.ts";
import { type Perform, refusal, ssmIs } from "./stand-ins/ssm-sdk.ts";

/** Far above any quota: most worlds are not about pace. */
const UNHURRIED = { read: 100_000, write: 100_000, describe: 100_000, delete: 100_000 };

export function ssmStore(
  scenario: Scenario,
  dice: Dice,
  mayWrite: (by: string, key: Key) => boolean,
  witness: Witness,
): SimulatedStore {
  const { staleMs = 0, recreateMs = 0, room = Infinity, storm } = scenario.tuning;
  const rules = {
    now: () => here().now,
    random: () => dice.next(),
    staleMs,
    recreateMs,
    oddPages: scenario.pace % 4 === 0,
    room,
  };
  const parameters = parametersOf(rules);
  const cells = new Map<Key, Cell>();
  let isStormy = storm !== undefined;

  const cellOf = (version: ParameterVersion | undefined): Cell | undefined =>
    version === undefined
      ? undefined
      : {
          text: version.text,
          version: `${version.number}@${Math.round(version.at * 1000)}`,
          secret: version.type === "SecureString",
        };

  function changing<T>(by: string, keys: readonly Key[], change: () => T): T {
    const done = change();
    const batch = keys.flatMap((key): Mutation[] => {
      const before = cells.get(key);
      const after = cellOf(parameters.live.get(key)?.versions.at(-1));
      if (before?.version === after?.version) return [];
      if (after === undefined) cells.delete(key);
      else cells.set(key, after);
      return [{ by, at: here().now, key, before, after }];
    });
    if (batch.length > 0) witness(batch);
    return done;
  }

  function allow(by: string, keys: readonly Key[]): void {
    if (!keys.every((key) => mayWrite(by, key))) throw new Refusal("AccessDeniedException", "not authorized");
  }

  const perform: Perform = (operation, input, by) => {
    try {
      if (isStormy && storm !== undefined && here().now >= storm[0] && here().now < storm[1]) {
        here().count("fault: storm");
        throw new Refusal("ThrottlingException", "Rate exceeded");
      }
      switch (operation) {
        case "PutParameter": {
          const key = String(input["Name"]);
          allow(by, [key]);
          return changing(by, [key], () => parameters.put(input as never, by));
        }
        case "DeleteParameters": {
          const keys = input["Names"] as readonly Key[];
          allow(by, keys);
          return changing(by, keys, () => parameters.remove(keys));
        }
        case "GetParameters":
          return dated(parameters.get(input["Names"] as string[], input["WithDecryption"] === true));
        case "GetParametersByPath":
          return dated(parameters.byPath(input as never));
        default:
          return dated(parameters.history(input as never));
      }
    } catch (error) {
      throw error instanceof Refusal ? refusal(error.name, error.message) : error;
    }
  };
  ssmIs(perform);

  return {
    cells,
    handPut(key, text, secret) {
      const type = parameters.live.get(key)?.versions.at(-1)?.type ?? (secret ? "SecureString" : "String");
      try {
        changing("hand", [key], () => parameters.put({ Name: key, Value: text, Type: type, Overwrite: true }, "hand"));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    },
    handDelete: (key) => void changing("hand", [key], () => parameters.remove([key])),
    relieve() {
      isStormy = false;
      Object.assign(rules, { room: Infinity });
    },
    driver: () => ({
      limits,
      open: () => {
        const world = here();
        const { dice: own } = world.actor;
        const clock = {
          now: () => here().now,
          sleep: (ms: number, signal?: AbortSignal) => here().sleep(ms, signal),
          random: () => own.next(),
        };
        const rates = scenario.pace % 3 === 0 ? optionsOf({}).rates : UNHURRIED;
        return openSsm({ ...optionsOf({ region: "us-east-2" }), rates }, "apply", clock);
      },
    }),
  };
}

/** The SDK gives dates where the wire has seconds. */
function dated(answer: { readonly Parameters: readonly { readonly LastModifiedDate: number }[] }): unknown {
  return {
    ...answer,
    Parameters: answer.Parameters.map((each) => ({
      ...each,
      LastModifiedDate: new Date(each.LastModifiedDate * 1000),
    })),
  };
}
