/** A strict double of SSM Parameter Store: an HTTP server on loopback that the real SDK speaks to. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Key } from "../../../src/model.ts";
import { accessesOf } from "./access.ts";
import type { Access } from "./access.ts";
import { parametersOf } from "./parameters.ts";
import type { Parameter, Rules } from "./parameters.ts";
import { quotasOf } from "./quotas.ts";
import type { Quotas } from "./quotas.ts";
import { Refusal } from "./rules.ts";
import type { PutInput } from "./rules.ts";

export interface Call {
  readonly operation: string;
  /** Names or path asked for. */
  readonly names: readonly string[];
  /** Milliseconds of the double's clock. */
  readonly at: number;
  /** How it was answered: `done`, or the name of an error. */
  answer: string;
}

/**
 * - `throttle`, `deny`, `500`: refused with that, nothing done.
 * - `lose-request`: the connection is cut, nothing done. `lose-reply`: done, then the connection is cut.
 * - `500-after`: done, then answered with an error. `hang`, `hang-after`: no answer for ever, without and with it done.
 * - `garbage`: answered with a page that is not JSON. `lie`: done, then answered with what that makes of the answer.
 */
export type Fault =
  | "throttle"
  | "deny"
  | "500"
  | "lose-request"
  | "lose-reply"
  | "500-after"
  | "hang"
  | "hang-after"
  | "garbage"
  | { readonly name: string; readonly message?: string }
  | { readonly lie: (answer: Answer) => object };

/** As much of the answers as tests change. */
export interface Answer {
  readonly Parameters?: readonly Readonly<Record<string, unknown>>[];
  readonly NextToken?: string;
  readonly [name: string]: unknown;
}

export interface DoubleOptions extends Partial<Rules> {
  /** Calls per second; without them nothing is throttled. */
  readonly quotas?: Quotas;
  readonly seed?: number;
}

export interface SsmDouble {
  readonly endpoint: string;
  readonly calls: Call[];
  /** Asked before each call is done. */
  fault: (call: Call) => Fault | undefined | void;
  /** Rights that are taken away: operation (`*` for all, or `kms:Decrypt`) and where names begin; looked at before anything else, as AWS does. */
  denied: { readonly operation: string; readonly prefix: string }[];
  /** Plays IAM: asked for every right that a call needs, before it is done. */
  allow: (access: Access) => boolean;
  /** Number of calls of these operations; of all without any. */
  count(...operations: readonly string[]): number;
  handPut(key: Key, text: string, options?: { readonly secret?: boolean; readonly user?: string }): void;
  handDelete(key: Key): void;
  label(key: Key, number: number, label: string): void;
  everything(prefix: Key): Map<Key, string>;
  parameter(key: Key): Parameter | undefined;
  stop(): Promise<void>;
}

export const ALICE = "arn:aws:iam::111122223333:user/alice";
export const TRUEUP = "arn:aws:sts::111122223333:assumed-role/trueup/trueup-run-1";

export async function startDouble(options: DoubleOptions = {}): Promise<SsmDouble> {
  const random = dice(options.seed ?? 1);
  const now = options.now ?? (() => performance.now());
  const rules: Rules = { staleMs: 0, recreateMs: 0, oddPages: true, room: 10_000, ...options, now, random };
  const parameters = parametersOf(rules);
  const quotas = quotasOf(options.quotas, now);
  const busy = new Set<string>();
  const calls: Call[] = [];

  function perform(operation: string, input: Record<string, unknown>): unknown {
    const denied = accessesOf(operation, input, parameters.live).find((access) => !double.allow(access));
    if (denied !== undefined)
      throw new Refusal(
        "AccessDeniedException",
        `User: ${TRUEUP} is not authorized to perform: ${denied.action} on resource: ${denied.resource}`,
      );
    switch (operation) {
      case "PutParameter":
        return parameters.put(input as unknown as PutInput, TRUEUP);
      case "GetParameters":
        return parameters.get(input["Names"] as string[], input["WithDecryption"] === true);
      case "GetParametersByPath":
        return parameters.byPath(input as never);
      case "GetParameterHistory":
        return parameters.history(input as never);
      case "DeleteParameters":
        return parameters.remove(input["Names"] as string[]);
      case "AddTagsToResource":
        return parameters.tag(input["ResourceId"] as string);
      default:
        throw new Refusal("UnknownOperationException", operation);
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers["x-amz-target"]).replace("AmazonSSM.", "");
    const input = JSON.parse(await textOf(request)) as Record<string, unknown>;
    const names = (input["Names"] as string[] | undefined) ?? [
      String(input["Name"] ?? input["Path"] ?? input["ResourceId"]),
    ];
    const call: Call = { operation, names, at: now(), answer: "done" };
    calls.push(call);
    const fault = double.fault(call) ?? undefined;
    const lie = typeof fault === "object" && "lie" in fault ? fault.lie : undefined;
    if (fault !== undefined) call.answer = typeof fault === "string" ? fault : "name" in fault ? fault.name : "lie";
    if (fault === "hang") return;
    if (fault === "lose-request") return void request.socket.destroy();
    const isDone = fault === undefined || fault === "lose-reply" || fault === "500-after" || fault === "hang-after";
    const reply = isDone || lie !== undefined ? await carryOut(call, input) : refusalOf(fault);
    if (fault === "hang-after") return;
    if (fault === "lose-reply") return void request.socket.destroy();
    if (fault === "500-after") return send(response, 500, { __type: "InternalServerError" });
    if (fault === "garbage") return void response.writeHead(200).end("<html>Bad gateway</html>");
    send(response, reply.status, lie === undefined ? reply.body : lie(reply.body as Answer));
  }

  async function carryOut(call: Call, input: Record<string, unknown>): Promise<Reply> {
    const { operation, names } = call;
    const name = operation === "PutParameter" ? names[0] : undefined;
    try {
      const isSealed = (asked: string): boolean =>
        input["WithDecryption"] === true && parameters.live.get(asked)?.versions.at(-1)?.type === "SecureString";
      const isDenied = double.denied.some((each) =>
        names.some(
          (asked) =>
            asked.startsWith(each.prefix) &&
            (["*", operation].includes(each.operation) || (each.operation === "kms:Decrypt" && isSealed(asked))),
        ),
      );
      if (isDenied)
        throw new Refusal("AccessDeniedException", `User: ${TRUEUP} is not authorized to perform: ssm:${operation}`);
      if (!quotas.take(operation)) throw new Refusal("ThrottlingException", "Rate exceeded");
      if (name !== undefined && busy.has(name))
        throw new Refusal(
          "TooManyUpdates",
          "There are concurrent updates for a resource that supports one update at a time.",
        );
      if (name === undefined) return { status: 200, body: perform(operation, input) };
      busy.add(name);
      try {
        // Long enough for another put of the same name to meet this one.
        await new Promise(setImmediate);
        return { status: 200, body: perform(operation, input) };
      } finally {
        busy.delete(name);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      call.answer = error.name;
      return { status: 400, body: { __type: error.name, message: error.message } };
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      send(response, 500, { __type: "InternalServerError", message: String(error) }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const double: SsmDouble = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault: () => undefined,
    denied: [],
    allow: () => true,
    count: (...operations) =>
      calls.filter((call) => operations.length === 0 || operations.includes(call.operation)).length,
    handPut(key, text, { secret, user = ALICE } = {}) {
      const type = parameters.live.get(key)?.versions.at(-1)?.type ?? (secret === true ? "SecureString" : "String");
      parameters.put(
        { Name: key, Value: text, Type: type, Overwrite: true, ...(text.length > 4096 ? { Tier: "Advanced" } : {}) },
        user,
        0,
      );
    },
    handDelete: (key) => void parameters.remove([key], 0),
    label: (key, number, label) =>
      void parameters.live
        .get(key)
        ?.versions.find((each) => each.number === number)
        ?.labels.add(label),
    everything: (prefix) =>
      new Map(
        [...parameters.live.values()]
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ name, versions }) => [name, versions.at(-1)?.text ?? ""]),
      ),
    parameter: (key) => parameters.live.get(key),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return double;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function refusalOf(fault: Fault): Reply {
  if (typeof fault === "object" && "name" in fault)
    return { status: 400, body: { __type: fault.name, message: fault.message ?? "" } };
  if (fault === "throttle") return { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } };
  if (fault === "deny")
    return { status: 400, body: { __type: "AccessDeniedException", message: `User: ${TRUEUP} is not authorized` } };
  return { status: 500, body: { __type: "InternalServerError" } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": "00000000-0000-4000-8000-000000000000",
  });
  response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A small generator of numbers from 0 to 1 (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
