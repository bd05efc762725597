/** etcd in a world: the real driver, on wires that lose things. */
import type { IRangeResponse } from "etcd3";
import type { Key } from "../../src/model.ts";
import { limits } from "../../src/stores/etcd/limits.ts";
import { openEtcd } from "../../src/stores/etcd/open.ts";
import { etcdServer } from "./etcd-server.ts";
import type { SimulatedStore, Witness } from "./ground.ts";
import { here } from "./platform.ts";
import type { Scenario } from "./scenario.ts";
import { connection, etcdIs } from "./stand-ins/etcd-connection.ts";

export function etcdStore({ tuning }: Scenario, witness: Witness): SimulatedStore {
  const { maxTxnOps = 128, maxRequestBytes = 1_400_000, nested = true, auth = false, room = Infinity } = tuning;
  const server = etcdServer({ maxTxnOps, nests: nested, room }, () => here().now, witness);
  etcdIs(server);
  const endpoints = ["http://one:2379", "http://two:2379"].map((url) => ({
    url,
    host: "one",
    port: 2379,
    secure: false,
  }));
  return {
    cells: server.cells,
    handPut: (key, text) => server.hand(key, text),
    handDelete: (key) => server.hand(key, undefined),
    relieve: () => server.relieve(),
    async plainRead(prefix) {
      const wire = await connection({ url: "http://one:2379", host: "one", port: 2379, secure: false });
      const found = new Map<Key, string>();
      let revision: string | undefined;
      for (let key = prefix, isWhole = false; !isWhole;) {
        const range = { key: Buffer.from(key), range_end: Buffer.from(`${prefix.slice(0, -1)}0`), limit: 2 };
        const answer = await wire.call<IRangeResponse>("Range", {
          ...range,
          ...(revision === undefined ? {} : { revision }),
        });
        if (!answer.ok) throw new Error(answer.status.details);
        revision ??= answer.value.header.revision;
        for (const each of answer.value.kvs) found.set(each.key.toString(), each.value.toString());
        isWhole = !answer.value.more;
        key = `${answer.value.kvs.at(-1)?.key.toString() ?? ""}\0`;
      }
      return found;
    },
    driver: () => ({
      limits,
      open: () =>
        openEtcd({
          endpoints,
          auth: auth ? { username: "trueup", password: "x" } : undefined,
          tls: {},
          timeout: 10_000,
          maxRequestBytes,
          maxTxnOps,
          nested: "auto",
          maxAnswerBytes: 1 << 26,
        }),
    }),
  };
}
