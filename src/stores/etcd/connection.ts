/** One endpoint: the gRPC client that `etcd3` keeps for it, and calls that say whether they were sent. */
import { Failure } from "../../failure.ts";
import type { Endpoint, Options } from "./options.ts";
import { isAuthOff } from "./status.ts";
import type { Status } from "./status.ts";

export type Method = "Range" | "Txn";
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: Status };

export interface Connection {
  /** Calls once. What goes wrong on the way is a status, not an exception. */
  call<T>(method: Method, request: object): Promise<Answer<T>>;
  /** Forgets connection and login; the next call makes new ones. */
  reset(): void;
  close(): void;
}

/** The parts of @grpc/grpc-js (1.14, seen 2026-08) that are touched. */
interface GrpcClient {
  readonly constructor: {
    readonly service: Readonly<
      Record<
        Method,
        {
          readonly path: string;
          requestSerialize(request: object): Buffer;
          responseDeserialize(bytes: Buffer): unknown;
        }
      >
    >;
  };
  getChannel(): {
    getConnectivityState(connect: boolean): number;
    watchConnectivityState(from: number, deadline: number, done: (error?: Error) => void): void;
  };
  makeUnaryRequest(
    path: string,
    serialize: (request: object) => Buffer,
    deserialize: (bytes: Buffer) => unknown,
    request: object,
    metadata: Metadata,
    options: { readonly deadline: number },
    done: (error: { readonly code?: number; readonly details?: string } | null, value?: unknown) => void,
  ): unknown;
}
interface Metadata {
  clone(): Metadata;
  set(name: string, value: string): void;
}
/** What etcd3's client keeps as `pool`. Its public calls hide gRPC's code and whether a request was sent. */
interface Pool {
  withConnection<T>(
    service: "KV",
    use: (connected: { readonly client: GrpcClient; readonly metadata: Metadata }) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

const [READY, TRANSIENT_FAILURE, SHUTDOWN] = [2, 3, 4];
const UNAVAILABLE = 14;
/** Milliseconds to get connected; far below the time a request may take, so that a dead endpoint is passed quickly. */
const CONNECT_PATIENCE = 3000;

/** Prepares the connection to one endpoint; nothing is sent before the first call. */
export async function connection(endpoint: Endpoint, options: Options): Promise<Connection> {
  const etcd3 = await load();
  let anonymous = options.auth === undefined;
  let pool: Pool | undefined;

  function connected(): Pool {
    if (pool !== undefined) return pool;
    // One etcd3 client for each endpoint: which endpoint gets a request is decided here, not by its shuffle.
    const client = new etcd3.Etcd3({
      hosts: endpoint.url,
      ...(anonymous || options.auth === undefined
        ? {}
        : { auth: { ...options.auth, callOptions: () => ({ deadline: Date.now() + options.timeout }) } }),
      ...(endpoint.secure ? { credentials: credentialsOf(options) } : {}),
      grpcOptions: {
        "grpc.max_receive_message_length": options.maxAnswerBytes,
        "grpc.enable_retries": 0,
        "grpc.service_config_disable_resolution": 1,
      },
      faultHandling: { global: noPolicy, host: () => noPolicy },
    });
    pool = (client as unknown as { readonly pool: Pool }).pool;
    return pool;
  }

  function reset(): void {
    pool?.close();
    pool = undefined;
  }

  /** Runs `use` with a login. A login that fails was refused or never left; either way our request was not sent. */
  async function use<T>(work: (client: GrpcClient, metadata: Metadata) => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return await connected().withConnection("KV", ({ client, metadata }) => work(client, metadata));
    } catch (error) {
      reset();
      const status = { ...fromMessage(error), sent: false, endpoint: endpoint.url };
      if (!isAuthOff(status) || anonymous) return { ok: false, status };
      anonymous = true;
      return use(work);
    }
  }

  return {
    async call<T>(method: Method, request: object) {
      const answer = await use((client, metadata) => callOnce<T>(client, metadata, method, request));
      // A connection that swallowed a request may swallow the next one too.
      if (!answer.ok && answer.status.code !== 3 && answer.status.code !== 7) reset();
      return answer;
    },
    reset,
    close: reset,
  };

  async function callOnce<T>(
    client: GrpcClient,
    loggedIn: Metadata,
    method: Method,
    request: object,
  ): Promise<Answer<T>> {
    const failed = (code: number, details: string, sent: boolean): Answer<T> => ({
      ok: false,
      status: { code, details, sent, endpoint: endpoint.url },
    });
    if (!(await isReady(client, Date.now() + Math.min(CONNECT_PATIENCE, options.timeout))))
      return failed(UNAVAILABLE, "not connected", false);
    const metadata = loggedIn.clone();
    // A member without a leader then says so at once instead of after 7 seconds.
    metadata.set("hasleader", "true");
    const { path, requestSerialize, responseDeserialize } = client.constructor.service[method];
    const deadline = Date.now() + options.timeout;
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, value) =>
          resolve(
            error === null ? { ok: true, value: value as T } : failed(error.code ?? 2, error.details ?? "", true),
          ),
      );
    });
  }
}

async function load(): Promise<typeof import("etcd3")> {
  const module = await import("etcd3");
  // Bundled as a CommonJS module, everything is below `default`.
  return (module as { readonly default?: typeof import("etcd3") }).default ?? module;
}

/** A policy that calls once: no retry, no circuit breaker. */
const noPolicy = {
  execute: <T>(call: (context: { signal: AbortSignal }) => T): T => call({ signal: new AbortController().signal }),
} as never;

function credentialsOf({ tls }: Options): never {
  return { rootCertificate: tls.ca, privateKey: tls.key, certChain: tls.cert } as never;
}

/** True once the channel is connected, false if it cannot be, or not in time. */
function isReady(client: GrpcClient, deadline: number): Promise<boolean> {
  const channel = client.getChannel();
  return new Promise((resolve) => {
    const look = (): void => {
      const state = channel.getConnectivityState(true);
      if (state === READY) resolve(true);
      else if (state === TRANSIENT_FAILURE || state === SHUTDOWN) resolve(false);
      else channel.watchConnectivityState(state, deadline, (error) => (error === undefined ? look() : resolve(false)));
    };
    look();
  });
}

/** etcd3 keeps gRPC's code only in the message: `7 PERMISSION_DENIED: etcdserver: permission denied`. */
function fromMessage(error: unknown): { readonly code: number; readonly details: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  const match = /(\d+) [A-Z_]+: (.*)$/su.exec(message);
  if (match !== null) return { code: Number(match[1]), details: match[2] ?? "" };
  throw code?.startsWith("ERR_OSSL") === true ? unusable(error as Error) : error;
}

function unusable(cause: Error): Failure {
  return new Failure(
    "TLS",
    "A file of connection.tls is not a certificate or key in PEM format, or they do not belong together.",
    {
      fix: "Check the files with: openssl x509 -noout -text -in <file>",
      cause,
    },
  );
}
