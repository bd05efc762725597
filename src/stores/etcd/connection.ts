/** One endpoint: the client that `etcd3` keeps for it, with address, certificates and login. */
import type { Etcd3 } from "etcd3";
import { Failure } from "../../failure.ts";
import { sure } from "../../sure.ts";
import { callOnce } from "./grpc.ts";
import type { Answer, GrpcClient, Metadata, Method } from "./grpc.ts";
import type { Endpoint, Options } from "./options.ts";
import { isAnswerTooLarge, isAuthOff, standingOf } from "./status.ts";
import type { Status } from "./status.ts";

export interface Connection {
  /** Calls once. What goes wrong on the way is a status, not an exception. */
  call<T>(method: Method, request: object): Promise<Answer<T>>;
  /** Forgets connection and login; the next call makes new ones. */
  reset(): void;
}

/** What an etcd3 client keeps as `pool`. Its public calls hide gRPC's code, and whether a request was sent. */
interface Pool {
  withConnection<T>(
    service: "KV",
    use: (connected: { readonly client: GrpcClient; readonly metadata: Metadata }) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

/** Prepares the connection to one endpoint; nothing is sent before the first call. */
export async function connection(endpoint: Endpoint, options: Options): Promise<Connection> {
  // In Node.js and in a bundle, everything of a CommonJS module is below `default`.
  const { Etcd3: Client } = (await import("etcd3")).default;
  let withLogin = options.auth !== undefined;
  let pool: Pool | undefined;

  const connected = (): Pool => {
    pool ??= poolOf(new Client(clientOptions(endpoint, options, withLogin)));
    return pool;
  };
  const reset = (): void => {
    pool?.close();
    pool = undefined;
  };

  async function call<T>(method: Method, request: object): Promise<Answer<T>> {
    let answer: Answer<T>;
    try {
      const one = { endpoint: endpoint.url, method, request, timeout: options.timeout };
      answer = await connected().withConnection("KV", ({ client, metadata }) => callOnce<T>(client, metadata, one));
    } catch (error) {
      // Only the login before the call can end here, so the call itself was never sent.
      answer = { ok: false, status: loginStatus(error, endpoint) };
    }
    if (answer.ok) return answer;
    const standing = standingOf(answer.status);
    // A connection that swallowed a request may swallow the next one too.
    if (standing !== "refused" && standing !== "busy" && !isAnswerTooLarge(answer.status)) reset();
    if (!isAuthOff(answer.status) || !withLogin) return answer;
    withLogin = false;
    reset();
    return call(method, request);
  }

  return { call, reset };
}

function clientOptions(
  { url, secure }: Endpoint,
  { auth, tls, timeout, maxAnswerBytes }: Options,
  withLogin: boolean,
): ConstructorParameters<typeof Etcd3>[0] {
  return {
    // One client for each endpoint: which endpoint gets a request is decided in client.ts, not by etcd3's shuffle.
    hosts: url,
    ...(withLogin && auth !== undefined
      ? { auth: { ...auth, callOptions: () => ({ deadline: Date.now() + timeout }) } }
      : {}),
    ...(secure ? { credentials: credentialsOf(tls) } : {}),
    grpcOptions: {
      "grpc.max_receive_message_length": maxAnswerBytes,
      "grpc.enable_retries": 0,
      "grpc.service_config_disable_resolution": 1,
    },
    faultHandling: { global: once, host: () => once },
  };
}

/** Protected in etcd3's types, and the only way to the raw client with etcd3's login. */
function poolOf(client: Etcd3): Pool {
  return (client as unknown as { readonly pool: Pool }).pool;
}

/** A policy that calls once: no retry, no circuit breaker. */
const once = {
  execute: <T>(call: (context: { signal: AbortSignal }) => T): T => call({ signal: new AbortController().signal }),
} as never;

/** Without a `ca`, the authorities that Node.js trusts; etcd3's types do not know that. */
function credentialsOf({ ca, cert, key }: Options["tls"]): never {
  return { rootCertificate: ca, privateKey: key, certChain: cert } as never;
}

/** etcd3 keeps gRPC's code only in the message: `7 PERMISSION_DENIED: etcdserver: permission denied`. */
function loginStatus(error: unknown, endpoint: Endpoint): Status {
  const { code, message } = error as NodeJS.ErrnoException;
  const match = /(\d+) [A-Z_]+: (.*)$/su.exec(message);
  if (match !== null)
    return { code: Number(match[1]), details: sure(match[2], "what etcd says"), sent: false, endpoint: endpoint.url };
  if (code?.startsWith("ERR_OSSL") !== true) throw error;
  const what = "a file of connection.tls is not a certificate or key in PEM format, or they do not belong together";
  throw new Failure("TLS", `${endpoint.url} cannot be connected to: ${what}.`, {
    fix: "Check the files with: openssl x509 -noout -text -in <file>",
    cause: error,
  });
}
