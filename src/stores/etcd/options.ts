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
      const why = String((cause as NodeJS.ErrnoException).code);
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
