import { afterAll, beforeAll, expect, it } from "vitest";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import type { PlainMap } from "../../src/model.ts";
import { storeContract } from "./contract.ts";
import type { Harness } from "./contract.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";
import { startProxy } from "./etcd-proxy.ts";

let server: EtcdServer;
let tests = 0;

beforeAll(async () => {
  server = await startEtcd();
});
afterAll(() => server?.stop());

/** Every test has a prefix of its own and reaches the server through a proxy, so that its reads can be made to fail. */
async function harness(connection: PlainMap): Promise<Harness> {
  const proxy = await startProxy(server.endpoints[0] ?? "");
  const store = await etcd.open({ ...connection, endpoints: [proxy.endpoint] }, ".");
  tests++;
  return {
    store,
    limits: etcd.limits,
    prefix: `/contract/${tests}/`,
    handPut: async (key, text) => void (await server.ctl("put", "--", key, text)),
    handDelete: async (key) => void (await server.ctl("del", "--", key)),
    readRaw: (prefix) => server.everything(prefix),
    failReads: () => proxy.close(),
    async dispose() {
      await store.close();
      await proxy.close();
    },
  };
}

describeWithEtcd("real etcd", () => {
  storeContract("etcd with nested transactions", () => harness({}));
  storeContract("etcd without nested transactions", () => harness({ nested: false }));
  storeContract("etcd with tiny requests", () => harness({ maxRequestBytes: 131_072 }));

  it("is the server it should be", async () => {
    expect(await server.ctl("endpoint", "health")).toBe("");
  });
});
