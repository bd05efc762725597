/** etcd in a world: the real driver, on wires that lose things. */
import { limits } from "../../src/stores/etcd/limits.ts";
import { openEtcd } from "../../src/stores/etcd/open.ts";
import { etcdServer } from "./etcd-server.ts";
import type { SimulatedStore, Witness } from "./ground.ts";
import { here } from "./platform.ts";
import type { Scenario } from "./scenario.ts";
import { etcdIs } from "./stand-ins/etcd-connection.ts";

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
