/** The one way to SSM: paced, retried where nothing can have happened, and never twice where something may have. */
import type {
  AddTagsToResourceCommandInput,
  AddTagsToResourceCommandOutput,
  DeleteParametersCommandInput,
  DeleteParametersCommandOutput,
  GetParameterHistoryCommandInput,
  GetParameterHistoryCommandOutput,
  GetParametersByPathCommandInput,
  GetParametersByPathCommandOutput,
  GetParametersCommandInput,
  GetParametersCommandOutput,
  PutParameterCommandInput,
  PutParameterCommandOutput,
} from "@aws-sdk/client-ssm";
import { Failure, isFailure } from "../../failure.ts";
import type { Purpose } from "../store.ts";
import type { Clock } from "./clock.ts";
import { credentialsOf } from "./credentials.ts";
import type { Options, Rates } from "./options.ts";
import { paceOf } from "./pace.ts";
import { failureOf, troubleOf } from "./trouble.ts";
import type { Trouble } from "./trouble.ts";

interface Calls {
  GetParameters: [GetParametersCommandInput, GetParametersCommandOutput];
  GetParametersByPath: [GetParametersByPathCommandInput, GetParametersByPathCommandOutput];
  GetParameterHistory: [GetParameterHistoryCommandInput, GetParameterHistoryCommandOutput];
  PutParameter: [PutParameterCommandInput, PutParameterCommandOutput];
  DeleteParameters: [DeleteParametersCommandInput, DeleteParametersCommandOutput];
  /** Only to find out whether it is allowed: tags are given when a parameter is made. */
  AddTagsToResource: [AddTagsToResourceCommandInput, AddTagsToResourceCommandOutput];
}
export type Operation = keyof Calls;
type Input<O extends Operation> = Calls[O][0];
type Output<O extends Operation> = Calls[O][1];

const RATE_OF: Readonly<Record<Operation, keyof Rates>> = {
  GetParameters: "read",
  GetParametersByPath: "read",
  GetParameterHistory: "describe",
  PutParameter: "write",
  DeleteParameters: "delete",
  AddTagsToResource: "describe",
};

/** Tries of a call that fails for other reasons than its rate. */
const TRIES = 4;

export type Told<O extends Operation> =
  | { readonly kind: "done"; readonly output: Output<O> }
  | { readonly kind: "refused" | "unknown"; readonly trouble: Trouble };

export interface Client {
  readonly options: Options;
  readonly clock: Clock;
  /** Region or endpoint, for messages. */
  readonly where: string;
  /** A read: sent again until it is answered or {@link Options.patience} is over. Throws the failure. */
  ask<O extends Operation>(operation: O, input: Input<O>, subject: string, signal?: AbortSignal): Promise<Output<O>>;
  /** A write: sent again only while it surely was not done. Throws only with nothing sent. */
  tell<O extends Operation>(operation: O, input: Input<O>, subject: string, signal?: AbortSignal): Promise<Told<O>>;
  failure(trouble: Trouble, operation: Operation, subject: string): Failure;
  /** Waits longer with each `attempt` (from 0), by chance more or less, so that writers do not meet again. */
  backOff(attempt: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Loads the SDK. `purpose` chooses the role. */
export async function openClient(options: Options, purpose: Purpose, clock: Clock): Promise<Client> {
  // The SDK warns users of older Nodes about its own later versions. Ours is fixed when trueup is built.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const sdk = await import("@aws-sdk/client-ssm");
  const { region, profile, endpoint, timeout } = options;
  const credentials = await credentialsOf(options, options.role[purpose]);
  const client = new sdk.SSMClient({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // The SDK would send a write again whose first answer was lost. Every retry is decided here.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: Math.min(timeout, 5000),
      requestTimeout: timeout,
      throwOnRequestTimeout: true,
    },
  });
  const commands = {
    GetParameters: sdk.GetParametersCommand,
    GetParametersByPath: sdk.GetParametersByPathCommand,
    GetParameterHistory: sdk.GetParameterHistoryCommand,
    PutParameter: sdk.PutParameterCommand,
    DeleteParameters: sdk.DeleteParametersCommand,
    AddTagsToResource: sdk.AddTagsToResourceCommand,
  };
  const send: Send = (operation, input) => {
    const Command = commands[operation] as unknown as new (given: unknown) => never;
    return client.send(new Command(input));
  };
  return clientOf(send, options, clock, () => client.destroy());
}

type Send = <O extends Operation>(operation: O, input: Input<O>) => Promise<Output<O>>;

function clientOf(send: Send, options: Options, clock: Clock, close: () => void): Client {
  const { rates, patience } = options;
  const paces = {
    read: paceOf(rates.read, clock),
    write: paceOf(rates.write, clock),
    describe: paceOf(rates.describe, clock),
    delete: paceOf(rates.delete, clock),
  };
  const where = options.endpoint ?? options.region ?? "the region of this environment";
  const failure: Client["failure"] = (trouble, operation, subject) => failureOf(trouble, operation, subject, where);
  const backOff: Client["backOff"] = (attempt, signal) =>
    clock.sleep(clock.random() * Math.min(5000, 200 * 2 ** attempt), signal);

  /** `again`: send it again although it may have been done. */
  async function call<O extends Operation>(
    operation: O,
    input: Input<O>,
    subject: string,
    again: boolean,
    signal?: AbortSignal,
  ): Promise<Told<O>> {
    const pace = paces[RATE_OF[operation]];
    const end = clock.now() + patience;
    for (let attempt = 0, failed = 0; ; attempt++) {
      await pace.take(signal);
      throwIfStopped(signal, subject);
      let trouble: Trouble;
      try {
        return { kind: "done", output: await send(operation, input) };
      } catch (error) {
        // From taking on a role: nothing was sent to SSM.
        if (isFailure(error)) throw error;
        trouble = troubleOf(error);
      }
      const { kind } = trouble;
      if (kind === "throttled") pace.throttled();
      if (kind === "throttled" || kind === "busy") {
        if (clock.now() > end) return { kind: "refused", trouble };
      } else {
        failed++;
        const isOver = kind === "refused" || failed >= TRIES || (kind === "unknown" && !again);
        if (isOver) return { kind: kind === "unknown" ? "unknown" : "refused", trouble };
      }
      await backOff(Math.min(attempt, 6), signal);
    }
  }

  return {
    options,
    clock,
    where,
    failure,
    backOff,
    close,
    tell: (operation, input, subject, signal) => call(operation, input, subject, false, signal),
    async ask(operation, input, subject, signal) {
      const told = await call(operation, input, subject, true, signal);
      if (told.kind === "done") return told.output;
      throw failure(told.trouble, operation, subject);
    },
  };
}

export function throwIfStopped(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted !== true) return;
  throw new Failure("INTERRUPTED", `Stopped before trueup could ${subject}.`, {
    fix: "Run it again when you are ready.",
  });
}
