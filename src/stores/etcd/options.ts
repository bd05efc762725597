/** `connection` of an etcd target: its schema, and what becomes of it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../failure.ts";
import type { PlainMap } from "../../model.ts";
import { DEFAULT_MAX_REQUEST_BYTES, DEFAULT_MAX_TXN_OPS } from "./limits.ts";

export interface Endpoint {
  /** `https://etcd-1.example.com:2379`: as people know it, port always written. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface Options {
  readonly endpoints: readonly Endpoint[];
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly tls: TlsFiles;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly nested: "auto" | boolean;
  /** Bytes of an answer that are still taken. Not a setting: etcd's largest pages are far below it. */
  readonly maxAnswerBytes: number;
}

const text = (description: string): PlainMap => ({ type: "string", minLength: 1, description });
const credential = (description: string): PlainMap => ({
  description,
  anyOf: [
    { type: "string", minLength: 1, description: "The text itself. Only for servers on your own machine." },
    {
      type: "object",
      description: "Taken from an environment variable when the store is opened.",
      properties: { fromEnv: text("Name of the environment variable.") },
      required: ["fromEnv"],
      additionalProperties: false,
    },
  ],
});

/** JSON Schema (draft-07) of `connection`. */
export const connectionSchema: PlainMap = {
  type: "object",
  description: "How to reach etcd.",
  additionalProperties: false,
  properties: {
    endpoints: {
      type: "array",
      description: "Addresses of the members of one cluster, tried in this order. All http:// or all https://.",
      items: {
        type: "string",
        // Loose on purpose: the text may still hold templates. `optionsOf` looks closely at what they become.
        description: "`https://etcd.example.com:2379`; port 2379 where none is given.",
        pattern: "^https?://",
      },
      minItems: 1,
      uniqueItems: true,
      default: ["http://127.0.0.1:2379"],
    },
    username: credential("User to log in as, if the cluster has authentication on."),
    password: credential("Password of that user."),
    tls: {
      type: "object",
      description: "Certificates for https endpoints. Without it, the authorities that Node.js trusts are trusted.",
      additionalProperties: false,
      properties: {
        ca: text("File (PEM) with the authorities that signed the servers' certificates, relative to trueup.yaml."),
        cert: text("File (PEM) with the client's certificate, relative to trueup.yaml."),
        key: text("File (PEM) with the private key of that certificate, relative to trueup.yaml."),
      },
      dependencies: { cert: ["key"], key: ["cert"] },
    },
    timeout: {
      type: "number",
      description: "Seconds one request may take. Keep it over 8: the server itself gives up after 7.",
      exclusiveMinimum: 0,
      default: 10,
    },
    maxRequestBytes: {
      type: "integer",
      description:
        "Largest request sent. Raise or lower it with the server's --max-request-bytes, and stay below that.",
      minimum: 65_536,
      default: DEFAULT_MAX_REQUEST_BYTES,
    },
    maxTxnOps: {
      type: "integer",
      description: "Operations in one transaction: the server's --max-txn-ops.",
      minimum: 16,
      default: DEFAULT_MAX_TXN_OPS,
    },
    nested: {
      description:
        "Use transactions inside transactions, so that an apply is one step. `auto` finds out; false is for servers that only look like etcd.",
      enum: ["auto", true, false],
      default: "auto",
    },
  },
  dependencies: { username: ["password"], password: ["username"] },
};

/** Reads the certificate files and fills in defaults. Throws USAGE or MISSING if it cannot be used. */
export async function optionsOf(connection: PlainMap, folder: string): Promise<Options> {
  const given = connection as {
    endpoints?: readonly string[];
    username?: string;
    password?: string;
    tls?: { ca?: string; cert?: string; key?: string };
    timeout?: number;
    maxRequestBytes?: number;
    maxTxnOps?: number;
    nested?: "auto" | boolean;
  };
  const endpoints = (given.endpoints ?? ["http://127.0.0.1:2379"]).map(endpointOf);
  const secure = endpoints.filter((endpoint) => endpoint.secure).length;
  if (endpoints.length === 0) throw usage("connection.endpoints of an etcd target is empty", "Name at least one.");
  if (secure !== 0 && secure !== endpoints.length)
    throw usage("connection.endpoints mixes http:// and https://", "Use https:// for all of them.");
  if (secure === 0 && given.tls !== undefined)
    throw usage("connection.tls is given, but the endpoints are http://", "Write https:// in connection.endpoints.");
  if ((given.username === undefined) !== (given.password === undefined))
    throw usage("connection has only one of username and password", "Give both, or none.");
  return {
    endpoints,
    auth:
      given.username === undefined || given.password === undefined
        ? undefined
        : { username: given.username, password: given.password },
    tls: await filesOf(given.tls ?? {}, folder),
    timeout: (given.timeout ?? 10) * 1000,
    maxRequestBytes: given.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
    maxTxnOps: given.maxTxnOps ?? DEFAULT_MAX_TXN_OPS,
    nested: given.nested ?? "auto",
    maxAnswerBytes: 64 * 1024 * 1024,
  };
}

function endpointOf(address: string): Endpoint {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:@\s]+)(?::(\d+))?\/?$/u.exec(address);
  if (match === null)
    throw usage("connection.endpoints holds something that is not an address", "Write it as https://host:2379.");
  const [, scheme = "", host = "", port = "2379"] = match;
  return {
    url: `${scheme}://${host}:${port}`,
    host: host.replace(/^\[|\]$/gu, ""),
    port: Number(port),
    secure: scheme === "https",
  };
}

async function filesOf(files: { ca?: string; cert?: string; key?: string }, folder: string): Promise<TlsFiles> {
  const read = async (name: "ca" | "cert" | "key"): Promise<TlsFiles> => {
    const file = files[name];
    if (file === undefined) return {};
    try {
      return { [name]: await readFile(resolve(folder, file)) };
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? "unreadable";
      throw new Failure("MISSING", `connection.tls.${name}: ${file} cannot be read (${why})`, {
        fix: "The path is relative to the folder of trueup.yaml. In CI, write the file from a secret first.",
        cause,
      });
    }
  };
  const parts = await Promise.all((["ca", "cert", "key"] as const).map(read));
  return Object.assign({}, ...parts) as TlsFiles;
}

function usage(message: string, fix: string): Failure {
  return new Failure("USAGE", message, { fix });
}
