/** `stores/etcd/connection.ts` in a world: the wire to one endpoint, with everything that gets lost on it. */
import type { ITxnRequest } from "etcd3";
import type { Connection } from "../../../src/stores/etcd/connection.ts";
import type { Answer } from "../../../src/stores/etcd/grpc.ts";
import type { Endpoint } from "../../../src/stores/etcd/options.ts";
import { type EtcdServer, Refused } from "../etcd-server.ts";
import { here } from "../platform.ts";
import type { Fault } from "../scenario.ts";

let server: EtcdServer | undefined;
/** Where all connections of this world lead. */
export function etcdIs(found: EtcdServer): void {
  server = found;
}

const BROKEN: Readonly<Record<Fault | "expired", readonly [number, string]>> = {
  "lose-request": [14, "read ECONNRESET"],
  "lose-reply": [14, "read ECONNRESET"],
  late: [4, "Deadline exceeded"],
  refuse: [14, "etcdserver: no leader"],
  busy: [8, "etcdserver: too many requests"],
  login: [16, "etcdserver: invalid auth token"],
  expired: [7, "etcdserver: permission denied"],
};

export function connection({ url: endpoint }: Endpoint): Promise<Connection> {
  const to = server;
  if (to === undefined) throw new Error("no server");
  return Promise.resolve({
    call<T>(method: "Range" | "Txn", request: object): Promise<Answer<T>> {
      const { actor } = here();
      const refusal = (code: number, details: string): Answer<T> => ({
        ok: false,
        status: { code, details, sent: true, endpoint },
      });
      return here().call<Answer<T>>({
        what: method === "Range" ? "Range" : nameOf(request),
        mutates: method === "Txn" && isWrite(request),
        perform: () => {
          try {
            const mayWrite = (key: string): boolean => actor.denied === undefined || !key.endsWith(actor.denied);
            const value = method === "Range" ? to.range(request) : to.txn(request, actor.name, mayWrite);
            return { ok: true, value: value as T };
          } catch (error) {
            if (error instanceof Refused) return refusal(error.code, error.message);
            throw error;
          }
        },
        broken: (fault) => refusal(...BROKEN[fault]),
      });
    },
    reset: () => undefined,
  });
}

function isWrite(request: ITxnRequest): boolean {
  const [first] = request.compare ?? [];
  return first !== undefined && first.target !== "Version";
}

function nameOf(request: ITxnRequest): string {
  if (!isWrite(request)) return "Txn (reads)";
  return `Txn (${request.success?.length ?? 0} operations)`;
}
