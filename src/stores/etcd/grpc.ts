/** One call over gRPC that tells whether it was sent: what etcd3's own calls hide. */
import type { Status } from "./status.ts";

export type Method = "Range" | "Txn";
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly status: Status };

/** The parts of @grpc/grpc-js (1.14, seen 2026-08) that are touched. */
export interface GrpcClient {
  readonly constructor: { readonly service: Readonly<Record<Method, Definition>> };
  getChannel(): {
    getConnectivityState(connect: boolean): number;
    watchConnectivityState(from: number, deadline: number, done: (error?: Error) => void): void;
  };
  makeUnaryRequest(
    path: string,
    serialize: Definition["requestSerialize"],
    deserialize: Definition["responseDeserialize"],
    request: object,
    metadata: Metadata,
    options: { readonly deadline: number },
    done: (error: { readonly code?: number; readonly details?: string } | null, value?: unknown) => void,
  ): unknown;
}
interface Definition {
  readonly path: string;
  readonly requestSerialize: (request: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}
export interface Metadata {
  clone(): Metadata;
  set(name: string, value: string): void;
}

const [READY, TRANSIENT_FAILURE, SHUTDOWN] = [2, 3, 4];
const [UNKNOWN, UNAVAILABLE] = [2, 14];
/** Milliseconds to get connected; far below the time a request may take, so that a dead endpoint is passed quickly. */
const CONNECT_PATIENCE = 3000;

export interface Call {
  readonly endpoint: string;
  readonly method: Method;
  readonly request: object;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Connects first, so that a request is only handed over where there is somebody to take it. Never rejects. */
export async function callOnce<T>(client: GrpcClient, login: Metadata, call: Call): Promise<Answer<T>> {
  const { endpoint, method, request, timeout } = call;
  if (!(await isReady(client, Date.now() + Math.min(CONNECT_PATIENCE, timeout))))
    return { ok: false, status: { code: UNAVAILABLE, details: "not connected", sent: false, endpoint } };
  const metadata = login.clone();
  // A member without a leader then says so at once instead of after 7 seconds.
  metadata.set("hasleader", "true");
  const { path, requestSerialize, responseDeserialize } = client.constructor.service[method];
  const limits = { deadline: Date.now() + timeout };
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, limits, (error, value) => {
      if (error === null) return resolve({ ok: true, value: value as T });
      const { code = UNKNOWN, details = "" } = error;
      return resolve({ ok: false, status: { code, details, sent: true, endpoint } });
    });
  });
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
