/** etcd stores whose requests can be meddled with: what is done before one, what its answer is replaced with. */
import type { ITxnResponse } from "etcd3";
import type { Key, PlainMap } from "../../src/model.ts";
import { openClient } from "../../src/stores/etcd/client.ts";
import type { Client } from "../../src/stores/etcd/client.ts";
import { commit } from "../../src/stores/etcd/commit.ts";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import type { Answer } from "../../src/stores/etcd/grpc.ts";
import { optionsOf } from "../../src/stores/etcd/options.ts";
import { read } from "../../src/stores/etcd/read.ts";
import type { Status } from "../../src/stores/etcd/status.ts";
import type { CommitEvent } from "../../src/stores/store.ts";
import { metaOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import type { EtcdServer } from "./etcd-server.ts";

/** Around a client's writes: before the n-th is sent, and what its answer is replaced with; and before each read. */
export interface Trouble {
  before?(n: number): Promise<void>;
  after?(n: number): Promise<Status | undefined>;
  /** Does the sending; undefined: it is sent as ever. */
  instead?(n: number, send: () => Promise<Answer<ITxnResponse>>): Promise<Answer<ITxnResponse> | undefined>;
  /** Before a read, with what it is for. */
  read?(subject: string): Promise<void>;
}

export const LOST: Status = { code: 4, details: "Deadline exceeded", sent: true, endpoint: "http://proxy" };

let tests = 0;
export const cleanup: (() => Promise<void>)[] = [];

export async function harness(
  server: EtcdServer,
  connection: PlainMap,
  trouble: Trouble = {},
): Promise<Harness & { writes(): number }> {
  const client = await openClient(await optionsOf({ endpoints: server.endpoints, ...connection }, "."));
  let writes = 0;
  const troubled: Client = {
    ...client,
    async range(request, subject, signal) {
      await trouble.read?.(subject);
      return client.range(request, subject, signal);
    },
    async ranges(requests, subject, signal) {
      await trouble.read?.(subject);
      return client.ranges(requests, subject, signal);
    },
    async write(request) {
      const n = writes++;
      await trouble.before?.(n);
      const answer = (await trouble.instead?.(n, () => client.write(request))) ?? (await client.write(request));
      const status = await trouble.after?.(n);
      return status === undefined ? answer : { ok: false, status };
    },
  };
  cleanup.push(async () => client.close());
  return {
    store: {
      read: (query, signal) => read(troubled, query, signal),
      commit: (head, groups, signal) => commit(troubled, head, groups, signal),
      close: async () => client.close(),
    },
    limits: etcd.limits,
    prefix: `/faults/${tests++}/`,
    handPut: async (key, text) => void (await server.ctl("put", "--", key, text)),
    handDelete: async (key) => void (await server.ctl("del", "--", key)),
    readRaw: (prefix) => server.everything(prefix),
    failReads: () => Promise.reject(new Error("not here")),
    dispose: async () => client.close(),
    writes: () => writes,
  };
}

export const keysOf = (h: Harness, app: string, count: number): Key[] =>
  Array.from({ length: count }, (_, n) => `${h.prefix}${app}/${String(n).padStart(5, "0")}`);
export const settings = async (h: Harness) =>
  new Map([...(await h.readRaw(h.prefix))].filter(([key]) => !key.startsWith(metaOf(h))));
export const kinds = (events: readonly CommitEvent[]) =>
  events.map((event) => (event.kind === "head" ? event.state : event.kind));
