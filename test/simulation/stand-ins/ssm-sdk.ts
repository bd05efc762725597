/** `@aws-sdk/client-ssm` in a world: the five calls the driver makes, on the strict double's parameters. */
import { here } from "../platform.ts";
import type { Fault } from "../scenario.ts";

/** Carries out a call in the name of an actor. */
export type Perform = (operation: string, input: Readonly<Record<string, unknown>>, by: string) => unknown;

let perform: Perform | undefined;
export function ssmIs(found: Perform): void {
  perform = found;
}

class Command {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  constructor(operation: string, input: Readonly<Record<string, unknown>>) {
    this.operation = operation;
    this.input = input;
  }
}
function commandOf(operation: string) {
  return class extends Command {
    constructor(input: Readonly<Record<string, unknown>>) {
      super(operation, input);
    }
  };
}
export const GetParametersCommand = commandOf("GetParameters");
export const GetParametersByPathCommand = commandOf("GetParametersByPath");
export const GetParameterHistoryCommand = commandOf("GetParameterHistory");
export const PutParameterCommand = commandOf("PutParameter");
export const DeleteParametersCommand = commandOf("DeleteParameters");

const WRITES = new Set(["PutParameter", "DeleteParameters"]);

export class SSMClient {
  send({ operation, input }: Command): Promise<unknown> {
    const world = here();
    const { actor } = world;
    const found = perform;
    if (found === undefined) throw new Error("no server");
    const names =
      (input["Names"] as readonly string[] | undefined)?.join(" ") ?? String(input["Name"] ?? input["Path"]);
    return world.call({
      what: `${operation} ${names}`,
      mutates: WRITES.has(operation),
      perform: () => found(operation, input, actor.name),
      broken: (fault) => {
        throw errorOf(fault);
      },
    });
  }
  destroy(): void {}
}

function errorOf(fault: Fault | "expired"): Error {
  switch (fault) {
    case "refuse":
      return refusal("ThrottlingException");
    case "busy":
      return refusal("TooManyUpdates");
    case "expired":
      return refusal("ExpiredTokenException");
    case "login":
      return Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    case "late":
      return Object.assign(new Error("timeout"), { name: "TimeoutError" });
    default:
      return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  }
}

/** As the SDK throws what SSM refuses. */
export function refusal(name: string, message = ""): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}
